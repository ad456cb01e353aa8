/* SPDX-License-Identifier: BSD-2-Clause */
/* Giving the CPU to another thread: page tables and vector registers. */
#pragma once
#include "kernel/core/cpu.h"
#include "kernel/task/process.h"
#include "trace/points.h"

/* Vector registers are kept until another thread's are needed: going idle and coming back costs nothing. */
static inline void switch_vectors(struct cpu *cpu, struct thread *t)
{
	if (cpu->vector_owner == t)
		return;
	hal_vector_switch(cpu->vector_owner != NULL ? &cpu->vector_owner->vectors : NULL, &t->vectors);
	cpu->vector_owner = t;
}

/* The thread, RUNNING, is who this CPU returns to next. */
static inline void switch_to(struct cpu *cpu, struct thread *t)
{
	struct aspace *as = &t->process->aspace;

	trace_switch(cpu->running, t);
	cpu->running = t;
	if (cpu->active != as) {
		hal_mmu_activate(&as->space);
		cpu->active = as;
	}
	switch_vectors(cpu, t);
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
