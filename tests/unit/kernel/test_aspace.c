/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces: regions, pages, promises, eviction. */
#include "kernel/abi/layout.h"
#include "tests/unit/kernel/space_fixture.h"

enum { RW = MMU_READ | MMU_WRITE };
#define BASE LAYOUT_HEAP_BASE

static void map_twice_is_refused_and_changes_nothing(void **state)
{
	uint64_t promised;

	(void)state;
	space_add(BASE, 4, RW);
	promised = aspace_promised();
	assert_status(aspace_add_region(&space, REGION_HEAP, BASE + PAGE_BYTES, 1, RW), EXISTS);
	assert_status(aspace_add_region(&space, REGION_HEAP, BASE - PAGE_BYTES, 2, RW), EXISTS);
	assert_status(aspace_add_region(&space, REGION_HEAP, BASE - PAGE_BYTES, 9, RW), EXISTS);
	assert_int_equal(aspace_promised(), promised);
	assert_int_equal(space.committed, 4);
	space_add(BASE + 4 * PAGE_BYTES, 1, RW);
	space_add(BASE - PAGE_BYTES, 1, RW);
}

static void a_region_at_page_0_beyond_user_space_wrapping_or_unaligned_is_refused(void **state)
{
	static const struct {
		uint64_t at, pages;
	} bad[] = { { 0, 1 },
		    { 1, 1 },
		    { BASE, 0 },
		    { BASE + 1, 1 },
		    { LAYOUT_USER_END, 1 },
		    { LAYOUT_USER_END - PAGE_BYTES, 2 },
		    { BASE, UINT64_MAX },
		    { BASE, 1ull << 52 },
		    { UINT64_MAX - 4095, 1 },
		    { 1ull << 63, 1 } };

	(void)state;
	for (unsigned i = 0; i < array_length(bad); i++)
		assert_status(aspace_add_region(&space, REGION_HEAP, bad[i].at, bad[i].pages, RW), BAD_ARG);
	assert_int_equal(space.committed, 0);
}

static void a_region_that_is_writable_and_executable_is_a_kernel_bug(void **state)
{
	(void)state;
	assert_panics((void)aspace_add_region(&space, REGION_IMAGE, BASE, 1, RW | MMU_EXECUTE), "I-CODE");
}

static void placed_regions_do_not_touch_and_a_big_one_is_aligned(void **state)
{
	uint64_t a, b, big;

	(void)state;
	assert_ok(aspace_place_region(&space, REGION_BUFFER, 1, &a));
	assert_ok(aspace_place_region(&space, REGION_BUFFER, 2, &b));
	assert_ok(aspace_place_region(&space, REGION_LANDING, 512, &big));
	assert_true(b >= a + PAGE_BYTES);
	assert_int_equal(big % (2 << 20), 0);
	assert_true(a >= LAYOUT_AREA_BASE && big < LAYOUT_AREA_END);
}

/* The space remembers up to where it is full: a hole below that must be found all the same. */
static void a_hole_is_the_next_place_again_however_it_came(void **state)
{
	uint64_t at[6], again;

	(void)state;
	for (unsigned i = 0; i < array_length(at); i++)
		assert_ok(aspace_place_region(&space, REGION_BUFFER, 3, &at[i]));
	assert_int_equal(at[5], at[0] + 15 * PAGE_BYTES);
	for (unsigned i = 0; i < array_length(at); i++)
		for (unsigned k = 0; k < 3; k++) { /* the first, a middle and the last page of each */
			assert_ok(aspace_remove(&space, at[i] + k * PAGE_BYTES, 1));
			assert_ok(aspace_place_region(&space, REGION_BUFFER, 1, &again));
			assert_int_equal(again, at[i] + k * PAGE_BYTES);
		}
	assert_ok(aspace_place_region(&space, REGION_BUFFER, 1, &again));
	assert_int_equal(again, at[5] + 3 * PAGE_BYTES);
	assert_ok(aspace_remove(&space, at[3], 1));
	assert_ok(aspace_place_region(&space, REGION_BUFFER, 2, &again)); /* too big for the hole */
	assert_int_equal(again, at[5] + 4 * PAGE_BYTES);
	assert_ok(aspace_place_region(&space, REGION_BUFFER, 1, &again));
	assert_int_equal(again, at[3]);
}

static void nothing_is_placed_in_the_guard_of_a_stack(void **state)
{
	uint64_t stack, buffer;

	(void)state;
	assert_ok(aspace_place_region(&space, REGION_STACK, 2, &stack));
	assert_ok(aspace_place_region(&space, REGION_BUFFER, 1, &buffer));
	assert_true(buffer < stack - LAYOUT_GUARD_BYTES || buffer >= stack + 2 * PAGE_BYTES);
	assert_ok(aspace_place_region(&space, REGION_BUFFER, 16, &buffer));
	assert_true(buffer >= stack + 2 * PAGE_BYTES);
	assert_true(aspace_in_stack_guard(&space, stack - 1));
	assert_true(aspace_in_stack_guard(&space, stack - LAYOUT_GUARD_BYTES));
	assert_false(aspace_in_stack_guard(&space, stack - LAYOUT_GUARD_BYTES - 1));
	assert_false(aspace_in_stack_guard(&space, stack));
}

