/* SPDX-License-Identifier: BSD-2-Clause */
/* 2 MiB on loan by one entry: present, swapped and absent pages alike, at the lender's charge; and home again. */
#include "kernel/mm/claim.h"
#include "tests/unit/kernel/lend_fixture.h"

/* ---- out and home ---- */

static void two_mib_are_lent_by_one_entry_with_present_swapped_and_absent_pages(void **state)
{
	const struct frame *t;
	uint32_t slot;

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		give_put(&giver, BUFFER + PAGE(i), 10 + i);
	lend_evict(&giver, BUFFER + PAGE(2));
	t = give_table(&giver, BUFFER);
	lend(&giver, BUFFER, &taker, WINDOW, true);
	assert_ptr_equal(give_table(&taker, WINDOW), t);
	assert_null(give_table(&giver, BUFFER));
	assert_int_equal(aspace_touch(&giver, BUFFER + PAGE(1), MMU_READ, &slot), TOUCH_LENT);
	assert_int_equal(aspace_touch(&giver, BUFFER + PAGE(400), MMU_READ, &slot), TOUCH_LENT);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(give_get(&taker, WINDOW + PAGE(i)), 10 + i);
	give_put(&taker, WINDOW + PAGE(100), 7);
	lend_check();
	assert_int_equal(giver.resident, 7);
	assert_int_equal(taker.resident, 0);
	assert_true(take_back(&taker, WINDOW, &giver, BUFFER));
	assert_ptr_equal(give_table(&giver, BUFFER), t);
	assert_null(give_table(&taker, WINDOW));
	assert_int_equal(give_get(&giver, BUFFER + PAGE(2)), 12);
	assert_int_equal(give_get(&giver, BUFFER + PAGE(100)), 7);
	assert_int_equal(giver.away + giver.reserved, 0);
}

static void two_mib_never_touched_are_lent_and_what_the_borrower_wrote_comes_home(void **state)
{
	(void)state;
	lend(&giver, BUFFER + PAGE(ALL), &taker, WINDOW, true);
	give_put(&taker, WINDOW + PAGE(511), 5);
	assert_true(take_back(&taker, WINDOW, &giver, BUFFER + PAGE(ALL)));
	assert_int_equal(give_get(&giver, BUFFER + PAGE(ALL + 511)), 5);
	assert_ok(aspace_remove(&giver, BUFFER, GIVE_PAGES)); /* it is known to have been touched */
	lend_check();
	assert_int_equal(giver.resident, 0);
}

static void pages_of_a_loan_go_out_and_come_in_at_the_lenders_charge(void **state)
{
	uint32_t slot;

	(void)state;
	give_put(&giver, BUFFER, 1);
	lend(&giver, BUFFER, &taker, WINDOW, true);
	lend_evict(&taker, WINDOW);
	lend_check();
	assert_int_equal(giver.swapped, 1);
	assert_int_equal(giver.resident, 0);
	assert_int_equal(taker.swapped, 0);
	assert_int_equal(aspace_touch(&taker, WINDOW, MMU_READ, &slot), TOUCH_SWAPPED);
	assert_int_equal(give_get(&taker, WINDOW), 1);
	lend_evict(&taker, WINDOW);
	assert_true(take_back(&taker, WINDOW, &giver, BUFFER));
	assert_int_equal(give_get(&giver, BUFFER), 1);
}

/* Else a client could end its server by lending it what it cannot pay for. */
static void a_borrower_touches_what_it_was_lent_whatever_the_lender_did_since(void **state)
{
	uint32_t slot;

	(void)state;
	give_put(&giver, BUFFER, 1);
	lend_evict(&giver, BUFFER);
	giver.frames_max = giver.tables + ALL;
	lend(&giver, BUFFER, &taker, WINDOW, true);
	assert_int_equal(aspace_touch(&giver, BUFFER + PAGE(ALL), RW, &slot), TOUCH_QUOTA); /* nothing is left for it */
	for (unsigned i = 0; i < ALL; i++)
		give_put(&taker, WINDOW + PAGE(i), i);
	lend_check();
	assert_int_equal(giver.resident + giver.tables, giver.frames_max);
	assert_true(take_back(&taker, WINDOW, &giver, BUFFER));
	giver.frames_max = GIVE_FRAMES;
}

