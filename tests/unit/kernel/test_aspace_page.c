/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces, page by page: demand zero, quotas, eviction, devices. */
#include "kernel/abi/layout.h"
#include "tests/unit/kernel/space_fixture.h"
#include <stdlib.h>
#include <string.h>

enum { RW = MMU_READ | MMU_WRITE };
#define BASE LAYOUT_HEAP_BASE

static void a_first_touch_makes_a_zero_page_and_a_second_one_finds_it(void **state)
{
	static const uint8_t zeros[PAGE_BYTES];
	paddr_t frame;

	(void)state;
	space_add(BASE, 1, RW);
	assert_int_equal(aspace_touch(&space, BASE + 123, RW, &space_slot), TOUCH_OK);
	frame = space_frame_at(BASE);
	assert_memory_equal(hal_frame_ptr(frame), zeros, PAGE_BYTES);
	assert_int_equal(space.resident, 1);
	assert_int_equal(space.tables, 4);
	assert_int_equal(aspace_touch(&space, BASE, MMU_READ, &space_slot), TOUCH_OK);
	assert_int_equal(space_frame_at(BASE).v, frame.v);
	assert_int_equal(aspace_address_of(frame_record(frame)), BASE);
	assert_ptr_equal(aspace_mapper_of(frame_record(frame)), &space);
}

/* The frame was last full of somebody else's data. */
static void a_page_that_is_filled_is_zero_beyond_what_was_filled(void **state)
{
	static const uint8_t zeros[PAGE_BYTES];
	static const uint64_t bytes[] = { 1, 100, 4095, PAGE_BYTES };
	void *content;

	(void)state;
	space_add(BASE, array_length(bytes), MMU_READ);
	for (unsigned i = 0; i < array_length(bytes); i++) {
		paddr_t frame = frame_alloc(FRAME_FOR_USER, FRAME_USER);

		memset(hal_frame_ptr(frame), 0x5e, PAGE_BYTES);
		frame_free(frame);
		assert_ok(aspace_fill(&space, BASE + i * PAGE_BYTES, bytes[i], &content));
		if (i > 0) /* before, tables are made */
			assert_ptr_equal(content, hal_frame_ptr(frame));
		assert_memory_equal((char *)content + bytes[i], zeros, PAGE_BYTES - bytes[i]);
	}
}

static void a_touch_is_denied_where_the_region_does_not_allow_it(void **state)
{
	(void)state;
	space_add(BASE, 1, MMU_READ);
	assert_int_equal(aspace_touch(&space, BASE, RW, &space_slot), TOUCH_DENIED);
	assert_int_equal(aspace_touch(&space, BASE, MMU_EXECUTE, &space_slot), TOUCH_DENIED);
	assert_int_equal(space.resident, 0);
	assert_int_equal(aspace_touch(&space, BASE, MMU_READ, &space_slot), TOUCH_OK);
	assert_int_equal(aspace_touch(&space, BASE, RW, &space_slot), TOUCH_DENIED);
}

static void a_touch_outside_of_regions_finds_nothing(void **state)
{
	(void)state;
	assert_ok(aspace_add_region(&space, REGION_LANDING, BASE, 1, RW));
	assert_int_equal(aspace_touch(&space, 0, MMU_READ, &space_slot), TOUCH_UNMAPPED);
	assert_int_equal(aspace_touch(&space, BASE - 1, MMU_READ, &space_slot), TOUCH_UNMAPPED);
	assert_int_equal(aspace_touch(&space, BASE, MMU_READ, &space_slot), TOUCH_UNMAPPED);
	assert_int_equal(aspace_touch(&space, LAYOUT_USER_END, MMU_READ, &space_slot), TOUCH_UNMAPPED);
	assert_int_equal(aspace_touch(&space, 1ull << 63, MMU_READ, &space_slot), TOUCH_UNMAPPED);
	assert_int_equal(aspace_touch(&space, UINT64_MAX, MMU_READ, &space_slot), TOUCH_UNMAPPED);
}

static void a_space_at_its_limit_of_frames_gets_no_more_page_or_table(void **state)
{
	(void)state;
	space_add(BASE, 4, RW);
	space.frames_max = 6;
	assert_int_equal(aspace_touch(&space, BASE, RW, &space_slot),
			 TOUCH_OK); /* root, two tables, leaf table, page */
	assert_int_equal(aspace_touch(&space, BASE + PAGE_BYTES, RW, &space_slot), TOUCH_OK);
	assert_int_equal(aspace_touch(&space, BASE + 2 * PAGE_BYTES, RW, &space_slot), TOUCH_QUOTA);
	space_add(BASE + (1 << 30), 1, RW);
	assert_int_equal(aspace_touch(&space, BASE + (1 << 30), RW, &space_slot), TOUCH_QUOTA);
	assert_int_equal(space.resident + space.tables, 6);
}

