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

struct thread {
	struct context context; /* first: the HAL saves here */
	struct list link;       /* run queue, port's receivers, paging's waiters, the starved */
	struct list of_process;
	struct process *process;
	enum thread_state state;    /* set by thread_set_state only */
	uint32_t index;             /* in the pool */
	uint32_t number;            /* within the process, for people */
	unsigned priority;          /* effective: what its place in the run queues is by */
	uint32_t wait_slot;         /* PAGING: which page; SLOT_NONE: any, as soon as a request is free */
	uint32_t wait_frames;       /* STARVED: how many free frames it needs */
	bool hopeless;              /* it was told that its frames will never come */
	struct port *port;          /* RECEIVING: where */
	struct call call;           /* what it asks, or where it receives */
	struct thread *last_caller; /* by the fast path: a hint, never followed without checking */
	struct alarm deadline;
	uint64_t slice_left_ns;
	struct vector_state vectors; /* last: not cleared with the rest */
};

/* The life cycle, in full: bit n of entry m: state m may become state n. */
extern const unsigned thread_legal_next[THREAD_STATES];
static inline bool thread_may_become(enum thread_state from, enum thread_state to)
{
	return thread_legal_next[from] >> to & 1;
}
/* The one setter. Panics on an illegal transition: that is our bug. */
static inline void thread_set_state(struct thread *t, enum thread_state to)
{
	kassert(thread_may_become(t->state, to), "a thread follows its life cycle");
	trace_state(t, to);
	t->state = to;
}

void thread_module_init(void);
/* A thread in state NEW; NULL: no memory or quota. */
struct thread *thread_create(struct process *p, uint64_t entry, uint64_t stack_top, uint64_t argument, uint64_t tls);
/* Pre: DEAD, on no list. */
void thread_destroy(struct thread *t);
extern struct pool thread_pool;
/* NULL if there never was one; check call.generation. */
static inline struct thread *thread_at(uint32_t index) { return pool_at(&thread_pool, index); }
uint32_t thread_bytes(void); /* what one costs its process */
const char *thread_state_name(enum thread_state s);
