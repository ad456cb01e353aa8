/* SPDX-License-Identifier: BSD-2-Clause */
/* What writes become on the wire, in both modes, and at the ring's limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "servers/console/output.h"

static struct ring ring;

static int set_up(void **state)
{
	(void)state;
	memset(&ring, 0, sizeof ring);
	ring.put = ring.taken = UINT32_MAX - 5; /* the counters wrap in every test */
	return 0;
}

static bool write_text(bool framed, bool is_error, const char *text)
{
	return output_write(&ring, framed, is_error, (const uint8_t *)text, strlen(text));
}

static void assert_ring(const char *wanted)
{
	uint8_t got[RING_BYTES];
	size_t n = ring_peek(&ring, got, sizeof got);

	assert_int_equal(n, strlen(wanted));
	assert_memory_equal(got, wanted, n);
}

static void interactive_writes_go_out_as_they_are_but_for_line_feeds(void **state)
{
	(void)state;
	assert_true(write_text(false, true, "a\nb\r\n\x1b[K\x01"));
	assert_ring("a\r\nb\r\r\n\x1b[K\x01");
}

static void framed_writes_name_their_stream_and_length(void **state)
{
	(void)state;
	assert_true(write_text(true, false, "hello, world\n"));
	assert_true(write_text(true, true, "\x01"));
	assert_ring("\x01o000dhello, world\n\x01"
		    "e0001\x01");
}

static void an_empty_framed_write_is_no_frame(void **state)
{
	(void)state;
	assert_true(write_text(true, false, ""));
	assert_ring("");
}

static void the_end_of_commands_has_three_digits(void **state)
{
	(void)state;
	assert_true(output_status(&ring, 7));
	assert_true(output_status(&ring, 0));
	assert_true(output_status(&ring, 145));
	assert_ring("\x01x007\x01x000\x01x145");
}

static void what_does_not_fit_wholly_is_not_put_at_all(void **state)
{
	static uint8_t lines[RING_BYTES];

	(void)state;
	memset(lines, '\n', sizeof lines);
	assert_true(output_write(&ring, false, false, lines, RING_BYTES / 2));
	assert_int_equal(ring_room(&ring), 0);
	assert_false(write_text(false, false, "x"));
	ring_drop(&ring, 1);
	assert_false(write_text(false, false, "\n"));
	ring_drop(&ring, 6);
	assert_false(write_text(true, false, "xy"));
	assert_int_equal(ring_room(&ring), 7);
	assert_true(write_text(true, false, "x"));
	assert_false(output_status(&ring, 0));
	assert_int_equal(ring_room(&ring), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(interactive_writes_go_out_as_they_are_but_for_line_feeds, set_up),
		cmocka_unit_test_setup(framed_writes_name_their_stream_and_length, set_up),
		cmocka_unit_test_setup(an_empty_framed_write_is_no_frame, set_up),
		cmocka_unit_test_setup(the_end_of_commands_has_three_digits, set_up),
		cmocka_unit_test_setup(what_does_not_fit_wholly_is_not_put_at_all, set_up),
	};

	return cmocka_run_group_tests_name("servers/console/output", tests, NULL, NULL);
}
