/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the aspace module share: promises, and the only writes of page-table entries. */
#pragma once
#include "kernel/mm/aspace.h"

/* The leaf of an address, its tables made as needed. NO_MEMORY. */
enum status aspace_grow_to(struct aspace *as, uint64_t address, struct mmu_leaf *leaf);

/* Writes an entry that maps a user frame and the frame's back reference. Pre: the entry maps nothing (I-STATE). */
void aspace_map_frame(struct mmu_leaf leaf, paddr_t frame, unsigned prot, bool used);

/* Replaces a mapping by an entry that maps nothing; the translation is gone on return. Returns the frame. */
paddr_t aspace_unmap_frame(struct aspace *as, uint64_t address, struct mmu_leaf leaf, struct mmu_entry then);

/* May this many more pages be promised? Counts them if so. */
bool aspace_promise(struct aspace *as, uint64_t pages);
void aspace_unpromise(struct aspace *as, uint64_t pages);
/* One page that was promised to `from` (NULL: to nobody yet) is now promised to `to`. */
void aspace_move_promise(struct aspace *from, struct aspace *to);

/* The page of an entry is no longer the space's: frees its frame or slot. The entry becomes ABSENT. */
void aspace_discard(struct aspace *as, uint64_t address, struct mmu_leaf leaf);

void aspace_region_module_init(void);
/* Frees a region with all its pages. Pre: none in use. */
void aspace_remove_region(struct aspace *as, struct region *r);
