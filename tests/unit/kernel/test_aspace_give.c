/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages given for good: 2 MiB by one entry, whatever is in it; what keeps it from that; page by page. */
#include "tests/unit/kernel/give_fixture.h"
#include <string.h>

static void two_mib_move_by_one_entry_with_present_swapped_and_absent_pages(void **state)
{
	uint64_t resident = giver.resident, promised = taker.committed;
	struct frame *table;

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		give_put(&giver, BUFFER + PAGE(i), 100 + i);
	for (unsigned i = 5; i < 15; i++)
		assert_true(slot_settle(give_evict(&giver, BUFFER + PAGE(i))));
	table = give_table(&giver, BUFFER);
	assert_ok(give(&giver, BUFFER, &taker, WINDOW, MMU_ENTRIES));
	give_check();
	assert_ptr_equal(give_table(&taker, WINDOW), table); /* nothing in it was touched */
	assert_null(give_table(&giver, BUFFER));
	assert_int_equal(giver.resident, resident);
	assert_int_equal(giver.swapped, 0);
	assert_int_equal(taker.resident, 10);
	assert_int_equal(taker.swapped, 10);
	assert_int_equal(taker.committed, promised + MMU_ENTRIES);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(give_get(&taker, WINDOW + PAGE(i)), 100 + i);
	assert_int_equal(give_get(&taker, WINDOW + PAGE(300)), 0); /* zeros where nothing had been touched */
	assert_int_equal(give_get(&giver, BUFFER), 0);
}

static void two_mib_never_touched_move_as_well(void **state)
{
	(void)state;
	assert_ok(give(&giver, BUFFER, &taker, WINDOW, GIVE_PAGES));
	give_check();
	assert_int_equal(taker.committed, 2 * GIVE_PAGES);
	assert_int_equal(taker.resident, 0);
	assert_int_equal(give_get(&taker, WINDOW + PAGE(GIVE_PAGES - 1)), 0);
}

static void what_came_whole_goes_on_whole_and_back_and_the_promise_goes_along(void **state)
{
	uint64_t promised = aspace_promised();

	(void)state;
	give_put(&giver, BUFFER + PAGE(7), 7);
	for (unsigned i = 0; i < 3; i++) {
		assert_ok(give(&giver, i == 0 ? BUFFER : WINDOW, &taker, WINDOW, MMU_ENTRIES));
		give_check();
		assert_int_equal(aspace_promised(), promised + MMU_ENTRIES);
		assert_ok(give(&taker, WINDOW, &giver, WINDOW, MMU_ENTRIES));
		give_check();
		assert_int_equal(taker.committed, GIVE_PAGES);
	}
	assert_int_equal(give_get(&giver, WINDOW + PAGE(7)), 7);
	assert_ok(aspace_remove(&giver, WINDOW, GIVE_PAGES));
	assert_int_equal(aspace_promised(), promised);
}

static void a_part_of_what_came_whole_is_not_unmapped(void **state)
{
	(void)state;
	give_put(&giver, BUFFER, 1);
	assert_ok(give(&giver, BUFFER, &taker, WINDOW, MMU_ENTRIES));
	assert_status(aspace_remove(&taker, WINDOW, 1), BAD_ARG);
	assert_status(aspace_remove(&taker, WINDOW + PAGE(1), MMU_ENTRIES - 1), BAD_ARG);
	assert_status(aspace_remove(&taker, WINDOW + PAGE(100), MMU_ENTRIES), BAD_ARG);
	assert_int_equal(give_get(&taker, WINDOW), 1);
	assert_ok(aspace_remove(&taker, WINDOW, MMU_ENTRIES));
	give_check();
	assert_ok(aspace_remove(&taker, WINDOW + PAGE(MMU_ENTRIES), MMU_ENTRIES));
}

