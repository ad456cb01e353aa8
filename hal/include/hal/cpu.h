/* SPDX-License-Identifier: BSD-2-Clause */
/* The processor: what is ours alone, idling, stopping, and measuring. */
#pragma once
#include "kernel/base/types.h"
#include "machine/local.h" /* hal_cpu_local */

struct cpu; /* the kernel's per-CPU data, kernel/core/cpu.h */

void hal_cpu_set_local(struct cpu *cpu); /* once per CPU, before the first interrupt */

/*
 * Waits until an interrupt has been taken (kernel_interrupt or kernel_timer has run), then returns. Interrupts off
 * before and after.
 */
void hal_cpu_idle(void);

/*
 * A safe point: takes the interrupts that are pending, if any. They are only noted, so it may stand in any loop
 * (I-BOUND). Interrupts off before and after.
 */
void hal_cpu_safe_point(void);

/* Instruction or cycle counter (TSC); under QEMU's icount one tick is one instruction. */
uint64_t hal_cycles(void);

/* How the machine stops. Values are the documented exit statuses of QEMU's isa-debug-exit, (v << 1) | 1. */
enum hal_stop {
	HAL_STOP_POWEROFF = 0x10,   /* QEMU exits with 33 */
	HAL_STOP_PANIC = 0x11,      /* 35 */
	HAL_STOP_REFUSED = 0x12,    /* 37: the boot was refused: a bad system image, too little memory */
	HAL_STOP_SUPERVISOR = 0x13, /* 39: the supervisor died */
};
_Noreturn void hal_stop(enum hal_stop why);

/* One line for the boot log: the CPU's model and which protections are on (NX SMEP SMAP UMIP ...). */
const char *hal_cpu_describe(void);