static void what_the_lender_could_not_pay_for_is_not_lent_whole(void **state)
{
	(void)state;
	give_put(&giver, BUFFER, 1);
	give_put(&taker, BUFFER, 1);
	giver.frames_max = giver.tables + ALL - 1;
	assert_false(may_lend(&giver, BUFFER, &taker, WINDOW, true));
	giver.frames_max++;
	assert_true(may_lend(&giver, BUFFER, &taker, WINDOW, true));
	assert_false(aspace_may_lend_tables(&giver, BUFFER, &taker, WINDOW, 2, true));
	giver.frames_max = GIVE_FRAMES;
	assert_true(aspace_may_lend_tables(&giver, BUFFER, &taker, WINDOW, 2, true));
}

static void a_lost_page_is_lost_to_the_borrower_too(void **state)
{
	uint32_t slot;

	(void)state;
	give_put(&giver, BUFFER, 1);
	give_put(&giver, BUFFER + PAGE(1), 2);
	lend_evict(&giver, BUFFER);
	lend_evict(&giver, BUFFER + PAGE(1));
	lend(&giver, BUFFER, &taker, WINDOW, true);
	assert_int_equal(aspace_touch(&taker, WINDOW, MMU_READ, &slot), TOUCH_SWAPPED);
	slot_lose(slot);
	assert_int_equal(aspace_touch(&taker, WINDOW, MMU_READ, &slot), TOUCH_LOST);
	assert_int_equal(aspace_touch(&taker, WINDOW, RW, &slot), TOUCH_LOST);
	assert_int_equal(give_get(&taker, WINDOW + PAGE(1)), 2); /* the others are as they were */
	lend_check();
	assert_true(take_back(&taker, WINDOW, &giver, BUFFER));
	assert_int_equal(aspace_touch(&giver, BUFFER, MMU_READ, &slot), TOUCH_LOST);
	assert_ok(aspace_remove(&giver, BUFFER, GIVE_PAGES));
	assert_int_equal(slot_used(), 0);
	assert_ok(aspace_add_region(&giver, REGION_BUFFER, BUFFER, GIVE_PAGES, RW));
}

/* ---- reading only ---- */

static void what_is_lent_for_reading_cannot_be_written_by_program_claim_or_loan(void **state)
{
	struct trap_info info;
	struct claim c;
	uint64_t word = 9, address;
	uint32_t slot;

	(void)state;
	give_put(&giver, BUFFER, 1);
	lend(&giver, BUFFER, &taker, WINDOW, false);
	hal_mmu_activate(&taker.space);
	assert_true(host_user_read(taker.root, WINDOW, &word, sizeof word, &info));
	assert_int_equal(word, 1);
	assert_false(host_user_write(taker.root, WINDOW, &word, sizeof word, &info));
	assert_int_equal(aspace_touch(&taker, WINDOW, MMU_WRITE, &slot), TOUCH_DENIED);
	assert_int_equal(aspace_touch(&taker, WINDOW + PAGE(9), RW, &slot), TOUCH_DENIED); /* not there yet */
	assert_int_equal(aspace_touch(&taker, WINDOW + PAGE(9), MMU_READ, &slot), TOUCH_OK);
	assert_true(claim_make(&c, &taker, WINDOW, 2 * sizeof word, true));
	assert_int_equal(claim_resolve(&c, &address, &slot), TOUCH_DENIED);
	assert_true(claim_make(&c, &taker, WINDOW, 2 * sizeof word, false));
	assert_int_equal(claim_resolve(&c, &address, &slot), TOUCH_OK);
	assert_status(aspace_may_lend(&taker, WINDOW, 1, true, 0), NOT_FLIPPABLE);
	assert_ok(aspace_may_lend(&taker, WINDOW, 1, false, 0));
	assert_false(may_lend(&taker, WINDOW, &third, WINDOW, true));
	lend(&taker, WINDOW, &third, WINDOW, false);
	assert_true(take_back(&third, WINDOW, &taker, WINDOW));
	assert_int_equal(aspace_touch(&taker, WINDOW, MMU_WRITE, &slot), TOUCH_DENIED); /* still */
	assert_true(take_back(&taker, WINDOW, &giver, BUFFER));
	give_put(&giver, BUFFER, 2);
}

static void what_is_lent_on_for_reading_can_be_written_again_when_it_is_back(void **state)
{
	(void)state;
	lend(&giver, BUFFER, &taker, WINDOW, true);
	give_put(&taker, WINDOW, 1);
	lend(&taker, WINDOW, &third, WINDOW, false);
	assert_true(take_back(&third, WINDOW, &taker, WINDOW));
	give_put(&taker, WINDOW, 2);
	assert_true(take_back(&taker, WINDOW, &giver, BUFFER));
	assert_int_equal(give_get(&giver, BUFFER), 2);
}