static void a_page_on_its_way_to_or_from_the_store_arrives_at_its_new_place(void **state)
{
	uint32_t leaving, arriving;
	paddr_t frame;

	(void)state;
	give_put(&giver, BUFFER, 1);
	give_put(&giver, BUFFER + PAGE(1), 2);
	leaving = give_evict(&giver, BUFFER);
	arriving = give_evict(&giver, BUFFER + PAGE(1));
	assert_true(slot_settle(arriving));
	slot_arrive(arriving);
	assert_ok(give(&giver, BUFFER, &taker, WINDOW, MMU_ENTRIES));
	assert_ok(give(&taker, WINDOW, &giver, WINDOW + PAGE(3), 2)); /* and on, one by one */
	give_check();
	assert_true(slot_settle(leaving) && slot_settle(arriving));
	frame = frame_alloc(FRAME_FOR_PAGE_IN, FRAME_BOUNCE);
	memset(hal_frame_ptr(frame), 2, PAGE_BYTES);
	aspace_install(frame, arriving, false);
	assert_int_equal(aspace_entry(&giver, WINDOW + PAGE(4)).frame.v, frame.v);
	assert_int_equal(give_get(&giver, WINDOW + PAGE(3)), 1);
}

/* ---- what keeps a table where it is ---- */

static void two_mib_with_a_busy_or_dma_page_stay(void **state)
{
	struct frame *f;

	(void)state;
	give_put(&giver, BUFFER + PAGE(9), 1);
	f = frame_record(aspace_entry(&giver, BUFFER + PAGE(9)).frame);
	for (unsigned i = 0; i < MMU_ENTRIES; i++)
		give_put(&giver, BUFFER + PAGE(i), i);
	frame_hold(f, false);
	assert_status(give(&giver, BUFFER, &taker, WINDOW, MMU_ENTRIES), BUSY);
	frame_release(f, false);
	frame_hold(f, true);
	assert_status(give(&giver, BUFFER, &taker, WINDOW, MMU_ENTRIES), BUSY);
	frame_release(f, true);
	give_check();
	assert_int_equal(give_get(&giver, BUFFER + PAGE(8)), 8); /* those before it did not go */
	assert_int_equal(taker.resident, 0);
	assert_ok(give(&giver, BUFFER, &taker, WINDOW, MMU_ENTRIES));
}

static void two_mib_with_a_page_that_is_lent_or_borrowed_stay(void **state)
{
	uint64_t from = BUFFER + PAGE(MMU_ENTRIES);

	(void)state;
	for (unsigned i = 0; i < MMU_ENTRIES; i++)
		give_put(&giver, BUFFER + PAGE(i), i);
	assert_ok(aspace_prepare_landing(&taker, WINDOW + PAGE(600), 1));
	aspace_lend(&giver, BUFFER + PAGE(3), &taker, WINDOW + PAGE(600), 1, true);
	assert_status(give(&giver, BUFFER, &taker, WINDOW, MMU_ENTRIES), NOT_FLIPPABLE);
	assert_status(give(&taker, WINDOW + PAGE(MMU_ENTRIES), &giver, WINDOW, MMU_ENTRIES), NOT_FLIPPABLE);
	give_put(&giver, from, 1);
	assert_status(give(&giver, from, &taker, WINDOW + PAGE(MMU_ENTRIES), MMU_ENTRIES), NOT_FLIPPABLE);
	give_check();
	assert_true(aspace_return(&taker, WINDOW + PAGE(600), &giver, BUFFER + PAGE(3), 1));
	assert_ok(give(&giver, BUFFER, &taker, WINDOW, MMU_ENTRIES));
}

static void a_page_lent_out_of_what_came_whole_and_forfeited_is_promised_once(void **state)
{
	(void)state;
	give_put(&giver, BUFFER, 1);
	assert_ok(give(&giver, BUFFER, &taker, WINDOW, MMU_ENTRIES));
	assert_ok(aspace_prepare_landing(&giver, WINDOW, 1));
	aspace_lend(&taker, WINDOW, &giver, WINDOW, 1, true);
	give_check();
	aspace_forget_lent(&taker, WINDOW);
	give_check();
	assert_ptr_equal(aspace_drop_borrowed(&giver, WINDOW), &taker);
	assert_int_equal(give_get(&taker, WINDOW), 0); /* a fresh page in its place */
}

