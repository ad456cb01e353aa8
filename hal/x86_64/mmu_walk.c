/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds where an entry of a user address space lives, reads and writes it.
 * Owns no memory and knows no CPU: tables come from the caller, pointers from
 * hal_frame_ptr, TLBs are mmu_cpu.c's. Runs on the host as well.
 */
#include "hal/mmu.h"
#include "hal/x86_64/pte.h"

enum { LEVEL_BITS = 9, USER_ENTRIES = MMU_ENTRIES / 2 }; /* the root's upper half is the kernel's */

static uint64_t *table_of(paddr_t frame) { return hal_frame_ptr(frame); }

static paddr_t child_of(uint64_t pte) { return (paddr_t){ pte & PTE_ADDRESS }; }

static unsigned index_at(vaddr_t va, unsigned level)
{
	return (unsigned)(va.v >> (PAGE_SHIFT + LEVEL_BITS * level)) & (MMU_ENTRIES - 1);
}

static bool is_user(vaddr_t va) { return va.v >> 47 == 0; }

static uint64_t *pte_of(struct mmu_leaf leaf) { return &table_of(leaf.table)[leaf.index]; }

bool hal_mmu_find(paddr_t root, vaddr_t va, struct mmu_leaf *leaf)
{
	hal_assert(is_user(va));
	paddr_t table = root;
	for (unsigned level = MMU_LEVELS - 1; level > 0; level--) {
		uint64_t pte = table_of(table)[index_at(va, level)];
		if (!(pte & PTE_PRESENT))
			return false;
		table = child_of(pte);
	}
	*leaf = (struct mmu_leaf){ .table = table, .index = index_at(va, 0) };
	return true;
}

bool hal_mmu_find_or_grow(paddr_t root, vaddr_t va, paddr_t *spare, struct mmu_leaf *leaf)
{
	hal_assert(is_user(va));
	paddr_t table = root;
	for (unsigned level = MMU_LEVELS - 1; level > 0; level--) {
		uint64_t *pte = &table_of(table)[index_at(va, level)];
		if (!(*pte & PTE_PRESENT)) {
			if (paddr_is_none(*spare))
				return false;
			*pte = spare->v | PTE_USER_TABLE;
			*spare = PADDR_NONE;
		}
		table = child_of(*pte);
	}
	*leaf = (struct mmu_leaf){ .table = table, .index = index_at(va, 0) };
	return true;
}

struct mmu_entry hal_mmu_read(struct mmu_leaf leaf) { return pte_decode(*pte_of(leaf)); }

void hal_mmu_write(struct mmu_leaf leaf, struct mmu_entry entry) { *pte_of(leaf) = pte_encode(entry); }

/* Plain writes: no CPU sets bits here meanwhile, the process runs on this one (I-HOME). */
void hal_mmu_clear_accessed(struct mmu_leaf leaf)
{
	uint64_t *pte = pte_of(leaf);
	hal_assert(*pte & PTE_PRESENT);
	*pte &= ~PTE_ACCESSED;
}

void hal_mmu_set_used(struct mmu_leaf leaf, bool written)
{
	uint64_t *pte = pte_of(leaf);
	hal_assert(*pte & PTE_PRESENT);
	*pte |= PTE_ACCESSED | (written ? PTE_DIRTY : 0);
}

static uint64_t *first_child(paddr_t table, unsigned entries)
{
	uint64_t *pte = table_of(table);
	for (unsigned i = 0; i < entries; i++)
		if (pte[i] & PTE_PRESENT)
			return &pte[i];
	return NULL;
}

/* Down the first branch that there is; its end goes. At most three scans, whatever the size of the space. */
paddr_t hal_mmu_take_table(paddr_t root)
{
	uint64_t *link = first_child(root, USER_ENTRIES);
	if (!link)
		return PADDR_NONE;
	for (unsigned level = MMU_LEVELS - 2; level > 0; level--) {
		uint64_t *next = first_child(child_of(*link), MMU_ENTRIES);
		if (!next)
			break;
		link = next;
	}
	paddr_t table = child_of(*link);
	*link = 0;
	return table;
}
