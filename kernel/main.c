/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot, in order. What comes before is in hal/; what comes after is the supervisor's. */
#include "hal/cpu.h"
#include "hal/mmu.h"
#include "hal/timer.h"
#include "kernel/call/spawn.h"
#include "kernel/core/cpu.h"
#include "kernel/core/hash.h"
#include "kernel/core/log.h"
#include "kernel/core/panic.h"
#include "kernel/device/device.h"
#include "kernel/entry.h"
#include "kernel/ipc/channel.h"
#include "kernel/ipc/transfer.h"
#include "kernel/paging/pager.h"
#include "kernel/paging/seal.h"
#include "kernel/task/image.h"
#include "kernel/task/sched.h"
#include "kernel/task/switch.h"
#include "kernel/mm/slot.h"
#include "trace/points.h"

static struct cpu boot_cpu = { .armed_ns = UINT64_MAX };

static void say_hello(const struct boot_info *boot)
{
	log_line("Signet: %s, %lu MiB of RAM, %u of %u CPUs (%u parked)", boot->loader,
		 (unsigned long)(boot->ram_bytes >> 20), 1u, boot->cpus, boot->cpus - 1);
	log_line("cpu: %s", hal_cpu_describe());
}

static void init_modules(const struct boot_info *boot)
{
	frame_init(boot);
	slot_init();
	aspace_module_init();
	timer_init();
	thread_module_init();
	sched_init();
	process_module_init();
	port_module_init();
	channel_module_init();
	call_module_init();
	loan_module_init();
	device_module_init();
	dma_module_init();
	pager_init();
	seal_init();
	log_line("memory: %lu KiB free", (unsigned long)(frame_total() << 2));
}

/* Returns the cycles that hashing and checking took. */
static uint64_t open_system_image(const struct boot_info *boot)
{
	uint64_t before = hal_cycles();
	char prefix[2 * 8 + 1];
	const char *wrong = "the boot loader brought none";

	if (boot->module_bytes != 0)
		wrong = image_open_system(hal_frame_ptr(boot->module.base), boot->module_bytes);
	if (wrong != NULL)
		refuse_boot("system image: %s", wrong);
	hash_prefix(image_system_hash(), prefix, sizeof prefix);
	log_line("system image: %lu KiB, SHA-256 %s..., good", (unsigned long)(boot->module_bytes >> 10), prefix);
	return hal_cycles() - before;
}

static void start_supervisor(void)
{
	const struct image_header *image = image_find(SYSTEM_IMAGE_SUPERVISOR);
	struct process *p;
	struct claim start = { .as = NULL };

	start.base = (uintptr_t)image_description(&start.bytes);
	if (!(image->manifest.flags & MANIFEST_SUPERVISOR))
		refuse_boot("system image: %s: its manifest does not make it the supervisor", SYSTEM_IMAGE_SUPERVISOR);
	if (spawn(NULL, image, SYSTEM_IMAGE_SUPERVISOR, 0, PRIORITY_COUNT - 1, &start, &p) != ST_OK)
		refuse_boot("too little memory for the supervisor: %lu KiB free",
			    (unsigned long)(frame_free_count() << 2));
	spawn_start(p);
}

/* What `signet bench` reads; cycles are instructions under QEMU's icount. */
static void say_figures(const struct boot_info *boot, uint64_t hashing)
{
	uint64_t own = hal_cycles() - boot->entry_tsc - hashing - boot->calibration_cycles;

	log_line("figure boot.supervisor %lu cycles", (unsigned long)own);
	log_line("figure boot.hashing %lu cycles", (unsigned long)hashing);
	log_line("figure boot.calibration %lu cycles", (unsigned long)boot->calibration_cycles);
}

_Noreturn void kernel_main(const struct boot_info *boot)
{
	uint64_t hashing;

	hal_cpu_set_local(&boot_cpu);
	panic_who_runs = switch_who_runs;
	say_hello(boot);
	trace_begin(boot->cmdline);
	init_modules(boot);
	hashing = open_system_image(boot);
	start_supervisor();
	say_figures(boot, hashing);
	kernel_leave();
}
