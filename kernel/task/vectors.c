/* SPDX-License-Identifier: BSD-2-Clause */
/* See vectors.h. */
#include "kernel/task/vectors.h"
#include "kernel/core/cpu.h"

enum { EAGER_TURNS = 64 }; /* how often a thread that used its vectors gets them unasked before it has to ask again */

static void mark(const struct cpu *cpu, struct thread *t)
{
	if (t != NULL)
		thread_mark(t, THREAD_HAS_VECTORS,
			    t->vector_turns > 0 || (cpu->vectors_open && cpu->vector_owner == t) ? THREAD_HAS_VECTORS
												 : 0);
}

static void open(struct cpu *cpu, bool on)
{
	if (cpu->vectors_open != on)
		hal_vector_trap(!on);
	cpu->vectors_open = on;
}

/* They are open, and this thread's. */
static void take(struct cpu *cpu, struct thread *t)
{
	struct thread *owner = cpu->vector_owner;

	open(cpu, true);
	cpu->vector_owner = t;
	if (owner != t) {
		hal_vector_switch(owner != NULL ? &owner->vectors : NULL, &t->vectors);
		mark(cpu, owner);
	}
	mark(cpu, t);
}

void vectors_init_thread(struct thread *t)
{
	hal_vector_init(&t->vectors);
	t->vector_turns = hal_vector_is_lazy() ? 0 : 1;
	mark(this_cpu(), t);
}

void vectors_switch(struct cpu *cpu, struct thread *to)
{
	if (to->vector_turns != 0) {
		to->vector_turns -= hal_vector_is_lazy();
		take(cpu, to);
		return;
	}
	open(cpu, false);
	mark(cpu, cpu->vector_owner);
}

void vectors_wanted(struct thread *t)
{
	t->vector_turns = EAGER_TURNS;
	take(this_cpu(), t);
}

void vectors_begin(void)
{
	struct cpu *cpu = this_cpu();

	if (!cpu->vectors_open)
		hal_vector_trap(false);
	if (cpu->vector_owner != NULL)
		hal_vector_switch(&cpu->vector_owner->vectors, NULL);
}

void vectors_end(void)
{
	static struct vector_state nothing;
	const struct cpu *cpu = this_cpu();

	hal_vector_init(&nothing);
	hal_vector_switch(NULL, cpu->vector_owner != NULL ? &cpu->vector_owner->vectors : &nothing);
	if (!cpu->vectors_open)
		hal_vector_trap(true);
}

void vectors_wipe(void)
{
	this_cpu()->vector_owner = NULL;
	vectors_begin();
	vectors_end();
}
