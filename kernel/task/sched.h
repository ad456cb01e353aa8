/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preemptive fixed priorities, 31 the most urgent; equals take turns of
 * SLICE_NS. The decision is a return value: sched_pick says who should run, and
 * kernel_leave makes it so.
 */
#pragma once
#include "kernel/task/thread.h"

enum { SLICE_NS = 10 * 1000 * 1000 };

extern uint32_t sched_occupied; /* bit n: somebody of priority n is ready */
extern struct list sched_queues[PRIORITY_COUNT];

void sched_init(void);
/* The thread can run: NEW, RUNNING or a blocked state becomes READY, at the end of its queue. */
void sched_ready(struct thread *t);
/* The most urgent ready thread, still in its queue. Pre: there is one. */
static inline struct thread *sched_first(void)
{
	return container_of(sched_queues[31 - (unsigned)__builtin_clz(sched_occupied)].next, struct thread, link);
}
/* The first of its queue leaves it, to run. */
static inline void sched_take(struct thread *t)
{
	struct list *queue = t->link.prev, *second = t->link.next;

	queue->next = second;
	second->prev = queue;
	list_init(&t->link);
	if (__builtin_expect(second == queue, true))
		sched_occupied &= ~(1u << t->priority);
	trace_state(t, THREAD_RUNNING);
	thread_move(t, THREAD_READY, THREAD_RUNNING);
}
/* sched_ready for one that is READY already, and on no list. */
static inline void sched_join(struct thread *t)
{
	unsigned priority = t->priority; /* read once */

	t->slice_left_ns = SLICE_NS;
	list_push_back(&sched_queues[priority], &t->link);
	sched_occupied |= 1u << priority;
}
/* RUNNING becomes READY, keeping its turn at the head of its queue if some of its slice is left. */
void sched_preempted(struct thread *t, uint64_t slice_left_ns);
/* The most urgent ready thread, taken from its queue and RUNNING; NULL: none. */
struct thread *sched_pick(void);
/* Would sched_pick choose someone over a thread of this priority? */
static inline bool sched_would_preempt(unsigned priority) { return sched_occupied >> priority > 1; }
/* Off its queue, for a thread that dies. Pre: READY. */
void sched_remove(struct thread *t);
/* Its effective priority changes; it moves to its new queue if READY. */
void sched_set_priority(struct thread *t, unsigned priority);
