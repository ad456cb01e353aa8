/* SPDX-License-Identifier: BSD-2-Clause */
/* Flips: lent, returned, given one by one, dropped; what may not leave stays where it was. 2 MiB: test_aspace_give.c. */
#include "kernel/abi/layout.h"
#include "kernel/mm/aspace.h"
#include "kernel/mm/aspace_internal.h"
#include "tests/unit/kernel/world.h"
#include <string.h>

enum { RW = MMU_READ | MMU_WRITE, WINDOW_PAGES = 8 };
#define HEAP   LAYOUT_HEAP_BASE
#define WINDOW LAYOUT_AREA_BASE

static struct aspace lender, borrower, third;
static uint32_t slot;

static void init(struct aspace *as, uint32_t id)
{
	assert_ok(aspace_init(as, id));
	as->frames_max = as->swap_max = 100;
	as->busy_max = 10;
	assert_ok(aspace_add_region(as, REGION_HEAP, HEAP, 8, RW));
	assert_ok(aspace_add_region(as, REGION_LANDING, WINDOW, WINDOW_PAGES, RW));
}

static int start(void **state)
{
	(void)state;
	machine_start(4 << 20);
	slot_store_size(100);
	init(&lender, 1);
	init(&borrower, 2);
	init(&third, 3);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(aspace_touch(&lender, HEAP + i * PAGE_BYTES, RW, &slot), TOUCH_OK);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	aspace_destroy(&lender);
	aspace_destroy(&borrower);
	aspace_destroy(&third);
	assert_int_equal(frame_count(FRAME_USER) + frame_count(FRAME_TABLE), 0);
	assert_int_equal(aspace_promised(), 0);
	return 0;
}

static struct frame *page(struct aspace *as, uint64_t at) { return frame_record(aspace_entry(as, at).frame); }

static void lend(struct aspace *from, uint64_t at, struct aspace *to, uint64_t there, bool write)
{
	assert_ok(aspace_may_lend(from, at, 1, write, 0));
	assert_ok(aspace_prepare_landing(to, there, 1));
	aspace_lend(from, at, to, there, 1, write);
}

static void give(struct aspace *from, uint64_t at, struct aspace *to, uint64_t there)
{
	assert_ok(aspace_give(from, at, to, there, 1));
}

static void a_lent_page_is_in_the_window_still_charged_to_its_lender(void **state)
{
	struct frame *f = page(&lender, HEAP);

	(void)state;
	lend(&lender, HEAP, &borrower, WINDOW, true);
	assert_ptr_equal(page(&borrower, WINDOW), f);
	assert_ptr_equal(aspace_payer_of(f), &lender);
	assert_ptr_equal(aspace_mapper_of(f), &borrower);
	assert_int_equal(aspace_entry(&lender, HEAP).kind, MMU_LENT);
	assert_int_equal(aspace_touch(&lender, HEAP, MMU_READ, &slot), TOUCH_LENT);
	assert_int_equal(lender.resident, 2);
	assert_int_equal(lender.away, 1);
	assert_int_equal(borrower.resident, 0);
	assert_true(aspace_return(&borrower, WINDOW, &lender, HEAP, 1));
	assert_ptr_equal(page(&lender, HEAP), f);
	assert_int_equal(lender.away, 0);
	assert_int_equal(aspace_entry(&lender, HEAP).prot, RW);
	assert_int_equal(aspace_entry(&borrower, WINDOW).kind, MMU_ABSENT);
}

static void a_page_lent_for_reading_cannot_be_written_or_lent_for_writing(void **state)
{
	(void)state;
	lend(&lender, HEAP, &borrower, WINDOW, false);
	assert_int_equal(aspace_touch(&borrower, WINDOW, RW, &slot), TOUCH_DENIED);
	assert_int_equal(aspace_touch(&borrower, WINDOW, MMU_READ, &slot), TOUCH_OK);
	assert_status(aspace_may_lend(&borrower, WINDOW, 1, true, 0), NOT_FLIPPABLE);
	assert_ok(aspace_may_lend(&borrower, WINDOW, 1, false, 0));
	assert_true(aspace_return(&borrower, WINDOW, &lender, HEAP, 1));
}

