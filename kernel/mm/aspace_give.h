/* SPDX-License-Identifier: BSD-2-Clause */
/* One page given, as most are: the usual case of aspace_give, inline for the fast path. */
#pragma once
#include "kernel/mm/aspace_internal.h"

/*
 * Gives one page that is in RAM, from where one was given last to where one came to last, if nothing in its table must
 * stay and there is room, whatever is promised already: proved and moved at once. False: nothing has changed, and
 * aspace_give says why, if it does not do it. The page `but` stays. Pre: neither space is pinned, and the place is in a
 * landing window. Post: as aspace_give. (Its region needs no look: a page of data is in one. Nor does what is
 * reserved: where pages came to is remembered only while that is nothing.)
 */
static inline __attribute__((always_inline)) bool aspace_give_page(struct aspace *from, uint64_t at, struct aspace *to,
								   uint64_t there, const struct frame *but)
{
	const struct aspace_place *left = &from->places[ASPACE_LEFT], *came = &to->places[ASPACE_CAME];
	struct mmu_leaf source = { left->table, mmu_index(at, 0) }, target = { came->table, mmu_index(there, 0) };
	struct frame *f;

	if (!page_aligned(at) || to->committed >= (uint64_t)to->frames_max + to->swap_max ||
	    aspace_promises + frame_low_mark() >= aspace_memory() || to->resident + to->tables >= to->frames_max ||
	    left->number != at / TABLE_BYTES || left->record->fixed != 0 || !hal_mmu_is_data(source) ||
	    (!(left->record->flags & FRAME_WHOLE) && !region_has(from->recent, at)))
		return false;
	f = frame_known(hal_mmu_frame(source));
	if (f == but || came->number != there / TABLE_BYTES || !hal_mmu_is_absent(target))
		return false;
	/* Commit. */
	hal_mmu_move(source, target);
	aspace_set_place(f, target);
	left->record->present--;
	came->record->present++;
	from->resident--;
	to->resident++;
	if (f->slot != SLOT_NONE) { /* its copy outside goes along */
		from->stored--;
		to->stored++;
	}
	if (!(left->record->flags & FRAME_WHOLE) && from->recent->kind == REGION_LANDING) { /* promised by itself */
		from->committed--;
		aspace_promises--;
	}
	if (!(came->record->flags & FRAME_WHOLE)) {
		to->committed++;
		aspace_promises++;
	}
	hal_mmu_leave_page(&from->space, (vaddr_t){ at });
	return true;
}
