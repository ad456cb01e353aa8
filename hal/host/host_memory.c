/* SPDX-License-Identifier: BSD-2-Clause */
/* RAM, and what a boot loader tells of it. */
#include "hal/host/host.h"
#include <string.h>

enum { RUBBISH = 0xa5, MODULE_GAP_PAGES = 1 };

static _Alignas(PAGE_BYTES) uint8_t ram[HOST_RAM_MAX];
static uint64_t ram_bytes;
static struct boot_info boot;

bool host_is_ram(paddr_t frame) { return frame.v >= HOST_RAM_BASE && frame.v < HOST_RAM_BASE + ram_bytes; }

void *hal_frame_ptr(paddr_t frame)
{
	if (!host_is_ram(frame))
		host_unexpected("hal_frame_ptr: not RAM");
	if (++host_work > host_work_most)
		host_work_most = host_work;
	return ram + (frame.v - HOST_RAM_BASE);
}

void hal_frame_clear(paddr_t frame) { memset(hal_frame_ptr(frame), 0, PAGE_BYTES); }

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

void host_reset(uint64_t bytes)
{
	ram_bytes = bytes;
	memset(ram, RUBBISH, bytes);
	host_now_ns = 1000000000;
	host_alarm_ns = UINT64_MAX;
	host_idle_hook = NULL;
	host_safe_point_hook = NULL;
	host_vector_traps = true;
	host_safe_points = host_work = host_work_most = 0;
	host_tlb_reset(HOST_TAGS);
	host_console_clear();
	host_device_reset();
}

void hal_mmu_root_init(paddr_t root) { ((uint64_t *)hal_frame_ptr(root))[MMU_ENTRIES - 1] = 1; }
void hal_mmu_root_clear(paddr_t root) { ((uint64_t *)hal_frame_ptr(root))[MMU_ENTRIES - 1] = 0; }
