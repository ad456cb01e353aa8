/* SPDX-License-Identifier: BSD-2-Clause */
/* See give_fixture.h. */
#include "tests/unit/kernel/give_fixture.h"
#include "hal/host/host.h"

enum { SLOTS = 4000 };

struct aspace giver, taker;
bool give_stays;
static uint64_t stored[SLOTS]; /* the first word of each page outside */

static void init(struct aspace *as, uint32_t id)
{
	assert_ok(aspace_init(as, id));
	as->frames_max = as->swap_max = GIVE_FRAMES;
	as->busy_max = 10;
	assert_ok(aspace_add_region(as, REGION_BUFFER, BUFFER, GIVE_PAGES, RW));
	assert_ok(aspace_add_region(as, REGION_LANDING, WINDOW, GIVE_PAGES, RW));
}

int give_start(void **state)
{
	(void)state;
	machine_start(16 << 20);
	slot_store_size(SLOTS);
	init(&giver, 1);
	init(&taker, 2);
	return 0;
}

void give_check(void)
{
	world_check_space(&giver);
	world_check_space(&taker);
	assert_int_equal(aspace_promised(), giver.committed + taker.committed);
	assert_null(host_tlb_stale());
}

int give_finish(void **state)
{
	(void)state;
	give_check();
	hal_mmu_activate_kernel();
	aspace_destroy(&giver);
	aspace_destroy(&taker);
	assert_int_equal(frame_count(FRAME_USER) + frame_count(FRAME_TABLE), 0);
	assert_int_equal(aspace_promised(), 0);
	return 0;
}

static uint64_t *word_at(struct aspace *as, uint64_t at)
{
	uint32_t slot;
	enum touch t = aspace_touch(as, at, RW, &slot);
	paddr_t frame;

	if (t == TOUCH_SWAPPED) {
		if (slot_at(slot)->state != SLOT_HELD)
			assert_true(slot_settle(slot));
		frame = frame_alloc_zeroed(FRAME_FOR_PAGE_IN, FRAME_BOUNCE);
		*(uint64_t *)hal_frame_ptr(frame) = stored[slot];
		aspace_install(frame, slot, false);
		t = aspace_touch(as, at, RW, &slot);
	}
	assert_int_equal(t, TOUCH_OK);
	return hal_frame_ptr(aspace_entry(as, at).frame);
}

void give_put(struct aspace *as, uint64_t at, uint64_t word)
{
	struct mmu_leaf leaf;

	*word_at(as, at) = word;
	assert_true(aspace_find(as, at, &leaf));
	hal_mmu_set_used(leaf, true);
}

uint64_t give_get(struct aspace *as, uint64_t at) { return *word_at(as, at); }

uint32_t give_evict(struct aspace *as, uint64_t at)
{
	struct frame *f = frame_record(aspace_entry(as, at).frame);
	uint32_t slot = world_slot();

	stored[slot] = *(uint64_t *)hal_frame_ptr(frame_address(f));
	if (f->slot != SLOT_NONE) /* an old copy: this one is newer */
		aspace_forget_slot(f);
	aspace_evict(f, slot);
	frame_free(frame_address(f));
	return slot;
}

/* The space is the active one, and the CPU knows all that it may know of it: nothing else than the tables say. */
static void run(struct aspace *as)
{
	hal_mmu_activate(&as->space);
	host_tlb_speculate();
}

enum status give(struct aspace *from, uint64_t at, struct aspace *to, uint64_t there, uint64_t pages)
{
	struct aspace *first = host_active_root.v == to->root.v ? from : to;
	enum status st;

	run(to);
	run(from);
	st = aspace_give(from, at, to, there, pages);
	if (give_stays) {
		hal_mmu_stay(&from->space);
		host_tlb_speculate();
	}
	run(first);
	run(first == to ? from : to);
	return st;
}

struct frame *give_table(struct aspace *as, uint64_t at)
{
	struct mmu_leaf leaf;

	return aspace_find(as, at, &leaf) ? frame_record(leaf.table) : NULL;
}
