/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast path of messages with parts (fast.c has that of words only): bytes, given pages and landing windows, between
 * two threads of which either may have some. What is proved and moved is what the slow path proves and moves, for it is
 * done by the same functions, but for bytes within pages that are known: that is done here. Then the CPU goes straight
 * over. Handles, loans, deadlines, replays and whatever is not ready go the slow way: it declines before anything but
 * the thread's own unsent envelope has changed. An ordinary C function gives back the registers with the words.
 */
#include "kernel/base/mem.h"
#include "kernel/ipc/fast.h"
#include "kernel/ipc/parts.h"
#include "kernel/ipc/transfer.h"

enum { PAGES_OF_BOTH = 2 }; /* of what it sends and of where it receives */

/* Is all that it sends, and takes, ready? Nearly always it is bytes in the pages of the last time. */
FAST_INLINE bool prove(struct thread *t, uint64_t tag, uint64_t buffers, bool reply)
{
	struct envelope *m = &t->call.message;
	const struct aspace *as = &t->process->aspace;
	struct miss miss;

	if ((tag & TAG_PAGES_MASK) == 0 && claim_is_known(&m->buffers, buffers, sizeof(struct ipc_buffers)) &&
	    as->busy + PAGES_OF_BOTH <= as->busy_max) {
		const volatile struct ipc_buffers *b = (const void *)m->buffers.at;

		if ((b->landing_pages | b->accept) == 0 && claim_is_known(&m->recv, b->recv_bytes, b->recv_capacity) &&
		    (tag_bytes(tag) == 0 || claim_is_known(&m->send, b->send_bytes, tag_bytes(tag)))) {
			m->landing_pages = 0;
			m->accept = 0;
			return true;
		}
	}
	return !parts_lend(tag) && parts_prove(t, tag, buffers, reply, &miss) == ST_OK;
}

/* Would it go? */
FAST_INLINE bool may_go(const struct envelope *from, uint64_t tag, const struct envelope *to)
{
	struct blame blame;

	if (tag_pages(tag) == 0)
		return tag_bytes(tag) <= to->recv.bytes;
	blame = transfer_check(from, to);
	return blame.sender == ST_OK && blame.receiver == ST_OK;
}

/* It goes; the receiver waits no more. */
FAST_INLINE void move(struct envelope *from, uint64_t tag, struct thread *receiver)
{
	struct envelope *to = &receiver->call.message;
	struct delivery d;

	if (tag_pages(tag) != 0)
		transfer_commit(from, to, NULL, &d);
	else if (tag_bytes(tag) != 0)
		claim_copy(&to->recv, &from->send, tag_bytes(tag));
	claim_release(&to->recv);
	if (list_is_linked(&receiver->deadline.link))
		alarm_cancel(&receiver->deadline);
}

/* Now t waits, with what it takes. */
FAST_INLINE void wait(struct thread *t, bool parts)
{
	if (t->call.message.recv.bytes != 0)
		claim_hold(&t->call.message.recv);
	if (!(t->special & THREAD_HAS_PARTS) || !parts)
		thread_mark(t, THREAD_HAS_PARTS, parts);
}

/* Is somebody's vector state at stake? */
FAST_INLINE bool vectors(const struct thread *t, const struct thread *other)
{
	return ((t->special | other->special) & THREAD_HAS_VECTORS) != 0;
}

void kernel_parts_call(uint64_t handle, uint64_t tag, uint64_t buffers, uint64_t pc, uint64_t, struct context *in)
{
	struct thread *t = container_of(in, struct thread, context), *receiver;
	const struct process *p = t->process;
	struct channel *channel;
	void *object;

	if (pc - p->stub_return >= p->call_stub_bytes ||
	    !handle_find(&p->handles, (handle_t)handle, HANDLE_CALLABLE, &object))
		goto decline;
	channel = object;
	receiver = channel->port->waiter;
	if (!port_waiter_is_thread(receiver) || receiver->priority < t->priority || !prove(t, tag, buffers, false) ||
	    !may_go(&t->call.message, tag, &receiver->call.message))
		goto decline;
	/* Commit: nothing fails any more. */
	move(&t->call.message, tag, receiver);
	wait(t, buffers != 0);
	fast_commit_call(t, p, receiver, channel, tag, vectors(t, receiver));
	return;
decline:
	hal_decline_call(handle, tag, buffers, 0);
}

void kernel_parts_reply_recv(uint64_t token, uint64_t tag, uint64_t buffers, uint64_t pc, uint64_t handle,
			     struct context *in)
{
	struct thread *t = container_of(in, struct thread, context), *caller = t->last_caller;
	const struct process *server = t->process;
	struct call *c = &caller->call;
	struct port *port;
	void *object;

	if (pc - server->stub_return >= server->reply_recv_stub_bytes || server->boost != 0 ||
	    !handle_find(&server->handles, (handle_t)handle, HANDLE_RECEIVABLE, &object))
		goto decline;
	port = object;
	if (port->server != server || port->waiter != PORT_QUIET || c->token != token || c->server != server ||
	    c->channel->told || caller->state != THREAD_SERVED || c->loan != NULL ||
	    sched_would_preempt(caller->priority) || !prove(t, tag, buffers, true) ||
	    !may_go(&t->call.message, tag, &c->message))
		goto decline;
	/* Commit: nothing fails any more. */
	move(&t->call.message, tag, caller);
	wait(t, buffers != 0);
	fast_commit_reply_recv(t, port, tag, vectors(t, caller));
	return;
decline:
	hal_decline_reply_recv(token, tag, buffers, handle);
}
