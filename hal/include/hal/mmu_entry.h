/* SPDX-License-Identifier: BSD-2-Clause */
/* What an entry of a page table says, and where it lives; see hal/mmu.h. */
#pragma once
#include "kernel/base/types.h"

enum { MMU_LEVELS = 4, MMU_LEVEL_BITS = 9, MMU_ENTRIES = 1 << MMU_LEVEL_BITS };

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
