/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's half: it is in every root and global, so that it outlives a change of CR3. */
#include "hal/mmu.h"
#include "hal/x86_64/paging.h"

paddr_t hal_frame_of(const void *pointer) { return (paddr_t){ (uint64_t)pointer - DIRECT_MAP_BASE }; }

void hal_mmu_root_init(paddr_t root)
{
	uint64_t *table = hal_frame_ptr(root);
	for (unsigned i = MMU_ENTRIES / 2; i < paging_direct_end; i++)
		table[i] = paging_root[i];
	table[MMU_ENTRIES - 1] = paging_root[MMU_ENTRIES - 1]; /* its image and the devices */
}

void hal_mmu_root_clear(paddr_t root)
{
	uint64_t *table = hal_frame_ptr(root);
	for (unsigned i = MMU_ENTRIES / 2; i < paging_direct_end; i++)
		table[i] = 0;
	table[MMU_ENTRIES - 1] = 0;
}

void hal_mmu_activate_kernel(void) { tlb_load(paging_phys_of(paging_root)); }
