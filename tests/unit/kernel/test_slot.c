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
	assert_int_equal(world_slot(), SLOT_NONE);
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
		assert_int_equal(world_slot(), i);
	assert_int_equal(world_slot(), SLOT_NONE);
	assert_int_equal(slot_used(), 1000);
	assert_true(slot_settle(500));
	slot_release(500);
	assert_int_equal(world_slot(), 500);
}

static void a_version_is_never_used_again(void **state)
{
	uint32_t slot = world_slot();
	uint64_t first = slot_at(slot)->version;

	(void)state;
	assert_true(slot_settle(slot));
	slot_reuse(slot);
	assert_true(slot_at(slot)->version > first);
	assert_int_equal(slot_at(slot)->state, SLOT_LEAVING);
	assert_true(slot_settle(slot));
	slot_release(slot);
	slot = world_slot();
	assert_true(slot_at(slot)->version > first + 1);
}

static void a_slot_given_up_on_its_way_is_free_only_when_the_pager_has_answered(void **state)
{
	uint32_t slot = world_slot();

	(void)state;
	slot_release(slot);
	assert_int_equal(slot_used(), 1);
	assert_int_not_equal(world_slot(), slot);
	assert_false(slot_settle(slot));
	assert_int_equal(slot_used(), 1);
	assert_int_equal(slot_at(slot)->state, SLOT_FREE);

	slot = world_slot();
	assert_true(slot_settle(slot));
	slot_arrive(slot);
	slot_release(slot);
	assert_false(slot_settle(slot));
	assert_int_equal(slot_at(slot)->state, SLOT_FREE);
}

static void what_breaks_the_life_of_a_slot_is_a_kernel_bug(void **state)
{
	uint32_t slot = world_slot();

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

/* ---- runs ---- */

static void a_run_is_of_neighbours_and_as_long_as_asked_while_the_store_is_new(void **state)
{
	uint32_t first = 0, second = 0;

	(void)state;
	assert_int_equal(slot_alloc_run(8, &first), 8);
	assert_int_equal(slot_alloc_run(5, &second), 5);
	assert_int_equal(second, first + 8);
	for (uint32_t i = first; i < second + 5; i++)
		assert_int_equal(slot_at(i)->state, SLOT_LEAVING);
	assert_int_equal(slot_used(), 13);
}

/* In the order given; all others stay in use. */
static void use_all_but(const uint32_t free[], unsigned n)
{
	for (uint32_t i = 0; i < 1000; i++) {
		assert_int_equal(world_slot(), i);
		assert_true(slot_settle(i));
	}
	for (unsigned i = 0; i < n; i++)
		slot_release(free[i]);
}

static void a_full_stores_free_slots_come_in_the_runs_that_they_form(void **state)
{
	static const uint32_t free[] = { 40, 10, 11, 12, 13, 500 };
	uint32_t first = 0;

	(void)state;
	use_all_but(free, 6);
	assert_int_equal(slot_alloc_run(8, &first), 1);
	assert_int_equal(first, 40);
	assert_int_equal(slot_alloc_run(3, &first), 3);
	assert_int_equal(first, 10);
	assert_int_equal(slot_alloc_run(8, &first), 1);
	assert_int_equal(first, 13);
	assert_int_equal(slot_alloc_run(8, &first), 1);
	assert_int_equal(first, 500);
	assert_int_equal(slot_alloc_run(8, &first), 0);
	assert_int_equal(slot_used(), 1000);
}

static void runs_that_were_broken_heal(void **state)
{
	static const uint32_t free[] = { 7, 3, 5, 1, 6, 2, 0, 4 };
	uint32_t first = 0;

	(void)state;
	use_all_but(free, 8);
	assert_int_equal(slot_alloc_run(8, &first), 1); /* 7: what is above it is in use */
	assert_int_equal(slot_alloc_run(8, &first), 4); /* 3 to 6 */
	assert_int_equal(first, 3);
	for (uint32_t i = first; i < first + 4; i++)
		slot_release(i);
	slot_release(7);
	for (uint32_t i = 3; i < 8; i++)
		assert_false(slot_settle(i)); /* in order, after 1, 2 and 0 */
	assert_int_equal(slot_alloc_run(8, &first), 7);
	assert_int_equal(first, 1);
	assert_int_equal(slot_alloc_run(8, &first), 1);
	assert_int_equal(first, 0);
}

static void the_life_of_a_slot_is_its_table(void **state)
{
	static const unsigned legal[SLOT_STATES] = { 1u << SLOT_LEAVING, 1u << SLOT_HELD | 1u << SLOT_FREE,
						     1u << SLOT_LEAVING | 1u << SLOT_ARRIVING | 1u << SLOT_LOST |
							     1u << SLOT_FREE,
						     1u << SLOT_HELD | 1u << SLOT_FREE, 1u << SLOT_FREE };

	(void)state;
	assert_int_equal(sizeof(struct slot), 32);
	for (unsigned from = 0; from < SLOT_STATES; from++)
		for (unsigned to = 0; to < SLOT_STATES; to++)
			assert_int_equal(slot_legal_next[from] >> to & 1, legal[from] >> to & 1);
}

static void each_failing_allocation_is_an_error_and_loses_nothing(void **state)
{
	(void)state;
	for (uint64_t n = 0; n < 2; n++) {
		machine_leave_frames(n, FRAME_FOR_PAGE_IN);
		assert_int_equal(world_slot(), SLOT_NONE);
		assert_int_equal(slot_used(), 0);
		machine_relent();
	}
	assert_int_equal(world_slot(), 0);
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
		cmocka_unit_test_setup(a_run_is_of_neighbours_and_as_long_as_asked_while_the_store_is_new, start),
		cmocka_unit_test_setup(a_full_stores_free_slots_come_in_the_runs_that_they_form, start),
		cmocka_unit_test_setup(runs_that_were_broken_heal, start),
		cmocka_unit_test(the_life_of_a_slot_is_its_table),
		cmocka_unit_test_setup(each_failing_allocation_is_an_error_and_loses_nothing, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
