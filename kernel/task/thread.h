/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads. The kernel has one stack per CPU and no blocked kernel code: a
 * blocked thread is a state and what it waits for. The table of legal
 * transitions in thread.c is the only definition of the life cycle.
 *
 *   NEW -> READY <-> RUNNING -> QUEUED -> SERVED -> READY    a call
 *                    RUNNING -> RECEIVING        -> READY    a wait for a message
 *                    SERVED, RECEIVING -> RUNNING            the fast path hands the CPU straight over
 *                    SERVED -> QUEUED                        its server died, the call waits for the next one
 *                    RUNNING -> PAGING, STARVED  -> READY    a page or memory; the instruction starts again
 *   any -> DEAD;     SERVED -> ORPHANED -> DEAD              its process ended, the server still holds its call
 */
#pragma once
#include "hal/context.h"
#include "kernel/core/panic.h"
#include "kernel/mm/pool.h"
#include "kernel/task/call.h"
#include "kernel/task/timer.h"
#include "trace/points.h"

enum thread_state {
	THREAD_NEW,
	THREAD_READY,
	THREAD_RUNNING,
	THREAD_QUEUED,
	THREAD_SERVED,
	THREAD_RECEIVING,
	THREAD_PAGING,
	THREAD_STARVED,
	THREAD_ORPHANED,
	THREAD_DEAD,
	THREAD_STATES
};

enum { PRIORITY_COUNT = 32 };

enum thread_special {
	THREAD_HAS_PARTS = 1, /* its message is or was more than words: claims, windows, accept, loan */
	THREAD_HAS_VECTORS =
		2,            /* its vector state is in the registers, or will be as soon as it runs: task/vectors.h */
	THREAD_HAS_LIMIT = 4, /* a deadline, or its process has ended: who waits may not be there any more */
};

struct thread {
	struct context context; /* first: the HAL saves here */
	struct list link;       /* run queue, port's receivers, paging's waiters, the starved */
	struct list of_process;
	struct process *process;
	enum thread_state state; /* set by thread_set_state and thread_move only */
	uint32_t index;          /* in the pool */
	uint32_t number;         /* within the process, for people */
	unsigned priority;       /* effective: what its place in the run queues is by; set by sched_set_priority only */
	uint8_t special;         /* enum thread_special: why the fast path does not, or not simply, take it */
	int32_t fast_takes;      /* the most urgent call that it takes by the fast path; -1: none */
	int32_t fast_asks;       /* its priority; INT32_MAX: no fast path */
	uint64_t fast_resumes;   /* it is answered while sched_occupied is below this; 0: no fast path */
	int32_t parts_takes, parts_asks; /* the same of messages with parts: it may have some, or has */
	uint64_t parts_resumes;
	uint32_t wait_slot;         /* PAGING: which page; SLOT_NONE: any, as soon as a request is free */
	uint32_t wait_frames;       /* STARVED: how many free frames it needs */
	uint8_t vector_turns;       /* how often it still gets its vector registers without asking: task/vectors.h */
	bool hopeless;              /* it was told that its frames will never come */
	struct port *port;          /* RECEIVING: where */
	struct call call;           /* what it asks, or where it receives */
	struct thread *last_caller; /* by the fast path: a hint, never trusted without checking; at first it itself */
	struct alarm deadline;
	uint64_t slice_left_ns;
	struct vector_state vectors; /* last: not cleared with the rest */
};

/* The life cycle, in full: bit n of entry m: state m may become state n. */
#define TO(state) (1u << THREAD_##state)
static const unsigned thread_legal_next[THREAD_STATES] = {
	[THREAD_NEW] = TO(READY) | TO(DEAD),
	[THREAD_READY] = TO(RUNNING) | TO(DEAD),
	[THREAD_RUNNING] = TO(READY) | TO(QUEUED) | TO(SERVED) | TO(RECEIVING) | TO(PAGING) | TO(STARVED) | TO(DEAD),
	[THREAD_QUEUED] = TO(SERVED) | TO(READY) | TO(DEAD),
	[THREAD_SERVED] = TO(READY) | TO(RUNNING) | TO(QUEUED) | TO(ORPHANED) | TO(DEAD),
	[THREAD_RECEIVING] = TO(READY) | TO(RUNNING) | TO(DEAD),
	[THREAD_PAGING] = TO(READY) | TO(DEAD),
	[THREAD_STARVED] = TO(READY) | TO(DEAD),
	[THREAD_ORPHANED] = TO(DEAD),
	[THREAD_DEAD] = 0,
};
#undef TO
static inline bool thread_may_become(enum thread_state from, enum thread_state to)
{
	return thread_legal_next[from] >> to & 1;
}
/* The setter for a transition that the compiler can look up: with constants nothing of the check is left. Pre: t is in state `from`. */
static inline void thread_move(struct thread *t, enum thread_state from, enum thread_state to)
{
	kassert(thread_may_become(from, to), "a thread follows its life cycle");
	t->state = to;
}
/* The setter. Panics on an illegal transition: that is our bug. */
static inline void thread_set_state(struct thread *t, enum thread_state to)
{
	kassert(thread_may_become(t->state, to), "a thread follows its life cycle");
	trace_state(t, to);
	t->state = to;
}

/* What the fast path compares follows from its priority and its specialties: after a change of the former; the latter's setter. */
void thread_refresh(struct thread *t);
void thread_mark(struct thread *t, unsigned mask, unsigned special); /* of those in the mask, these and no others */

void thread_module_init(void);
/* A thread in state NEW; NULL: no memory or quota. */
struct thread *thread_create(struct process *p, uint64_t entry, uint64_t stack_top, uint64_t argument, uint64_t tls);
/* Pre: DEAD, on no list. */
void thread_destroy(struct thread *t);
extern struct pool thread_pool;
/* NULL if there never was one; check call.token. */
static inline struct thread *thread_at(uint32_t index) { return pool_at(&thread_pool, index); }
uint32_t thread_bytes(void); /* what one costs its process */
const char *thread_state_name(enum thread_state s);
