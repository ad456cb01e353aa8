/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the aspace module share: promises, and the only writes of page-table entries. */
#pragma once
#include "kernel/mm/aspace.h"

/* The leaf of an address, its tables made as needed. NO_MEMORY. */
enum status aspace_grow_to(struct aspace *as, uint64_t address, struct mmu_leaf *leaf);
/* Adds a leaf table to a directory, or takes it out; neither its owner's record nor anything in it changes. */
void aspace_link_table(paddr_t directory, unsigned index, paddr_t table);
void aspace_unlink_table(struct aspace *as, paddr_t directory, unsigned index);
void aspace_free_table(struct aspace *as, paddr_t table);

static inline bool aspace_table_is_empty(const struct frame *t) { return t->present + t->swapped + t->fixed == 0; }

/* The entry, which maps nothing, becomes another that maps nothing: counts it. */
void aspace_set_unmapped(struct mmu_leaf leaf, struct mmu_entry then);
/* Writes an entry that maps a user frame and the frame's back reference. Pre: the entry maps nothing (I-STATE). */
void aspace_map_frame(struct mmu_leaf leaf, paddr_t frame, unsigned prot, bool dirty);
/* A mapping becomes ABSENT; the translation is gone on return. Returns the frame. */
paddr_t aspace_unmap_frame(struct aspace *as, uint64_t address, struct mmu_leaf leaf);
/* The entry, which maps nothing, becomes SWAPPED, and the slot knows where its page belongs. */
void aspace_set_swapped(struct mmu_leaf leaf, uint32_t slot);

/* May a page go by loan or for good, with these rights? own_holds: how often the asker itself holds it. */
enum status aspace_page_may_leave(struct mmu_entry e, unsigned access, unsigned own_holds, bool lent);
/* May this many more pages be promised? Counts them if so. */
bool aspace_promise(struct aspace *as, uint64_t pages);
void aspace_unpromise(struct aspace *as, uint64_t pages);
/* Pages are promised to `to`, of which `released` were promised to `from`. Pre: aspace_may_give. */
void aspace_move_promise(struct aspace *from, uint64_t released, struct aspace *to, uint64_t pages);

/* The page of an entry is no longer the space's: frees its frame or slot. The entry becomes ABSENT. */
void aspace_discard(struct aspace *as, uint64_t address, struct mmu_leaf leaf);

/* Is the page promised by itself, not by a region or a whole table? */
static inline bool aspace_promises_singly(struct aspace *as, uint64_t address, struct mmu_leaf leaf)
{
	return aspace_region_at(as, address)->kind == REGION_LANDING &&
	       !(frame_record(leaf.table)->flags & FRAME_WHOLE);
}
/*
 * The leaf of a page of a landing window that is free, its tables made as needed: what follows can't fail.
 * EXISTS if it is not free, NO_MEMORY.
 */
enum status aspace_landing_leaf(struct aspace *as, uint64_t address, struct mmu_leaf *leaf);

void aspace_region_module_init(void);
/* Frees a region with all its pages. Pre: none in use. */
void aspace_remove_region(struct aspace *as, struct region *r);