static void what_a_borrower_wrote_is_dirty_when_it_is_back(void **state)
{
	uint64_t word = 7;
	struct trap_info info;

	(void)state;
	assert_false(aspace_entry(&lender, HEAP).dirty);
	lend(&lender, HEAP, &borrower, WINDOW, true);
	hal_mmu_activate(&borrower.space);
	assert_true(host_user_write(borrower.root, WINDOW, &word, sizeof word, &info));
	assert_true(aspace_return(&borrower, WINDOW, &lender, HEAP, 1));
	assert_true(aspace_entry(&lender, HEAP).dirty);
	assert_false(host_user_read(borrower.root, WINDOW, &word, sizeof word, &info)); /* no stale translation */
	hal_mmu_activate_kernel();
}

static void the_lender_keeps_no_translation_of_what_it_lent(void **state)
{
	uint64_t word = 7;
	struct trap_info info;

	(void)state;
	hal_mmu_activate(&lender.space);
	assert_true(host_user_write(lender.root, HEAP, &word, sizeof word, &info));
	lend(&lender, HEAP, &borrower, WINDOW, true);
	assert_false(host_user_read(lender.root, HEAP, &word, sizeof word, &info));
	assert_true(aspace_return(&borrower, WINDOW, &lender, HEAP, 1));
	hal_mmu_activate_kernel();
}

static void a_borrower_may_lend_on_and_everything_finds_its_way_back(void **state)
{
	struct frame *f = page(&lender, HEAP);

	(void)state;
	lend(&lender, HEAP, &borrower, WINDOW, true);
	lend(&borrower, WINDOW, &third, WINDOW, true);
	assert_ptr_equal(aspace_payer_of(f), &lender);
	assert_int_equal(lender.away, 1);
	assert_int_equal(borrower.away, 0);
	assert_false(aspace_is_idle(&borrower, WINDOW, 1));
	assert_true(aspace_return(&third, WINDOW, &borrower, WINDOW, 1));
	assert_true(f->flags & FRAME_LENT);
	assert_true(aspace_is_idle(&borrower, WINDOW, 1));
	assert_true(aspace_return(&borrower, WINDOW, &lender, HEAP, 1));
	assert_int_equal(lender.away, 0);
}

static void a_borrower_cannot_keep_unmap_or_give_away_a_loan(void **state)
{
	(void)state;
	lend(&lender, HEAP, &borrower, WINDOW, true);
	assert_status(aspace_remove(&borrower, WINDOW, WINDOW_PAGES), BUSY);
	assert_status(aspace_give(&borrower, WINDOW, &third, WINDOW, 1), NOT_FLIPPABLE);
	assert_status(aspace_remove(&lender, HEAP, 8), BUSY);
	assert_true(aspace_return(&borrower, WINDOW, &lender, HEAP, 1));
}

static void what_may_not_leave_is_refused(void **state)
{
	uint64_t device;

	(void)state;
	assert_ok(aspace_add_region(&lender, REGION_IMAGE, LAYOUT_IMAGE_BASE, 1, MMU_READ | MMU_EXECUTE));
	assert_ok(aspace_add_region(&lender, REGION_IMAGE, LAYOUT_IMAGE_BASE + PAGE_BYTES, 1, MMU_READ));
	assert_ok(aspace_add_region(&lender, REGION_IMAGE, LAYOUT_IMAGE_BASE + 2 * PAGE_BYTES, 1, RW));
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(aspace_touch(&lender, LAYOUT_IMAGE_BASE + i * PAGE_BYTES, MMU_READ, &slot), TOUCH_OK);
	assert_ok(aspace_map_device(&lender, (paddr_t){ 0xe0000000 }, 1, &device));
	assert_status(aspace_may_lend(&lender, LAYOUT_IMAGE_BASE, 1, false, 0), NOT_FLIPPABLE); /* text */
	assert_status(aspace_may_lend(&lender, LAYOUT_IMAGE_BASE + PAGE_BYTES, 1, true, 0), NOT_FLIPPABLE);
	assert_status(aspace_give(&lender, LAYOUT_IMAGE_BASE + 2 * PAGE_BYTES, &borrower, WINDOW, 1), NOT_FLIPPABLE);
	assert_status(aspace_may_lend(&lender, HEAP, 3, true, 0), NOT_FLIPPABLE); /* the third was never touched */
	assert_status(aspace_may_lend(&lender, HEAP - PAGE_BYTES, 1, true, 0), NOT_FLIPPABLE);
	assert_status(aspace_may_lend(&lender, device, 1, true, 0), NOT_FLIPPABLE);
	lender.pinned = true;
	assert_status(aspace_give(&lender, HEAP, &borrower, WINDOW, 1), NOT_FLIPPABLE);
	assert_ok(aspace_may_lend(&lender, HEAP, 1, true, 0));
	lender.pinned = false;
}

