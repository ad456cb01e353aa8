/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls in flight, found by their tokens; and how they end other than by an answer,
 * and what an answer ends (port.h): loans go back, claims are released, the caller
 * runs again. A caller whose process has ended waits, orphaned, until the server lets
 * its call go, so that nothing of it is freed while somebody may still use it.
 */
#include "kernel/core/cpu.h"
#include "kernel/core/panic.h"
#include "kernel/ipc/channel.h"
#include "kernel/ipc/inherit.h"
#include "kernel/ipc/transfer.h"
#include "kernel/task/sched.h"
#include "trace/points.h"

static struct call *kernel_calls[CALL_KERNEL_MAX];
uint64_t call_next_order;

void call_module_init(void)
{
	for (unsigned i = 0; i < CALL_KERNEL_MAX; i++)
		kernel_calls[i] = NULL;
	call_next_order = 0;
}

/* ---- calls by their tokens, and by who holds them ---- */

void call_register(struct call *c, uint32_t number)
{
	kassert(number < CALL_KERNEL_MAX, "the kernel has few calls of its own");
	kernel_calls[number] = c;
	c->token = CALL_KERNEL_BASE + number;
}

struct call *call_next_held(const struct process *server, uint32_t *cursor)
{
	while (server->has_served && *cursor < CALL_KERNEL_MAX + thread_pool.made) {
		uint32_t i = (*cursor)++;
		struct call *c = i < CALL_KERNEL_MAX ? kernel_calls[i] : &thread_at(i - CALL_KERNEL_MAX)->call;

		cpu_safe_point_at(i);
		if (c != NULL && c->state == CALL_HELD && c->server == server)
			return c;
	}
	return NULL;
}

struct call *call_find_held(const struct process *server, uint64_t token)
{
	uint32_t index = call_number(token);
	struct call *c = NULL;

	if (index >= CALL_KERNEL_BASE && index - CALL_KERNEL_BASE < CALL_KERNEL_MAX) {
		c = kernel_calls[index - CALL_KERNEL_BASE];
	} else if (index < CALL_KERNEL_BASE) {
		struct thread *t = thread_at(index);

		c = t == NULL ? NULL : &t->call;
	}
	if (c == NULL || c->token != token || c->state != CALL_HELD || c->server != server)
		return NULL;
	return c;
}

/* ---- ends ---- */

static void release_claims(struct call *c)
{
	claim_release(&c->message.send);
	claim_release(&c->message.recv);
	claim_release(&c->message.pages);
}

static void end_loan(struct call *c)
{
	if (c->loan == NULL)
		return;
	(void)loan_return(c->loan);
	if (c->thread != NULL)
		loan_destroy(c->thread->process, c->loan);
	c->loan = NULL;
}

static void bury(struct thread *t)
{
	struct process *p = t->process;

	if (this_cpu()->running == t) /* the kernel has not been left since */
		this_cpu()->running = NULL;
	thread_set_state(t, THREAD_DEAD);
	thread_destroy(t);
	process_look_again(p);
}

void call_end(struct call *c, enum status st)
{
	struct process *server = c->state == CALL_HELD ? c->server : c->channel->port->server;

	kassert(c->state != CALL_IDLE, "a call ends once");
	if (st != ST_OK)
		trace_ended(c, st);
	list_remove(&c->link);
	end_loan(c);
	release_claims(c);
	c->state = CALL_IDLE;
	c->server = NULL;
	inherit_drop(server);
	channel_call_ended(c->channel);
	if (c->thread == NULL) {
		c->done(c, st);
		return;
	}
	alarm_cancel(&c->thread->deadline);
	if (c->thread->state == THREAD_ORPHANED) {
		bury(c->thread);
		return;
	}
	if (st == ST_RETRY)
		hal_context_restart_call(&c->thread->context);
	else
		c->thread->context.nr = st;
	sched_ready(c->thread);
}

void port_deadline(struct alarm *a)
{
	struct thread *t = container_of(a, struct thread, deadline);
	struct call *c = &t->call;

	if (t->state == THREAD_RECEIVING) {
		port_wake_receiver(t, ST_TIMED_OUT);
		return;
	}
	if (t->state == THREAD_SERVED && c->loan != NULL && c->loan->pages != 0) {
		quota_refund(&t->process->quota, loan_bytes());
		loan_forfeit(c->loan, c->server, call_token(c));
		c->loan = NULL;
	}
	call_end(c, ST_TIMED_OUT);
}

void port_abandon(struct thread *t)
{
	struct call *c = &t->call;

	alarm_cancel(&t->deadline);
	release_claims(c);
	switch (t->state) {
	case THREAD_SERVED:
		trace_ended(c, ST_ENDED);
		thread_set_state(t, THREAD_ORPHANED);
		thread_mark(t, THREAD_HAS_LIMIT, THREAD_HAS_LIMIT);
		if (c->server == t->process) /* nobody is left to answer */
			call_end(c, ST_ENDED);
		return;
	case THREAD_ORPHANED:
		return;
	case THREAD_QUEUED:
		trace_ended(c, ST_ENDED);
		list_remove(&c->link);
		c->state = CALL_IDLE;
		inherit_drop(c->channel->port->server);
		channel_call_ended(c->channel);
		break;
	case THREAD_READY:
		sched_remove(t);
		break;
	case THREAD_RECEIVING:
		port_leave(t);
		break;
	default:
		list_remove(&t->link); /* of page waiters, the starved */
	}
	end_loan(c);
	bury(t);
}

/* Is the whole message still with a caller who waits for the answer, and may somebody else give it? */
static bool may_be_replayed(const struct call *c)
{
	if (c->thread != NULL && (c->deaths >= CALL_DEATHS_MAX || c->thread->state != THREAD_SERVED))
		return false; /* whatever became of pagers, the kernel asks the next */
	return (c->message.tag & TAG_IDEMPOTENT) != 0 && c->kept == c->token && c->channel->port->handles != 0;
}

/* The pages that it lent are with the caller again, and held as before. False: some were lent on and are forfeited. */
static bool take_back(struct call *c)
{
	if (c->loan == NULL)
		return true;
	if (!loan_return(c->loan))
		return false;
	claim_hold(&c->message.pages);
	return true;
}

static bool replay(struct call *c)
{
	c->deaths++;
	if (!may_be_replayed(c) || !take_back(c))
		return false;
	port_queue_again(c);
	return true;
}

void port_server_ended(struct process *p)
{
	uint32_t cursor = 0;
	struct call *c;
	struct loan *l;

	while ((c = call_next_held(p, &cursor)) != NULL) {
		hal_cpu_safe_point();
		if (!replay(c))
			call_end(c, ST_INTERRUPTED);
	}
	while ((l = list_first_entry(&p->forfeits, struct loan, link)) != NULL) {
		hal_cpu_safe_point();
		loan_drop(l);
		loan_destroy(NULL, l);
	}
}
