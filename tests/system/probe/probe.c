/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel that does one forbidden thing and should not survive it: the machine's
 * protections, probed from ring 0 (rows 31 and 33 of docs/faults.md); and sealing (seal.c). Linked in the
 * place of kernel/main.c; the command line names the probe. If the probe returns, the
 * machine powers off, which is the failure.
 */
#include "hal/cpu.h"
#include "hal/mmu.h"
#include "kernel/base/fmt.h"
#include "kernel/base/mem.h"
#include "kernel/core/cpu.h"
#include "kernel/core/log.h"
#include "kernel/core/panic.h"
#include "kernel/entry.h"
#include "kernel/mm/aspace.h"
#include "kernel/mm/slot.h"
#include "tests/system/probe/probe.h"

enum { USER_ADDRESS = 0x400000, RET = 0xc3 };

static struct cpu boot_cpu = { .armed_ns = UINT64_MAX };
static struct aspace space;
static uint8_t data[16] = { RET };
static const uint8_t constant[16] = { 1 };

/* A page of user memory with a RET in it, mapped with this protection and active. */
static void make_user_page(unsigned prot)
{
	void *content;

	if (aspace_init(&space, 0) != ST_OK)
		panic("no space");
	space.frames_max = space.swap_max = 100;
	if (aspace_add_region(&space, REGION_IMAGE, USER_ADDRESS, 1, prot) != ST_OK ||
	    aspace_fill(&space, USER_ADDRESS, 0, &content) != ST_OK)
		panic("no page");
	memset(content, RET, 16);
	hal_mmu_activate(&space.space);
}

static uint8_t read_byte(uintptr_t address)
{
	__asm__("" : "+r"(address)); /* what the compiler knows of addresses does not matter here */
	return *(volatile uint8_t *)address;
}

static void jump_to(uintptr_t address) { ((void (*)(void))address)(); }

static void probe_smep(void)
{
	make_user_page(MMU_READ | MMU_EXECUTE);
	jump_to(USER_ADDRESS);
}

static void probe_smap(void)
{
	make_user_page(MMU_READ | MMU_WRITE);
	log_line("read %x", read_byte(USER_ADDRESS));
}

static void probe_nx_data(void) { jump_to((uintptr_t)data); }

static void probe_nx_direct_map(void)
{
	paddr_t frame = frame_alloc_zeroed(FRAME_FOR_KERNEL, FRAME_KERNEL);

	memset(hal_frame_ptr(frame), RET, 16);
	jump_to((uintptr_t)hal_frame_ptr(frame));
}

static void probe_write_text(void) { *(volatile uint8_t *)(uintptr_t)probe_write_text = RET; }
static void probe_write_rodata(void) { *(volatile uint8_t *)(uintptr_t)constant = 2; }
static void probe_null(void) { log_line("read %x", read_byte(8)); }

/* Each level takes a kilobyte; the guard page below the stack ends it, and #DF has a stack of its own. */
static int probe_stack_level(int level)
{
	volatile uint8_t room[1024];

	room[0] = (uint8_t)level;
	return level < 0 ? 0 : probe_stack_level(level + 1) + room[0];
}

static void probe_stack(void) { log_line("%d", probe_stack_level(0)); }
static void probe_assertion(void) { kassert(boot_cpu.nmi_count != 0, "an assertion that does not hold"); }

static const struct {
	const char *name;
	void (*run)(void);
} probes[] = {
	{ "smep", probe_smep },
	{ "smap", probe_smap },
	{ "nx-data", probe_nx_data },
	{ "nx-direct-map", probe_nx_direct_map },
	{ "write-text", probe_write_text },
	{ "write-rodata", probe_write_rodata },
	{ "null", probe_null },
	{ "stack", probe_stack },
	{ "assertion", probe_assertion },
	{ "seal-vectors", probe_seal_vectors },
	{ "seal-residue", probe_seal_residue },
	{ "seal-panic", probe_seal_panic },
	{ "seal-figures", probe_seal_figures },
};

_Noreturn void kernel_main(const struct boot_info *boot)
{
	hal_cpu_set_local(&boot_cpu);
	frame_init(boot);
	slot_init();
	aspace_module_init();
	for (unsigned i = 0; i < array_length(probes); i++) {
		if (!fmt_name_equal(boot->cmdline, probes[i].name, BOOT_CMDLINE_BYTES))
			continue;
		log_line("probe %s", probes[i].name);
		probes[i].run();
		log_line("survived");
	}
	hal_stop(HAL_STOP_POWEROFF);
}