static void two_mib_that_are_not_one_buffer_go_page_by_page_if_nothing_is_missing(void **state)
{
	uint64_t heap = LAYOUT_HEAP_BASE;

	(void)state;
	assert_ok(aspace_add_region(&giver, REGION_HEAP, heap, MMU_ENTRIES, RW));
	give_put(&giver, heap, 1);
	assert_status(give(&giver, heap, &taker, WINDOW, MMU_ENTRIES), NOT_FLIPPABLE);
	for (unsigned i = 0; i < MMU_ENTRIES; i++)
		give_put(&giver, heap + PAGE(i), i);
	assert_ok(give(&giver, heap, &taker, WINDOW, MMU_ENTRIES));
	give_check();
	assert_non_null(give_table(&giver, heap));
	assert_int_equal(taker.committed, GIVE_PAGES + MMU_ENTRIES);
	assert_ok(give(&taker, WINDOW, &giver, WINDOW, MMU_ENTRIES)); /* full, so it goes on whole */
	assert_null(give_table(&taker, WINDOW));
	give_check();
}

/* ---- page by page ---- */

static void an_unaligned_range_moves_swapped_pages_as_slots_and_refuses_one_never_touched(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 600; i++)
		give_put(&giver, BUFFER + PAGE(1 + i), i);
	for (unsigned i = 0; i < 600; i += 3)
		assert_true(slot_settle(give_evict(&giver, BUFFER + PAGE(1 + i))));
	assert_status(give(&giver, BUFFER + PAGE(1), &taker, WINDOW, 601), NOT_FLIPPABLE);
	assert_status(give(&giver, BUFFER, &taker, WINDOW + PAGE(1), 10), NOT_FLIPPABLE);
	assert_int_equal(taker.resident + taker.swapped, 0);
	assert_ok(give(&giver, BUFFER + PAGE(1), &taker, WINDOW, 600));
	give_check();
	assert_int_equal(taker.swapped, 200);
	for (unsigned i = 0; i < 600; i++)
		assert_int_equal(give_get(&taker, WINDOW + PAGE(i)), i);
}

static void a_range_goes_by_tables_in_the_middle_and_by_pages_at_its_ends(void **state)
{
	uint64_t at = BUFFER + PAGE(510);

	(void)state;
	for (unsigned i = 0; i < 514; i++)
		give_put(&giver, at + PAGE(i), i);
	assert_ok(give(&giver, at, &taker, WINDOW + PAGE(510), 514));
	give_check();
	assert_null(give_table(&giver, BUFFER + PAGE(MMU_ENTRIES)));
	assert_non_null(give_table(&giver, BUFFER));
	for (unsigned i = 0; i < 514; i++)
		assert_int_equal(give_get(&taker, WINDOW + PAGE(510 + i)), i);
}

/* ---- the window ---- */

static void a_window_with_anything_in_it_is_not_free(void **state)
{
	(void)state;
	give_put(&giver, BUFFER, 1);
	give_put(&giver, BUFFER + PAGE(1), 2);
	assert_ok(give(&giver, BUFFER, &taker, WINDOW + PAGE(5), 1));
	assert_status(give(&giver, BUFFER, &taker, WINDOW, MMU_ENTRIES),
		      NOT_FLIPPABLE); /* page by page, the first is gone */
	give_put(&giver, BUFFER, 1);
	assert_status(give(&giver, BUFFER + PAGE(1), &taker, WINDOW + PAGE(5), 1), EXISTS);
	assert_ok(give(&giver, BUFFER + PAGE(MMU_ENTRIES), &taker, WINDOW + PAGE(MMU_ENTRIES), MMU_ENTRIES));
	assert_status(give(&giver, BUFFER, &taker, WINDOW + PAGE(GIVE_PAGES - 1), 2), EXISTS);
	assert_status(give(&giver, BUFFER, &taker, BUFFER, 1), EXISTS);
	give_check();
}