static void each_failing_allocation_starves_and_loses_nothing(void **state)
{
	(void)state;
	space_add(BASE, 1, RW);
	for (uint64_t n = 0; n < 3; n++) { /* three tables, which are the kernel's */
		machine_leave_frames(n, FRAME_FOR_KERNEL);
		assert_int_equal(aspace_touch(&space, BASE, RW, &space_slot), TOUCH_STARVED);
		assert_int_equal(space.tables,
				 n == 2 ? 4 : 1 + n); /* those it got stay linked: the next try goes on from there */
		machine_relent();
	}
	machine_exhaust(FRAME_FOR_USER); /* tables can be had, the page cannot */
	assert_int_equal(aspace_touch(&space, BASE, RW, &space_slot), TOUCH_STARVED);
	assert_int_equal(space.resident, 0);
	machine_relent();
	assert_int_equal(aspace_touch(&space, BASE, RW, &space_slot), TOUCH_OK);
}

static void a_space_that_gets_no_root_is_not_made(void **state)
{
	struct aspace other;

	(void)state;
	machine_exhaust(FRAME_FOR_KERNEL);
	assert_status(aspace_init(&other, 2), NO_MEMORY);
	machine_relent();
}

static void a_pinned_region_has_all_its_frames_at_once_or_is_not_made(void **state)
{
	(void)state;
	space.pinned = true;
	space_add(BASE, 10, RW);
	assert_int_equal(space.resident, 10);
	space.frames_max = 20;
	assert_status(aspace_add_region(&space, REGION_BUFFER, BASE + (1 << 20), 50, RW), NO_MEMORY);
	assert_int_equal(space.resident, 10);
	assert_int_equal(space.committed, 10);
	space.swap_max = 0;
	assert_status(aspace_add_region(&space, REGION_BUFFER, BASE + (1 << 20), 10, RW), NO_MEMORY);
	assert_int_equal(space.resident, 10);
}

static void an_evicted_page_leaves_its_slot_behind_and_comes_back(void **state)
{
	struct frame *f;
	paddr_t frame;

	(void)state;
	space_add(BASE, 1, RW);
	assert_int_equal(aspace_touch(&space, BASE, RW, &space_slot), TOUCH_OK);
	space_slot = world_slot();
	frame = space_frame_at(BASE);
	aspace_evict(frame_record(frame), space_slot);
	assert_int_equal(space.resident, 0);
	assert_int_equal(space.swapped, 1);
	assert_int_equal(aspace_entry(&space, BASE).slot, space_slot);
	frame_free(frame);
	assert_int_equal(aspace_touch(&space, BASE, RW, &space_slot), TOUCH_SWAPPED);
	assert_true(slot_settle(space_slot));
	frame = frame_alloc(FRAME_FOR_PAGE_IN, FRAME_BOUNCE);
	aspace_install(frame, space_slot, false);
	f = frame_record(frame);
	assert_int_equal(space.resident, 1);
	assert_int_equal(space.swapped, 0);
	assert_int_equal(f->slot, space_slot);
	assert_false(aspace_entry(&space, BASE).dirty); /* clean: the next eviction costs no I/O */
	aspace_forget_slot(f);
	assert_int_equal(slot_used(), 0);
}

static void a_page_does_not_come_in_beyond_the_limit_of_frames(void **state)
{
	paddr_t frame;

	(void)state;
	space_add(BASE, 2, RW);
	assert_int_equal(aspace_touch(&space, BASE, RW, &space_slot), TOUCH_OK);
	space_slot = world_slot();
	frame = space_frame_at(BASE);
	aspace_evict(frame_record(frame), space_slot);
	frame_free(frame);
	assert_true(slot_settle(space_slot));
	assert_int_equal(aspace_touch(&space, BASE + PAGE_BYTES, RW, &space_slot), TOUCH_OK);
	space.frames_max = space.resident + space.tables;
	assert_int_equal(aspace_touch(&space, BASE, RW, &space_slot), TOUCH_QUOTA);
	space.frames_max++;
	assert_int_equal(aspace_touch(&space, BASE, RW, &space_slot), TOUCH_SWAPPED);
}

