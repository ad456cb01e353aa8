/* SPDX-License-Identifier: BSD-2-Clause */
/* Of 2 MiB on loan a page is lent on; loans are forfeited, in any order: who pays, and what is missing at home. */
#include "tests/unit/kernel/lend_fixture.h"

/* ---- pages of what is borrowed, lent on ---- */

static void lend_page(struct aspace *from, uint64_t at, struct aspace *to, uint64_t there)
{
	assert_ok(aspace_may_lend(from, at, 1, true, 0));
	assert_ok(aspace_prepare_landing(to, there, 1));
	aspace_lend(from, at, to, there, 1, true);
	lend_check();
}

static void a_page_of_borrowed_two_mib_is_lent_on_and_comes_back_for_who_pays(void **state)
{
	(void)state;
	give_put(&giver, BUFFER + PAGE(3), 1);
	lend(&giver, BUFFER, &taker, WINDOW, true);
	lend_page(&taker, WINDOW + PAGE(3), &third, WINDOW + PAGE(ALL + 1));
	assert_ptr_equal(aspace_payer_of(frame_record(aspace_entry(&third, WINDOW + PAGE(ALL + 1)).frame)), &giver);
	assert_false(aspace_is_idle(&taker, WINDOW, ALL));
	assert_false(may_lend(&taker, WINDOW, &third, WINDOW, true));
	give_put(&third, WINDOW + PAGE(ALL + 1), 2);
	assert_true(aspace_return(&third, WINDOW + PAGE(ALL + 1), &taker, WINDOW + PAGE(3), 1));
	lend_check();
	assert_true(take_back(&taker, WINDOW, &giver, BUFFER));
	assert_int_equal(give_get(&giver, BUFFER + PAGE(3)), 2);
}

/* Its place stays taken, or the borrower could touch, lend on and forfeit for ever, at the lender's charge. */
static void a_page_of_borrowed_two_mib_lent_on_and_forfeited_is_missing_at_home_and_charged_until_dropped(void **state)
{
	uint32_t slot;

	(void)state;
	give_put(&giver, BUFFER + PAGE(3), 1);
	lend(&giver, BUFFER, &taker, WINDOW, true);
	lend_page(&taker, WINDOW + PAGE(3), &third, WINDOW);
	aspace_forget_lent(&taker, WINDOW + PAGE(3));
	lend_check();
	assert_int_equal(aspace_touch(&taker, WINDOW + PAGE(3), MMU_READ, &slot), TOUCH_LENT);
	assert_status(aspace_prepare_landing(&taker, WINDOW + PAGE(3), 1), EXISTS);
	assert_false(may_lend(&taker, WINDOW, &third, WINDOW + PAGE(ALL), true));
	assert_false(take_back(&taker, WINDOW, &giver, BUFFER)); /* not all of it */
	assert_int_equal(giver.away, 1);
	assert_int_equal(giver.resident, 1);
	assert_int_equal(give_get(&giver, BUFFER + PAGE(3)), 0);
	assert_ptr_equal(aspace_drop_borrowed(&third, WINDOW), &giver);
	lend_check();
	assert_int_equal(giver.away, 0);
	assert_int_equal(giver.resident, 1);
}

static void a_page_lent_on_from_a_whole_gift_on_loan_is_promised_once_whoever_ends_first(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		give_put(&giver, BUFFER, 1);
		assert_ok(give(&giver, BUFFER, &taker, WINDOW, ALL));
		lend(&taker, WINDOW, &third, WINDOW, true);
		assert_ok(aspace_prepare_landing(&giver, WINDOW, 1));
		lend_page(&third, WINDOW, &giver, WINDOW);
		aspace_forget_lent(&third, WINDOW);
		if (i == 0)
			assert_ptr_equal(aspace_drop_borrowed(&giver, WINDOW), &taker);
		assert_false(take_back(&third, WINDOW, &taker, WINDOW));
		if (i == 1)
			assert_ptr_equal(aspace_drop_borrowed(&giver, WINDOW), &taker);
		lend_check();
		assert_ok(aspace_remove(&taker, WINDOW, ALL));
		assert_ok(aspace_add_region(&taker, REGION_LANDING, WINDOW, ALL, RW));
		assert_int_equal(taker.committed, GIVE_PAGES);
	}
}

/* ---- forfeited ---- */

