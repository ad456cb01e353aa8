/* SPDX-License-Identifier: BSD-2-Clause */
/* One page given, as most are: the usual case of aspace_give, inline for the fast path. */
#pragma once
#include "kernel/abi/layout.h"
#include "kernel/mm/aspace_internal.h"

/* The leaf of an address, if its table is the one of this place. */
static inline bool aspace_leaf_is_known(const struct aspace_place *place, uint64_t address, struct mmu_leaf *leaf)
{
	*leaf = (struct mmu_leaf){ .table = place->table, .index = mmu_index(address, 0) };
	return place->number == address / TABLE_BYTES;
}

/* Is there room for another page, whatever is promised already? */
static inline bool aspace_has_room(const struct aspace *to)
{
	return to->committed < (uint64_t)to->frames_max + to->swap_max &&
	       aspace_promises + frame_low_mark() < aspace_memory() && to->resident + to->tables < to->frames_max;
}

/* Was this page of a table of the giver's, which is not whole, promised to it by itself? False: one cannot say. */
static inline bool aspace_knows_promise(const struct aspace *from, uint64_t at, bool *singly)
{
	*singly = from->recent->kind == REGION_LANDING;
	return region_has(from->recent, at);
}

/*
 * Gives one page that is in RAM, from where one was given last to where one came to last, if nothing in its table must
 * stay: proved and moved at once. False: nothing has changed, and aspace_give says why, if it does not do it. The page
 * `but` stays. Pre: neither space is pinned, and the place is in a landing window. Post: as aspace_give.
 */
static inline __attribute__((always_inline)) bool aspace_give_page(struct aspace *from, uint64_t at, struct aspace *to,
								   uint64_t there, const struct frame *but)
{
	const struct aspace_place *left = &from->places[ASPACE_LEFT], *came = &to->places[ASPACE_CAME];
	struct mmu_leaf source, target;
	struct frame *f;
	bool released = false;

	if (!page_aligned(at) || !aspace_has_room(to) || !aspace_leaf_is_known(left, at, &source) ||
	    left->record->fixed != 0 || !hal_mmu_is_data(source) ||
	    (!(left->record->flags & FRAME_WHOLE) && !aspace_knows_promise(from, at, &released)))
		return false;
	f = frame_known(hal_mmu_frame(source));
	if (f == but || !aspace_leaf_is_known(came, there, &target) || !hal_mmu_is_absent(target))
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
	if (released) {
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
