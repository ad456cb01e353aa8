/* SPDX-License-Identifier: BSD-2-Clause */
/* See edit.h. Keys and screen: ECMA-48 control sequences, as xterm sends and takes them. */
#include "servers/shell/edit.h"
#include <stdbool.h>
#include <string.h>

#define CTRL(letter) ((letter)&0x1f)
enum { ESCAPE = 0x1b, RUBOUT = 0x7f, PARAMETER_MAX = 99 };

/* ---- characters of the line ---- */

static bool continues(char byte) { return ((uint8_t)byte & 0xc0) == 0x80; }

static size_t before(const struct editor *e, size_t at)
{
	while (at > 0 && continues(e->line[--at]))
		;
	return at;
}

static size_t after(const struct editor *e, size_t at)
{
	if (at < e->bytes)
		at++;
	while (at < e->bytes && continues(e->line[at]))
		at++;
	return at;
}

static size_t columns(const struct editor *e, size_t from, size_t to)
{
	size_t n = 0;

	for (; from < to; from++)
		n += !continues(e->line[from]);
	return n;
}

/* ---- the screen ---- */

static void show(struct editor *e, const char *text, size_t n)
{
	if (n > EDIT_OUTPUT_BYTES - e->output_bytes)
		n = EDIT_OUTPUT_BYTES - e->output_bytes;
	memcpy(e->output + e->output_bytes, text, n);
	e->output_bytes += n;
}

static void show_text(struct editor *e, const char *text) { show(e, text, strlen(text)); }

/* The last column stays free: a terminal may wrap after it. */
static size_t room(const struct editor *e) { return EDIT_SCREEN_COLUMNS - 1 - strlen(e->prompt); }

/* Chooses what is on the screen: the cursor always is. */
static void slide(struct editor *e)
{
	if (columns(e, 0, e->bytes) <= room(e))
		e->from = 0;
	if (e->cursor < e->from)
		e->from = e->cursor;
	while (columns(e, e->from, e->cursor) > room(e))
		e->from = after(e, e->from);
}

static void move_to_column(struct editor *e, size_t column)
{
	const char digits[] = { (char)('0' + column / 10), (char)('0' + column % 10) };

	show_text(e, "\r\x1b[");
	show(e, digits, sizeof digits);
	show_text(e, "C");
}

static void redraw(struct editor *e)
{
	size_t to;

	slide(e);
	for (to = e->from; to < e->bytes && columns(e, e->from, after(e, to)) <= room(e);)
		to = after(e, to);
	show_text(e, "\r");
	show_text(e, e->prompt);
	show(e, e->line + e->from, to - e->from);
	show_text(e, "\x1b[K");
	if (e->cursor < to)
		move_to_column(e, strlen(e->prompt) + columns(e, e->from, e->cursor));
}

/* ---- changes ---- */

static void move(struct editor *e, size_t to)
{
	if (to == e->cursor)
		return;
	e->cursor = to;
	redraw(e);
}

/* Removes what lies between; the cursor ends there. */
static void remove_part(struct editor *e, size_t from, size_t to)
{
	if (from == to)
		return;
	memmove(e->line + from, e->line + to, e->bytes - to);
	e->bytes -= to - from;
	e->cursor = from;
	redraw(e);
}

static void insert(struct editor *e, uint8_t byte)
{
	if (e->bytes == LINE_BYTES_MAX) {
		show_text(e, "\a");
		return;
	}
	memmove(e->line + e->cursor + 1, e->line + e->cursor, e->bytes - e->cursor);
	e->line[e->cursor++] = (char)byte;
	e->bytes++;
	if (e->cursor == e->bytes && columns(e, e->from, e->bytes) <= room(e))
		show(e, e->line + e->cursor - 1, 1);
	else
		redraw(e);
}

static size_t word_before(const struct editor *e)
{
	size_t at = e->cursor;

	while (at > 0 && e->line[at - 1] == ' ')
		at--;
	while (at > 0 && e->line[at - 1] != ' ')
		at--;
	return at;
}

