/* SPDX-License-Identifier: BSD-2-Clause */
/* What the boot loader told us, in one form whatever the loader (multiboot2 or PVH). Valid for ever. */
#pragma once
#include "kernel/base/types.h"

enum { BOOT_RANGES_MAX = 32, BOOT_CMDLINE_BYTES = 256 };

struct boot_range {
	paddr_t base;   /* page-aligned */
	uint64_t bytes; /* a multiple of the page size */
};

struct boot_info {
	const char *loader; /* for people */
	/* Usable RAM, ascending, disjoint, with the kernel, the module and all of low memory (< 1 MiB) cut out. */
	struct boot_range ram[BOOT_RANGES_MAX];
	unsigned ram_count;
	uint64_t ram_bytes;               /* of the machine, for people */
	struct boot_range module;         /* the system image; 0 bytes if there is none; base page-aligned */
	uint64_t module_bytes;            /* its exact size */
	unsigned cpus;                    /* that the firmware lists; all but one stay parked */
	uint64_t entry_tsc;               /* hal_cycles() at the first instruction */
	uint64_t calibration_cycles;      /* spent on measuring the clock */
	char cmdline[BOOT_CMDLINE_BYTES]; /* zero-terminated, cut to fit */
};
