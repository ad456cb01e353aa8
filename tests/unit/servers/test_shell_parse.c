/* SPDX-License-Identifier: BSD-2-Clause */
/* The shell's language: each line, with what it becomes, written as [word][word]; or [word]& in the background. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "servers/shell/parse.h"

enum { STATUS = 127 };

/* A copy without a terminating zero, so that the sanitizer sees a read past the end. */
static char *exact(const char *line)
{
	char *copy = malloc(strlen(line) + 1);

	assert_non_null(copy);
	memcpy(copy, line, strlen(line));
	return realloc(copy, strlen(line) == 0 ? 1 : strlen(line));
}

static enum parse_result parse(const char *line, char *shown)
{
	static struct command c;
	char *copy = exact(line);
	const char *at = copy, *end = copy + strlen(line);
	enum parse_result result;

	shown[0] = 0;
	while ((result = parse_next(&at, end, STATUS, &c)) == PARSE_COMMAND) {
		assert_null(c.words[c.count]);
		for (unsigned i = 0; i < c.count; i++)
			strcat(strcat(strcat(shown, "["), c.words[i]), "]");
		strcat(shown, c.background ? "&" : ";");
	}
	assert_int_equal(parse_check(copy, end, &c), result == PARSE_END ? PARSE_COMMAND : result);
	free(copy);
	return result;
}

static void becomes(const char *line, const char *wanted)
{
	char shown[8192];

	assert_int_equal(parse(line, shown), PARSE_END);
	assert_string_equal(shown, wanted);
}

static void is_refused(const char *line, enum parse_result why)
{
	char shown[8192];

	assert_int_equal(parse(line, shown), why);
	assert_string_not_equal(parse_error_text(why), parse_error_text(PARSE_COMMAND));
}

static void blanks_part_words_and_are_no_words(void **state)
{
	(void)state;
	becomes("", "");
	becomes(" \t\r ", "");
	becomes("  ls  -l\t/docs ", "[ls][-l][/docs];");
}

static void single_quotes_keep_everything(void **state)
{
	(void)state;
	becomes("echo 'a  b;c&#$?\\\"'", "[echo][a  b;c&#$?\\\"];");
	becomes("echo ''", "[echo][];");
	becomes("a'b'c", "[abc];");
}

static void double_quotes_keep_all_but_the_status_and_four_escapes(void **state)
{
	(void)state;
	becomes("\"a b;'\" \"$?\"", "[a b;'][127];");
	becomes("\"\\\\ \\\" \\$? \\` \\n\"", "[\\ \" $? ` \\n];");
}

static void a_backslash_takes_the_next_byte_as_it_is(void **state)
{
	(void)state;
	becomes("a\\ b \\; \\# \\\\ \\$?", "[a b][;][#][\\][$?];");
	becomes("end\\", "[end\\];");
}

static void semicolons_and_ampersands_end_commands(void **state)
{
	(void)state;
	becomes("a;b ;c;", "[a];[b];[c];");
	becomes("hog 96 & ps", "[hog][96]&[ps];");
	becomes("a&b&", "[a]&[b]&");
}

static void the_status_is_put_where_it_is_asked_for(void **state)
{
	(void)state;
	becomes("echo $? a$?b $x $", "[echo][127][a127b][$x][$];");
}

static void a_comment_begins_where_a_word_could(void **state)
{
	(void)state;
	becomes("# nothing 'at all", "");
	becomes("echo a#b # c; d", "[echo][a#b];");
	becomes("a;#b", "[a];");
}

static void an_open_quote_is_refused(void **state)
{
	(void)state;
	is_refused("echo 'a", PARSE_OPEN_QUOTE);
	is_refused("echo \"a\\\"", PARSE_OPEN_QUOTE);
	is_refused("good; 'bad", PARSE_OPEN_QUOTE);
}

static void a_separator_with_no_command_is_refused(void **state)
{
	(void)state;
	is_refused("; a", PARSE_NO_COMMAND);
	is_refused("a ;; b", PARSE_NO_COMMAND);
	is_refused("a; & b", PARSE_NO_COMMAND);
	is_refused("a\n; b", PARSE_NO_COMMAND);
	is_refused("&", PARSE_NO_COMMAND);
}

