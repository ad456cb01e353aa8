/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames: the free list, the classes, the records. */
#include "kernel/mm/frame.h"
#include "tests/unit/kernel/world.h"
#include <string.h>

static int start(void **state)
{
	(void)state;
	machine_start(4 << 20);
	return 0;
}

static void frames_of_both_ranges_are_handed_out_once_and_never_the_hole(void **state)
{
	static bool seen[(4 << 20) / PAGE_BYTES];
	const struct boot_info *boot = host_boot_info(NULL, 0);
	paddr_t hole = { boot->ram[0].base.v + boot->ram[0].bytes }, frame;
	uint64_t n = 0;

	(void)state;
	memset(seen, 0, sizeof seen);
	while (!paddr_is_none(frame = frame_alloc(FRAME_FOR_PAGE_IN, FRAME_KERNEL))) {
		assert_true(host_is_ram(frame) && page_aligned(frame.v));
		assert_int_not_equal(frame.v, hole.v);
		assert_false(seen[(frame.v - HOST_RAM_BASE) / PAGE_BYTES]);
		seen[(frame.v - HOST_RAM_BASE) / PAGE_BYTES] = true;
		n++;
	}
	assert_int_equal(n, frame_total());
	assert_int_equal(frame_free_count(), 0);
	assert_int_equal(frame_count(FRAME_KERNEL), n);
}

static void the_last_frames_are_kept_for_the_kernel_and_for_paging(void **state)
{
	(void)state;
	machine_exhaust(FRAME_FOR_USER);
	assert_int_equal(frame_free_count(), frame_reserve());
	assert_false(frame_available(FRAME_FOR_USER));
	assert_true(frame_available(FRAME_FOR_KERNEL));
	machine_exhaust(FRAME_FOR_KERNEL);
	assert_false(frame_available(FRAME_FOR_KERNEL));
	assert_true(frame_available(FRAME_FOR_PAGE_IN));
	machine_exhaust(FRAME_FOR_PAGE_IN);
	assert_int_equal(frame_free_count(), 0);
	machine_relent();
	assert_int_equal(frame_free_count(), frame_total());
}

static void frames_that_are_kept_are_had_by_nobody_else(void **state)
{
	uint64_t reserve = frame_reserve(), low = frame_low_mark();

	(void)state;
	assert_false(frame_take_kept());
	frame_keep(5);
	assert_int_equal(frame_reserve(), reserve + 5);
	assert_int_equal(frame_low_mark(), low + 5);
	machine_exhaust(FRAME_FOR_USER);
	assert_int_equal(frame_free_count(), reserve + 5);
	machine_exhaust(FRAME_FOR_KERNEL);
	machine_exhaust(FRAME_FOR_PAGE_IN);
	for (unsigned i = 5; i > 0; i--) {
		assert_int_equal(frame_free_count(), i);
		assert_true(paddr_is_none(frame_alloc(FRAME_FOR_PAGE_IN, FRAME_KERNEL)));
		assert_true(frame_take_kept());
		assert_false(paddr_is_none(frame_alloc(FRAME_FOR_PAGE_IN, FRAME_KERNEL)));
	}
	assert_false(frame_take_kept());
	machine_relent();
	assert_int_equal(frame_reserve(), reserve);
}

static void a_new_frame_has_a_clean_record(void **state)
{
	paddr_t frame = frame_alloc(FRAME_FOR_USER, FRAME_USER);
	const struct frame *f = frame_record(frame);

	(void)state;
	assert_int_equal(f->kind, FRAME_USER);
	assert_int_equal(f->slot, SLOT_NONE);
	assert_null(f->owner);
	assert_int_equal(f->table | f->busy | f->dma | f->flags, 0);
	assert_int_equal(frame_address(f).v, frame.v);
	assert_ptr_equal(frame_by_number((uint32_t)(frame.v >> PAGE_SHIFT)), f);
}

static void a_freed_frame_is_zero_before_anybody_sees_it_again(void **state)
{
	paddr_t frame = frame_alloc(FRAME_FOR_USER, FRAME_USER), again;
	static const uint8_t zeros[PAGE_BYTES];

	(void)state;
	memset(hal_frame_ptr(frame), 0x5e, PAGE_BYTES);
	frame_free(frame);
	again = frame_alloc_zeroed(FRAME_FOR_USER, FRAME_USER);
	assert_int_equal(again.v, frame.v); /* last in, first out */
	assert_memory_equal(hal_frame_ptr(again), zeros, PAGE_BYTES);
}

