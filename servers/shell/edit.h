/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The line editor: bytes from a terminal in, bytes for its screen out. A line
 * that is longer than the screen is wide slides sideways in its one row, so the
 * cursor never leaves the row. Lines are UTF-8; a character is one column.
 */
#pragma once
#include "servers/shell/history.h"
#include <stdint.h>

enum { EDIT_SCREEN_COLUMNS = 80, EDIT_OUTPUT_BYTES = 512 };

enum edit_result {
	EDIT_MORE,
	EDIT_LINE,      /* the line is entered, without its end, and terminated */
	EDIT_CANCELLED, /* Ctrl-C: there is no line */
};

struct editor {
	const char *prompt; /* ASCII */
	struct history *history;
	char line[LINE_BYTES_MAX + 1];
	size_t bytes, cursor;           /* cursor: where in the line the next byte goes */
	size_t from;                    /* the first byte that is on the screen */
	unsigned back;                  /* which line of history is shown; 0: none */
	char typed[LINE_BYTES_MAX + 1]; /* what was there before history was looked at */
	uint8_t escape;                 /* 0, or the last byte of the escape sequence so far */
	unsigned parameter;             /* its first number */
	uint8_t last;                   /* the byte before */
	char output[EDIT_OUTPUT_BYTES]; /* for the screen; the caller takes it after each call */
	size_t output_bytes;
};

/* Before each line: shows the prompt. */
void edit_begin(struct editor *e);
/* Ctrl-A as the first byte of a line is the caller's to look at first: it may begin a script (script.h). */
enum edit_result edit_byte(struct editor *e, uint8_t byte);
