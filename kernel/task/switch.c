/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See switch.h. Vector registers are kept until another thread's are needed, so
 * that going idle and coming back costs nothing.
 */
#include "kernel/task/switch.h"
#include "kernel/task/process.h"

static void take_vectors(struct cpu *cpu, struct thread *t)
{
	if (cpu->vector_owner != NULL)
		hal_vector_save(&cpu->vector_owner->vectors);
	hal_vector_restore(&t->vectors);
	cpu->vector_owner = t;
}

void switch_to(struct cpu *cpu, struct thread *t)
{
	struct aspace *as = &t->process->aspace;

	cpu->running = t;
	cpu->process_name = t->process->name;
	if (cpu->active != as) {
		hal_mmu_activate(as->root);
		cpu->active = as;
	}
	if (cpu->vector_owner != t)
		take_vectors(cpu, t);
}

void switch_to_nobody(struct cpu *cpu)
{
	cpu->running = NULL;
	cpu->process_name = NULL;
}