/* ---- a borrower keeps, unmaps, gives nothing ---- */

static void a_borrower_cannot_unmap_or_give_what_it_was_lent_nor_take_anything_there(void **state)
{
	(void)state;
	give_put(&giver, BUFFER, 1);
	give_put(&giver, BUFFER + PAGE(1), 2);
	give_put(&giver, BUFFER + PAGE(ALL), 3);
	lend_evict(&giver, BUFFER + PAGE(1));
	lend(&giver, BUFFER, &taker, WINDOW, true);
	assert_status(aspace_remove(&taker, WINDOW, 1), BUSY);
	assert_status(aspace_remove(&taker, WINDOW + PAGE(100), 1), BUSY);
	assert_status(aspace_remove(&taker, WINDOW, GIVE_PAGES), BUSY);
	for (unsigned i = 0; i < 3; i++)
		assert_status(give(&taker, WINDOW + PAGE(i), &giver, WINDOW, 1), NOT_FLIPPABLE);
	assert_status(give(&taker, WINDOW, &giver, WINDOW, ALL), NOT_FLIPPABLE);
	assert_status(aspace_prepare_landing(&taker, WINDOW + PAGE(9), 1), EXISTS);
	assert_status(give(&giver, BUFFER + PAGE(ALL), &taker, WINDOW + PAGE(9), 1), EXISTS);
	assert_status(give(&giver, BUFFER + PAGE(ALL), &taker, WINDOW, ALL), EXISTS);
	assert_status(aspace_remove(&giver, BUFFER, GIVE_PAGES), BUSY);
	assert_status(aspace_remove(&giver, BUFFER + PAGE(5), 1), BUSY);
	assert_status(give(&giver, BUFFER, &third, WINDOW, 1), NOT_FLIPPABLE);
	assert_status(give(&giver, BUFFER, &third, WINDOW, ALL), NOT_FLIPPABLE);
	assert_false(may_lend(&giver, BUFFER, &third, WINDOW, false));
	lend_check();
	assert_true(take_back(&taker, WINDOW, &giver, BUFFER));
}

static void nothing_lands_where_two_mib_were_lent_on_from(void **state)
{
	(void)state;
	give_put(&giver, BUFFER + PAGE(ALL), 3);
	lend(&giver, BUFFER, &taker, WINDOW, true);
	lend(&taker, WINDOW, &third, WINDOW, true);
	assert_status(aspace_prepare_landing(&taker, WINDOW + PAGE(9), 1), EXISTS);
	assert_status(give(&giver, BUFFER + PAGE(ALL), &taker, WINDOW + PAGE(9), 1), EXISTS);
	assert_false(may_lend(&giver, BUFFER + PAGE(ALL), &taker, WINDOW, true));
	assert_false(aspace_is_idle(&taker, WINDOW, ALL));
	assert_true(take_back(&third, WINDOW, &taker, WINDOW));
	assert_true(take_back(&taker, WINDOW, &giver, BUFFER));
}

static void busy_and_dma_pages_keep_a_table_where_it_is(void **state)
{
	struct frame *f;

	(void)state;
	give_put(&giver, BUFFER + PAGE(9), 1);
	f = frame_record(aspace_entry(&giver, BUFFER + PAGE(9)).frame);
	for (unsigned device = 0; device < 2; device++) {
		frame_hold(f, device);
		assert_false(may_lend(&giver, BUFFER, &taker, WINDOW, true));
		frame_release(f, device);
		lend(&giver, BUFFER, &taker, WINDOW, true);
		frame_hold(f, device);
		assert_false(aspace_is_idle(&taker, WINDOW, ALL));
		assert_false(may_lend(&taker, WINDOW, &third, WINDOW, true));
		frame_release(f, device);
		assert_true(take_back(&taker, WINDOW, &giver, BUFFER));
	}
}