static void a_page_that_comes_in_where_it_did_not_go_out_is_a_kernel_bug(void **state)
{
	paddr_t frame = frame_alloc(FRAME_FOR_PAGE_IN, FRAME_BOUNCE);
	struct slot *s;

	(void)state;

	space_add(BASE, 2, RW);
	assert_int_equal(aspace_touch(&space, BASE, RW, &space_slot), TOUCH_OK);
	space_slot = world_slot();
	s = slot_at(space_slot);
	s->table = frame_record(space_frame_at(BASE))->table;
	for (s->index = 0; s->index < 2; s->index++) /* one present, one never touched */
		assert_panics(aspace_install(frame, space_slot, false), "I-SEAL");
	assert_panics(aspace_forget_slot(frame_record(space_frame_at(BASE))), "copy to forget");
	frame_free(frame);
}

static void evicting_a_busy_dma_lent_or_pinned_page_is_a_kernel_bug(void **state)
{
	struct frame *f;

	(void)state;
	space_add(BASE, 1, RW);
	assert_int_equal(aspace_touch(&space, BASE, RW, &space_slot), TOUCH_OK);
	space_slot = world_slot();
	f = frame_record(space_frame_at(BASE));
	f->busy = 1;
	assert_panics(aspace_evict(f, space_slot), "idle page");
	f->busy = 0;
	f->dma = 1;
	assert_panics(aspace_evict(f, space_slot), "idle page");
	f->dma = 0;
	f->flags = FRAME_LENT;
	assert_panics(aspace_evict(f, space_slot), "idle page");
	f->flags = 0;
	space.pinned = true;
	assert_panics(aspace_evict(f, space_slot), "idle page");
	slot_release(space_slot);
	assert_false(slot_settle(space_slot));
	space.pinned = false;
}

static void a_back_reference_that_does_not_agree_is_a_kernel_bug(void **state)
{
	struct frame *f;

	(void)state;
	space_add(BASE, 1, RW);
	assert_int_equal(aspace_touch(&space, BASE, RW, &space_slot), TOUCH_OK);
	f = frame_record(space_frame_at(BASE));
	f->index++;
	assert_panics((void)aspace_remove(&space, BASE, 1), "I-STATE");
	f->index--;
}

static void a_region_with_swapped_pages_gives_its_slots_back(void **state)
{
	paddr_t frame;

	(void)state;
	space_add(BASE, 2, RW);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(aspace_touch(&space, BASE + i * PAGE_BYTES, RW, &space_slot), TOUCH_OK);
		frame = space_frame_at(BASE + i * PAGE_BYTES);
		space_slot = world_slot();
		aspace_evict(frame_record(frame), space_slot);
		frame_free(frame);
	}
	assert_true(slot_settle(0));
	assert_ok(aspace_remove(&space, BASE, 2));
	assert_int_equal(space.swapped, 0);
	assert_int_equal(slot_used(), 1); /* the other is on its way out: doomed */
	assert_false(slot_settle(1));
}

static void an_unmapped_or_evicted_page_leaves_no_translation_behind(void **state)
{
	struct trap_info info;
	uint64_t word = 42;
	paddr_t frame;

	(void)state;
	space_add(BASE, 1, RW);
	assert_int_equal(aspace_touch(&space, BASE, RW, &space_slot), TOUCH_OK);
	hal_mmu_activate(&space.space);
	assert_true(host_user_write(space.root, BASE, &word, sizeof word, &info));
	assert_true(host_user_read(space.root, BASE, &word, sizeof word, &info));
	assert_ok(aspace_remove(&space, BASE, 1));
	assert_false(host_user_read(space.root, BASE, &word, sizeof word, &info));
	assert_int_equal(info.address, BASE);
	assert_true(info.fault == FAULT_READ && !host_fault_present);
	space_add(BASE, 1, RW);
	assert_int_equal(aspace_touch(&space, BASE, RW, &space_slot), TOUCH_OK);
	assert_true(host_user_write(space.root, BASE, &word, sizeof word, &info));
	frame = space_frame_at(BASE);
	space_slot = world_slot();
	aspace_evict(frame_record(frame), space_slot);
	frame_free(frame);
	assert_null(host_tlb_stale());
	assert_false(host_user_read(space.root, BASE, &word, sizeof word, &info));
	assert_true(slot_settle(space_slot));
	assert_ok(aspace_remove(&space, BASE, 1));
	hal_mmu_activate_kernel();
}

