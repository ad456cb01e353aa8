/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames that the kernel lends: taken back as they were, or not at all. */
#include "kernel/abi/layout.h"
#include "kernel/mm/aspace.h"
#include "kernel/mm/aspace_internal.h"
#include "tests/unit/kernel/world.h"
#include <string.h>

enum { RW = MMU_READ | MMU_WRITE, WINDOW_PAGES = 8 };
#define WINDOW LAYOUT_AREA_BASE

static struct aspace borrower, third;
static uint32_t slot;

static void init(struct aspace *as, uint32_t id)
{
	assert_ok(aspace_init(as, id));
	as->frames_max = as->swap_max = 100;
	assert_ok(aspace_add_region(as, REGION_LANDING, WINDOW, WINDOW_PAGES, RW));
}

static int start(void **state)
{
	(void)state;
	machine_start(4 << 20);
	slot_store_size(100);
	init(&borrower, 2);
	init(&third, 3);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	aspace_destroy(&borrower);
	aspace_destroy(&third);
	assert_int_equal(frame_count(FRAME_USER) + frame_count(FRAME_TABLE), 0);
	assert_int_equal(aspace_promised(), 0);
	return 0;
}

static void lend(struct aspace *from, uint64_t at, struct aspace *to, uint64_t there, bool write)
{
	assert_ok(aspace_may_lend(from, at, 1, write, 0));
	assert_ok(aspace_prepare_landing(to, there, 1));
	aspace_lend(from, at, to, there, 1, write);
}

static void a_forfeited_frame_of_the_kernels_ends_with_the_last_borrower(void **state)
{
	paddr_t frame = frame_alloc(FRAME_FOR_KERNEL, FRAME_BOUNCE);

	(void)state;
	assert_ok(aspace_prepare_landing(&borrower, WINDOW, 1));
	aspace_land_frames(&borrower, WINDOW, &frame, 1, true);
	lend(&borrower, WINDOW, &third, WINDOW, true);
	aspace_forget_lent(&borrower, WINDOW);
	assert_false(aspace_take_frames(&borrower, WINDOW, &frame, 1));
	assert_null(aspace_drop_borrowed(&borrower, WINDOW));
	assert_int_equal(frame_count(FRAME_BOUNCE), 1);
	assert_null(aspace_drop_borrowed(&third, WINDOW));
	assert_int_equal(frame_count(FRAME_BOUNCE), 0);
}

static void the_kernel_lends_its_own_frame_and_takes_it_back(void **state)
{
	paddr_t frame = frame_alloc(FRAME_FOR_KERNEL, FRAME_BOUNCE);

	(void)state;
	assert_ok(aspace_prepare_landing(&borrower, WINDOW, 1));
	aspace_land_frames(&borrower, WINDOW, &frame, 1, false);
	assert_int_equal(aspace_entry(&borrower, WINDOW).prot, MMU_READ);
	assert_status(aspace_remove(&borrower, WINDOW, 1), BUSY);
	assert_true(aspace_take_frames(&borrower, WINDOW, &frame, 1));
	assert_ok(aspace_prepare_landing(&borrower, WINDOW, 1));
	assert_int_equal(frame_record(frame)->flags, 0);
	frame_free(frame);
}

/* By the counts in a table's record it would seem to be where the frame was lent. */
static void a_frame_that_was_forfeited_and_is_a_page_table_by_now_is_not_taken(void **state)
{
	static struct aspace fourth;
	paddr_t frame = frame_alloc(FRAME_FOR_KERNEL, FRAME_BOUNCE);
	uint32_t n;

	(void)state;
	init(&fourth, 4);
	fourth.frames_max = 600;
	assert_ok(aspace_add_region(&fourth, REGION_BUFFER, WINDOW + TABLE_BYTES, 1, RW));
	assert_ok(aspace_add_region(&fourth, REGION_BUFFER, WINDOW + 2 * TABLE_BYTES, 400, RW));
	assert_int_equal(aspace_touch(&fourth, WINDOW + TABLE_BYTES, RW, &slot), TOUCH_OK);
	assert_ok(aspace_prepare_landing(&borrower, WINDOW, 1));
	assert_true(aspace_land_frames(&borrower, WINDOW, &frame, 1, true));
	lend(&borrower, WINDOW, &third, WINDOW, true);
	aspace_forget_lent(&borrower, WINDOW);             /* a deadline passes */
	assert_null(aspace_drop_borrowed(&third, WINDOW)); /* a late answer */
	n = (uint32_t)(aspace_leaf_at(&borrower, WINDOW).table.v >> PAGE_SHIFT);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(aspace_touch(&fourth, WINDOW + 2 * TABLE_BYTES + i * PAGE_BYTES, RW, &slot), TOUCH_OK);
	assert_int_equal(frame_record(frame)->kind, FRAME_TABLE);
	assert_int_equal(frame_record(frame)->table, n);
	assert_false(aspace_take_frames(&borrower, WINDOW, &frame, 1));
	(void)aspace_drop_borrowed(&borrower, WINDOW);
	aspace_destroy(&fourth);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_forfeited_frame_of_the_kernels_ends_with_the_last_borrower, start,
						finish),
		cmocka_unit_test_setup_teardown(a_frame_that_was_forfeited_and_is_a_page_table_by_now_is_not_taken,
						start, finish),
		cmocka_unit_test_setup_teardown(the_kernel_lends_its_own_frame_and_takes_it_back, start, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