static void a_page_never_touched_of_what_came_whole_is_a_free_place(void **state)
{
	uint64_t promised;

	(void)state;
	give_put(&giver, BUFFER, 1);
	give_put(&giver, BUFFER + PAGE(1), 2);
	assert_ok(give(&giver, BUFFER, &taker, WINDOW, MMU_ENTRIES));
	promised = aspace_promised();
	assert_ok(give(&taker, WINDOW, &giver, WINDOW, 1)); /* one page of it */
	assert_int_equal(aspace_promised(), promised + 1);
	give_check();
	assert_ok(give(&giver, WINDOW, &taker, WINDOW, 1)); /* comes back to where it was */
	assert_int_equal(aspace_promised(), promised);
	give_check();
	assert_int_equal(give_get(&taker, WINDOW), 1);
	assert_ok(give(&taker, WINDOW, &giver, WINDOW, 2));
	give_put(&giver, BUFFER, 3);
	assert_ok(give(&giver, BUFFER, &taker, WINDOW, MMU_ENTRIES)); /* nothing was left there but the promise */
	give_check();
	assert_int_equal(give_get(&taker, WINDOW), 3);
}

static void an_empty_table_in_the_window_makes_room(void **state)
{
	const struct frame *table;

	(void)state;
	give_put(&giver, BUFFER, 1);
	assert_ok(give(&giver, BUFFER, &taker, WINDOW, 1));
	assert_ok(give(&taker, WINDOW, &giver, WINDOW, 1));
	table = give_table(&taker, WINDOW);
	assert_non_null(table);
	give_put(&giver, BUFFER, 2);
	assert_ok(give(&giver, BUFFER, &taker, WINDOW, MMU_ENTRIES));
	assert_ptr_not_equal(give_table(&taker, WINDOW), table); /* nobody remembers the old one */
	give_check();
	assert_int_equal(give_get(&taker, WINDOW), 2);
}

/* Where the first table of a directory is, is recorded: at the end of the space none is looked for below. */
static void a_table_that_comes_below_all_others_is_freed_with_its_space(void **state)
{
	uint64_t low = LAYOUT_AREA_BASE + (2ull << 30), high = low + (64ull << 20);

	(void)state;
	assert_ok(aspace_add_region(&taker, REGION_LANDING, low, GIVE_PAGES, RW));
	assert_ok(aspace_add_region(&taker, REGION_HEAP, high, 1, RW));
	give_put(&taker, high, 1);
	give_put(&giver, BUFFER, 2);
	assert_ok(give(&giver, BUFFER, &taker, low, MMU_ENTRIES));
	give_check();
	assert_int_equal(give_get(&taker, low), 2);
}

static void more_than_the_receivers_frames_swap_or_promise_is_refused(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20; i++)
		give_put(&giver, BUFFER + PAGE(i), i);
	for (unsigned i = 0; i < 10; i++)
		assert_true(slot_settle(give_evict(&giver, BUFFER + PAGE(i))));
	give_put(&taker, BUFFER, 1); /* so that the directories are there */
	taker.frames_max = taker.resident + taker.tables + 10;
	assert_status(give(&giver, BUFFER, &taker, WINDOW, MMU_ENTRIES), TOO_BIG);
	taker.frames_max++;
	taker.swap_max = 9;
	assert_status(give(&giver, BUFFER, &taker, WINDOW, MMU_ENTRIES), TOO_BIG);
	taker.swap_max = GIVE_PAGES + MMU_ENTRIES - taker.frames_max - 1;
	assert_status(give(&giver, BUFFER, &taker, WINDOW, MMU_ENTRIES), TOO_BIG);
	taker.swap_max++;
	taker.pinned = true;
	assert_status(give(&giver, BUFFER, &taker, WINDOW, MMU_ENTRIES), TOO_BIG);
	taker.pinned = false;
	giver.pinned = true;
	assert_status(give(&giver, BUFFER, &taker, WINDOW, MMU_ENTRIES), NOT_FLIPPABLE);
	giver.pinned = false;
	give_check();
	assert_int_equal(taker.resident, 1);
	assert_ok(give(&giver, BUFFER, &taker, WINDOW, MMU_ENTRIES));
	taker.swap_max = GIVE_FRAMES;
}

