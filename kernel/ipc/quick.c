/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that end where they began: nobody waits and nobody else runs, so no register is saved and kernel_leave is not
 * asked. Nothing is pending when user mode enters the kernel, and without a safe point nothing comes.
 * Whatever is unusual makes them decline before anything has changed. This file is compiled so that its functions keep
 * all registers but the one they return.
 */
#include "hal/timer.h"
#include "kernel/abi/syscall.h"
#include "kernel/core/cpu.h"
#include "kernel/entry.h"
#include "kernel/ipc/channel.h"
#include "kernel/task/sched.h"

uint64_t kernel_quick_clock_now(uint64_t, uint64_t, uint64_t, uint64_t pc)
{
	return process_may_call(this_cpu()->running->process, pc, SYS_clock_now) ? hal_clock_ns() : QUICK_DECLINED;
}

/* ---- notifications ---- */

/* Where they go by this handle, under the badge that they have now; NULL: see the slow way. */
static inline struct signal *find_signal(const struct process *p, handle_t handle, uint64_t id)
{
	struct channel *c;
	void *object;

	if (handle_find(&p->handles, handle, HANDLE_CALLABLE, &object)) {
		c = object;
		c->to_server.badge = c->badge;
		return &c->to_server;
	}
	if (!handle_find(&p->handles, handle, HANDLE_RECEIVABLE, &object))
		return NULL;
	c = channel_find(object, id);
	if (c == NULL || c->client == NULL)
		return NULL;
	c->to_client.port = c->client->signal_port;
	return &c->to_client;
}

/* What port_notify ends in, for a thread that waits alone and is not special. */
static inline void deliver(const struct signal *s, struct port *port, uint64_t bits, struct thread *receiver)
{
	struct context *c = &receiver->context;

	port->waiter = PORT_QUIET;
	receiver->port = NULL;
	thread_move(receiver, THREAD_RECEIVING, THREAD_READY);
	sched_join(receiver);
	c->nr = ST_OK;
	c->word[0] = bits;
	c->word[1] = c->word[2] = c->word[3] = c->word[4] = c->word[5] = 0;
	c->arg[0] = s->badge;
	c->arg[1] = (uint64_t)MESSAGE_KIND_NOTIFY << TAG_KIND_BIT;
	c->arg[2] = c->arg[3] = c->arg[5] = 0;
	c->arg[4] = s->id;
}

/* A port where a thread waits alone has no signals: this one is not linked, and has bits only from before it had a port. */
uint64_t kernel_quick_ipc_notify(uint64_t handle, uint64_t id, uint64_t bits, uint64_t pc)
{
	const struct thread *t = this_cpu()->running;
	struct thread *receiver;
	struct signal *s;
	struct port *port;

	if (!process_may_call(t->process, pc, SYS_ipc_notify) || bits == 0 || (bits & ~NOTIFY_USER_BITS) != 0)
		return QUICK_DECLINED;
	s = find_signal(t->process, (handle_t)handle, id);
	if (s == NULL || (port = s->port) == NULL)
		return QUICK_DECLINED;
	receiver = port->waiter;
	if (port_waiter_is_thread(receiver) && receiver->fast_asks <= (int32_t)t->priority && s->bits == 0) {
		/* Commit: nothing fails any more. */
		deliver(s, port, bits, receiver);
		return ST_OK;
	}
	if (!list_is_linked(&s->link))
		return QUICK_DECLINED;
	s->bits |= bits; /* they merge */
	return ST_OK;
}
