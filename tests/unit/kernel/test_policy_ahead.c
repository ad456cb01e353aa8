/* SPDX-License-Identifier: BSD-2-Clause */
/* How many pages come in together: faults that ascend, and what bounds it. */
#include "kernel/paging/policy.h"
#include "tests/unit/kernel/space_fixture.h"

enum { PAGES = 64, IN_FIRST_TABLE = 48, MOST = 8 };
static const uint64_t BASE = LAYOUT_AREA_BASE + TABLE_BYTES - IN_FIRST_TABLE * PAGE_BYTES;

static uint64_t page(unsigned i) { return BASE + i * PAGE_BYTES; }

static void put_out(unsigned i)
{
	paddr_t frame = space_frame_at(page(i));
	uint32_t slot = world_slot();

	aspace_evict(frame_record(frame), slot);
	frame_free(frame);
	assert_true(slot_settle(slot));
}

static uint32_t slot_of(unsigned i) { return aspace_entry(&space, page(i)).slot; }

static void bring_in(unsigned i, bool ahead)
{
	aspace_install(frame_alloc(FRAME_FOR_PAGE_IN, FRAME_BOUNCE), slot_of(i), ahead);
}

/* A thread faults on this page: so many come in. */
static unsigned fault(unsigned i)
{
	unsigned n = policy_read_ahead(&space, page(i), slot_of(i), MOST);

	for (unsigned k = 0; k < n; k++)
		bring_in(i + k, k != 0);
	return n;
}

/* All pages are out, in slots that ascend with them. */
static int start(void **state)
{
	if (space_start(state) != 0)
		return -1;
	policy_init();
	space_add(BASE, PAGES, MMU_READ | MMU_WRITE);
	for (unsigned i = 0; i < PAGES; i++)
		assert_int_equal(aspace_touch(&space, page(i), MMU_WRITE, &space_slot), TOUCH_OK);
	for (unsigned i = 0; i < PAGES; i++)
		put_out(i);
	return 0;
}

static void ascending_faults_bring_twice_as_many_each_time(void **state)
{
	(void)state;
	assert_int_equal(fault(0), 1);
	assert_int_equal(fault(1), 2);
	assert_int_equal(fault(3), 4);
	assert_int_equal(fault(7), 8);
	assert_int_equal(fault(15), 8);
	assert_int_equal(space.faults, 5);
	assert_int_equal(space.pages_in, 23);
	assert_int_equal(space.pages_ahead, 18);
	assert_int_equal(paging_counts.ahead, 18);
}

static void faults_anywhere_bring_one_page_each(void **state)
{
	static const unsigned places[] = { 40, 3, 22, 11, 60, 30, 50 };

	(void)state;
	for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++)
		assert_int_equal(fault(places[i]), 1);
	assert_int_equal(space.pages_ahead, 0);
}

/* The program's text, say, is faulted on amid a long read. */
static void one_fault_elsewhere_does_not_make_a_stream_begin_anew(void **state)
{
	(void)state;
	for (unsigned i = 0, n = 0; n < MOST; i += n)
		n = fault(i);
	assert_int_equal(fault(60), 1);
	assert_int_equal(fault(15), 1);
	assert_int_equal(fault(16), 4);
	assert_int_equal(fault(20), 8);
}

static void pages_that_are_in_ram_already_do_not_end_a_stream(void **state)
{
	(void)state;
	bring_in(3, false);
	bring_in(4, false);
	assert_int_equal(fault(0), 1);
	assert_int_equal(fault(1), 2);
	assert_int_equal(fault(5), 4);
}

static void what_comes_in_together_are_neighbours_in_held_ascending_slots_of_one_table(void **state)
{
	uint32_t slot;

	(void)state;
	space.policy.window = MOST;
	space.policy.ahead_next = page(0) >> PAGE_SHIFT;
	slot_arrive(slot_of(3)); /* on its way for somebody else */
	assert_int_equal(policy_read_ahead(&space, page(0), slot_of(0), MOST), 3);
	assert_true(slot_settle(slot_of(3)));
	bring_in(5, false);
	assert_int_equal(policy_read_ahead(&space, page(3), slot_of(3), MOST), 2);
	slot = slot_of(10);
	bring_in(10, false);
	aspace_forget_slot(frame_record(space_frame_at(page(10))));
	assert_int_equal(policy_read_ahead(&space, page(6), slot_of(6), MOST), 4);
	while (world_slot() != slot)
		;
	put_out(10); /* in another slot than the one after its neighbour's */
	assert_int_equal(policy_read_ahead(&space, page(6), slot_of(6), MOST), 1); /* no stream any more */
	assert_int_equal(policy_read_ahead(&space, page(7), slot_of(7), MOST), 3);
	space.policy.ahead_next = page(IN_FIRST_TABLE - 2) >> PAGE_SHIFT;
	assert_int_equal(policy_read_ahead(&space, page(IN_FIRST_TABLE - 2), slot_of(IN_FIRST_TABLE - 2), MOST), 2);
	for (uint32_t s = 0; s < slot_used(); s++)
		if (slot_at(s)->state == SLOT_LEAVING && slot_settle(s))
			slot_release(s);
}

static void read_ahead_leaves_room_for_who_waits_for_memory(void **state)
{
	(void)state;
	space.policy.window = MOST;
	space.policy.ahead_next = page(0) >> PAGE_SHIFT;
	space.frames_max = space.resident + space.tables + 3;
	assert_int_equal(policy_read_ahead(&space, page(0), slot_of(0), MOST), 3);
	space.frames_max = 200;
	while (frame_free_count() > frame_reserve() + 2)
		(void)frame_alloc(FRAME_FOR_KERNEL, FRAME_KERNEL);
	assert_int_equal(policy_read_ahead(&space, page(3), slot_of(3), MOST), 2);
	while (frame_free_count() > 1)
		(void)frame_alloc(FRAME_FOR_PAGE_IN, FRAME_KERNEL);
	assert_int_equal(policy_read_ahead(&space, page(5), slot_of(5), MOST), 1);
}

/* It may never be: then it goes first, and its slot still has it. */
static void a_page_read_ahead_is_unused_until_it_is_used(void **state)
{
	struct frame *f;

	(void)state;
	(void)fault(0);
	assert_int_equal(fault(1), 2); /* 1 was asked for, 2 was not */
	assert_int_equal(policy_victims(&space, false, MOST, &f), 1);
	assert_int_equal(aspace_address_of(f), page(2));
	hal_mmu_set_used(aspace_leaf_of(f), false);
	assert_int_equal(paging_counts.ahead_used, 0);
	assert_int_equal(policy_victims(&space, false, MOST, &f), 1);
	assert_int_not_equal(aspace_address_of(f), page(2));
	assert_int_equal(paging_counts.ahead_used, 1);
	assert_int_equal(policy_victims(&space, false, MOST, &f), 1);
	assert_int_equal(paging_counts.ahead_used, 1); /* counted once */
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, space_finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(ascending_faults_bring_twice_as_many_each_time),
		STORY(faults_anywhere_bring_one_page_each),
		STORY(one_fault_elsewhere_does_not_make_a_stream_begin_anew),
		STORY(pages_that_are_in_ram_already_do_not_end_a_stream),
		STORY(what_comes_in_together_are_neighbours_in_held_ascending_slots_of_one_table),
		STORY(read_ahead_leaves_room_for_who_waits_for_memory),
		STORY(a_page_read_ahead_is_unused_until_it_is_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
