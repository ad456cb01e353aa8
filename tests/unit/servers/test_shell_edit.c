/* SPDX-License-Identifier: BSD-2-Clause */
/* The line editor, before a small terminal: what is typed, what stands in its one row, where its cursor is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "servers/shell/edit.h"

#define LEFT  "\x1b[D"
#define RIGHT "\x1b[C"
#define UP    "\x1b[A"
#define DOWN  "\x1b[B"
#define HOME  "\x1b[H"
#define END   "\x1b[F"

static struct history history;
static struct editor editor;

/* One row of characters of up to four bytes. */
static struct terminal {
	char row[EDIT_SCREEN_COLUMNS][5];
	size_t cursor;
	unsigned rings, rows, clears;
} terminal;

static void put_character(const char *bytes, size_t n)
{
	assert_in_range(terminal.cursor, 0, EDIT_SCREEN_COLUMNS - 2); /* no terminal ever has to wrap */
	memcpy(terminal.row[terminal.cursor], bytes, n);
	terminal.row[terminal.cursor++][n] = 0;
}

static void clear_from(size_t column)
{
	for (; column < EDIT_SCREEN_COLUMNS; column++)
		terminal.row[column][0] = 0;
}

static size_t put_sequence(const char *at)
{
	size_t n = 2 + strspn(at + 2, "0123456789;");

	assert_int_equal(at[1], '[');
	if (at[n] == 'C')
		terminal.cursor += (size_t)atoi(at + 2);
	else if (at[n] == 'K')
		clear_from(terminal.cursor);
	else if (at[n] == 'J')
		clear_from(0), terminal.clears++;
	else if (at[n] == 'H')
		terminal.cursor = 0;
	else
		fail_msg("unknown sequence for the screen: ESC [ ... %c", at[n]);
	assert_in_range(terminal.cursor, 0, EDIT_SCREEN_COLUMNS - 1);
	return n + 1;
}

/* Bytes of a character may come in several calls. */
static void put_screen(const char *at, size_t n)
{
	for (const char *end = at + n; at < end;) {
		if (*at == '\x1b') {
			at += put_sequence(at);
			continue;
		}
		if (*at == '\r')
			terminal.cursor = 0;
		else if (*at == '\n')
			terminal.rows++;
		else if (*at == '\a')
			terminal.rings++;
		else if (((uint8_t)*at & 0xc0) == 0x80)
			strncat(terminal.row[terminal.cursor - 1], at, 1);
		else
			put_character(at, 1);
		at++;
	}
}

static enum edit_result type_bytes(const char *bytes, size_t n)
{
	enum edit_result result = EDIT_MORE;

	for (size_t i = 0; i < n; i++) {
		result = edit_byte(&editor, (uint8_t)bytes[i]);
		assert_in_range(editor.output_bytes, 0, EDIT_OUTPUT_BYTES - 1);
		put_screen(editor.output, editor.output_bytes);
	}
	return result;
}

static enum edit_result type(const char *text) { return type_bytes(text, strlen(text)); }

static void begin(void)
{
	memset(&terminal, 0, sizeof terminal);
	edit_begin(&editor);
	put_screen(editor.output, editor.output_bytes);
}

static int set_up(void **state)
{
	(void)state;
	memset(&history, 0, sizeof history);
	memset(&editor, 0, sizeof editor);
	editor.prompt = "signet> ";
	editor.history = &history;
	begin();
	return 0;
}

/* `|` is where the cursor is; it stands for no column. */
static void shows(const char *wanted)
{
	char row[4 * EDIT_SCREEN_COLUMNS + 2] = "";

	for (size_t i = 0; i < EDIT_SCREEN_COLUMNS; i++) {
		if (i == terminal.cursor)
			strcat(row, "|");
		strcat(row, terminal.row[i]);
	}
	assert_string_equal(row, wanted);
}

static void enters(const char *wanted)
{
	assert_int_equal(type("\r"), EDIT_LINE);
	assert_string_equal(editor.line, wanted);
	begin();
}

static void what_is_typed_is_echoed_byte_by_byte(void **state)
{
	(void)state;
	shows("signet> |");
	type("ls -l");
	shows("signet> ls -l|");
	edit_byte(&editor, 'x');
	assert_int_equal(editor.output_bytes, 1);
	put_screen(editor.output, editor.output_bytes);
	enters("ls -lx");
}

static void the_cursor_moves_and_text_goes_in_at_it(void **state)
{
	(void)state;
	type("ac" LEFT "b");
	shows("signet> ab|c");
	type(HOME "x" END "y" RIGHT);
	shows("signet> xabcy|");
	type("\x01"
	     "1\x05"
	     "2");
	shows("signet> 1xabcy2|");
	type("\x1b[1~<\x1b[4~>\x1bOH(\x1bOF)\x1b[1;5D-");
	shows("signet> (<1xabcy2>-|)");
	enters("(<1xabcy2>-)");
}

static void characters_are_deleted_before_and_under_the_cursor(void **state)
{
	(void)state;
	type("abcd\x7f\b");
	shows("signet> ab|");
	type(LEFT "\x1b[3~\x1b[3~");
	shows("signet> a|");
	type("\x7f\x7f\x7f");
	shows("signet> |");
}

static void parts_of_the_line_are_cut(void **state)
{
	(void)state;
	type("one two  three  \x17");
	shows("signet> one two  |");
	type("\x17" LEFT LEFT "\x0b");
	shows("signet> on|");
	type(LEFT "\x15");
	shows("signet> |n");
}

static void ctrl_c_gives_the_line_up_and_ctrl_l_clears_the_screen(void **state)
{
	(void)state;
	type("abc\x0c");
	assert_int_equal(terminal.clears, 1);
	shows("signet> abc|");
	assert_int_equal(type("\x03"), EDIT_CANCELLED);
	begin();
	enters("");
}

