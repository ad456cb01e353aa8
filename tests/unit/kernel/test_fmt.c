/* SPDX-License-Identifier: BSD-2-Clause */
/* Formatting, and the log that uses it. */
#include "kernel/base/fmt.h"
#include "kernel/core/log.h"
#include "tests/unit/kernel/world.h"
#include <limits.h>
#include <string.h>

static char text[64];

#define assert_printed(expected, ...)                                                                                  \
	do {                                                                                                           \
		assert_int_equal(fmt_print(text, sizeof text, __VA_ARGS__), strlen(expected));                         \
		assert_string_equal(text, expected);                                                                   \
	} while (0)

static void each_conversion_prints_what_printf_would(void **state)
{
	(void)state;
	assert_printed("abc|%|x", "%s|%%|%c", "abc", 'x');
	assert_printed("-5 0 2147483647", "%d %d %d", -5, 0, INT_MAX);
	assert_printed("-9223372036854775808", "%ld", LONG_MIN);
	assert_printed("4294967295 ffffffff", "%u %x", UINT_MAX, UINT_MAX);
	assert_printed("18446744073709551615", "%lu", ULONG_MAX);
	assert_printed("7", "%zu", (size_t)7);
}

static void widths_pad_with_spaces_or_zeros(void **state)
{
	(void)state;
	assert_printed("   42|00042|ab   |", "%5u|%05u|%5s|", 42u, 42u, "ab");
	assert_printed("00ff", "%04x", 0xffu);
}

static void a_missing_text_and_an_unknown_conversion_do_no_harm(void **state)
{
	const char *volatile none = NULL;
	const char *odd = "100%", *unknown = "%q";

	(void)state;
	fmt_print(text, sizeof text, "%s", none);
	assert_string_equal(text, "(none)");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	assert_int_equal(fmt_print(text, sizeof text, odd), 3);
	assert_int_equal(fmt_print(text, sizeof text, unknown), 1);
#pragma GCC diagnostic pop
	assert_string_equal(text, "q");
}

static void what_does_not_fit_is_cut_and_terminated(void **state)
{
	char small[4] = "zzz";

	(void)state;
	assert_int_equal(fmt_print(small, sizeof small, "%s", "abcdef"), 3);
	assert_string_equal(small, "abc");
	assert_int_equal(fmt_print(small, 1, "abc"), 0);
	assert_string_equal(small, "");
}

static void names_are_equal_up_to_their_end_or_their_size(void **state)
{
	(void)state;
	assert_true(fmt_name_equal("ab", "ab", 32));
	assert_false(fmt_name_equal("ab", "abc", 32));
	assert_true(fmt_name_equal("abX", "abY", 2)); /* not terminated: size ends it */
	assert_false(fmt_name_equal("", "a", 32));
}

static void a_copied_name_is_cut_terminated_and_padded(void **state)
{
	char to[4] = { 'z', 'z', 'z', 'z' };

	(void)state;
	fmt_name_copy(to, "abcdef", sizeof to);
	assert_string_equal(to, "abc");
	fmt_name_copy(to, "a", sizeof to);
	assert_memory_equal(to, "a\0\0", 4);
}

static void a_line_of_a_process_shows_no_control_bytes(void **state)
{
	(void)state;
	machine_start(WORLD_RAM_BYTES);
	log_process_line("app", "a\x1b[31m\n\xff", 8);
	assert_true(host_console_has("app: a?[31m??\n"));
}

static void a_long_line_is_cut_and_the_ring_keeps_the_newest(void **state)
{
	char lots[1000];
	size_t before = log_written;

	(void)state;
	machine_start(WORLD_RAM_BYTES);
	memset(lots, 'x', sizeof lots);
	log_process_line("app", lots, sizeof lots);
	assert_int_equal(log_written - before, LOG_LINE_BYTES + 1);
	for (unsigned i = 0; i < 100; i++)
		log_line("line %u", i);
	assert_int_equal(log_ring[(log_written - 1) % LOG_RING_BYTES], '\n');
	assert_int_equal(log_ring[(log_written - 2) % LOG_RING_BYTES], '9');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_conversion_prints_what_printf_would),
		cmocka_unit_test(widths_pad_with_spaces_or_zeros),
		cmocka_unit_test(a_missing_text_and_an_unknown_conversion_do_no_harm),
		cmocka_unit_test(what_does_not_fit_is_cut_and_terminated),
		cmocka_unit_test(names_are_equal_up_to_their_end_or_their_size),
		cmocka_unit_test(a_copied_name_is_cut_terminated_and_padded),
		cmocka_unit_test(a_line_of_a_process_shows_no_control_bytes),
		cmocka_unit_test(a_long_line_is_cut_and_the_ring_keeps_the_newest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
