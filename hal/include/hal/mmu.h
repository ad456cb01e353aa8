/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables of user address spaces, and the kernel's view of frames.
 *
 * Three layers: entries are pure values (mmu_entry), walks find where an entry
 * lives and never allocate (the caller supplies tables), policy is
 * kernel/mm/aspace.c, the only user of this header's tables.
 *
 *        root            512 entries a table, 9 address bits a level
 *         └─ table        47..39 │ 38..30 │ 29..21 │ 20..12 │ 11..0
 *             └─ table     root    ↓        ↓        leaf     byte
 *                 └─ leaf table
 */
#pragma once
#include "kernel/base/types.h"
#include "machine/tlb.h"

enum { MMU_LEVELS = 4, MMU_ENTRIES = 512 };

enum mmu_prot {
	MMU_READ = 1,
	MMU_WRITE = 2,
	MMU_EXECUTE = 4, /* never with MMU_WRITE: asserted */
	MMU_DEVICE = 8,  /* uncached; the frame is a device's */
};

enum mmu_kind {
	MMU_ABSENT,  /* all zero: never touched */
	MMU_PRESENT, /* maps frame with prot */
	MMU_SWAPPED, /* the page is in slot `slot`; holds no frame address (L1TF) */
	MMU_LENT,    /* the page is out on loan */
};

struct mmu_entry {
	enum mmu_kind kind;
	unsigned prot;        /* enum mmu_prot bits; PRESENT, and LENT: what it was before and will be again */
	bool accessed, dirty; /* PRESENT only */
	paddr_t frame;        /* PRESENT only */
	uint32_t slot;        /* SWAPPED only */
};

/* Where a leaf entry lives. */
struct mmu_leaf {
	paddr_t table;
	unsigned index;
};

/* The kernel's address of a frame of RAM. Never fails for RAM of boot_info. */
void *hal_frame_ptr(paddr_t frame);
paddr_t hal_frame_of(const void *pointer); /* the inverse */

void hal_mmu_root_init(paddr_t root);  /* pre: zeroed. Shares the kernel's half. */
void hal_mmu_root_clear(paddr_t root); /* takes it out: all zero again if its user half is empty */

/* What is loaded to make an address space the active one: its root and the tag that its translations are cached under. */
struct hal_space {
	uint64_t cr3;
};

void hal_mmu_space_init(struct hal_space *space, paddr_t root);
void hal_mmu_space_end(struct hal_space *space); /* pre: not active, and never again */

/* User half := the space's, with what is still cached of it where the CPU has tags. Every switch is this one write. */
static inline void hal_mmu_activate(const struct hal_space *space) { tlb_load(space->cr3); }
void hal_mmu_activate_kernel(void); /* user half := nothing */

/*
 * Drops this CPU's translation of one page, or all of a space, active or not (other CPUs have none: I-HOME), and with
 * either whatever is cached of the tables above.
 */
void hal_mmu_invalidate(struct hal_space *space, vaddr_t va);
void hal_mmu_invalidate_all(struct hal_space *space);

/* Finds the leaf of va. False: a table on the way is absent, so the page is. */
bool hal_mmu_find(paddr_t root, vaddr_t va, struct mmu_leaf *leaf);
/*
 * The same, but links *spare (zeroed) where a table is absent and sets it to
 * PADDR_NONE. False: one more table is needed, call again with a new spare.
 */
bool hal_mmu_find_or_grow(paddr_t root, vaddr_t va, paddr_t *spare, struct mmu_leaf *leaf);

struct mmu_entry hal_mmu_read(struct mmu_leaf leaf);
void hal_mmu_write(struct mmu_leaf leaf, struct mmu_entry entry);
void hal_mmu_clear_accessed(struct mmu_leaf leaf);
void hal_mmu_set_used(struct mmu_leaf leaf,
		      bool written); /* A, and D if written: for what the kernel or a device did */

/*
 * Tear-down: unlinks and returns one table page of the user half, deepest
 * first; PADDR_NONE when only the root is left. Pre: all leaves are absent.
 */
paddr_t hal_mmu_take_table(paddr_t root);
