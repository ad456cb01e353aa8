/* SPDX-License-Identifier: BSD-2-Clause */
/* See thread.h. Owns the pool of threads and the table of the life cycle. */
#include "kernel/task/thread.h"
#include "kernel/task/vectors.h"
#include "kernel/core/cpu.h"
#include "kernel/core/panic.h"
#include "kernel/mm/pool.h"
#include "kernel/task/process.h"

static const char *const names[THREAD_STATES] = { "new",       "ready",  "running", "queued",   "served",
						  "receiving", "paging", "starved", "orphaned", "dead" };

struct pool thread_pool;
static uint64_t next_generation;

void thread_module_init(void)
{
	pool_init(&thread_pool, "thread", sizeof(struct thread));
	thread_pool.clear_bytes = offsetof(struct thread, vectors);
	next_generation = 1;
}

void thread_refresh(struct thread *t)
{
	int32_t priority = (int32_t)t->priority;

	t->fast_takes = t->parts_takes = -1;
	t->fast_asks = t->parts_asks = INT32_MAX;
	t->fast_resumes = t->parts_resumes = 0;
	if ((t->special & ~(unsigned)THREAD_HAS_PARTS) != 0)
		return;
	t->parts_takes = priority;
	t->parts_resumes = 2ull << priority;
	if (t->special != 0) {
		t->parts_asks = priority;
	} else {
		t->fast_takes = t->fast_asks = priority;
		t->fast_resumes = t->parts_resumes;
	}
}

void thread_mark(struct thread *t, unsigned mask, unsigned special)
{
	special |= t->special & ~mask;
	if (special == t->special)
		return;
	t->special = (uint8_t)special;
	thread_refresh(t);
}

const char *thread_state_name(enum thread_state s) { return names[s]; }
uint32_t thread_bytes(void) { return thread_pool.object_bytes; }

struct thread *thread_create(struct process *p, uint64_t entry, uint64_t stack_top, uint64_t argument, uint64_t tls)
{
	uint32_t index;
	struct thread *t = quota_alloc(&p->quota, &thread_pool, &index);

	if (t == NULL)
		return NULL;
	hal_context_init(&t->context, entry, stack_top, argument, tls);
	vectors_init_thread(t);
	list_init(&t->link);
	list_push_back(&p->threads, &t->of_process);
	t->process = p;
	t->last_caller = t;
	t->state = THREAD_NEW;
	t->index = index;
	t->number = ++p->threads_made;
	p->thread_count++;
	t->priority = process_priority(p);
	thread_refresh(t);
	list_init(&t->call.link);
	t->call.thread = t;
	t->call.token = (next_generation << CALL_NUMBER_BITS) + index;
	t->call.message.process = p;
	t->call.message.send.as = t->call.message.recv.as = t->call.message.pages.as = t->call.message.buffers
											       .as = &p->aspace;
	t->call.message.recv.write = true;
	t->call.message.words = t->context.word;
	return t;
}

void thread_destroy(struct thread *t)
{
	struct process *p = t->process;

	kassert(t->state == THREAD_DEAD && !list_is_linked(&t->link) && t->call.state == CALL_IDLE,
		"nothing refers to a thread that is destroyed");
	if (this_cpu()->vector_owner == t) /* what is in the registers is nobody's, and open until the next switch */
		this_cpu()->vector_owner = NULL;
	list_remove(&t->of_process);
	p->thread_count--;
	if (t->call.token >> CALL_NUMBER_BITS >= next_generation) /* whoever comes here next starts above its tokens */
		next_generation = (t->call.token >> CALL_NUMBER_BITS) + 1;
	t->call.token = 0;
	quota_free(&p->quota, &thread_pool, t, t->index);
}
