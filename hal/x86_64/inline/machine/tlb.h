/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a CPU caches of page tables, instruction by instruction (Intel SDM 3A,
 * "Caching Translation Information"). The unit tests compile the same callers
 * over hal/host/inline/machine/tlb.h. Here are all writes of CR3.
 */
#pragma once
#include "machine/count.h"
#include <stdint.h>

/* CR3: the root's address, in its low 12 bits the tag (PCID). Unless bit 63 is set, drops what is cached under it. */
static inline void tlb_load(uint64_t cr3) { __asm__ volatile(COUNT_CR3 "mov %0, %%cr3" : : "r"(cr3) : "memory"); }

static inline uint64_t tlb_loaded(void) /* bit 63 reads as 0 */
{
	uint64_t cr3;
	__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
	return cr3;
}

/* Of one page, under the tag that is loaded; a global one under every tag. */
static inline void tlb_drop_page(uint64_t at) { __asm__ volatile(COUNT_INVLPG "invlpg (%0)" : : "r"(at) : "memory"); }

/* Under every tag: a change of CR4.PGE. */
static inline void tlb_drop_all(void)
{
	uint64_t cr4, pge = 1ull << 7;
	__asm__ volatile("mov %%cr4, %0; xor %1, %0; mov %0, %%cr4; xor %1, %0; mov %0, %%cr4"
			 : "=&r"(cr4)
			 : "r"(pge)
			 : "memory", "cc");
}