static void successive_heaps_are_adjacent_and_one_region(void **state)
{
	uint64_t a, b;

	(void)state;
	assert_ok(aspace_place_region(&space, REGION_HEAP, 3, &a));
	assert_ok(aspace_place_region(&space, REGION_HEAP, 2, &b));
	assert_int_equal(a, LAYOUT_HEAP_BASE);
	assert_int_equal(b, a + 3 * PAGE_BYTES);
	assert_ptr_equal(aspace_region_at(&space, a), aspace_region_at(&space, b));
}

static void touch(uint64_t at) { assert_int_equal(aspace_touch(&space, at, MMU_WRITE, &space_slot), TOUCH_OK); }

/* Nobody looks for pages where none ever was: whatever brings the first must be remembered. */
static void a_region_goes_with_all_its_pages_however_they_came(void **state)
{
	uint64_t at, more;

	(void)state;
	assert_ok(aspace_place_region(&space, REGION_BUFFER, 4, &at));
	assert_status(aspace_remove(&space, at, 5), BAD_ARG);
	assert_status(aspace_remove(&space, at, (1ull << 52) + 4), BAD_ARG);
	assert_ok(aspace_remove(&space, at, 4));
	assert_status(aspace_remove(&space, at, 4), BAD_ARG);
	assert_ok(aspace_place_region(&space, REGION_BUFFER, 4, &at));
	assert_ok(aspace_remove(&space, at, 2));
	touch(at + 2 * PAGE_BYTES);
	world_check_space(&space);
	assert_ok(aspace_remove(&space, at + 2 * PAGE_BYTES, 2));
	assert_ok(aspace_place_region(&space, REGION_HEAP, 3, &at));
	touch(at);
	assert_ok(aspace_place_region(&space, REGION_HEAP, 2, &more));
	assert_ok(aspace_remove(&space, at, 5));
	space.pinned = true;
	assert_ok(aspace_place_region(&space, REGION_BUFFER, 2, &at));
	assert_int_equal(space.resident, 2);
	world_check_space(&space);
	assert_ok(aspace_remove(&space, at, 2));
	space.pinned = false;
	assert_int_equal(space.resident, 0);
	assert_int_equal(space.region_count, 0);
	assert_int_equal(space.committed, 0);
}

static void a_region_too_large_for_the_area_is_refused(void **state)
{
	uint64_t at;

	(void)state;
	assert_status(aspace_place_region(&space, REGION_LANDING, 0, &at), BAD_ARG);
	assert_status(aspace_place_region(&space, REGION_LANDING, UINT64_MAX, &at), NO_MEMORY);
	assert_status(aspace_place_region(&space, REGION_LANDING, 1ull << 36, &at), NO_MEMORY);
}

static void a_hole_splits_a_region_and_the_parts_remain(void **state)
{
	(void)state;
	space_add(BASE, 5, RW);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(aspace_touch(&space, BASE + i * PAGE_BYTES, RW, &space_slot), TOUCH_OK);
	assert_ok(aspace_remove(&space, BASE + 2 * PAGE_BYTES, 1));
	assert_int_equal(space.resident, 4);
	assert_int_equal(space.committed, 4);
	assert_null(aspace_region_at(&space, BASE + 2 * PAGE_BYTES));
	assert_int_equal(aspace_region_at(&space, BASE)->end, BASE + 2 * PAGE_BYTES);
	assert_int_equal(aspace_region_at(&space, BASE + 3 * PAGE_BYTES)->end, BASE + 5 * PAGE_BYTES);
	assert_ok(aspace_remove(&space, BASE, 1));
	assert_ok(aspace_remove(&space, BASE + 4 * PAGE_BYTES, 1));
	assert_int_equal(space.resident, 2);
}

static void removing_what_is_no_part_of_one_region_is_refused(void **state)
{
	(void)state;
	space_add(BASE, 2, RW);
	space_add(BASE + 2 * PAGE_BYTES, 2, MMU_READ);
	assert_ok(aspace_add_region(&space, REGION_IMAGE, LAYOUT_IMAGE_BASE, 1, MMU_READ));
	assert_ok(aspace_add_region(&space, REGION_STACK, LAYOUT_STACK_TOP - PAGE_BYTES, 1, RW));
	assert_status(aspace_remove(&space, BASE, 0), BAD_ARG);
	assert_status(aspace_remove(&space, BASE, 3), BAD_ARG);
	assert_status(aspace_remove(&space, BASE + 1, 1), BAD_ARG);
	assert_status(aspace_remove(&space, BASE, UINT64_MAX), BAD_ARG);
	assert_status(aspace_remove(&space, BASE - PAGE_BYTES, 1), BAD_ARG);
	assert_status(aspace_remove(&space, LAYOUT_IMAGE_BASE, 1), BAD_ARG);
	assert_status(aspace_remove(&space, LAYOUT_STACK_TOP - PAGE_BYTES, 1), BAD_ARG);
	assert_int_equal(space.committed, 6);
}

