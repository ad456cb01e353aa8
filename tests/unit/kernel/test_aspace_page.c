/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces, page by page: demand zero, quotas, eviction, devices. */
#include "kernel/abi/layout.h"
#include "kernel/mm/aspace.h"
#include "tests/unit/kernel/world.h"
#include <stdlib.h>
#include <string.h>

enum { RW = MMU_READ | MMU_WRITE };
#define BASE LAYOUT_HEAP_BASE

static struct aspace as;
static uint32_t slot;

static void limits(struct aspace *a)
{
	a->frames_max = 100;
	a->swap_max = 100;
	a->busy_max = 20;
}

static int start(void **state)
{
	(void)state;
	machine_start(4 << 20);
	slot_store_size(1000);
	assert_ok(aspace_init(&as, 1));
	limits(&as);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	aspace_destroy(&as);
	assert_int_equal(frame_count(FRAME_USER) + frame_count(FRAME_TABLE), 0);
	assert_int_equal(aspace_promised(), 0);
	assert_int_equal(slot_used(), 0);
	return 0;
}

static void add(uint64_t start_at, uint64_t pages, unsigned prot)
{
	assert_ok(aspace_add_region(&as, REGION_BUFFER, start_at, pages, prot));
}

static paddr_t frame_at(uint64_t va) { return aspace_entry(&as, va).frame; }

/* ---- pages ---- */

static void a_first_touch_makes_a_zero_page_and_a_second_one_finds_it(void **state)
{
	static const uint8_t zeros[PAGE_BYTES];
	paddr_t frame;

	(void)state;
	add(BASE, 1, RW);
	assert_int_equal(aspace_touch(&as, BASE + 123, RW, &slot), TOUCH_OK);
	frame = frame_at(BASE);
	assert_memory_equal(hal_frame_ptr(frame), zeros, PAGE_BYTES);
	assert_int_equal(as.resident, 1);
	assert_int_equal(as.tables, 4);
	assert_int_equal(aspace_touch(&as, BASE, MMU_READ, &slot), TOUCH_OK);
	assert_int_equal(frame_at(BASE).v, frame.v);
	assert_int_equal(aspace_address_of(frame_record(frame)), BASE);
	assert_ptr_equal(aspace_mapper_of(frame_record(frame)), &as);
}

static void a_touch_is_denied_where_the_region_does_not_allow_it(void **state)
{
	(void)state;
	add(BASE, 1, MMU_READ);
	assert_int_equal(aspace_touch(&as, BASE, RW, &slot), TOUCH_DENIED);
	assert_int_equal(aspace_touch(&as, BASE, MMU_EXECUTE, &slot), TOUCH_DENIED);
	assert_int_equal(as.resident, 0);
	assert_int_equal(aspace_touch(&as, BASE, MMU_READ, &slot), TOUCH_OK);
	assert_int_equal(aspace_touch(&as, BASE, RW, &slot), TOUCH_DENIED);
}

static void a_touch_outside_of_regions_finds_nothing(void **state)
{
	(void)state;
	assert_ok(aspace_add_region(&as, REGION_LANDING, BASE, 1, RW));
	assert_int_equal(aspace_touch(&as, 0, MMU_READ, &slot), TOUCH_UNMAPPED);
	assert_int_equal(aspace_touch(&as, BASE - 1, MMU_READ, &slot), TOUCH_UNMAPPED);
	assert_int_equal(aspace_touch(&as, BASE, MMU_READ, &slot), TOUCH_UNMAPPED);
	assert_int_equal(aspace_touch(&as, LAYOUT_USER_END, MMU_READ, &slot), TOUCH_UNMAPPED);
	assert_int_equal(aspace_touch(&as, 1ull << 63, MMU_READ, &slot), TOUCH_UNMAPPED);
	assert_int_equal(aspace_touch(&as, UINT64_MAX, MMU_READ, &slot), TOUCH_UNMAPPED);
}

static void a_space_at_its_limit_of_frames_gets_no_more_page_or_table(void **state)
{
	(void)state;
	add(BASE, 4, RW);
	as.frames_max = 6;
	assert_int_equal(aspace_touch(&as, BASE, RW, &slot), TOUCH_OK); /* root, two tables, leaf table, page */
	assert_int_equal(aspace_touch(&as, BASE + PAGE_BYTES, RW, &slot), TOUCH_OK);
	assert_int_equal(aspace_touch(&as, BASE + 2 * PAGE_BYTES, RW, &slot), TOUCH_QUOTA);
	add(BASE + (1 << 30), 1, RW);
	assert_int_equal(aspace_touch(&as, BASE + (1 << 30), RW, &slot), TOUCH_QUOTA);
	assert_int_equal(as.resident + as.tables, 6);
}

