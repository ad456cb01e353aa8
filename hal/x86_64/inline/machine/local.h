/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is this CPU's own, instruction by instruction; GS leads to it (struct
 * cpu_area, hal/x86_64/cpu.h). The unit tests compile the same callers over
 * hal/host/inline/machine/local.h.
 */
#pragma once
#include "machine/count.h"
#include <stdint.h>

struct cpu;

/* The kernel's data of this CPU. */
static inline struct cpu *hal_cpu_local(void)
{
	struct cpu *cpu;
	__asm__ volatile("movq %%gs:32, %0" : "=r"(cpu));
	return cpu;
}

/* FS base. WRMSR faults on an address that is not canonical: the kernel lets none into a context. */
static inline void hal_tls_load(const uint64_t *base)
{
	const uint32_t *half = (const uint32_t *)base;

	__asm__ volatile(COUNT_MSR "wrmsr" : : "c"(0xc0000100), "a"(half[0]), "d"(half[1]));
}
