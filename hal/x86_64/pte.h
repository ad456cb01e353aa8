/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page-table entries as pure values (Intel SDM 3A, "4-Level Paging").
 *
 *   present   NX │ 0 │ frame 51..12 │ 0 │ D A PCD PWT U W 1
 *   swapped    0 │ 0 │ ~slot        │ 0 │            01 0
 *   lent       0 │ 0 │ all ones     │ prot 11..8 │   10 0
 *
 * A CPU with L1TF may speculate on the address bits of an entry that is not
 * present. The complement keeps them above all RAM: 51..44 are ones, and so are
 * the highest that a smaller CPU looks at, unless a swap store were as large.
 */
#pragma once
#include "hal/mmu_entry.h"
#include "hal/x86_64/assert.h"

#define PTE_PRESENT  0x001ull
#define PTE_WRITE    0x002ull
#define PTE_USER     0x004ull
#define PTE_UNCACHED 0x018ull /* PCD and PWT: entry 3 of the PAT, uncached since reset */
#define PTE_ACCESSED 0x020ull
#define PTE_DIRTY    0x040ull
#define PTE_LARGE    0x080ull
#define PTE_GLOBAL   0x100ull
#define PTE_ADDRESS  0x000ffffffffff000ull
#define PTE_NX       0x8000000000000000ull
#define PTE_SWAPPED  0x002ull /* these two only where PTE_PRESENT is 0 */
#define PTE_LENT     0x004ull

enum { PTE_LENT_PROT_BIT = 8, PTE_LENT_PROT_MASK = MMU_READ | MMU_WRITE | MMU_EXECUTE | MMU_DEVICE };

#define PTE_USER_TABLE (PTE_PRESENT | PTE_WRITE | PTE_USER)

/* Present, writable, and no device's: NX and the low bits side by side. */
static inline bool pte_is_data(uint64_t pte)
{
	const uint64_t set = (PTE_PRESENT | PTE_WRITE) << 1 | PTE_NX >> 63;

	return ((pte << 1 | pte >> 63) & (set | PTE_UNCACHED << 1)) == set;
}

static inline uint64_t pte_encode_present(struct mmu_entry e)
{
	hal_assert(!paddr_is_none(e.frame) && (e.frame.v & ~PTE_ADDRESS) == 0);
	return e.frame.v | PTE_PRESENT | PTE_USER | ((e.prot & MMU_WRITE) ? PTE_WRITE : 0) |
	       ((e.prot & MMU_EXECUTE) ? 0 : PTE_NX) | (e.prot & MMU_DEVICE) * (PTE_UNCACHED / MMU_DEVICE) |
	       (e.accessed ? PTE_ACCESSED : 0) | (e.dirty ? PTE_DIRTY : 0);
}

static inline uint64_t pte_swapped(uint32_t slot)
{
	return (~((uint64_t)slot << PAGE_SHIFT) & PTE_ADDRESS) | PTE_SWAPPED;
}

static inline uint64_t pte_encode(struct mmu_entry e)
{
	hal_assert((e.prot & (MMU_WRITE | MMU_EXECUTE)) != (MMU_WRITE | MMU_EXECUTE));
	switch (e.kind) {
	case MMU_ABSENT:
		return 0;
	case MMU_PRESENT:
		return pte_encode_present(e);
	case MMU_SWAPPED:
		return pte_swapped(e.slot);
	case MMU_LENT:
		break;
	}
	hal_assert(e.kind == MMU_LENT);
	return PTE_ADDRESS | PTE_LENT | (uint64_t)(e.prot & PTE_LENT_PROT_MASK) << PTE_LENT_PROT_BIT;
}

static inline struct mmu_entry pte_decode(uint64_t pte)
{
	if (pte & PTE_PRESENT)
		return (struct mmu_entry){
			.kind = MMU_PRESENT,
			.prot = MMU_READ | ((pte & PTE_WRITE) ? (unsigned)MMU_WRITE : 0) |
				((pte & PTE_NX) ? 0 : (unsigned)MMU_EXECUTE) |
				((pte & PTE_UNCACHED) ? (unsigned)MMU_DEVICE : 0),
			.accessed = (pte & PTE_ACCESSED) != 0,
			.dirty = (pte & PTE_DIRTY) != 0,
			.frame = { pte & PTE_ADDRESS },
		};
	if (pte & PTE_SWAPPED)
		return (struct mmu_entry){ .kind = MMU_SWAPPED, .slot = (uint32_t)(~pte >> PAGE_SHIFT) };
	if (pte & PTE_LENT)
		return (struct mmu_entry){
			.kind = MMU_LENT,
			.prot = (unsigned)(pte >> PTE_LENT_PROT_BIT) & PTE_LENT_PROT_MASK,
		};
	return (struct mmu_entry){ .kind = MMU_ABSENT };
}
