/* SPDX-License-Identifier: BSD-2-Clause */
/* See replacement.h. */
#include "tests/unit/kernel/replacement.h"
#include "kernel/paging/policy.h"
#include "tests/unit/kernel/world.h"
#include <string.h>

enum { IDS = STRING_PROCESSES * STRING_PAGES, NEVER = REFERENCES_MAX };

/* ---- FIFO, LRU and OPT: the page that came first, was used longest ago, is needed latest ---- */

static unsigned id_of(struct reference r) { return (unsigned)r.process * STRING_PAGES + r.page; }

static unsigned next_use[REFERENCES_MAX];

static void find_next_uses(const struct reference_string *s)
{
	unsigned next[IDS];

	for (unsigned i = 0; i < IDS; i++)
		next[i] = NEVER;
	for (unsigned i = s->count; i-- > 0;) {
		next_use[i] = next[id_of(s->refs[i])];
		next[id_of(s->refs[i])] = i;
	}
}

/* Where the page of the least key is among those that are resident. */
static unsigned least(const unsigned resident[], unsigned count, const unsigned key[IDS])
{
	unsigned found = 0;

	for (unsigned i = 1; i < count; i++)
		if (key[resident[i]] < key[resident[found]])
			found = i;
	return found;
}

static struct replacement_result simulate(const struct reference_string *s, unsigned frames, enum replacement how)
{
	struct replacement_result r = { 0 };
	bool here[IDS] = { false };
	unsigned key[IDS] = { 0 }, resident[IDS], used = 0;

	find_next_uses(s);
	for (unsigned i = 0; i < s->count; i++) {
		unsigned id = id_of(s->refs[i]);
		bool faults = !here[id];

		r.faults[s->refs[i].process] += faults;
		if (faults && used < frames) {
			resident[used++] = id;
		} else if (faults) {
			unsigned at = least(resident, used, key);

			here[resident[at]] = false;
			resident[at] = id;
		}
		here[id] = true;
		if (how != REPLACE_FIFO || faults)
			key[id] = how == REPLACE_OPT ? NEVER - next_use[i] : i;
	}
	return r;
}

/* ---- the kernel's own ---- */

static struct aspace spaces[STRING_PROCESSES];

static void start(void)
{
	machine_start(8 << 20);
	slot_store_size(2 * IDS);
	policy_init();
	for (unsigned i = 0; i < STRING_PROCESSES; i++) {
		assert_ok(aspace_init(&spaces[i], i));
		spaces[i].frames_max = spaces[i].swap_max = 4 * STRING_PAGES;
		assert_ok(aspace_add_region(&spaces[i], REGION_BUFFER, LAYOUT_AREA_BASE, STRING_PAGES,
					    MMU_READ | MMU_WRITE));
	}
}

/* What the pager's client does, and the store answers at once. Returns 1 if the page is written. */
static unsigned evict(struct frame *f)
{
	bool dirty = f->slot == SLOT_NONE || hal_mmu_read(aspace_leaf_of(f)).dirty;
	uint32_t slot = f->slot;

	if (slot == SLOT_NONE)
		slot = world_slot();
	else if (dirty)
		slot_reuse(slot);
	aspace_evict(f, slot);
	frame_free(frame_address(f));
	if (dirty)
		assert_true(slot_settle(slot));
	return dirty;
}

static void bring(struct aspace *as, uint64_t address)
{
	uint32_t slot;

	if (aspace_touch(as, address, MMU_WRITE, &slot) != TOUCH_SWAPPED)
		return;
	(void)policy_read_ahead(as, address, slot, 1);
	aspace_install(frame_alloc(FRAME_FOR_PAGE_IN, FRAME_BOUNCE), slot, false);
}

static struct replacement_result run_kernel(const struct reference_string *s, unsigned frames)
{
	struct replacement_result r = { 0 };

	start();
	for (unsigned i = 0; i < s->count; i++) {
		struct aspace *as = &spaces[s->refs[i].process];
		uint64_t address = LAYOUT_AREA_BASE + (uint64_t)s->refs[i].page * PAGE_BYTES;

		if (aspace_entry(as, address).kind != MMU_PRESENT) {
			struct frame *f;

			r.faults[s->refs[i].process]++;
			if (frame_count(FRAME_USER) == frames) {
				assert_int_equal(policy_victims(NULL, false, 1, &f), 1);
				r.writes += evict(f);
			}
			bring(as, address);
		}
		hal_mmu_set_used(aspace_leaf_at(as, address), s->refs[i].write);
	}
	for (unsigned i = 0; i < STRING_PROCESSES; i++) {
		world_check_space(&spaces[i]);
		aspace_destroy(&spaces[i]);
	}
	return r;
}

struct replacement_result replacement_run(const struct reference_string *s, unsigned frames, enum replacement how)
{
	return how == REPLACE_SIGNET ? run_kernel(s, frames) : simulate(s, frames, how);
}