static void each_failing_allocation_starves_and_loses_nothing(void **state)
{
	(void)state;
	add(BASE, 1, RW);
	for (uint64_t n = 0; n < 3; n++) { /* three tables, which are the kernel's */
		machine_leave_frames(n, FRAME_FOR_KERNEL);
		assert_int_equal(aspace_touch(&as, BASE, RW, &slot), TOUCH_STARVED);
		assert_int_equal(as.tables, n == 2 ? 4 : 1 + n); /* those it got stay linked: the next try goes on from there */
		machine_relent();
	}
	machine_exhaust(FRAME_FOR_USER); /* tables can be had, the page cannot */
	assert_int_equal(aspace_touch(&as, BASE, RW, &slot), TOUCH_STARVED);
	assert_int_equal(as.resident, 0);
	machine_relent();
	assert_int_equal(aspace_touch(&as, BASE, RW, &slot), TOUCH_OK);
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
	as.pinned = true;
	add(BASE, 10, RW);
	assert_int_equal(as.resident, 10);
	as.frames_max = 20;
	assert_status(aspace_add_region(&as, REGION_BUFFER, BASE + (1 << 20), 50, RW), NO_MEMORY);
	assert_int_equal(as.resident, 10);
	assert_int_equal(as.committed, 10);
	as.swap_max = 0;
	assert_status(aspace_add_region(&as, REGION_BUFFER, BASE + (1 << 20), 10, RW), NO_MEMORY);
	assert_int_equal(as.resident, 10);
}

static void an_evicted_page_leaves_its_slot_behind_and_comes_back(void **state)
{
	struct frame *f;
	paddr_t frame;

	(void)state;
	add(BASE, 1, RW);
	assert_int_equal(aspace_touch(&as, BASE, RW, &slot), TOUCH_OK);
	slot = slot_alloc(as.id);
	frame = frame_at(BASE);
	aspace_evict(frame_record(frame), slot);
	assert_int_equal(as.resident, 0);
	assert_int_equal(as.swapped, 1);
	assert_int_equal(aspace_entry(&as, BASE).slot, slot);
	frame_free(frame);
	assert_int_equal(aspace_touch(&as, BASE, RW, &slot), TOUCH_SWAPPED);
	assert_true(slot_settle(slot));
	frame = frame_alloc(FRAME_FOR_PAGE_IN, FRAME_BOUNCE);
	aspace_install(&as, BASE, frame, slot);
	f = frame_record(frame);
	assert_int_equal(as.resident, 1);
	assert_int_equal(as.swapped, 0);
	assert_int_equal(f->slot, slot);
	assert_false(aspace_entry(&as, BASE).dirty); /* clean: the next eviction costs no I/O */
	aspace_forget_slot(&as, BASE);
	assert_int_equal(slot_used(), 0);
}

static void a_page_does_not_come_in_beyond_the_limit_of_frames(void **state)
{
	paddr_t frame;

	(void)state;
	add(BASE, 2, RW);
	assert_int_equal(aspace_touch(&as, BASE, RW, &slot), TOUCH_OK);
	slot = slot_alloc(as.id);
	frame = frame_at(BASE);
	aspace_evict(frame_record(frame), slot);
	frame_free(frame);
	assert_true(slot_settle(slot));
	assert_int_equal(aspace_touch(&as, BASE + PAGE_BYTES, RW, &slot), TOUCH_OK);
	as.frames_max = as.resident + as.tables;
	assert_int_equal(aspace_touch(&as, BASE, RW, &slot), TOUCH_QUOTA);
	as.frames_max++;
	assert_int_equal(aspace_touch(&as, BASE, RW, &slot), TOUCH_SWAPPED);
}

static void a_page_that_comes_in_where_it_did_not_go_out_is_a_kernel_bug(void **state)
{
	paddr_t frame = frame_alloc(FRAME_FOR_PAGE_IN, FRAME_BOUNCE);

	(void)state;
	add(BASE, 2, RW);
	assert_int_equal(aspace_touch(&as, BASE, RW, &slot), TOUCH_OK);
	assert_panics(aspace_install(&as, BASE + PAGE_BYTES, frame, 7), "I-SEAL");
	assert_panics(aspace_install(&as, BASE, frame, 7), "I-SEAL");
	assert_panics(aspace_forget_slot(&as, BASE), "copy to forget");
	frame_free(frame);
}

