/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RAM, and what an MMU does with it. Translations are cached as a CPU would, so
 * that a test sees it when the kernel forgets to drop one.
 */
#include "hal/host/host.h"
#include "hal/x86_64/pte.h"
#include <string.h>

enum { RUBBISH = 0xa5, CACHE_ENTRIES = 256, MODULE_GAP_PAGES = 1 };

static _Alignas(PAGE_BYTES) uint8_t ram[HOST_RAM_MAX];
static uint64_t ram_bytes;
static struct boot_info boot;

static struct cached {
	bool valid;
	uint64_t page, pte;
} cache[CACHE_ENTRIES];

paddr_t host_active_root;
unsigned host_activations;

bool host_is_ram(paddr_t frame) { return frame.v >= HOST_RAM_BASE && frame.v < HOST_RAM_BASE + ram_bytes; }

void *hal_frame_ptr(paddr_t frame)
{
	if (!host_is_ram(frame))
		host_unexpected("hal_frame_ptr: not RAM");
	if (++host_work > host_work_most)
		host_work_most = host_work;
	return ram + (frame.v - HOST_RAM_BASE);
}

paddr_t hal_frame_of(const void *pointer)
{
	return (paddr_t){ HOST_RAM_BASE + (uint64_t)((const uint8_t *)pointer - ram) };
}

/* Two ranges, so that whoever takes frames must step over a hole. */
const struct boot_info *host_boot_info(const void *module, uint64_t module_bytes)
{
	uint64_t module_pages = pages_of_bytes(module_bytes);
	uint64_t usable = (ram_bytes >> PAGE_SHIFT) - module_pages, half = usable / 2;

	boot = (struct boot_info){ .loader = "host", .ram_count = 2, .ram_bytes = ram_bytes, .cpus = 1 };
	boot.ram[0] = (struct boot_range){ { HOST_RAM_BASE }, half << PAGE_SHIFT };
	boot.ram[1] = (struct boot_range){ { HOST_RAM_BASE + ((half + MODULE_GAP_PAGES) << PAGE_SHIFT) },
					   (usable - half - MODULE_GAP_PAGES) << PAGE_SHIFT };
	boot.module = (struct boot_range){ { HOST_RAM_BASE + (usable << PAGE_SHIFT) }, module_pages << PAGE_SHIFT };
	boot.module_bytes = module_bytes;
	if (module_bytes != 0)
		memcpy(hal_frame_ptr(boot.module.base), module, module_bytes);
	return &boot;
}

static void forget_translations(void) { memset(cache, 0, sizeof cache); }

void host_reset(uint64_t bytes)
{
	ram_bytes = bytes;
	memset(ram, RUBBISH, bytes);
	host_active_root = PADDR_NONE;
	host_activations = 0;
	host_now_ns = 1000000000;
	host_alarm_ns = UINT64_MAX;
	host_idle_hook = NULL;
	host_safe_point_hook = NULL;
	host_safe_points = host_work = host_work_most = 0;
	forget_translations();
	host_console_clear();
	host_device_reset();
}

/* ---- hal/mmu.h, the part that knows the CPU ---- */

void hal_mmu_root_init(paddr_t root) { (void)root; }

void hal_mmu_activate(paddr_t root)
{
	host_active_root = root;
	host_activations++;
	forget_translations();
}

void hal_mmu_activate_kernel(void) { hal_mmu_activate(PADDR_NONE); }

void hal_mmu_invalidate(paddr_t root, vaddr_t va)
{
	if (root.v == host_active_root.v)
		cache[(va.v >> PAGE_SHIFT) % CACHE_ENTRIES].valid = false;
}

void hal_mmu_invalidate_all(paddr_t root)
{
	if (root.v == host_active_root.v)
		forget_translations();
}

/* ---- a program's accesses ---- */

struct access {
	bool write, execute;
};

static bool allows(uint64_t pte, struct access a)
{
	return (pte & PTE_USER) && (!a.write || (pte & PTE_WRITE)) && (!a.execute || !(pte & PTE_NX));
}

/* The entry that maps a page, every level checked; NULL: it faults, *present says whether anything was there. */
static uint64_t *walk(paddr_t root, uint64_t va, struct access a, bool *present)
{
	paddr_t table = root;
	uint64_t *pte = NULL;

	for (unsigned level = MMU_LEVELS; level-- > 0;) {
		pte = (uint64_t *)hal_frame_ptr(table) + ((va >> (PAGE_SHIFT + 9 * level)) & (MMU_ENTRIES - 1));
		*present = (*pte & PTE_PRESENT) != 0;
		if (!*present || !allows(*pte, a))
			return NULL;
		*pte |= PTE_ACCESSED;
		table.v = *pte & PTE_ADDRESS;
	}
	*pte |= a.write ? PTE_DIRTY : 0;
	return pte;
}

/* Where the byte is, or NULL and the fault. */
static uint8_t *translate(paddr_t root, uint64_t va, struct access a, struct trap_info *info)
{
	struct cached *c = &cache[(va >> PAGE_SHIFT) % CACHE_ENTRIES];
	bool present = false;
	const uint64_t *pte = NULL;

	if (root.v != host_active_root.v)
		host_unexpected("a program runs on page tables that are not loaded");
	if (c->valid && c->page == va >> PAGE_SHIFT && allows(c->pte, a) && (!a.write || (c->pte & PTE_DIRTY)))
		return (uint8_t *)hal_frame_ptr((paddr_t){ c->pte & PTE_ADDRESS }) + va % PAGE_BYTES;
	if (va >> 47 == 0)
		pte = walk(root, va, a, &present);
	c->valid = false; /* a fault drops the translation of its page */
	if (pte == NULL) {
		*info = (struct trap_info){
			.trap = TRAP_PAGE, .address = va, .write = a.write, .execute = a.execute, .present = present
		};
		return NULL;
	}
	*c = (struct cached){ .valid = true, .page = va >> PAGE_SHIFT, .pte = *pte };
	return (uint8_t *)hal_frame_ptr((paddr_t){ *pte & PTE_ADDRESS }) + va % PAGE_BYTES;
}

bool host_user_read(paddr_t root, uint64_t va, void *to, size_t bytes, struct trap_info *info)
{
	const uint8_t *at = translate(root, va, (struct access){ 0 }, info);

	if (at != NULL)
		memcpy(to, at, bytes);
	return at != NULL;
}

bool host_user_write(paddr_t root, uint64_t va, const void *from, size_t bytes, struct trap_info *info)
{
	uint8_t *at = translate(root, va, (struct access){ .write = true }, info);

	if (at != NULL)
		memcpy(at, from, bytes);
	return at != NULL;
}

bool host_user_fetch(paddr_t root, uint64_t va, struct trap_info *info)
{
	return translate(root, va, (struct access){ .execute = true }, info) != NULL;
}
