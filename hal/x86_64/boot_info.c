/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes one struct boot_info of what either loader left in memory: PVH's
 * hvm_start_info (Xen, "x86/HVM direct boot ABI") or multiboot2's tags ("The
 * Multiboot2 Specification", "Boot information format"). Everything that is
 * needed later is copied: the loader's memory is RAM like any other after it.
 * Nothing here may crash on nonsense; what makes no sense is left out.
 */
#include "hal/x86_64/early.h"
#include "hal/x86_64/paging.h"
#include "kernel/base/arith.h"
#include "kernel/base/fmt.h"

#define MULTIBOOT2_MAGIC 0x36d76289u
#define PVH_MAGIC        0x336ec578u
#define LOW_MEMORY_END   0x100000ull

enum { MAP_RAM = 1, MAP_ENTRY_BYTES = 24, LOADER_BYTES = 32, ACPI_ROOT_BYTES = 36 };

/* A memory map: both loaders' entries begin with base, length, type (8, 8, 4 bytes). */
struct found {
	const uint8_t *map;
	uint64_t map_count, map_stride;
	uint64_t module, module_bytes;
	uint64_t upper_bytes; /* RAM from 1 MiB on, where there is no map */
	uint64_t rsdp;
	uint8_t root[ACPI_ROOT_BYTES]; /* what rsdp points to, where the loader gave a copy */
};

struct ranges boot_firmware_memory;
static char loader_name[LOADER_BYTES];

static void read_pvh(struct boot_info *info, uint32_t at, struct found *f)
{
	const uint8_t *p = early_ptr(at, 56);
	if (!p || get32(p) != PVH_MAGIC)
		return;
	info->loader = "PVH";
	const char *cmdline = early_ptr(get64(p + 24), BOOT_CMDLINE_BYTES);
	if (cmdline)
		fmt_name_copy(info->cmdline, cmdline, BOOT_CMDLINE_BYTES);
	f->rsdp = get64(p + 32);
	const uint8_t *module = early_ptr(get64(p + 16), 16);
	if (module && get32(p + 12) > 0) {
		f->module = get64(module);
		f->module_bytes = get64(module + 8);
	}
	if (get32(p + 4) == 0)
		return; /* version 0 ends before the map */
	f->map_count = get32(p + 48);
	f->map_stride = MAP_ENTRY_BYTES;
	f->map = early_ptr(get64(p + 40), f->map_count * f->map_stride);
}

static void read_map_tag(const uint8_t *tag, uint32_t bytes, struct found *f)
{
	uint32_t stride = bytes >= 16 ? get32(tag + 8) : 0;
	if (stride < MAP_ENTRY_BYTES)
		return;
	f->map = tag + 16;
	f->map_stride = stride;
	f->map_count = (bytes - 16) / stride;
}

static void read_tag(struct boot_info *info, const uint8_t *tag, uint32_t bytes, struct found *f)
{
	const char *text = (const char *)tag + 8;
	switch (get32(tag)) {
	case 1:
		fmt_name_copy(info->cmdline, text, min_u64(BOOT_CMDLINE_BYTES, bytes - 7));
		break;
	case 2:
		fmt_name_copy(loader_name, text, min_u64(LOADER_BYTES, bytes - 7));
		info->loader = loader_name;
		break;
	case 3:
		if (bytes >= 16 && f->module_bytes == 0 && get32(tag + 12) > get32(tag + 8)) {
			f->module = get32(tag + 8);
			f->module_bytes = get32(tag + 12) - get32(tag + 8);
		}
		break;
	case 4:
		if (bytes >= 16)
			f->upper_bytes = (uint64_t)get32(tag + 12) << 10;
		break;
	case 6:
		read_map_tag(tag, bytes, f);
		break;
	case 14: /* a copy of ACPI 1's root */
	case 15: /* of ACPI 2's */
		for (uint32_t i = 8; i < bytes && i < 8 + ACPI_ROOT_BYTES; i++)
			f->root[i - 8] = tag[i];
		f->rsdp = paging_phys_of(f->root);
		break;
	}
}

