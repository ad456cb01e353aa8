/* SPDX-License-Identifier: BSD-2-Clause */
/* See parse.h. */
#include "servers/shell/parse.h"
#include <string.h>

struct parser {
	const char *at, *end;
	struct command *c;
	size_t used; /* of c->text */
	unsigned status;
	bool full;
};

static bool is_one_of(char byte, const char *set) { return byte != 0 && strchr(set, byte) != NULL; }
static bool is_blank(char byte) { return byte == 0 || is_one_of(byte, " \t\r"); }
static bool ends_word(char byte) { return is_blank(byte) || is_one_of(byte, "\n;&|<>"); }

static void put(struct parser *p, char byte)
{
	if (p->used == PARSE_TEXT_BYTES)
		p->full = true;
	else
		p->c->text[p->used++] = byte;
}

static void put_number(struct parser *p, unsigned number)
{
	if (number >= 10)
		put_number(p, number / 10);
	put(p, (char)('0' + number % 10));
}

static bool next_is_one_of(const struct parser *p, const char *set)
{
	return p->end - p->at > 1 && is_one_of(p->at[1], set);
}

/* Within double quotes a backslash stands for itself, except before these. At the end of the line, too. */
static bool escapes(const struct parser *p, char quote)
{
	return quote == 0 ? p->end - p->at > 1 : next_is_one_of(p, "\\\"$`");
}

/* A backslash at the end of a line joins it with the next one. */
static bool joins_lines(const struct parser *p) { return *p->at == '\\' && next_is_one_of(p, "\n"); }

static enum parse_result read_word(struct parser *p)
{
	char quote = 0;

	p->c->words[p->c->count++] = p->c->text + p->used;
	for (; p->at < p->end && (quote != 0 || !ends_word(*p->at)); p->at++) {
		char byte = *p->at;

		if (quote != 0 && byte == quote) {
			quote = 0;
		} else if (quote == 0 && is_one_of(byte, "'\"")) {
			quote = byte;
		} else if (quote != '\'' && joins_lines(p)) {
			p->at++;
		} else if (quote != '\'' && byte == '\\' && escapes(p, quote)) {
			put(p, *++p->at);
		} else if (quote != '\'' && byte == '$' && next_is_one_of(p, "?")) {
			put_number(p, p->status);
			p->at++;
		} else {
			put(p, byte);
		}
	}
	put(p, 0);
	if (quote != 0)
		return PARSE_OPEN_QUOTE;
	return p->full ? PARSE_TOO_LONG : PARSE_COMMAND;
}

static void skip_blanks(struct parser *p)
{
	while (p->at < p->end && (is_blank(*p->at) || joins_lines(p)))
		p->at += joins_lines(p) ? 2 : 1;
	if (p->at < p->end && *p->at == '#')
		while (p->at < p->end && *p->at != '\n')
			p->at++;
}

/* Up to and with what ends the command. */
static enum parse_result read_command(struct parser *p)
{
	struct command *c = p->c;
	enum parse_result result;

	for (skip_blanks(p); p->at < p->end; skip_blanks(p)) {
		if (*p->at == '\n') {
			p->at++;
			if (c->count > 0)
				return PARSE_COMMAND;
			continue;
		}
		if (*p->at == '&' && next_is_one_of(p, "&"))
			return PARSE_OPERATOR;
		if (is_one_of(*p->at, ";&")) {
			c->background = *p->at++ == '&';
			return c->count > 0 ? PARSE_COMMAND : PARSE_NO_COMMAND;
		}
		if (ends_word(*p->at))
			return PARSE_OPERATOR;
		if (c->count == PARSE_WORDS_MAX)
			return PARSE_TOO_LONG;
		result = read_word(p);
		if (result != PARSE_COMMAND)
			return result;
	}
	return c->count > 0 ? PARSE_COMMAND : PARSE_END;
}

enum parse_result parse_next(const char **at, const char *end, unsigned status, struct command *c)
{
	struct parser p = { .at = *at, .end = end, .c = c, .status = status };
	enum parse_result result;

	c->count = 0;
	c->background = false;
	result = read_command(&p);
	c->words[c->count] = NULL;
	*at = p.at;
	return result;
}

enum parse_result parse_check(const char *text, const char *end, struct command *c)
{
	enum parse_result result;

	do
		result = parse_next(&text, end, 0, c);
	while (result == PARSE_COMMAND);
	return result == PARSE_END ? PARSE_COMMAND : result;
}

const char *parse_error_text(enum parse_result result)
{
	switch (result) {
	case PARSE_OPEN_QUOTE:
		return "a quote is not closed";
	case PARSE_NO_COMMAND:
		return "there is no command before `;` or `&`";
	case PARSE_OPERATOR:
		return "there are no pipes, redirections, `&&` and `||`; "
		       "quote `|`, `<`, `>` and `&` to use them in a word";
	case PARSE_TOO_LONG:
		return "a command has at most 64 words and 4096 bytes";
	default:
		return "no mistake";
	}
}
