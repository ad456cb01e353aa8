/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: frames that the kernel lends (aspace.h), to the pager. They are charged to nobody, and LENT while they
 * are mapped.
 */
#include "kernel/core/panic.h"
#include "kernel/mm/aspace_internal.h"

/* The place of the first; false: they do not lie in one table of its own. */
static inline bool find(struct aspace *as, uint64_t address, uint64_t pages, struct mmu_leaf *leaf)
{
	return aspace_find(as, address, leaf) && leaf->index + pages <= MMU_ENTRIES;
}

bool aspace_land_frames(struct aspace *to, uint64_t address, const paddr_t frames[], uint64_t pages, bool write)
{
	struct mmu_leaf leaf;

	if (!aspace_is_landing(to, address, pages) || !find(to, address, pages, &leaf) ||
	    (frame_known(leaf.table)->flags & FRAME_LENT))
		return false;
	for (unsigned i = 0; i < pages; i++)
		if (!hal_mmu_is_absent((struct mmu_leaf){ leaf.table, leaf.index + i }))
			return false;
	frame_known(leaf.table)->fixed += (uint16_t)pages;
	for (unsigned i = 0; i < pages; i++, leaf.index++) {
		paddr_t frame = frames[i];

		aspace_map_frame(leaf, frame, MMU_READ | MMU_WRITE, true);
		if (!write)
			hal_mmu_narrow_child(leaf.table, leaf.index);
		frame_known(frame)->flags = FRAME_LENT;
	}
	return true;
}

bool aspace_take_frames(struct aspace *from, uint64_t address, const paddr_t frames[], uint64_t pages)
{
	struct mmu_leaf leaf;

	if (!find(from, address, pages, &leaf))
		return false;
	for (unsigned i = 0; i < pages; i++) {
		const struct frame *f = frame_known(frames[i]);

		/* One that was lent on and forfeited may be anything by now: a page table, in whose record counts are here. */
		if (f->kind != FRAME_BOUNCE || frame_table(f) != frame_known(leaf.table) ||
		    f->index != leaf.index + i || f->held != 0)
			return false;
	}
	for (unsigned i = 0; i < pages; i++, leaf.index++) {
		struct frame *f = frame_known(frames[i]);

		f->table = 0;
		f->flags = 0;
		hal_mmu_write(leaf, aspace_absent);
	}
	frame_known(leaf.table)->fixed -= (uint16_t)pages;
	if (pages == 1)
		hal_mmu_invalidate(&from->space, (vaddr_t){ address });
	else
		hal_mmu_invalidate_all(&from->space);
	return true;
}