static void a_line_feed_ends_a_command_if_there_is_one(void **state)
{
	(void)state;
	becomes("a\nb c\n", "[a];[b][c];");
	becomes("\n\n a;\n\n b & \r\n c", "[a];[b]&[c];");
	becomes("a # b\nc", "[a];[c];");
	becomes("a\\\nb \\\n c", "[ab][c];");
}

static void quotes_keep_line_feeds(void **state)
{
	(void)state;
	becomes("'a\nb' \"c\nd\"", "[a\nb][c\nd];");
	becomes("'a\\\nb' \"c\\\nd\"", "[a\\\nb][cd];");
}

static void pipes_and_redirections_are_refused_unless_quoted(void **state)
{
	(void)state;
	is_refused("ls | cat", PARSE_OPERATOR);
	is_refused("ls >x", PARSE_OPERATOR);
	is_refused("a<b", PARSE_OPERATOR);
	is_refused("a && b", PARSE_OPERATOR);
	is_refused("a || b", PARSE_OPERATOR);
	becomes("echo '|' \\> \"<\"", "[echo][|][>][<];");
}

static void too_many_words_are_refused(void **state)
{
	char line[2 * PARSE_WORDS_MAX + 3] = "", shown[8192];

	(void)state;
	for (int i = 0; i < PARSE_WORDS_MAX; i++)
		strcat(line, "w ");
	assert_int_equal(parse(line, shown), PARSE_END);
	is_refused(strcat(line, "w"), PARSE_TOO_LONG);
}

static void too_many_bytes_are_refused(void **state)
{
	char line[PARSE_TEXT_BYTES + 2], shown[8192];

	(void)state;
	memset(line, 'x', sizeof line);
	line[PARSE_TEXT_BYTES - 1] = 0;
	assert_int_equal(parse(line, shown), PARSE_END);
	assert_int_equal(strlen(shown), PARSE_TEXT_BYTES - 1 + 3);
	line[PARSE_TEXT_BYTES - 1] = 'x';
	line[PARSE_TEXT_BYTES] = 0;
	is_refused(line, PARSE_TOO_LONG);
}

static void any_bytes_end_without_a_crash(void **state)
{
	static const char alphabet[] = "ab '\"\\;&#$?|\t\n\xff\x01";
	char line[40], shown[8192];

	(void)state;
	srand(1);
	for (int round = 0; round < 200000; round++) {
		size_t n = (size_t)rand() % sizeof line;

		for (size_t i = 0; i < n; i++)
			line[i] = alphabet[(size_t)rand() % (sizeof alphabet - 1)];
		line[n < sizeof line ? n : n - 1] = 0;
		(void)parse(line, shown);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blanks_part_words_and_are_no_words),
		cmocka_unit_test(single_quotes_keep_everything),
		cmocka_unit_test(double_quotes_keep_all_but_the_status_and_four_escapes),
		cmocka_unit_test(a_backslash_takes_the_next_byte_as_it_is),
		cmocka_unit_test(semicolons_and_ampersands_end_commands),
		cmocka_unit_test(the_status_is_put_where_it_is_asked_for),
		cmocka_unit_test(a_comment_begins_where_a_word_could),
		cmocka_unit_test(an_open_quote_is_refused),
		cmocka_unit_test(a_separator_with_no_command_is_refused),
		cmocka_unit_test(a_line_feed_ends_a_command_if_there_is_one),
		cmocka_unit_test(quotes_keep_line_feeds),
		cmocka_unit_test(pipes_and_redirections_are_refused_unless_quoted),
		cmocka_unit_test(too_many_words_are_refused),
		cmocka_unit_test(too_many_bytes_are_refused),
		cmocka_unit_test(any_bytes_end_without_a_crash),
	};

	return cmocka_run_group_tests_name("servers/shell/parse", tests, NULL, NULL);
}