static void only_whole_buffers_go_and_not_into_a_pinned_space_or_beside_the_grid(void **state)
{
	uint64_t heap = LAYOUT_HEAP_BASE;

	(void)state;
	assert_ok(aspace_add_region(&giver, REGION_HEAP, heap, ALL, RW));
	give_put(&giver, heap, 1);
	give_put(&giver, BUFFER, 1);
	assert_false(may_lend(&giver, heap, &taker, WINDOW, true));
	assert_false(may_lend(&giver, BUFFER, &taker, WINDOW + PAGE(1), true));
	assert_false(may_lend(&giver, BUFFER, &taker, BUFFER, true));
	assert_false(may_lend(&giver, BUFFER + PAGE(GIVE_PAGES), &taker, WINDOW, true));
	assert_false(aspace_may_lend_tables(&giver, BUFFER, &taker, WINDOW + PAGE(ALL), 2, true));
	assert_ok(give(&giver, BUFFER, &taker, WINDOW, 1));
	assert_false(may_lend(&taker, WINDOW, &third, WINDOW, true)); /* one page in a window */
	assert_false(may_lend(&giver, BUFFER + PAGE(ALL), &taker, WINDOW, true));
	taker.pinned = true;
	assert_false(may_lend(&giver, BUFFER, &taker, WINDOW + PAGE(ALL), true));
	taker.pinned = false;
	assert_true(may_lend(&giver, BUFFER, &taker, WINDOW + PAGE(ALL), true));
}

static void an_empty_table_in_the_window_makes_room(void **state)
{
	(void)state;
	give_put(&giver, BUFFER, 1);
	assert_ok(give(&giver, BUFFER, &taker, WINDOW, 1)); /* by a page, then by a table that is promised whole */
	assert_ok(give(&taker, WINDOW, &third, WINDOW, 1));
	lend(&giver, BUFFER, &taker, WINDOW, true);
	assert_true(take_back(&taker, WINDOW, &giver, BUFFER));
	assert_ok(give(&giver, BUFFER, &taker, WINDOW, ALL));
	assert_true(aspace_table_is_empty(give_table(&taker, WINDOW)));
	lend(&giver, BUFFER + PAGE(ALL), &taker, WINDOW, true);
	give_put(&taker, WINDOW, 8);
	assert_true(take_back(&taker, WINDOW, &giver, BUFFER + PAGE(ALL)));
	assert_int_equal(give_get(&giver, BUFFER + PAGE(ALL)), 8);
	assert_int_equal(taker.committed, GIVE_PAGES);
}

static void what_came_by_gift_is_lent_whole_and_stays_promised(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ALL; i++)
		give_put(&giver, BUFFER + PAGE(i), i);
	for (unsigned i = 0; i < ALL; i++) /* page by page: the window's table is full, not whole */
		assert_ok(give(&giver, BUFFER + PAGE(i), &taker, WINDOW + PAGE(i), 1));
	lend(&taker, WINDOW, &third, WINDOW, true);
	give_put(&giver, BUFFER, 1);
	assert_ok(give(&giver, BUFFER, &taker, WINDOW + PAGE(ALL), ALL)); /* whole, and mostly absent */
	lend(&taker, WINDOW + PAGE(ALL), &third, WINDOW + PAGE(ALL), true);
	assert_int_equal(taker.committed, 2 * GIVE_PAGES);
	assert_true(take_back(&third, WINDOW, &taker, WINDOW));
	assert_true(take_back(&third, WINDOW + PAGE(ALL), &taker, WINDOW + PAGE(ALL)));
	assert_int_equal(give_get(&taker, WINDOW + PAGE(3)), 3);
	assert_ok(aspace_remove(&taker, WINDOW, GIVE_PAGES));
	assert_int_equal(taker.committed, GIVE_PAGES);
}

#define STEADY(name) cmocka_unit_test_setup_teardown(name, lend_start, lend_finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STEADY(two_mib_are_lent_by_one_entry_with_present_swapped_and_absent_pages),
		STEADY(two_mib_never_touched_are_lent_and_what_the_borrower_wrote_comes_home),
		STEADY(pages_of_a_loan_go_out_and_come_in_at_the_lenders_charge),
		STEADY(a_borrower_touches_what_it_was_lent_whatever_the_lender_did_since),
		STEADY(what_the_lender_could_not_pay_for_is_not_lent_whole),
		STEADY(a_lost_page_is_lost_to_the_borrower_too),
		STEADY(what_is_lent_for_reading_cannot_be_written_by_program_claim_or_loan),
		STEADY(what_is_lent_on_for_reading_can_be_written_again_when_it_is_back),
		STEADY(a_borrower_cannot_unmap_or_give_what_it_was_lent_nor_take_anything_there),
		STEADY(nothing_lands_where_two_mib_were_lent_on_from),
		STEADY(busy_and_dma_pages_keep_a_table_where_it_is),
		STEADY(only_whole_buffers_go_and_not_into_a_pinned_space_or_beside_the_grid),
		STEADY(an_empty_table_in_the_window_makes_room),
		STEADY(what_came_by_gift_is_lent_whole_and_stays_promised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
