/* SPDX-License-Identifier: BSD-2-Clause */
/* How the shell shows names, modes, times and columns; its paths; the header of a script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "servers/shell/listing.h"
#include "servers/shell/path.h"
#include "servers/shell/script.h"
#include "servers/shell/text.h"

/* ---- modes and times ---- */

static void mode_is(uint32_t type, uint32_t bits, const char *wanted)
{
	char text[LISTING_MODE_BYTES];

	listing_mode(text, &(struct files_info){ .type = type, .mode = bits });
	assert_string_equal(text, wanted);
}

static void modes_show_type_and_permissions(void **state)
{
	(void)state;
	mode_is(FILES_TYPE_FILE, 0644, "-rw-r--r--");
	mode_is(FILES_TYPE_DIRECTORY, 0750, "drwxr-x---");
	mode_is(FILES_TYPE_LINK, 0777, "lrwxrwxrwx");
	mode_is(FILES_TYPE_OTHER, 0, "?---------");
}

static void special_bits_share_the_place_of_execution(void **state)
{
	(void)state;
	mode_is(FILES_TYPE_FILE, 04755, "-rwsr-xr-x");
	mode_is(FILES_TYPE_FILE, 06644, "-rwSr-Sr--");
	mode_is(FILES_TYPE_DIRECTORY, 01777, "drwxrwxrwt");
	mode_is(FILES_TYPE_DIRECTORY, 01776, "drwxrwxrwT");
}

static void time_agrees_with_the_c_library(int64_t seconds)
{
	char text[LISTING_TIME_BYTES], wanted[LISTING_TIME_BYTES];
	time_t t = (time_t)seconds;
	struct tm tm;

	assert_non_null(gmtime_r(&t, &tm));
	strftime(wanted, sizeof wanted, "%Y-%m-%d %H:%M:%S", &tm);
	listing_time(text, seconds);
	assert_string_equal(text, wanted);
}

static void times_are_right_through_leap_years_and_before_1970(void **state)
{
	(void)state;
	for (int64_t day = -50000; day < 300000; day++)
		time_agrees_with_the_c_library(day * 86400 + (day * 7919 % 86400 + 86400) % 86400);
	time_agrees_with_the_c_library(0);
	time_agrees_with_the_c_library(-1);
}

static void impossible_times_are_shown_somehow(void **state)
{
	char text[LISTING_TIME_BYTES];

	(void)state;
	listing_time(text, INT64_MAX);
	listing_time(text, INT64_MIN);
	assert_true(strlen(text) < sizeof text);
}

/* ---- columns ---- */

static void columns_are(const uint16_t *widths, size_t n, size_t screen, size_t count, size_t rows)
{
	struct listing_columns c = listing_fit(widths, n, screen);

	assert_int_equal(c.count, count);
	assert_int_equal(c.rows, rows);
}

static void names_fill_as_few_rows_as_the_screen_allows(void **state)
{
	static const uint16_t same[] = { 8, 8, 8, 8, 8, 8, 8, 8, 8, 8 };

	(void)state;
	columns_are(same, 8, 80, 8, 1); /* 8 * 8 + 7 * 2 = 78 */
	columns_are(same, 10, 80, 5, 2);
	columns_are(same, 10, 18, 2, 5);
	columns_are(same, 10, 17, 1, 10);
}

static void a_name_wider_than_the_screen_gets_a_column_alone(void **state)
{
	static const uint16_t wide[] = { 3, 255, 3 };

	(void)state;
	columns_are(wide, 3, 80, 1, 3);
	columns_are(wide, 0, 80, 1, 0);
}

static void columns_always_fit_and_hold_every_name(void **state)
{
	uint16_t widths[300];

	(void)state;
	srand(3);
	for (int round = 0; round < 2000; round++) {
		size_t n = 1 + (size_t)rand() % 300, total = 0;
		struct listing_columns c;

		for (size_t i = 0; i < n; i++)
			widths[i] = (uint16_t)(1 + rand() % (round % 90 + 1));
		c = listing_fit(widths, n, 80);
		assert_true(c.count * c.rows >= n && (c.count - 1) * c.rows < n);
		for (size_t i = 0; i < n; i++)
			assert_true(widths[i] <= c.width[i / c.rows]);
		for (size_t i = 0; i < c.count; i++)
			total += c.width[i] + (i > 0 ? LISTING_GAP : 0);
		assert_true(c.count == 1 || total <= 80);
	}
}

/* ---- names ---- */

static void name_shows(const char *name, const char *wanted, size_t columns)
{
	char shown[64], *exact = malloc(strlen(name)); /* so that the sanitizer sees a read past the end */
	size_t n;

	assert_non_null(exact);
	memcpy(exact, name, strlen(name));
	n = text_show(shown, exact, strlen(name));
	assert_int_equal(n, strlen(wanted));
	assert_memory_equal(shown, wanted, n);
	assert_int_equal(text_columns(exact, strlen(name)), columns);
	free(exact);
}

