/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shell's language, cut into commands: words with quotes (single, double,
 * backslash), `;`, `&`, line feeds, `$?`, comments. There are no variables,
 * pipes, redirections or patterns.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { PARSE_WORDS_MAX = 64, PARSE_TEXT_BYTES = 4096 };

struct command {
	char *words[PARSE_WORDS_MAX + 1]; /* into text; NULL after the last */
	unsigned count;
	bool background; /* ended by & */
	char text[PARSE_TEXT_BYTES];
};

enum parse_result {
	PARSE_COMMAND,    /* there is one */
	PARSE_END,        /* there are no more */
	PARSE_OPEN_QUOTE, /* the others are mistakes; parse_error_text says which */
	PARSE_NO_COMMAND,
	PARSE_OPERATOR,
	PARSE_TOO_LONG,
};

/* Takes the next command from *at, which moves on; `$?` becomes `status`. The text ends at `end`. */
enum parse_result parse_next(const char **at, const char *end, unsigned status, struct command *c);
/* COMMAND if the whole text is free of mistakes; changes *c. */
enum parse_result parse_check(const char *text, const char *end, struct command *c);
const char *parse_error_text(enum parse_result result);
