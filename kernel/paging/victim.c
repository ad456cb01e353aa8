/* SPDX-License-Identifier: BSD-2-Clause */
/* See victim.h. Owns the hand. */
#include "kernel/paging/victim.h"
#include "kernel/core/cpu.h"

static uint32_t hand;

void victim_init(void) { hand = 0; }

/* Could this page go out at all? */
static bool is_evictable(const struct frame *f, const struct aspace *only, bool store_full)
{
	const struct aspace *as;

	if (f->kind != FRAME_USER || f->table == 0 || f->busy != 0 || f->dma != 0 || (f->flags & FRAME_LENT))
		return false;
	as = aspace_mapper_of(f);
	if (as->pinned || (only != NULL && as != only))
		return false;
	if (f->slot == SLOT_NONE && (store_full || as->swapped >= as->swap_max))
		return false;
	return only != NULL || as->resident > as->frames_min;
}

struct frame *victim_choose(const struct aspace *only, bool store_full)
{
	for (uint64_t step = 0; step < 2 * (uint64_t)frame_limit(); step++) {
		struct frame *f;
		struct mmu_leaf leaf;

		hand = hand + 1 < frame_limit() ? hand + 1 : 0;
		cpu_safe_point_at(step);
		f = frame_by_number(hand);
		if (!is_evictable(f, only, store_full))
			continue;
		leaf = aspace_leaf_of(f);
		if (!hal_mmu_read(leaf).accessed)
			return f;
		hal_mmu_clear_accessed(leaf);
		hal_mmu_invalidate(&aspace_mapper_of(f)->space, (vaddr_t){ aspace_address_of(f) });
	}
	return NULL;
}
