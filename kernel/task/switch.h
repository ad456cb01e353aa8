/* SPDX-License-Identifier: BSD-2-Clause */
/* Giving the CPU to another thread: page tables and vector registers. */
#pragma once
#include "kernel/core/cpu.h"
#include "kernel/task/process.h"
#include "kernel/task/vectors.h"
#include "trace/points.h"

static inline void switch_space(struct cpu *cpu, struct process *p)
{
	hal_mmu_activate(&p->aspace.space);
	cpu->active = p;
}

/* The thread, RUNNING, is who this CPU returns to next. */
static inline void switch_to(struct cpu *cpu, struct thread *t)
{
	trace_switch(cpu->running, t);
	cpu->running = t;
	if (cpu->active != t->process)
		switch_space(cpu, t->process);
	if (cpu->vectors_open || (t->special & THREAD_HAS_VECTORS))
		vectors_switch(cpu, t);
}

/* Nobody runs. */
static inline void switch_to_nobody(struct cpu *cpu)
{
	trace_switch(cpu->running, NULL);
	cpu->running = NULL;
}

/* The name of the process that runs; NULL: nobody does. For the crash record. */
static inline const char *switch_who_runs(void)
{
	const struct thread *t = this_cpu()->running;

	return t == NULL ? NULL : t->process->name;
}