static void removing_a_busy_or_dma_page_is_refused_and_changes_nothing(void **state)
{
	struct frame *f;

	(void)state;
	space_add(BASE, 2, RW);
	assert_int_equal(aspace_touch(&space, BASE + PAGE_BYTES, RW, &space_slot), TOUCH_OK);
	f = frame_record(space_frame_at(BASE + PAGE_BYTES));
	frame_hold(f, false);
	assert_status(aspace_remove(&space, BASE, 2), BUSY);
	frame_release(f, false);
	frame_hold(f, true);
	assert_status(aspace_remove(&space, BASE, 2), BUSY);
	frame_release(f, true);
	assert_int_equal(space.resident, 1);
	assert_ok(aspace_remove(&space, BASE, 2));
}

static void a_space_has_a_limit_of_regions(void **state)
{
	unsigned n = 0;

	(void)state;
	while (aspace_add_region(&space, REGION_BUFFER, BASE + 2 * n * PAGE_BYTES, 1, RW) == ST_OK)
		n++;
	assert_int_equal(n, 64);
	assert_int_equal(space.committed, 64);
}

static void a_hole_that_would_need_one_region_too_many_is_refused(void **state)
{
	(void)state;
	space_add(BASE + 1000 * PAGE_BYTES, 3, RW);
	for (unsigned n = 0; n < 63; n++)
		space_add(BASE + 2 * n * PAGE_BYTES, 1, RW);
	assert_status(aspace_remove(&space, BASE + 1001 * PAGE_BYTES, 1), NO_MEMORY);
	assert_int_equal(space.committed, 66);
}

/* ---- promises ---- */

static void no_region_is_made_that_ram_and_swap_cannot_hold(void **state)
{
	(void)state;
	space.frames_max = space.swap_max = 1u << 20;
	assert_status(aspace_add_region(&space, REGION_HEAP, BASE, aspace_promise_limit() + 1, RW), NO_MEMORY);
	assert_status(aspace_add_region(&space, REGION_HEAP, BASE, 1ull << 30, RW), NO_MEMORY);
	assert_int_equal(aspace_promised(), 0);
	assert_ok(aspace_add_region(&space, REGION_HEAP, BASE, aspace_promise_limit() - 8, RW));
	assert_ok(aspace_add_region(&space, REGION_LANDING, LAYOUT_AREA_BASE, 1ull << 30, RW)); /* promises nothing */
}

static void no_region_is_made_beyond_the_quota_of_frames_and_swap(void **state)
{
	(void)state;
	assert_status(aspace_add_region(&space, REGION_HEAP, BASE, 201, RW), NO_MEMORY);
	assert_ok(aspace_add_region(&space, REGION_HEAP, BASE, 200, RW));
	assert_status(aspace_add_region(&space, REGION_HEAP, BASE + (1 << 30), 1, RW), NO_MEMORY);
}

#define STEADY(name)  cmocka_unit_test_setup_teardown(name, space_start, space_finish)
#define WRECKED(name) cmocka_unit_test_setup(name, space_start) /* ends in a panic that leaves something half done */

int main(void)
{
	const struct CMUnitTest tests[] = {
		STEADY(map_twice_is_refused_and_changes_nothing),
		STEADY(a_region_at_page_0_beyond_user_space_wrapping_or_unaligned_is_refused),
		STEADY(a_region_that_is_writable_and_executable_is_a_kernel_bug),
		STEADY(placed_regions_do_not_touch_and_a_big_one_is_aligned),
		STEADY(a_hole_is_the_next_place_again_however_it_came),
		STEADY(nothing_is_placed_in_the_guard_of_a_stack),
		STEADY(successive_heaps_are_adjacent_and_one_region),
		STEADY(a_region_goes_with_all_its_pages_however_they_came),
		STEADY(a_region_too_large_for_the_area_is_refused),
		STEADY(a_hole_splits_a_region_and_the_parts_remain),
		STEADY(removing_what_is_no_part_of_one_region_is_refused),
		STEADY(removing_a_busy_or_dma_page_is_refused_and_changes_nothing),
		STEADY(a_space_has_a_limit_of_regions),
		STEADY(a_hole_that_would_need_one_region_too_many_is_refused),
		STEADY(no_region_is_made_that_ram_and_swap_cannot_hold),
		STEADY(no_region_is_made_beyond_the_quota_of_frames_and_swap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