static void what_nobody_could_keep_the_promise_of_is_not_given(void **state)
{
	uint64_t heap = LAYOUT_HEAP_BASE;

	(void)state;
	give_put(&giver, BUFFER, 1);
	giver.frames_max = giver.swap_max = 1 << 20;
	for (; aspace_promised() + MMU_ENTRIES <= aspace_promise_limit(); heap += PAGE(100))
		assert_ok(aspace_add_region(&giver, REGION_HEAP, heap, 100, RW));
	assert_status(give(&giver, BUFFER, &taker, WINDOW, MMU_ENTRIES), NO_MEMORY);
	assert_ok(give(&giver, BUFFER, &taker, WINDOW, 1));
}

/* ---- translations ---- */

static void the_giver_keeps_no_translation_of_a_table_that_left(void **state)
{
	struct trap_info info;
	uint64_t word = 5;

	(void)state;
	give_put(&giver, BUFFER + PAGE(1), 1);
	hal_mmu_activate(&giver.space);
	assert_true(host_user_write(giver.root, BUFFER + PAGE(1), &word, sizeof word, &info));
	assert_ok(give(&giver, BUFFER, &taker, WINDOW, MMU_ENTRIES));
	assert_null(host_tlb_stale());
	assert_false(host_user_read(giver.root, BUFFER + PAGE(1), &word, sizeof word, &info));
	assert_int_equal(give_get(&taker, WINDOW + PAGE(1)), 5);
	assert_true(aspace_entry(&taker, WINDOW + PAGE(1)).dirty);
}

static void the_receiver_keeps_no_translation_of_a_table_that_made_room(void **state)
{
	struct trap_info info;
	uint64_t word = 0;

	(void)state;
	give_put(&giver, BUFFER, 1);
	assert_ok(give(&giver, BUFFER, &taker, WINDOW, 1));
	hal_mmu_activate(&taker.space);
	assert_true(host_user_read(taker.root, WINDOW, &word, sizeof word, &info));
	assert_ok(give(&taker, WINDOW, &giver, WINDOW, 1));
	assert_false(host_user_read(taker.root, WINDOW + PAGE(1), &word, sizeof word, &info)); /* it knows the table */
	give_put(&giver, BUFFER, 2);
	assert_ok(give(&giver, BUFFER, &taker, WINDOW, MMU_ENTRIES));
	assert_null(host_tlb_stale());
	assert_true(host_user_read(taker.root, WINDOW, &word, sizeof word, &info));
	assert_int_equal(word, 2);
}

#define STEADY(name) cmocka_unit_test_setup_teardown(name, give_start, give_finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STEADY(two_mib_move_by_one_entry_with_present_swapped_and_absent_pages),
		STEADY(two_mib_never_touched_move_as_well),
		STEADY(what_came_whole_goes_on_whole_and_back_and_the_promise_goes_along),
		STEADY(a_part_of_what_came_whole_is_not_unmapped),
		STEADY(a_page_on_its_way_to_or_from_the_store_arrives_at_its_new_place),
		STEADY(two_mib_with_a_busy_or_dma_page_stay),
		STEADY(two_mib_with_a_page_that_is_lent_or_borrowed_stay),
		STEADY(a_page_lent_out_of_what_came_whole_and_forfeited_is_promised_once),
		STEADY(two_mib_that_are_not_one_buffer_go_page_by_page_if_nothing_is_missing),
		STEADY(an_unaligned_range_moves_swapped_pages_as_slots_and_refuses_one_never_touched),
		STEADY(a_range_goes_by_tables_in_the_middle_and_by_pages_at_its_ends),
		STEADY(a_window_with_anything_in_it_is_not_free),
		STEADY(a_page_never_touched_of_what_came_whole_is_a_free_place),
		STEADY(an_empty_table_in_the_window_makes_room),
		STEADY(a_table_that_comes_below_all_others_is_freed_with_its_space),
		STEADY(more_than_the_receivers_frames_swap_or_promise_is_refused),
		STEADY(what_nobody_could_keep_the_promise_of_is_not_given),
		STEADY(the_giver_keeps_no_translation_of_a_table_that_left),
		STEADY(the_receiver_keeps_no_translation_of_a_table_that_made_room),
	};

	int failed = cmocka_run_group_tests_name("to the receiver", tests, NULL, NULL);

	give_stays = true;
	return failed + cmocka_run_group_tests_name("the giver goes on", tests, NULL, NULL);
}