/* The machine's frames are full of rubbish, so only one that was not cleared can be told by what is in it. */
static void a_frame_that_is_known_to_be_zero_is_taken_as_it_is_and_by_others_last(void **state)
{
	paddr_t frame = frame_alloc_zeroed(FRAME_FOR_USER, FRAME_USER), other = frame_alloc(FRAME_FOR_USER, FRAME_USER);
	uint8_t *content = hal_frame_ptr(frame);

	(void)state;
	frame_free_zero(frame);
	frame_free(other);
	assert_int_equal(frame_alloc(FRAME_FOR_USER, FRAME_USER).v, other.v);
	assert_int_not_equal(frame_alloc(FRAME_FOR_USER, FRAME_USER).v, frame.v);
	content[0] = 1; /* a lie */
	assert_int_equal(frame_alloc_zeroed(FRAME_FOR_USER, FRAME_USER).v, frame.v);
	assert_int_equal(content[0], 1);
	content[0] = 0;
	frame_free_zero(frame);
	machine_exhaust(FRAME_FOR_PAGE_IN); /* it is among the last ones */
	assert_true(paddr_is_none(frame_alloc_zeroed(FRAME_FOR_PAGE_IN, FRAME_USER)));
	assert_int_equal(frame_free_count(), 0);
	machine_relent();
}

static void a_frame_may_change_its_kind_and_is_counted_as_the_new_one(void **state)
{
	paddr_t frame = frame_alloc(FRAME_FOR_KERNEL, FRAME_BOUNCE);

	(void)state;
	frame_become(frame, FRAME_USER);
	assert_int_equal(frame_count(FRAME_BOUNCE), 0);
	assert_int_equal(frame_count(FRAME_USER), 1);
	frame_free(frame);
	assert_int_equal(frame_count(FRAME_USER), 0);
}

static void freeing_what_is_free_mapped_busy_or_under_dma_is_a_kernel_bug(void **state)
{
	paddr_t frame = frame_alloc(FRAME_FOR_USER, FRAME_USER);
	struct frame *f = frame_record(frame);

	(void)state;
	f->table = 7;
	assert_panics(frame_free(frame), "I-STATE");
	assert_panics(frame_become(frame, FRAME_BOUNCE), "unmapped");
	f->table = 0;
	f->busy = 1;
	assert_panics(frame_free(frame), "in use");
	f->busy = 0;
	f->dma = 1;
	assert_panics(frame_free(frame), "in use");
	f->dma = 0;
	frame_free(frame);
	assert_panics(frame_free(frame), "freed once");
}

static void only_ram_has_records(void **state)
{
	(void)state;
	assert_null(frame_by_number(frame_limit()));
	assert_panics(frame_record((paddr_t){ 1ull << 40 }), "only RAM");
}

static void eviction_starts_before_user_memory_runs_out(void **state)
{
	(void)state;
	assert_true(frame_low_mark() > frame_reserve());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(frames_of_both_ranges_are_handed_out_once_and_never_the_hole, start),
		cmocka_unit_test_setup(the_last_frames_are_kept_for_the_kernel_and_for_paging, start),
		cmocka_unit_test_setup(frames_that_are_kept_are_had_by_nobody_else, start),
		cmocka_unit_test_setup(a_new_frame_has_a_clean_record, start),
		cmocka_unit_test_setup(a_freed_frame_is_zero_before_anybody_sees_it_again, start),
		cmocka_unit_test_setup(a_frame_that_is_known_to_be_zero_is_taken_as_it_is_and_by_others_last, start),
		cmocka_unit_test_setup(a_frame_may_change_its_kind_and_is_counted_as_the_new_one, start),
		cmocka_unit_test_setup(freeing_what_is_free_mapped_busy_or_under_dma_is_a_kernel_bug, start),
		cmocka_unit_test_setup(only_ram_has_records, start),
		cmocka_unit_test_setup(eviction_starts_before_user_memory_runs_out, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
