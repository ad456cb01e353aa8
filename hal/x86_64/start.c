/* SPDX-License-Identifier: BSD-2-Clause */
/* The HAL's boot order. boot.asm calls hal_start on the kernel's stack, interrupts off. */
#include "hal/x86_64/acpi.h"
#include "hal/x86_64/apic.h"
#include "hal/x86_64/cpu.h"
#include "hal/x86_64/early.h"
#include "hal/x86_64/paging.h"
#include "hal/x86_64/timer.h"
#include "kernel/entry.h"

extern uint64_t boot_entry_tsc; /* boot.asm */

_Noreturn void hal_start(uint32_t loader_magic, uint32_t loader_info)
{
	static struct boot_info info;
	uint64_t rsdp = 0;
	boot_info_read(&info, loader_magic, loader_info, &rsdp);
	acpi_read(rsdp);
	cpu_features_read();
	paging_init(&info);
	segments_init();
	cpu_init();
	apic_init();
	info.cpus = acpi.cpus;
	info.entry_tsc = boot_entry_tsc;
	info.calibration_cycles = hal_timer_init(boot_entry_tsc);
	kernel_main(&info);
}