static void a_terminal_is_shown_only_what_is_printable(void **state)
{
	(void)state;
	name_shows("plain name~", "plain name~", 11);
	name_shows("\x1b[2Jx\n\x7f", "?[2Jx??", 7);
	name_shows("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 3);
}

static void malformed_utf8_is_not_printable(void **state)
{
	(void)state;
	name_shows("a\xc3", "a?", 2);              /* cut short */
	name_shows("\x80\xbf", "??", 2);           /* no beginning */
	name_shows("\xc0\xaf", "??", 2);           /* too long a form */
	name_shows("\xe0\x9f\xbf", "???", 3);      /* too long a form */
	name_shows("\xc2\x9b", "??", 2);           /* a control character */
	name_shows("\xed\xa0\x80", "???", 3);      /* a surrogate */
	name_shows("\xf4\x90\x80\x80", "????", 4); /* beyond the last character */
	name_shows("\xff\xe2\x82z", "???z", 4);
}

/* ---- paths ---- */

static void joined(const char *directory, const char *name, const char *wanted)
{
	char path[PATH_BYTES];

	assert_true(path_join(path, directory, name, strlen(name)));
	assert_string_equal(path, wanted);
}

static void names_are_relative_to_the_directory_unless_they_begin_with_a_slash(void **state)
{
	(void)state;
	joined("/", "a", "/a");
	joined("/a", "b/../c", "/a/b/../c");
	joined("/a/", "b", "/a/b");
	joined("/a", "/b", "/b");
}

static void a_path_has_at_most_4095_bytes(void **state)
{
	char name[FILES_PATH_MAX + 1], path[PATH_BYTES];

	(void)state;
	memset(name, 'x', sizeof name);
	assert_true(path_join(path, "/", name, FILES_PATH_MAX - 1));
	assert_int_equal(strlen(path), FILES_PATH_MAX);
	assert_false(path_join(path, "/", name, FILES_PATH_MAX));
	assert_false(path_join(path, "/a", name, FILES_PATH_MAX - 2));
	name[0] = '/';
	assert_true(path_join(path, "/a", name, FILES_PATH_MAX));
	assert_false(path_join(path, "/a", name, FILES_PATH_MAX + 1));
}

static void tidied(const char *path, const char *wanted)
{
	char text[64];

	path_tidy(strcpy(text, path));
	assert_string_equal(text, wanted);
}

static void a_directory_is_tidied_by_its_text(void **state)
{
	(void)state;
	tidied("/", "/");
	tidied("//a///b/", "/a/b");
	tidied("/a/./b/.", "/a/b");
	tidied("/a/b/..", "/a");
	tidied("/a/../../..", "/");
	tidied("/a/..b/...", "/a/..b/...");
	tidied("/abc/../d/../e", "/e");
}

/* ---- scripts ---- */

static enum script_result header(struct script_header *h, const char *text)
{
	enum script_result result = SCRIPT_MORE;

	*h = (struct script_header){ 0 };
	for (size_t i = 0; text[i] != 0; i++) {
		assert_int_equal(result, SCRIPT_MORE);
		result = script_byte(h, (uint8_t)text[i]);
	}
	return result;
}

static void a_script_begins_with_its_length(void **state)
{
	struct script_header h;

	(void)state;
	assert_int_equal(header(&h, "0\n"), SCRIPT_BEGINS);
	assert_int_equal(script_bytes(&h), 0);
	assert_int_equal(header(&h, "65536\n"), SCRIPT_BEGINS);
	assert_int_equal(script_bytes(&h), 65536);
	assert_int_equal(header(&h, "999999999\n"), SCRIPT_BEGINS);
	assert_int_equal(script_bytes(&h), 999999999);
}

static void what_is_no_length_was_typed(void **state)
{
	struct script_header h;

	(void)state;
	assert_int_equal(header(&h, "\n"), SCRIPT_NONE);
	assert_int_equal(header(&h, "l"), SCRIPT_NONE);
	assert_int_equal(header(&h, "12\r"), SCRIPT_NONE);
	assert_int_equal(h.count, 2);
	assert_int_equal(header(&h, "1234567890"), SCRIPT_NONE);
	assert_int_equal(h.count, SCRIPT_DIGITS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modes_show_type_and_permissions),
		cmocka_unit_test(special_bits_share_the_place_of_execution),
		cmocka_unit_test(times_are_right_through_leap_years_and_before_1970),
		cmocka_unit_test(impossible_times_are_shown_somehow),
		cmocka_unit_test(names_fill_as_few_rows_as_the_screen_allows),
		cmocka_unit_test(a_name_wider_than_the_screen_gets_a_column_alone),
		cmocka_unit_test(columns_always_fit_and_hold_every_name),
		cmocka_unit_test(a_terminal_is_shown_only_what_is_printable),
		cmocka_unit_test(malformed_utf8_is_not_printable),
		cmocka_unit_test(names_are_relative_to_the_directory_unless_they_begin_with_a_slash),
		cmocka_unit_test(a_path_has_at_most_4095_bytes),
		cmocka_unit_test(a_directory_is_tidied_by_its_text),
		cmocka_unit_test(a_script_begins_with_its_length),
		cmocka_unit_test(what_is_no_length_was_typed),
	};

	return cmocka_run_group_tests_name("servers/shell/listing", tests, NULL, NULL);
}
