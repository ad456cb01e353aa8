/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds the kernel's half of the address space, once: text RX, read-only data
 * R, data RW, the direct map RW with the largest pages that fit, no guard page
 * and not the kernel's own frames in it. Nothing below is mapped after that.
 * A few tables come from .bss, the others off the start of the largest range
 * of RAM below 4 GiB, where they can be reached while they are built.
 */
#include "hal/boot.h"
#include "hal/cpu.h"
#include "hal/x86_64/cpu.h"
#include "hal/x86_64/early.h"
#include "hal/x86_64/paging.h"
#include "hal/x86_64/pte.h"

enum { POOL_PAGES = 6 };

#define KERNEL_DATA (PTE_PRESENT | PTE_WRITE | PTE_NX | PTE_GLOBAL)

_Alignas(PAGE_BYTES) uint64_t paging_root[MMU_ENTRIES];
_Alignas(PAGE_BYTES) static uint64_t device_table[MMU_ENTRIES];
_Alignas(PAGE_BYTES) static uint8_t pool[POOL_PAGES][PAGE_BYTES];
unsigned paging_direct_end;
static unsigned pool_used;
static struct boot_range *table_source;

static uint64_t reachable_bytes(struct boot_range r)
{
	if (r.base.v >= EARLY_END)
		return 0;
	return r.bytes < EARLY_END - r.base.v ? r.bytes : EARLY_END - r.base.v;
}

static void choose_table_source(struct boot_info *info)
{
	uint64_t most = 0;
	for (unsigned i = 0; i < info->ram_count; i++)
		if (reachable_bytes(info->ram[i]) > most) {
			most = reachable_bytes(info->ram[i]);
			table_source = &info->ram[i];
		}
}

/* A new table's physical address; the table is zero. */
static uint64_t table_new(void)
{
	if (pool_used < POOL_PAGES)
		return paging_phys_of(pool[pool_used++]);
	if (!table_source || reachable_bytes(*table_source) <= PAGE_BYTES) {
		console_line("HAL: too little memory for page tables");
		hal_stop(HAL_STOP_REFUSED);
	}
	uint64_t at = table_source->base.v;
	table_source->base.v += PAGE_BYTES;
	table_source->bytes -= PAGE_BYTES;
	__builtin_memset(early_ptr(at, PAGE_BYTES), 0, PAGE_BYTES);
	return at;
}

/* The entry that maps va at a level: 0 for 4 KiB, 1 for 2 MiB, 2 for 1 GiB. */
static uint64_t *entry_of(uint64_t va, unsigned level)
{
	uint64_t *table = paging_root;
	for (unsigned at = MMU_LEVELS - 1;; at--) {
		uint64_t *pte = &table[(va >> (PAGE_SHIFT + 9 * at)) % MMU_ENTRIES];
		if (at == level)
			return pte;
		if (!(*pte & PTE_PRESENT))
			*pte = table_new() | PTE_PRESENT | PTE_WRITE;
		table = early_ptr(*pte & PTE_ADDRESS, PAGE_BYTES);
	}
}

/* va and pa agree below the size of the largest page. */
static void map(uint64_t va, uint64_t pa, uint64_t bytes, uint64_t flags, unsigned level_max)
{
	while (bytes) {
		unsigned level = level_max;
		uint64_t size = 1ull << (PAGE_SHIFT + 9 * level);
		while (size > bytes || (pa & (size - 1))) {
			level--;
			size >>= 9;
		}
		*entry_of(va, level) = pa | flags | (level ? PTE_LARGE : 0);
		va += size;
		pa += size;
		bytes -= size;
	}
}

static void map_image(const uint8_t *from, const uint8_t *to, uint64_t flags)
{
	map((uint64_t)from, paging_phys_of(from), (uint64_t)(to - from), flags, 0);
}

static void map_ram(struct boot_range r)
{
	map(DIRECT_MAP_BASE + r.base.v, r.base.v, r.bytes, KERNEL_DATA, cpu_features.gib_pages ? 2 : 1);
}

void paging_init(struct boot_info *info)
{
	static struct boot_range ram[BOOT_RANGES_MAX]; /* before tables are taken off it */
	unsigned count = info->ram_count;
	for (unsigned i = 0; i < count; i++)
		ram[i] = info->ram[i];
	choose_table_source(info);

	map_image(kernel_start, kernel_text_end, PTE_PRESENT | PTE_GLOBAL);
	map_image(kernel_text_end, kernel_rodata_end, PTE_PRESENT | PTE_NX | PTE_GLOBAL);
	map_image(kernel_rodata_end, kernel_end, KERNEL_DATA);
	*entry_of((uint64_t)kernel_stack_guard, 0) = 0;
	for (unsigned i = 0; i < CPU_IST_COUNT; i++)
		*entry_of((uint64_t)&ist_stacks[i], 0) = 0;
	*entry_of(DEVICE_MAP_BASE, 1) = paging_phys_of(device_table) | PTE_PRESENT | PTE_WRITE;
	for (unsigned i = 0; i < count; i++)
		map_ram(ram[i]);
	map_ram(info->module);
	for (paging_direct_end = MMU_ENTRIES - 1; !(paging_root[paging_direct_end - 1] & PTE_PRESENT);)
		paging_direct_end--;
	tlb_load(paging_phys_of(paging_root));
}

volatile void *paging_map_device(unsigned page, uint64_t at)
{
	uint64_t va = DEVICE_MAP_BASE + (uint64_t)page * PAGE_BYTES;
	device_table[page] = (at & PTE_ADDRESS) | KERNEL_DATA | PTE_UNCACHED; /* global: dropped under every tag */
	tlb_drop_page(va);
	return (volatile void *)(va + at % PAGE_BYTES);
}