static void a_busy_or_dma_page_does_not_leave(void **state)
{
	struct frame *f = page(&lender, HEAP + PAGE_BYTES);

	(void)state;
	frame_hold(f, false);
	assert_status(aspace_may_lend(&lender, HEAP, 2, true, 0), BUSY);
	assert_ok(aspace_may_lend(&lender, HEAP, 2, true, 1)); /* only the asker itself holds it */
	frame_release(f, false);
	frame_hold(f, true);
	assert_status(aspace_may_lend(&lender, HEAP, 2, true, 1), BUSY);
	assert_false(aspace_is_idle(&lender, HEAP, 2));
	frame_release(f, true);
}

static void a_window_that_is_occupied_misaligned_or_too_small_is_refused(void **state)
{
	(void)state;
	assert_status(aspace_prepare_landing(&borrower, WINDOW + 1, 1), EXISTS);
	assert_status(aspace_prepare_landing(&borrower, WINDOW, WINDOW_PAGES + 1), EXISTS);
	assert_status(aspace_prepare_landing(&borrower, HEAP, 1), EXISTS);
	assert_status(aspace_prepare_landing(&borrower, 0, 1), EXISTS);
	lend(&lender, HEAP, &borrower, WINDOW + PAGE_BYTES, true);
	assert_status(aspace_prepare_landing(&borrower, WINDOW, 2), EXISTS);
	assert_ok(aspace_prepare_landing(&borrower, WINDOW, 1));
	assert_true(aspace_return(&borrower, WINDOW + PAGE_BYTES, &lender, HEAP, 1));
}

static void a_window_that_gets_no_tables_is_refused(void **state)
{
	(void)state;
	borrower.frames_max = 1;
	assert_status(aspace_prepare_landing(&borrower, WINDOW, 1), NO_MEMORY);
	borrower.frames_max = 100;
	machine_exhaust(FRAME_FOR_KERNEL);
	assert_status(aspace_prepare_landing(&borrower, WINDOW, 1), NO_MEMORY);
	machine_relent();
}

static void a_given_page_takes_its_charge_along(void **state)
{
	uint64_t committed = borrower.committed;

	(void)state;
	give(&lender, HEAP, &borrower, WINDOW);
	assert_int_equal(lender.resident, 1);
	assert_int_equal(borrower.resident, 1);
	assert_ptr_equal(aspace_payer_of(page(&borrower, WINDOW)), &borrower);
	assert_int_equal(borrower.committed, committed + 1);
	assert_int_equal(lender.committed, 8); /* its heap still promises a page there */
	assert_int_equal(aspace_touch(&lender, HEAP, RW, &slot), TOUCH_OK);
	assert_int_equal(aspace_entry(&borrower, WINDOW).prot, RW);
	give(&borrower, WINDOW, &third, WINDOW); /* and on: a window promises nothing */
	assert_int_equal(borrower.committed, committed);
	assert_int_equal(third.committed, 9);
	assert_ok(aspace_remove(&third, WINDOW, WINDOW_PAGES));
	assert_int_equal(third.committed, 8);
}

static void a_given_page_keeps_the_copy_that_it_has_outside(void **state)
{
	(void)state;
	slot = world_slot();
	assert_true(slot_settle(slot));
	page(&lender, HEAP)->slot = slot;
	lender.stored = 1;
	give(&lender, HEAP, &borrower, WINDOW);
	assert_int_equal(page(&borrower, WINDOW)->slot, slot);
	assert_int_equal(lender.stored, 0);
	assert_int_equal(borrower.stored, 1);
}

static void a_given_page_that_was_swapped_and_came_back_is_still_promised_once(void **state)
{
	paddr_t frame;

	(void)state;
	give(&lender, HEAP, &borrower, WINDOW);
	slot = world_slot();
	frame = aspace_entry(&borrower, WINDOW).frame;
	aspace_evict(frame_record(frame), slot);
	frame_free(frame);
	assert_true(slot_settle(slot));
	aspace_install(frame_alloc(FRAME_FOR_PAGE_IN, FRAME_BOUNCE), slot, false);
	give(&borrower, WINDOW, &third, WINDOW);
	assert_int_equal(borrower.committed, 8);
}

