/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which page tables this CPU uses, and what it may have cached of them. The
 * kernel's half is in every root and global, so that it outlives a change.
 */
#include "hal/mmu.h"
#include "hal/x86_64/instr.h"
#include "hal/x86_64/paging.h"

void *hal_frame_ptr(paddr_t frame) { return (void *)(DIRECT_MAP_BASE + frame.v); }

paddr_t hal_frame_of(const void *pointer) { return (paddr_t){ (uint64_t)pointer - DIRECT_MAP_BASE }; }

void hal_mmu_root_init(paddr_t root)
{
	uint64_t *table = hal_frame_ptr(root);
	for (unsigned i = MMU_ENTRIES / 2; i < MMU_ENTRIES; i++)
		table[i] = paging_root[i];
}

void hal_mmu_activate(paddr_t root) { cr3_write(root.v); }

void hal_mmu_activate_kernel(void) { cr3_write(paging_phys_of(paging_root)); }

void hal_mmu_invalidate(paddr_t root, vaddr_t va)
{
	if (cr3_read() == root.v)
		tlb_drop_page(va.v);
}

void hal_mmu_invalidate_all(paddr_t root)
{
	if (cr3_read() == root.v)
		cr3_write(root.v);
}