static void read_multiboot2(struct boot_info *info, uint32_t at, struct found *f)
{
	const uint8_t *p = early_ptr(at, 8);
	uint64_t total = p ? get32(p) : 0;
	if (!p || !early_ptr(at, total))
		return;
	info->loader = "multiboot2";
	for (uint64_t offset = 8; offset + 8 <= total;) {
		uint32_t bytes = get32(p + offset + 4);
		if (get32(p + offset) == 0 || bytes < 8 || bytes > total - offset)
			break;
		read_tag(info, p + offset, bytes, f);
		offset += (bytes + 7ull) & ~7ull;
	}
}

static uint64_t page_down(uint64_t v) { return v & ~(uint64_t)(PAGE_BYTES - 1); }
static uint64_t page_up(uint64_t v) { return round_up(v, PAGE_BYTES); }

/* RAM first, each page whole or not at all; then whatever else is said of the same pages wins. */
static void read_map(const struct found *f, struct ranges *ram)
{
	for (unsigned pass = 0; pass < 2; pass++)
		for (uint64_t i = 0; f->map && i < f->map_count; i++) {
			const uint8_t *entry = f->map + i * f->map_stride;
			uint64_t base = get64(entry), bytes = get64(entry + 8);
			uint64_t end = bytes < DIRECT_MAP_BYTES - base ? base + bytes : DIRECT_MAP_BYTES;
			if (base >= DIRECT_MAP_BYTES || bytes == 0)
				continue;
			bool is_ram = get32(entry + 16) == MAP_RAM;
			if (pass == 0 && is_ram)
				ranges_add(ram, page_up(base), page_down(end));
			if (pass == 1 && !is_ram)
				ranges_remove(ram, page_down(base), page_up(end));
			ranges_add(&boot_firmware_memory, page_down(base), page_up(end));
		}
	if (!f->map && f->upper_bytes) {
		ranges_add(ram, LOW_MEMORY_END, LOW_MEMORY_END + page_down(f->upper_bytes));
		ranges_add(&boot_firmware_memory, 0, LOW_MEMORY_END + page_up(f->upper_bytes));
	}
}

/*
 * A module that does not start on a page moves down to where its page begins,
 * if that page is RAM: what the loader kept there has been read.
 */
static void take_module(struct boot_info *info, const struct found *f, const struct ranges *ram)
{
	uint64_t base = page_down(f->module), shift = f->module - base;
	if (f->module_bytes == 0 || base == 0 || f->module >= DIRECT_MAP_BYTES ||
	    f->module_bytes >= DIRECT_MAP_BYTES - f->module)
		return;
	uint64_t end = page_up(f->module + f->module_bytes);
	if (base < paging_phys_of(kernel_end) && end > paging_phys_of(kernel_start))
		return;
	if (shift) {
		uint8_t *to = early_ptr(base, shift + f->module_bytes);
		if (!to || !ranges_overlap(ram, base, base + PAGE_BYTES))
			return;
		for (uint64_t i = 0; i < f->module_bytes; i++)
			to[i] = to[i + shift];
	}
	info->module = (struct boot_range){ { base }, page_up(f->module_bytes) };
	info->module_bytes = f->module_bytes;
}

void boot_info_read(struct boot_info *info, uint32_t magic, uint32_t at, uint64_t *rsdp)
{
	static struct ranges ram;
	static struct found f;
	info->loader = "nobody";
	if (magic == MULTIBOOT2_MAGIC)
		read_multiboot2(info, at, &f);
	else
		read_pvh(info, at, &f);
	read_map(&f, &ram);
	info->ram_bytes = ranges_bytes(&ram);
	take_module(info, &f, &ram);
	ranges_remove(&ram, 0, LOW_MEMORY_END);
	ranges_remove(&ram, paging_phys_of(kernel_start), paging_phys_of(kernel_end));
	ranges_remove(&ram, info->module.base.v, info->module.base.v + info->module.bytes);
	for (; info->ram_count < ram.count; info->ram_count++)
		info->ram[info->ram_count] = ram.at[info->ram_count];
	*rsdp = f.rsdp;
}