static void a_forfeited_page_is_freed_when_the_borrower_drops_it(void **state)
{
	(void)state;
	slot = world_slot();
	assert_true(slot_settle(slot));
	page(&lender, HEAP)->slot = slot;
	lender.stored = 1;
	lend(&lender, HEAP, &borrower, WINDOW, true);
	aspace_forget_lent(&lender, HEAP);
	assert_int_equal(lender.resident, 2);
	assert_int_equal(lender.away, 1);
	assert_int_equal(aspace_entry(&lender, HEAP).kind, MMU_ABSENT);
	assert_ptr_equal(aspace_drop_borrowed(&borrower, WINDOW), &lender);
	assert_int_equal(lender.resident, 1);
	assert_int_equal(lender.away, 0);
	assert_int_equal(lender.stored + slot_used(), 0);
}

static void a_forfeited_page_that_had_been_given_is_promised_until_it_is_dropped(void **state)
{
	(void)state;
	give(&lender, HEAP, &borrower, WINDOW);
	lend(&borrower, WINDOW, &third, WINDOW, true);
	aspace_forget_lent(&borrower, WINDOW);
	assert_int_equal(borrower.committed, 9);
	(void)aspace_drop_borrowed(&third, WINDOW);
	assert_int_equal(borrower.committed, 8);
}

/* Else the first lender would get what landed there since, another's page. */
static void the_place_of_a_page_lent_on_and_forfeited_stays_taken_until_the_first_loan_ends(void **state)
{
	(void)state;
	lend(&lender, HEAP, &borrower, WINDOW, true);
	lend(&borrower, WINDOW, &third, WINDOW, true);
	aspace_forget_lent(&borrower, WINDOW);
	assert_true(aspace_is_idle(&borrower, WINDOW, 1));
	assert_status(aspace_prepare_landing(&borrower, WINDOW, 1), EXISTS);
	assert_status(aspace_remove(&borrower, WINDOW, 1), BUSY);
	assert_false(aspace_return(&borrower, WINDOW, &lender, HEAP, 1));
	assert_int_equal(aspace_entry(&lender, HEAP).kind, MMU_ABSENT);
	assert_ok(aspace_prepare_landing(&borrower, WINDOW, 1));
	assert_ptr_equal(aspace_drop_borrowed(&third, WINDOW), &lender);
	assert_int_equal(lender.away, 0);
}

static void a_frame_mapped_twice_is_a_kernel_bug(void **state)
{
	struct mmu_leaf leaf;

	(void)state;
	assert_ok(aspace_grow_to(&borrower, HEAP, &leaf));
	assert_panics(aspace_map_frame(leaf, aspace_entry(&lender, HEAP).frame, RW, false), "I-STATE");
	assert_ok(aspace_grow_to(&lender, HEAP, &leaf));
	assert_panics(aspace_map_frame(leaf, frame_alloc(FRAME_FOR_USER, FRAME_USER), RW, false), "I-STATE");
}

static void returning_what_was_not_lent_is_a_kernel_bug(void **state)
{
	(void)state;
	assert_ok(aspace_prepare_landing(&borrower, WINDOW, 1));
	assert_panics(aspace_return(&borrower, WINDOW, &lender, HEAP, 1), "lent from");
	assert_panics(aspace_forget_lent(&lender, HEAP), "forfeited");
	assert_panics(aspace_drop_borrowed(&third, WINDOW), "prepared");
}

#define STEADY(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STEADY(a_lent_page_is_in_the_window_still_charged_to_its_lender),
		STEADY(a_page_lent_for_reading_cannot_be_written_or_lent_for_writing),
		STEADY(what_a_borrower_wrote_is_dirty_when_it_is_back),
		STEADY(the_lender_keeps_no_translation_of_what_it_lent),
		STEADY(a_borrower_may_lend_on_and_everything_finds_its_way_back),
		STEADY(a_borrower_cannot_keep_unmap_or_give_away_a_loan),
		STEADY(what_may_not_leave_is_refused),
		STEADY(a_busy_or_dma_page_does_not_leave),
		STEADY(a_window_that_is_occupied_misaligned_or_too_small_is_refused),
		STEADY(a_window_that_gets_no_tables_is_refused),
		STEADY(a_given_page_takes_its_charge_along),
		STEADY(a_given_page_keeps_the_copy_that_it_has_outside),
		STEADY(a_given_page_that_was_swapped_and_came_back_is_still_promised_once),
		STEADY(a_forfeited_page_is_freed_when_the_borrower_drops_it),
		STEADY(a_forfeited_page_that_had_been_given_is_promised_until_it_is_dropped),
		STEADY(the_place_of_a_page_lent_on_and_forfeited_stays_taken_until_the_first_loan_ends),
		cmocka_unit_test_setup(a_frame_mapped_twice_is_a_kernel_bug, start),
		cmocka_unit_test_setup(returning_what_was_not_lent_is_a_kernel_bug, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
