/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's half of every address space.
 *
 *   ffff_8000_0000_0000  direct map: RAM at its physical address, data only
 *   ffff_ffff_8010_0000  the kernel's image at 1 MiB
 *   ffff_ffff_bfe0_0000  pages of device registers, uncached
 */
#pragma once
#include "hal/mmu.h"

#define DIRECT_MAP_BYTES (1ull << 46)
#define KERNEL_BASE      0xffffffff80000000ull
#define DEVICE_MAP_BASE  0xffffffffbfe00000ull

/* Pages of the device map. */
enum { DEVICE_LAPIC = 0, DEVICE_IOAPIC = 1, DEVICE_WINDOW = 9, DEVICE_PAGES };

/* kernel.ld */
extern uint8_t kernel_start[], kernel_text_end[], kernel_rodata_end[], kernel_end[];

struct boot_info;

extern uint64_t paging_root[MMU_ENTRIES];
extern unsigned paging_direct_end; /* after the last entry of the root that the direct map uses */

/* Builds the tables, of pages taken off info->ram where it needs them, and goes over to them. */
void paging_init(struct boot_info *info);

/* Maps a page of device registers; the pointer is to the very address. */
volatile void *paging_map_device(unsigned page, uint64_t at);

static inline uint64_t paging_phys_of(const void *of_image) { return (uint64_t)of_image - KERNEL_BASE; }