static void a_device_is_mapped_uncached_and_is_no_buffer(void **state)
{
	uint64_t at;

	(void)state;
	assert_ok(aspace_map_device(&space, (paddr_t){ 0xe0000000 }, 3, &at));
	assert_int_equal(aspace_entry(&space, at + 2 * PAGE_BYTES).frame.v, 0xe0002000);
	assert_true(aspace_entry(&space, at).prot & MMU_DEVICE);
	assert_int_equal(aspace_touch(&space, at, MMU_READ, &space_slot), TOUCH_DENIED);
	assert_status(aspace_remove(&space, at, 3), BAD_ARG);
	assert_int_equal(space.resident, 0);
}

static void a_device_that_gets_no_page_tables_is_not_mapped(void **state)
{
	uint64_t at;

	(void)state;
	machine_exhaust(FRAME_FOR_KERNEL);
	assert_status(aspace_map_device(&space, (paddr_t){ 0xe0000000 }, 3, &at), NO_MEMORY);
	machine_relent();
	space.frames_max = 2;
	assert_status(aspace_map_device(&space, (paddr_t){ 0xe0000000 }, 3, &at), NO_MEMORY);
	assert_true(list_is_empty(&space.regions));
}

/* An absent entry holds no frame address, whatever it says (L1TF). */
static void an_entry_that_is_not_present_holds_no_address_of_ram(void **state)
{
	paddr_t table = frame_alloc_zeroed(FRAME_FOR_KERNEL, FRAME_KERNEL);
	const uint64_t *raw = hal_frame_ptr(table);
	struct mmu_leaf leaf = { table, 5 };

	(void)state;
	srand(1);
	for (unsigned i = 0; i < 10000; i++) {
		struct mmu_entry e = { .kind = i % 2 ? MMU_SWAPPED : MMU_LENT };

		if (e.kind == MMU_SWAPPED)
			e.slot = (uint32_t)rand() % (64u << 16);
		else
			e.prot = (unsigned)rand() % 2 ? RW : MMU_READ;
		hal_mmu_write(leaf, e);
		assert_int_equal(raw[5] & 1, 0);
		assert_true((raw[5] & 0xffffffffff000) > 1ull << 45);
		assert_int_equal(hal_mmu_read(leaf).kind, e.kind);
		assert_int_equal(hal_mmu_read(leaf).slot, e.slot);
		assert_int_equal(hal_mmu_read(leaf).prot, e.prot);
	}
	hal_mmu_write(leaf, (struct mmu_entry){ .kind = MMU_ABSENT });
	assert_int_equal(raw[5], 0);
	assert_panics(
		hal_mmu_write(leaf,
			      (struct mmu_entry){ .kind = MMU_PRESENT, .prot = RW | MMU_EXECUTE, .frame = table }),
		"HAL");
	frame_free(table);
}

#define STEADY(name)  cmocka_unit_test_setup_teardown(name, space_start, space_finish)
#define WRECKED(name) cmocka_unit_test_setup(name, space_start) /* ends in a panic that leaves something half done */

int main(void)
{
	const struct CMUnitTest tests[] = {
		STEADY(a_first_touch_makes_a_zero_page_and_a_second_one_finds_it),
		STEADY(a_page_that_is_filled_is_zero_beyond_what_was_filled),
		STEADY(a_touch_is_denied_where_the_region_does_not_allow_it),
		STEADY(a_touch_outside_of_regions_finds_nothing),
		STEADY(a_space_at_its_limit_of_frames_gets_no_more_page_or_table),
		STEADY(each_failing_allocation_starves_and_loses_nothing),
		STEADY(a_space_that_gets_no_root_is_not_made),
		STEADY(a_pinned_region_has_all_its_frames_at_once_or_is_not_made),
		STEADY(an_evicted_page_leaves_its_slot_behind_and_comes_back),
		STEADY(a_page_does_not_come_in_beyond_the_limit_of_frames),
		WRECKED(a_page_that_comes_in_where_it_did_not_go_out_is_a_kernel_bug),
		STEADY(evicting_a_busy_dma_lent_or_pinned_page_is_a_kernel_bug),
		WRECKED(a_back_reference_that_does_not_agree_is_a_kernel_bug),
		STEADY(a_region_with_swapped_pages_gives_its_slots_back),
		STEADY(an_unmapped_or_evicted_page_leaves_no_translation_behind),
		STEADY(a_device_is_mapped_uncached_and_is_no_buffer),
		STEADY(a_device_that_gets_no_page_tables_is_not_mapped),
		STEADY(an_entry_that_is_not_present_holds_no_address_of_ram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