static void look_back(struct editor *e, unsigned back)
{
	const char *line = back == 0 ? e->typed : history_line(e->history, back);

	if (line == NULL || back == e->back)
		return;
	if (e->back == 0) {
		memcpy(e->typed, e->line, e->bytes);
		e->typed[e->bytes] = 0;
	}
	e->back = back;
	e->bytes = e->cursor = strlen(line);
	memcpy(e->line, line, e->bytes);
	redraw(e);
}

/* ---- keys ---- */

static void key_up(struct editor *e) { look_back(e, e->back + 1); }
static void key_down(struct editor *e) { look_back(e, e->back == 0 ? 0 : e->back - 1); }
static void key_delete(struct editor *e) { remove_part(e, e->cursor, after(e, e->cursor)); }

/* The byte that ends an escape sequence says which key it is, or the number before a `~` does. */
static void key(struct editor *e, uint8_t last)
{
	switch (last) {
	case 'A':
		return key_up(e);
	case 'B':
		return key_down(e);
	case 'C':
		return move(e, after(e, e->cursor));
	case 'D':
		return move(e, before(e, e->cursor));
	case 'H':
		return move(e, 0);
	case 'F':
		return move(e, e->bytes);
	case '~':
		if (e->parameter == 1 || e->parameter == 7)
			move(e, 0);
		else if (e->parameter == 4 || e->parameter == 8)
			move(e, e->bytes);
		else if (e->parameter == 3)
			key_delete(e);
		return;
	default:
		return;
	}
}

/* ESC [ numbers letter, or ESC O letter. Sequences that mean nothing here are swallowed whole. */
static void escape_byte(struct editor *e, uint8_t byte)
{
	if (e->escape == ESCAPE) {
		e->escape = byte == '[' || byte == 'O' ? byte : 0;
		e->parameter = 0;
	} else if (byte >= '0' && byte <= '9' && e->escape != ';') {
		e->parameter = e->parameter < PARAMETER_MAX ? e->parameter * 10 + byte - '0' : PARAMETER_MAX;
	} else if (byte == ';') {
		e->escape = byte;
	} else if (byte < 0x20 || byte > 0x3f) {
		e->escape = 0;
		key(e, byte);
	}
}

static void control(struct editor *e, uint8_t byte)
{
	switch (byte) {
	case CTRL('A'):
		return move(e, 0);
	case CTRL('B'):
		return move(e, before(e, e->cursor));
	case CTRL('D'):
		return key_delete(e);
	case CTRL('E'):
		return move(e, e->bytes);
	case CTRL('F'):
		return move(e, after(e, e->cursor));
	case CTRL('H'):
	case RUBOUT:
		return remove_part(e, before(e, e->cursor), e->cursor);
	case CTRL('I'):
		return insert(e, ' ');
	case CTRL('K'):
		return remove_part(e, e->cursor, e->bytes);
	case CTRL('L'):
		show_text(e, "\x1b[H\x1b[2J");
		return redraw(e);
	case CTRL('N'):
		return key_down(e);
	case CTRL('P'):
		return key_up(e);
	case CTRL('U'):
		return remove_part(e, 0, e->cursor);
	case CTRL('W'):
		return remove_part(e, word_before(e), e->cursor);
	case ESCAPE:
		e->escape = ESCAPE;
		return;
	default:
		return;
	}
}

static enum edit_result enter(struct editor *e)
{
	e->line[e->bytes] = 0;
	show_text(e, "\n");
	history_add(e->history, e->line);
	return EDIT_LINE;
}

void edit_begin(struct editor *e)
{
	e->bytes = e->cursor = e->from = 0;
	e->back = 0;
	e->escape = 0;
	e->output_bytes = 0;
	show_text(e, e->prompt);
}

enum edit_result edit_byte(struct editor *e, uint8_t byte)
{
	uint8_t last = e->last;

	e->output_bytes = 0;
	e->last = byte;
	if (byte == CTRL('C')) {
		show_text(e, "^C\n");
		return EDIT_CANCELLED;
	}
	if (byte == '\n' && last == '\r')
		return EDIT_MORE; /* one key that sends both */
	if (byte == '\r' || byte == '\n')
		return enter(e);
	if (e->escape != 0)
		escape_byte(e, byte);
	else if (byte < ' ' || byte == RUBOUT)
		control(e, byte);
	else
		insert(e, byte);
	return EDIT_MORE;
}
