/* SPDX-License-Identifier: BSD-2-Clause */
/* See sched.h. One queue for each priority and a word that says which have somebody. */
#include "kernel/task/sched.h"
#include "kernel/core/panic.h"

struct list sched_queues[PRIORITY_COUNT];
uint32_t sched_occupied;

void sched_init(void)
{
	for (unsigned i = 0; i < PRIORITY_COUNT; i++)
		list_init(&sched_queues[i]);
	sched_occupied = 0;
}

static void enqueue(struct thread *t, bool at_head)
{
	kassert(!list_is_linked(&t->link), "a thread waits in one place");
	if (at_head)
		list_push_front(&sched_queues[t->priority], &t->link);
	else
		list_push_back(&sched_queues[t->priority], &t->link);
	sched_occupied |= 1u << t->priority;
}

void sched_ready(struct thread *t)
{
	kassert(!list_is_linked(&t->link), "a thread waits in one place");
	thread_set_state(t, THREAD_READY);
	sched_join(t);
}

void sched_preempted(struct thread *t, uint64_t slice_left_ns)
{
	thread_set_state(t, THREAD_READY);
	t->slice_left_ns = slice_left_ns != 0 ? slice_left_ns : SLICE_NS;
	enqueue(t, slice_left_ns != 0);
}

void sched_remove(struct thread *t)
{
	list_remove(&t->link);
	if (list_is_empty(&sched_queues[t->priority]))
		sched_occupied &= ~(1u << t->priority);
}

struct thread *sched_pick(void)
{
	struct thread *t;

	if (sched_occupied == 0)
		return NULL;
	t = sched_first();
	sched_take(t);
	return t;
}

void sched_set_priority(struct thread *t, unsigned priority)
{
	if (priority == t->priority)
		return;
	if (t->state == THREAD_READY)
		sched_remove(t);
	t->priority = priority;
	thread_refresh(t);
	if (t->state == THREAD_READY)
		enqueue(t, false);
}
