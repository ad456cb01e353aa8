/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the CPU goes straight over to the other side of a call: what the fast path of words (fast.c) and that of messages
 * with parts (fast_parts.c) end in. Nothing here fails.
 */
#pragma once
#include "kernel/entry.h"
#include "kernel/ipc/channel.h"
#include "kernel/task/sched.h"
#include "kernel/task/switch.h"

#define FAST_INLINE static inline __attribute__((always_inline))

/* A call by the stubs, over this channel? */
FAST_INLINE bool fast_find_channel(const struct process *p, uint64_t handle, uint64_t pc, struct channel **channel)
{
	void *object = NULL;
	bool found = pc - p->stub_return < p->call_stub_bytes &&
		     handle_find(&p->handles, (handle_t)handle, HANDLE_CALLABLE, &object);

	*channel = object;
	return found;
}

/*
 * An answer by the stubs, to the call under this token, which this process holds; and at this port, which it serves,
 * nobody waits and nothing?
 */
FAST_INLINE bool fast_find_port(const struct process *server, uint64_t handle, uint64_t pc, const struct call *c,
				uint64_t token, struct port **port)
{
	void *object;

	if (pc - server->stub_return >= server->reply_recv_stub_bytes || server->boost != 0 ||
	    !handle_find(&server->handles, (handle_t)handle, HANDLE_RECEIVABLE, &object))
		return false;
	*port = object;
	return (*port)->server == server && (*port)->waiter == PORT_QUIET && c->token == token && c->server == server &&
	       !c->channel->told;
}

/* fast_own.c: an answer to a call of the kernel's own, perhaps. */
void kernel_own_reply_recv(uint64_t token, uint64_t tag, uint64_t buffers, uint64_t handle, struct thread *t);

/* The CPU goes to another process, perhaps, and to its vector registers, perhaps. */
FAST_INLINE void fast_switch_over(bool elsewhere, struct process *to, struct thread *t, bool vectors)
{
	hal_tls_load(&t->context.tls);
	struct cpu *cpu = this_cpu();

	cpu->running = t;
	if (__builtin_expect(elsewhere, true))
		switch_space(cpu, to);
	if (vectors)
		vectors_switch(cpu, t);
}

/* late: there were safe points on the way, so that there may be something to catch up with. */
FAST_INLINE void answer(uint64_t badge, uint64_t tag, uint64_t token, struct context *to, uint64_t peer, bool late)
{
	if (late && cpu_interrupted(this_cpu()))
		hal_context_answer_late(badge, tag, token, to, peer);
	else
		hal_context_answer(badge, tag, token, to, peer);
}

/* Pre: the receiver waits, and is as urgent as the caller. elsewhere: it is of another process. */
FAST_INLINE void fast_commit_call(struct thread *t, bool elsewhere, struct thread *receiver, struct channel *channel,
				  uint64_t tag, bool vectors, bool late)
{
	struct call *c = &t->call;
	struct process *server = receiver->process;

	channel->port->waiter = PORT_QUIET;
	fast_switch_over(elsewhere, server, receiver, vectors);
	channel_call_began(channel);
	c->channel = channel;
	c->priority = t->priority;
	c->state = CALL_HELD;
	c->server = server;
	receiver->last_caller = t;
	thread_move(t, THREAD_RUNNING, THREAD_SERVED);
	thread_move(receiver, THREAD_RECEIVING, THREAD_RUNNING);
	answer(channel->badge, tag, call_new_token(c), &receiver->context, channel_peer(channel), late);
}

FAST_INLINE void fast_commit_reply_recv(struct thread *t, bool elsewhere, struct port *port, uint64_t tag, bool vectors,
					bool late)
{
	struct thread *caller = t->last_caller;
	struct call *c = &caller->call;

	fast_switch_over(elsewhere, caller->process, caller, vectors);
	c->state = CALL_IDLE;
	c->server = NULL;
	c->channel->calls--;
	t->port = port;
	port->waiter = t;
	thread_move(t, THREAD_RUNNING, THREAD_RECEIVING);
	thread_move(caller, THREAD_SERVED, THREAD_RUNNING);
	answer(0, tag, 0, &caller->context, 0, late);
}

/* Two threads of two processes, of which the one has parts: no vectors, no deadline, no end; and no less urgent is the other. */
FAST_INLINE bool fast_may_call(const struct thread *t, const struct thread *receiver)
{
	return receiver->parts_takes >= t->parts_asks && t->process != receiver->process;
}

/* The same of an answer; and nobody is more urgent than the caller. */
FAST_INLINE bool fast_may_answer(const struct thread *t, const struct thread *caller)
{
	return sched_occupied < caller->parts_resumes && t->special == THREAD_HAS_PARTS &&
	       t->process != caller->process;
}

/*
 * Bytes alone, and it says what it said before, within its busy allowance? Each field is read once, though only to be
 * compared. pages: of what it sends and where it receives, together.
 */
FAST_INLINE bool fast_says_the_same(const struct envelope *m, const struct aspace *as, uint64_t tag, uint64_t buffers,
				    uint32_t pages)
{
	const volatile struct ipc_buffers *b = (const void *)m->buffers.at;

	return m->buffers.base == buffers && tag >> TAG_BYTES_BIT == m->send.bytes && b->send_bytes == m->send.base &&
	       b->recv_bytes == m->recv.base && b->recv_capacity == m->recv.bytes &&
	       (b->landing_pages | b->accept) == 0 && as->busy + pages <= as->busy_max;
}

/*
 * Bytes in pages that may be several, where they lay the last time; if not, as ever (fast_parts.c). Pre: a call may go to
 * the other, who waits for it, by the channel `end`, or an answer, and then wait at the port `end`, by the handle.
 */
void fast_pages_of_bytes(uint64_t handle, uint64_t tag, uint64_t buffers, struct thread *t, struct thread *other,
			 void *end);
