/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries of page tables, read and written (hal/mmu.h). Owns no memory and knows no
 * CPU: tables come from the caller, pointers from hal_frame_ptr, TLBs are
 * mmu_cpu.c's. Serves the fake machine as well. Plain writes: no CPU sets bits
 * meanwhile, the process runs on this one (I-HOME).
 */
#pragma once
#include "machine/frame_ptr.h"
#include "hal/mmu_entry.h"
#include "hal/x86_64/pte.h"

static inline uint64_t *mmu_pte(struct mmu_leaf at) { return (uint64_t *)hal_frame_ptr(at.table) + at.index; }

static inline paddr_t hal_mmu_child(paddr_t table, unsigned index)
{
	uint64_t pte = *mmu_pte((struct mmu_leaf){ table, index });

	return pte & PTE_PRESENT ? (paddr_t){ pte & PTE_ADDRESS } : PADDR_NONE;
}

static inline void hal_mmu_set_child(paddr_t table, unsigned index, paddr_t child)
{
	*mmu_pte((struct mmu_leaf){ table, index }) = paddr_is_none(child) ? 0 : child.v | PTE_USER_TABLE;
}

/* What it leads to can only be read, whatever the tables below say. */
static inline void hal_mmu_narrow_child(paddr_t table, unsigned index)
{
	*mmu_pte((struct mmu_leaf){ table, index }) &= ~PTE_WRITE;
}

static inline struct mmu_entry hal_mmu_read(struct mmu_leaf leaf) { return pte_decode(*mmu_pte(leaf)); }
static inline void hal_mmu_write(struct mmu_leaf leaf, struct mmu_entry entry) { *mmu_pte(leaf) = pte_encode(entry); }

static inline bool hal_mmu_is_data(struct mmu_leaf at) { return pte_is_data(*mmu_pte(at)); }
static inline bool hal_mmu_is_present(struct mmu_leaf at) { return *mmu_pte(at) & PTE_PRESENT; }
static inline bool hal_mmu_is_absent(struct mmu_leaf at) { return *mmu_pte(at) == 0; }
static inline paddr_t hal_mmu_frame(struct mmu_leaf at) { return (paddr_t){ *mmu_pte(at) & PTE_ADDRESS }; }

/* Leaves of one table, from this one on. */
struct mmu_run {
	const uint64_t *first;
};
static inline struct mmu_run hal_mmu_run(struct mmu_leaf first) { return (struct mmu_run){ mmu_pte(first) }; }
static inline paddr_t hal_mmu_frame_in(struct mmu_run run, uint64_t n)
{
	return (paddr_t){ run.first[n] & PTE_ADDRESS };
}

static inline void hal_mmu_move(struct mmu_leaf from, struct mmu_leaf to)
{
	*mmu_pte(to) = *mmu_pte(from);
	*mmu_pte(from) = 0;
}

/* Data that may be written here or not; LENT where it was, with what it was and `more` (enum mmu_prot bits) to its prot. */
static inline void hal_mmu_lend(struct mmu_leaf from, struct mmu_leaf to, unsigned more, bool write)
{
	uint64_t pte = *mmu_pte(from);

	*mmu_pte(to) = (pte | PTE_ACCESSED) & ~(write ? 0 : PTE_WRITE); /* dirty as it was, to be written out still */
	*mmu_pte(from) = PTE_ADDRESS | PTE_LENT |
			 (MMU_READ | (pte & PTE_WRITE ? (uint64_t)MMU_WRITE : 0) | more) << PTE_LENT_PROT_BIT;
}

/* It is where it was lent from, and what it was. */
static inline void hal_mmu_take_back(struct mmu_leaf from, struct mmu_leaf to)
{
	bool write = *mmu_pte(to) >> PTE_LENT_PROT_BIT & MMU_WRITE;

	*mmu_pte(to) = (*mmu_pte(from) & ~PTE_WRITE) | PTE_ACCESSED | (write ? PTE_WRITE : 0);
	*mmu_pte(from) = 0;
}

static inline bool hal_mmu_is_dirty(struct mmu_leaf at) { return *mmu_pte(at) & PTE_DIRTY; }
static inline bool hal_mmu_is_accessed(struct mmu_leaf at) { return *mmu_pte(at) & PTE_ACCESSED; }
static inline bool hal_mmu_is_swapped(struct mmu_leaf at, uint32_t slot) { return *mmu_pte(at) == pte_swapped(slot); }
static inline bool hal_mmu_is_ram(struct mmu_leaf at)
{
	return (*mmu_pte(at) & (PTE_PRESENT | PTE_UNCACHED)) == PTE_PRESENT;
}

static inline bool hal_mmu_take_accessed(struct mmu_leaf at)
{
	uint64_t *pte = mmu_pte(at);

	if (!(*pte & PTE_ACCESSED)) /* nor has it what maps nothing */
		return false;
	*pte &= ~PTE_ACCESSED;
	return true;
}

static inline void hal_mmu_set_used(struct mmu_leaf leaf, bool written)
{
	uint64_t *pte = mmu_pte(leaf);

	hal_assert(*pte & PTE_PRESENT);
	*pte |= PTE_ACCESSED | (written ? PTE_DIRTY : 0);
}

/* The frame of a page of RAM that user code may read, or write too; marks it accessed. NONE: it is not there, or not for that. */
static inline paddr_t hal_mmu_use(struct mmu_leaf leaf, bool write)
{
	uint64_t *pte = mmu_pte(leaf), needed = PTE_PRESENT | (write ? PTE_WRITE : 0);

	if ((*pte & (needed | PTE_UNCACHED)) != needed)
		return PADDR_NONE;
	*pte |= PTE_ACCESSED;
	return (paddr_t){ *pte & PTE_ADDRESS };
}
