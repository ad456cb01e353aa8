/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Per-CPU data, in two halves. The first is only this CPU's, touched with
 * interrupts off; the second others may touch, under its lock (there is one CPU
 * today, so it is empty). this_cpu() is the only way to it.
 */
#pragma once
#include "hal/cpu.h"

struct thread;
struct process;

/* What kernel_leave sees to, in one word, so that it is asked at once. */
enum cpu_put_off {
	CPU_TIMER_FIRED = 1,
	CPU_IRQ_LATCHED = 2, /* a device's interrupt was taken; its driver is told */
	CPU_CONDEMNED = 4,   /* a process is to end, or to be looked at again */
	CPU_PAGER_WORK = 8,  /* somebody starves, or a bounce frame is missing */
};

struct cpu {
	/* Mine alone. */
	unsigned number;
	struct thread *running;      /* NULL when idle */
	struct process *active;      /* whose page tables are loaded, or NULL */
	struct thread *vector_owner; /* whose FPU state is in the registers, or NULL: task/vectors.h */
	bool vectors_open;           /* nothing traps that uses them */
	uint64_t slice_end_ns;       /* when running has had its turn */
	uint64_t armed_ns;           /* what the HAL's timer is set to; timer_run knows that it has fired */
	unsigned put_off;            /* enum cpu_put_off */
	uint64_t idle_cycles;        /* spent in hal_cpu_idle */
	uint64_t nmi_count;
	uint64_t spurious_count; /* interrupts that nobody owned */
};

static inline struct cpu *this_cpu(void) { return hal_cpu_local(); }

static inline void cpu_put_off(enum cpu_put_off what) { this_cpu()->put_off |= what; }
static inline void cpu_caught_up(enum cpu_put_off what) { this_cpu()->put_off &= ~(unsigned)what; }

/* Has a safe point taken something that only kernel_leave sees to? A way to user mode past it asks first. */
static inline bool cpu_interrupted(const struct cpu *cpu)
{
	return (cpu->put_off & (CPU_TIMER_FIRED | CPU_IRQ_LATCHED)) != 0;
}

/* In a loop whose steps cost little: every 16th is a safe point (I-BOUND). What costs more has one in each step. */
enum { CPU_STEPS_BETWEEN_SAFE_POINTS = 16 };
static inline void cpu_safe_point_at(uint64_t step)
{
	if (step % CPU_STEPS_BETWEEN_SAFE_POINTS == CPU_STEPS_BETWEEN_SAFE_POINTS - 1)
		hal_cpu_safe_point();
}
