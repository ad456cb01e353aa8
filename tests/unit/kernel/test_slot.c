/* SPDX-License-Identifier: BSD-2-Clause */
/* Slots: the life of a page outside RAM. */
#include "kernel/mm/slot.h"
#include "kernel/mm/frame.h"
#include "tests/unit/kernel/world.h"

enum { OWNER = 3 };

static int start(void **state)
{
	(void)state;
	machine_start(4 << 20);
	slot_store_size(1000);
	return 0;
}

static void without_a_store_there_are_no_slots(void **state)
{
	(void)state;
	slot_init();
	assert_int_equal(slot_alloc(), SLOT_NONE);
	assert_int_equal(slot_total(), 0);
}

static void a_store_only_grows_and_has_a_limit(void **state)
{
	(void)state;
	slot_store_size(10);
	assert_int_equal(slot_total(), 1000);
	slot_store_size(UINT32_MAX);
	assert_true(slot_total() < UINT32_MAX);
}

static void every_slot_is_handed_out_once_until_the_store_is_full(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(slot_alloc(), i);
	assert_int_equal(slot_alloc(), SLOT_NONE);
	assert_int_equal(slot_used(), 1000);
	assert_true(slot_settle(500));
	slot_release(500);
	assert_int_equal(slot_alloc(), 500);
}

static void a_version_is_never_used_again(void **state)
{
	uint32_t slot = slot_alloc();
	uint64_t first = slot_at(slot)->version;

	(void)state;
	assert_true(slot_settle(slot));
	slot_reuse(slot);
	assert_true(slot_at(slot)->version > first);
	assert_int_equal(slot_at(slot)->state, SLOT_LEAVING);
	assert_true(slot_settle(slot));
	slot_release(slot);
	slot = slot_alloc();
	assert_true(slot_at(slot)->version > first + 1);
}

static void a_slot_given_up_on_its_way_is_free_only_when_the_pager_has_answered(void **state)
{
	uint32_t slot = slot_alloc();

	(void)state;
	slot_release(slot);
	assert_int_equal(slot_used(), 1);
	assert_int_not_equal(slot_alloc(), slot);
	assert_false(slot_settle(slot));
	assert_int_equal(slot_used(), 1);
	assert_int_equal(slot_at(slot)->state, SLOT_FREE);

	slot = slot_alloc();
	assert_true(slot_settle(slot));
	slot_arrive(slot);
	slot_release(slot);
	assert_false(slot_settle(slot));
	assert_int_equal(slot_at(slot)->state, SLOT_FREE);
}

static void what_breaks_the_life_of_a_slot_is_a_kernel_bug(void **state)
{
	uint32_t slot = slot_alloc();

	(void)state;
	assert_panics(slot_reuse(slot), "nothing is under way");
	assert_panics(slot_arrive(slot), "only a stored page");
	slot_release(slot);
	assert_panics(slot_release(slot), "released once");
	(void)slot_settle(slot);
	assert_panics(slot_release(slot), "released once");
	assert_panics((void)slot_settle(slot), "only a moving slot");
	assert_panics(slot_at(999), "have records");
}

static void each_failing_allocation_is_an_error_and_loses_nothing(void **state)
{
	(void)state;
	for (uint64_t n = 0; n < 2; n++) {
		machine_leave_frames(n, FRAME_FOR_KERNEL);
		assert_int_equal(slot_alloc(), SLOT_NONE);
		assert_int_equal(slot_used(), 0);
		machine_relent();
	}
	assert_int_equal(slot_alloc(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(without_a_store_there_are_no_slots, start),
		cmocka_unit_test_setup(a_store_only_grows_and_has_a_limit, start),
		cmocka_unit_test_setup(every_slot_is_handed_out_once_until_the_store_is_full, start),
		cmocka_unit_test_setup(a_version_is_never_used_again, start),
		cmocka_unit_test_setup(a_slot_given_up_on_its_way_is_free_only_when_the_pager_has_answered, start),
		cmocka_unit_test_setup(what_breaks_the_life_of_a_slot_is_a_kernel_bug, start),
		cmocka_unit_test_setup(each_failing_allocation_is_an_error_and_loses_nothing, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
