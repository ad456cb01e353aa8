/* SPDX-License-Identifier: BSD-2-Clause */
/* See thread.h. Owns the pool of threads and the table of the life cycle. */
#include "kernel/task/thread.h"
#include "kernel/core/cpu.h"
#include "kernel/core/panic.h"
#include "kernel/mm/pool.h"
#include "kernel/task/process.h"

#define TO(state) (1u << THREAD_##state)

const unsigned thread_legal_next[THREAD_STATES] = {
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

static const char *const names[THREAD_STATES] = { "new",       "ready",  "running", "queued",   "served",
						  "receiving", "paging", "starved", "orphaned", "dead" };

struct pool thread_pool;
static uint32_t next_generation;

void thread_module_init(void)
{
	pool_init(&thread_pool, "thread", sizeof(struct thread));
	thread_pool.clear_bytes = offsetof(struct thread, vectors);
	next_generation = 0;
}

const char *thread_state_name(enum thread_state s) { return names[s]; }
uint32_t thread_bytes(void) { return thread_pool.object_bytes; }

struct thread *thread_create(struct process *p, uint64_t entry, uint64_t stack_top, uint64_t argument, uint64_t tls)
{
	struct thread *t;
	uint32_t index;

	if (!quota_charge(&p->quota, thread_bytes()))
		return NULL;
	t = pool_alloc(&thread_pool, &index);
	if (t == NULL) {
		quota_refund(&p->quota, thread_bytes());
		return NULL;
	}
	hal_context_init(&t->context, entry, stack_top, argument, tls);
	hal_vector_init(&t->vectors);
	list_init(&t->link);
	list_push_back(&p->threads, &t->of_process);
	t->process = p;
	t->state = THREAD_NEW;
	t->index = index;
	t->number = ++p->threads_made;
	p->thread_count++;
	t->priority = process_priority(p);
	list_init(&t->call.link);
	t->call.thread = t;
	t->call.index = index;
	t->call.generation = ++next_generation;
	t->call.message.process = p;
	t->call.message.words = t->context.word;
	return t;
}

void thread_destroy(struct thread *t)
{
	struct process *p = t->process;

	kassert(t->state == THREAD_DEAD && !list_is_linked(&t->link) && t->call.state == CALL_IDLE,
		"nothing refers to a thread that is destroyed");
	if (this_cpu()->vector_owner == t)
		this_cpu()->vector_owner = NULL;
	list_remove(&t->of_process);
	p->thread_count--;
	quota_refund(&p->quota, thread_bytes());
	t->call.generation = 0;
	pool_free(&thread_pool, t, t->index);
}