static void forfeited_two_mib_are_freed_with_all_their_pages_when_the_borrower_drops_them(void **state)
{
	uint32_t slot;

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		give_put(&giver, BUFFER + PAGE(i), 1);
	lend_evict(&giver, BUFFER + PAGE(2));
	lend(&giver, BUFFER, &taker, WINDOW, true);
	aspace_forget_lent(&giver, BUFFER);
	lend_check();
	assert_int_equal(aspace_touch(&giver, BUFFER, RW, &slot), TOUCH_OK); /* a fresh page */
	give_put(&taker, WINDOW + PAGE(7), 1);
	assert_int_equal(giver.away, 1);
	look(&giver, &taker);
	assert_ptr_equal(aspace_drop_borrowed(&taker, WINDOW), &giver);
	look(&taker, &giver);
	assert_int_equal(giver.resident, 1);
	assert_int_equal(giver.away + giver.reserved + giver.swapped + slot_used(), 0);
}

static void forfeited_two_mib_of_a_window_are_promised_until_dropped(void **state)
{
	(void)state;
	give_put(&giver, BUFFER, 1);
	assert_ok(give(&giver, BUFFER, &taker, WINDOW, ALL));
	lend(&taker, WINDOW, &third, WINDOW, true);
	aspace_forget_lent(&taker, WINDOW);
	lend_check();
	assert_int_equal(taker.committed, GIVE_PAGES + ALL);
	assert_ok(aspace_remove(&taker, WINDOW, GIVE_PAGES)); /* its place is free */
	assert_ptr_equal(aspace_drop_borrowed(&third, WINDOW), &taker);
	assert_int_equal(taker.committed, GIVE_PAGES);
}

static void two_mib_lent_on_and_forfeited_are_missing_at_home_and_their_place_stays_taken_till_then(void **state)
{
	(void)state;
	give_put(&giver, BUFFER, 1);
	lend(&giver, BUFFER, &taker, WINDOW, true);
	lend(&taker, WINDOW, &third, WINDOW, true);
	aspace_forget_lent(&taker, WINDOW);
	lend_check();
	assert_status(aspace_prepare_landing(&taker, WINDOW, 1), EXISTS);
	assert_status(aspace_remove(&taker, WINDOW, ALL), BUSY);
	assert_false(take_back(&taker, WINDOW, &giver, BUFFER));
	assert_int_equal(give_get(&giver, BUFFER), 0);
	assert_ok(aspace_remove(&taker, WINDOW, ALL));
	assert_ptr_equal(aspace_drop_borrowed(&third, WINDOW), &giver);
	assert_int_equal(giver.away + giver.reserved, 0);
	assert_int_equal(giver.resident, 1);
}

static void both_lenders_forfeit_and_the_last_borrower_frees_it(void **state)
{
	(void)state;
	give_put(&giver, BUFFER, 1);
	lend(&giver, BUFFER, &taker, WINDOW, true);
	lend(&taker, WINDOW, &third, WINDOW, true);
	aspace_forget_lent(&taker, WINDOW);
	aspace_forget_lent(&giver, BUFFER);
	lend_check();
	assert_null(aspace_drop_borrowed(&taker, WINDOW));
	lend_check();
	assert_ptr_equal(aspace_drop_borrowed(&third, WINDOW), &giver);
	assert_int_equal(giver.resident, 0);
}

static void returning_what_was_not_lent_is_a_kernel_bug(void **state)
{
	(void)state;
	give_put(&giver, BUFFER, 1);
	give_put(&taker, BUFFER, 1);
	assert_panics(aspace_return(&taker, BUFFER, &giver, BUFFER, ALL), "lent from");
	assert_panics(aspace_forget_lent(&giver, BUFFER), "forfeited");
}

#define STEADY(name) cmocka_unit_test_setup_teardown(name, lend_start, lend_finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STEADY(a_page_of_borrowed_two_mib_is_lent_on_and_comes_back_for_who_pays),
		STEADY(a_page_of_borrowed_two_mib_lent_on_and_forfeited_is_missing_at_home_and_charged_until_dropped),
		STEADY(a_page_lent_on_from_a_whole_gift_on_loan_is_promised_once_whoever_ends_first),
		STEADY(forfeited_two_mib_are_freed_with_all_their_pages_when_the_borrower_drops_them),
		STEADY(forfeited_two_mib_of_a_window_are_promised_until_dropped),
		STEADY(two_mib_lent_on_and_forfeited_are_missing_at_home_and_their_place_stays_taken_till_then),
		STEADY(both_lenders_forfeit_and_the_last_borrower_frees_it),
		cmocka_unit_test_setup(returning_what_was_not_lent_is_a_kernel_bug, lend_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
