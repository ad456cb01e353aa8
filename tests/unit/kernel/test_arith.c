/* SPDX-License-Identifier: BSD-2-Clause */
/* Arithmetic on untrusted numbers, and the tag of a message. */
#include "kernel/abi/message.h"
#include "kernel/base/arith.h"
#include "tests/unit/kernel/world.h"

static void a_sum_that_wraps_is_refused(void **state)
{
	uint64_t sum;

	(void)state;
	assert_true(add_fits(UINT64_MAX - 1, 1, &sum));
	assert_int_equal(sum, UINT64_MAX);
	assert_false(add_fits(UINT64_MAX, 1, &sum));
}

static void a_range_is_within_only_if_no_byte_sticks_out(void **state)
{
	(void)state;
	assert_true(range_within(0, 0, 0));
	assert_true(range_within(0, 10, 10));
	assert_true(range_within(10, 0, 10));
	assert_false(range_within(11, 0, 10));
	assert_false(range_within(1, 10, 10));
	assert_false(range_within(1, UINT64_MAX, 10)); /* wraps to 0 */
	assert_false(range_within(UINT64_MAX, 1, UINT64_MAX));
}

static void rounding_up_reaches_the_next_multiple(void **state)
{
	(void)state;
	assert_int_equal(round_up(0, 4096), 0);
	assert_int_equal(round_up(1, 4096), 4096);
	assert_int_equal(round_up(4096, 4096), 4096);
	assert_int_equal(pages_of_bytes(0), 0);
	assert_int_equal(pages_of_bytes(4097), 2);
	assert_int_equal(pages_of_bytes(UINT64_MAX), 1ull << 52);
	assert_int_equal(min_u64(3, 4), 3);
	assert_int_equal(max_u64(3, 4), 4);
}

static void the_fields_of_a_tag_do_not_touch_each_other(void **state)
{
	uint64_t tag = tag_make(0xfff);

	(void)state;
	tag = tag_with_handles(tag, 4);
	tag = tag_with_bytes(tag, MESSAGE_BYTES_MAX);
	tag = tag_with_pages(tag, MESSAGE_PAGES_GIVEN, MESSAGE_PAGES_MAX);
	assert_int_equal(tag_op(tag), 0xfff);
	assert_int_equal(tag_handles(tag), 4);
	assert_int_equal(tag_bytes(tag), MESSAGE_BYTES_MAX);
	assert_int_equal(tag_pages(tag), MESSAGE_PAGES_MAX);
	assert_int_equal(tag_pages_kind(tag), MESSAGE_PAGES_GIVEN);
	assert_int_equal(tag_kind(tag), MESSAGE_KIND_CALL);
	assert_int_equal(tag & (TAG_UNUSED | TAG_OF_KERNEL | TAG_IDEMPOTENT | TAG_SET_BADGE), 0);
	tag = TAG_UNUSED | TAG_IDEMPOTENT | TAG_SET_BADGE | tag;
	assert_int_equal(tag & TAG_OF_KERNEL, 0);
	tag |= 1ull << TAG_ENDS_BIT | 2ull << (TAG_ENDS_BIT + 2) | 3ull << (TAG_ENDS_BIT + 6);
	assert_int_equal(tag_end(tag, 0), 1);
	assert_int_equal(tag_end(tag, 1), 2);
	assert_int_equal(tag_end(tag, 2), 0);
	assert_int_equal(tag_end(tag, 3), 3);
	assert_int_equal(tag_bytes(tag), MESSAGE_BYTES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sum_that_wraps_is_refused),
		cmocka_unit_test(a_range_is_within_only_if_no_byte_sticks_out),
		cmocka_unit_test(rounding_up_reaches_the_next_multiple),
		cmocka_unit_test(the_fields_of_a_tag_do_not_touch_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