static void evicting_a_busy_dma_lent_or_pinned_page_is_a_kernel_bug(void **state)
{
	struct frame *f;

	(void)state;
	add(BASE, 1, RW);
	assert_int_equal(aspace_touch(&as, BASE, RW, &slot), TOUCH_OK);
	f = frame_record(frame_at(BASE));
	f->busy = 1;
	assert_panics(aspace_evict(f, 0), "idle page");
	f->busy = 0;
	f->dma = 1;
	assert_panics(aspace_evict(f, 0), "idle page");
	f->dma = 0;
	f->flags = FRAME_LENT;
	assert_panics(aspace_evict(f, 0), "idle page");
	f->flags = 0;
	as.pinned = true;
	assert_panics(aspace_evict(f, 0), "idle page");
	as.pinned = false;
}

static void a_back_reference_that_does_not_agree_is_a_kernel_bug(void **state)
{
	struct frame *f;

	(void)state;
	add(BASE, 1, RW);
	assert_int_equal(aspace_touch(&as, BASE, RW, &slot), TOUCH_OK);
	f = frame_record(frame_at(BASE));
	f->index++;
	assert_panics((void)aspace_remove(&as, BASE, 1), "I-STATE");
	f->index--;
}

static void a_region_with_swapped_pages_gives_its_slots_back(void **state)
{
	paddr_t frame;

	(void)state;
	add(BASE, 2, RW);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(aspace_touch(&as, BASE + i * PAGE_BYTES, RW, &slot), TOUCH_OK);
		frame = frame_at(BASE + i * PAGE_BYTES);
		slot = slot_alloc(as.id);
		aspace_evict(frame_record(frame), slot);
		frame_free(frame);
	}
	assert_true(slot_settle(0));
	assert_ok(aspace_remove(&as, BASE, 2));
	assert_int_equal(as.swapped, 0);
	assert_int_equal(slot_used(), 1); /* the other is on its way out: doomed */
	assert_false(slot_settle(1));
}

static void an_unmapped_or_evicted_page_leaves_no_translation_behind(void **state)
{
	struct trap_info info;
	uint64_t word = 42;

	(void)state;
	add(BASE, 1, RW);
	assert_int_equal(aspace_touch(&as, BASE, RW, &slot), TOUCH_OK);
	hal_mmu_activate(as.root);
	assert_true(host_user_write(as.root, BASE, &word, sizeof word, &info));
	assert_true(host_user_read(as.root, BASE, &word, sizeof word, &info));
	assert_ok(aspace_remove(&as, BASE, 1));
	assert_false(host_user_read(as.root, BASE, &word, sizeof word, &info));
	assert_int_equal(info.address, BASE);
	assert_false(info.present || info.write);
	hal_mmu_activate_kernel();
}

static void a_device_is_mapped_uncached_and_is_no_buffer(void **state)
{
	uint64_t at;

	(void)state;
	assert_ok(aspace_map_device(&as, (paddr_t){ 0xe0000000 }, 3, &at));
	assert_int_equal(aspace_entry(&as, at + 2 * PAGE_BYTES).frame.v, 0xe0002000);
	assert_true(aspace_entry(&as, at).prot & MMU_DEVICE);
	assert_int_equal(aspace_touch(&as, at, MMU_READ, &slot), TOUCH_DENIED);
	assert_status(aspace_remove(&as, at, 3), BAD_ARG);
	assert_int_equal(as.resident, 0);
}

static void a_device_that_gets_no_page_tables_is_not_mapped(void **state)
{
	uint64_t at;

	(void)state;
	machine_exhaust(FRAME_FOR_KERNEL);
	assert_status(aspace_map_device(&as, (paddr_t){ 0xe0000000 }, 3, &at), NO_MEMORY);
	machine_relent();
	as.frames_max = 2;
	assert_status(aspace_map_device(&as, (paddr_t){ 0xe0000000 }, 3, &at), NO_MEMORY);
	assert_true(list_is_empty(&as.regions));
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
	assert_panics(hal_mmu_write(leaf, (struct mmu_entry){ .kind = MMU_PRESENT, .prot = RW | MMU_EXECUTE, .frame = table }),
		      "HAL");
	frame_free(table);
}

#define STEADY(name) cmocka_unit_test_setup_teardown(name, start, finish)
#define WRECKED(name) cmocka_unit_test_setup(name, start) /* ends in a panic that leaves something half done */

int main(void)
{
	const struct CMUnitTest tests[] = {
		STEADY(a_first_touch_makes_a_zero_page_and_a_second_one_finds_it),
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