static void keys_that_mean_nothing_change_nothing(void **state)
{
	(void)state;
	type("ab\x1b[15~\x1b[2;5~\x1bOP\x1bx\x1b[?1z\x02\x06\x07\x0f\x1c\x1b[99999999999999999999~");
	shows("signet> ab|");
	type("\t.");
	enters("ab .");
}

static void one_key_may_send_cr_lf_or_either(void **state)
{
	(void)state;
	assert_int_equal(type("a\r"), EDIT_LINE);
	begin();
	assert_int_equal(type("\n"), EDIT_MORE);
	assert_int_equal(type("\n"), EDIT_LINE);
	begin();
	assert_int_equal(type("b\n"), EDIT_LINE);
	assert_string_equal(editor.line, "b");
}

static void history_goes_back_and_comes_forward_to_what_was_typed(void **state)
{
	(void)state;
	type("first"), enters("first");
	type("second"), enters("second");
	type("th" UP);
	shows("signet> second|");
	type(UP UP UP);
	shows("signet> first|");
	type(DOWN);
	shows("signet> second|");
	type(DOWN DOWN);
	shows("signet> th|");
	type("\x10!");
	enters("second!");
}

static void history_keeps_fifty_lines_without_repetitions(void **state)
{
	char text[32];

	(void)state;
	for (int i = 1; i <= HISTORY_LINES + 10; i++) {
		snprintf(text, sizeof text, "line %d", i);
		type(text), enters(text);
		type(text), enters(text);
		enters("");
	}
	assert_string_equal(history_line(&history, 1), "line 60");
	assert_string_equal(history_line(&history, HISTORY_LINES), "line 11");
	assert_null(history_line(&history, HISTORY_LINES + 1));
	assert_null(history_line(&history, 0));
}

static void a_line_longer_than_the_screen_slides_in_its_row(void **state)
{
	char line[201] = "", part[32];

	(void)state;
	for (int i = 0; i < 20; i++) {
		snprintf(part, sizeof part, "<%02d-----=>", i);
		strcat(line, part);
	}
	type(line);
	shows("signet> ><13-----=><14-----=><15-----=><16-----=><17-----=><18-----=><19-----=>|");
	type(HOME);
	shows("signet> |<00-----=><01-----=><02-----=><03-----=><04-----=><05-----=><06-----=><");
	enters(line);
}

static void a_full_line_rings_and_takes_no_more(void **state)
{
	char line[LINE_BYTES_MAX + 1];

	(void)state;
	memset(line, 'x', LINE_BYTES_MAX);
	line[LINE_BYTES_MAX] = 0;
	type(line);
	assert_int_equal(terminal.rings, 0);
	type("y");
	assert_int_equal(terminal.rings, 1);
	enters(line);
	type(UP);
	enters(line);
}

static void characters_of_several_bytes_are_one_column_and_one_deletion(void **state)
{
	(void)state;
	type("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z");
	shows("signet> \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z|");
	type(LEFT LEFT);
	shows("signet> \xc3\xa4\xe2\x82\xac|\xf0\x9f\x98\x80z");
	type("\x7f\x1b[3~");
	shows("signet> \xc3\xa4|z");
	enters("\xc3\xa4z");
}

static void any_bytes_leave_a_line_that_is_shown_as_it_is(void **state)
{
	static const char *const keys[] = { LEFT,   RIGHT,   UP,        DOWN, HOME, END,         "\x7f",
					    "\x0b", "\x15",  "\x17",    "a",  " ",  "word",      "\x0c",
					    "\x1b", "\x1b[", "\x1b[3~", "9",  "\r", "long words" };

	(void)state;
	srand(2);
	for (int round = 0; round < 300000; round++) {
		if (type(keys[(size_t)rand() % (sizeof keys / sizeof keys[0])]) != EDIT_MORE) {
			begin();
			continue;
		}
		assert_in_range(editor.bytes, 0, LINE_BYTES_MAX);
		assert_in_range(editor.cursor, 0, editor.bytes);
		assert_in_range(editor.from, 0, editor.cursor);
		assert_int_equal(terminal.cursor, 8 + editor.cursor - editor.from);
		for (size_t i = editor.from; i < editor.bytes && i - editor.from < 71; i++)
			assert_int_equal(terminal.row[8 + i - editor.from][0], editor.line[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_is_typed_is_echoed_byte_by_byte, set_up),
		cmocka_unit_test_setup(the_cursor_moves_and_text_goes_in_at_it, set_up),
		cmocka_unit_test_setup(characters_are_deleted_before_and_under_the_cursor, set_up),
		cmocka_unit_test_setup(parts_of_the_line_are_cut, set_up),
		cmocka_unit_test_setup(ctrl_c_gives_the_line_up_and_ctrl_l_clears_the_screen, set_up),
		cmocka_unit_test_setup(keys_that_mean_nothing_change_nothing, set_up),
		cmocka_unit_test_setup(one_key_may_send_cr_lf_or_either, set_up),
		cmocka_unit_test_setup(history_goes_back_and_comes_forward_to_what_was_typed, set_up),
		cmocka_unit_test_setup(history_keeps_fifty_lines_without_repetitions, set_up),
		cmocka_unit_test_setup(a_line_longer_than_the_screen_slides_in_its_row, set_up),
		cmocka_unit_test_setup(a_full_line_rings_and_takes_no_more, set_up),
		cmocka_unit_test_setup(characters_of_several_bytes_are_one_column_and_one_deletion, set_up),
		cmocka_unit_test_setup(any_bytes_leave_a_line_that_is_shown_as_it_is, set_up),
	};

	return cmocka_run_group_tests_name("servers/shell/edit", tests, NULL, NULL);
}
