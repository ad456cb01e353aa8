/* SPDX-License-Identifier: BSD-2-Clause */
/* The HAL's own data of one CPU, and what the CPU can do. */
#pragma once
#include "hal/context.h"

struct cpu;

/* GS points here in ring 0; entry.asm knows the first four. */
struct cpu_area {
	struct cpu_area *self;
	struct context *context; /* resumed last; the next entry from user mode saves here */
	uint64_t stack_top;
	uint64_t scratch;
	struct cpu *local;         /* the kernel's */
	uint64_t interrupts_taken; /* those that the kernel was told of */
	uint64_t alarm_ns;         /* UINT64_MAX: none */
};

extern struct cpu_area cpu_boot_area;

static inline struct cpu_area *cpu_area(void)
{
	struct cpu_area *area;
	__asm__("movq %%gs:0, %0" : "=r"(area));
	return area;
}

/* Stacks of their own for those that can come at any instruction. Numbers are the IDT's. */
enum { CPU_IST_NMI = 1, CPU_IST_DEBUG, CPU_IST_DOUBLE_FAULT, CPU_IST_MACHINE_CHECK, CPU_IST_COUNT = 4 };

struct ist_stack {
	_Alignas(PAGE_BYTES) uint8_t guard[PAGE_BYTES]; /* not mapped */
	uint8_t bytes[2 * PAGE_BYTES - 16];
	struct cpu_area *area; /* where the first push leaves it just above */
	uint64_t unused;
};

extern struct ist_stack ist_stacks[CPU_IST_COUNT];       /* boot.asm */
extern uint8_t kernel_stack_guard[], kernel_stack_top[]; /* boot.asm */

struct cpu_features {
	bool smep, smap, umip, pge, pcid, gib_pages, xsave, avx, rdrand, rdseed;
	bool lazy_vectors;       /* closed vector registers cannot be read by speculation (CVE-2018-3665) */
	bool keeps_x87_pointers; /* FXRSTOR and XRSTOR leave the last instruction's address as it was (AMD) */
};

extern struct cpu_features cpu_features;

void cpu_features_read(void);
void cpu_init(void); /* control registers, MSRs, GS; after segments_init */
