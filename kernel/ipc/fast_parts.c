/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast path of messages with parts: bytes, given pages and landing windows, between two threads of which either may
 * have some (fast.c has that of words only, fast_bytes.c that of bytes in the pages of the last time). What is proved and
 * moved is what the slow path proves and moves, for it is done by the same functions; then the CPU goes straight over.
 * Handles, loans, deadlines that begin, replays and whatever is not ready go the slow way: it declines before anything
 * but the thread's own unsent envelope has changed. An ordinary C function gives back the registers with the words.
 */
#include "kernel/ipc/fast.h"
#include "kernel/ipc/parts.h"
#include "kernel/ipc/transfer.h"

/*
 * Is all that it sends, and takes, ready, and would it go to this receiver? Then it is held, so that no page of it is
 * given away by the same message; what it sends is looked at once more only if pages are.
 */
static bool may_go(struct thread *t, uint64_t tag, uint64_t buffers, bool reply, const struct envelope *to)
{
	struct envelope *m = &t->call.message;
	struct blame blame;
	struct miss miss;

	if (parts_lend(tag) || parts_prove(t, tag, buffers, reply, &miss) != ST_OK)
		return false;
	claim_hold(&m->recv);
	if (tag_pages(tag) != 0)
		claim_hold(&m->send);
	blame = transfer_check(m, to);
	if (blame.sender != ST_OK || blame.receiver != ST_OK) {
		parts_release(m);
		return false;
	}
	if (m->known_window != 0 && m->buffers.base - m->pages.base >= tag_pages(tag) * PAGE_BYTES)
		m->known_window = m->buffers.seen = m->buffers.as->space.changes; /* all else is where it was */
	return true;
}

/* It goes; the receiver waits no more, and what it held (by the slow way, all) is let go. Now t waits. */
static void move(struct thread *t, struct thread *receiver)
{
	struct delivery d;

	transfer_commit(&t->call.message, &receiver->call.message, NULL, &d);
	claim_release(&t->call.message.send);
	parts_release(&receiver->call.message);
	alarm_cancel(&receiver->deadline);
	thread_mark(t, THREAD_HAS_LIMIT, 0);
}

/* Is somebody's vector state at stake? */
static inline bool vectors(const struct thread *t, const struct thread *other)
{
	return ((t->special | other->special) & THREAD_HAS_VECTORS) != 0;
}

/* Pages and nothing else, given as those before, by buffers that are known, into a window that is. */
static inline bool is_given(struct thread *t, uint64_t tag, uint64_t buffers, struct thread *receiver)
{
	struct envelope *m = &t->call.message;
	const struct envelope *to = &receiver->call.message;
	struct aspace *as = &t->process->aspace;
	const volatile struct ipc_buffers *b = (const void *)m->buffers.at;
	uint64_t at, pages = tag_pages(tag);

	if (m->known_window != as->space.changes || m->buffers.base != buffers ||
	    (tag & (tag_with_pages(0, 0, 1) - 1 - TAG_OP_MASK)) != tag_with_pages(0, MESSAGE_PAGES_GIVEN, 0) ||
	    pages - 1 >= to->takes || !fast_may_call(t, receiver) ||
	    (b->recv_capacity | b->landing_pages | b->accept) != 0)
		return false;
	at = b->send_pages;
	if (!page_aligned(at) || aspace_give(as, at, &receiver->process->aspace, to->landing, pages) != ST_OK)
		return false;
	m->landing_pages = m->accept = 0;
	if (m->buffers.base - at >= pages * PAGE_BYTES) /* all else is where it was */
		m->known_window = as->space.changes;
	return true;
}

void kernel_parts_call(uint64_t handle, uint64_t tag, uint64_t buffers, uint64_t pc, uint64_t, struct context *in)
{
	struct thread *t = container_of(in, struct thread, context), *receiver;
	const struct process *p = t->process;
	struct channel *channel;

	if (!fast_find_channel(p, handle, pc, &channel))
		goto decline;
	receiver = channel->port->waiter;
	if (!port_waiter_is_thread(receiver))
		goto decline;
	if (t->special == 0 && buffers != 0) /* its last message had words only */
		thread_mark(t, THREAD_HAS_PARTS, THREAD_HAS_PARTS);
	if (is_given(t, tag, buffers, receiver)) {
		fast_commit_call(t, true, receiver, channel, tag, false, true);
		return;
	}
	if (receiver->priority < t->priority || !may_go(t, tag, buffers, false, &receiver->call.message))
		goto decline;
	/* Commit: nothing fails any more. */
	move(t, receiver);
	fast_commit_call(t, p != receiver->process, receiver, channel, tag, vectors(t, receiver), true);
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

	if (!fast_find_port(server, handle, pc, c, token, &port) || caller->state != THREAD_SERVED || c->loan != NULL ||
	    sched_would_preempt(caller->priority) || !may_go(t, tag, buffers, true, &c->message))
		goto decline;
	/* Commit: nothing fails any more. */
	move(t, caller);
	fast_commit_reply_recv(t, server != caller->process, port, tag, vectors(t, caller), true);
	return;
decline:
	hal_decline_reply_recv(token, tag, buffers, handle);
}

/* ---- bytes alone, in pages that may be several ---- */

/* Does the one say what he said before, and has the other room for it, and waits where that is easily moved? */
static inline bool is_easy(const struct envelope *from, const struct aspace *as, uint64_t tag, uint64_t buffers,
			   const struct envelope *to)
{
	return from->known_bytes == as->space.changes &&
	       fast_says_the_same(from, as, tag, buffers, from->send.pages + from->recv.pages) &&
	       from->send.bytes <= to->recv.bytes && (to->recv.bytes == 0 || to->recv.table != NULL);
}

/* From the one to the other, who waits for it; then the one waits. (Who holds what matters only when somebody runs.) */
FAST_INLINE void move_runs(struct envelope *from, struct aspace *as, struct envelope *to, struct aspace *there)
{
	if (to->recv.bytes != 0)
		claim_hold_all(&to->recv, there, false);
	if (from->recv.bytes != 0)
		claim_hold_all(&from->recv, as, true);
	if (from->send.bytes == 0)
		return;
	if ((from->send.base - to->recv.base) % PAGE_BYTES == 0)
		claim_copy_pages(&to->recv, &from->send, from->send.bytes);
	else
		claim_copy_run(&to->recv, &from->send, from->send.bytes);
}

void fast_pages_of_bytes(uint64_t handle, uint64_t tag, uint64_t buffers, struct thread *t, struct thread *other,
			 void *end)
{
	if (is_easy(&t->call.message, &t->process->aspace, tag, buffers, &other->call.message)) {
		/* Commit: nothing fails any more. */
		move_runs(&t->call.message, &t->process->aspace, &other->call.message, &other->process->aspace);
		if (other->state == THREAD_RECEIVING)
			fast_commit_call(t, true, other, end, tag, false, true);
		else
			fast_commit_reply_recv(t, true, end, tag, false, true);
	} else if (other->state == THREAD_RECEIVING) {
		kernel_parts_call(handle, tag, buffers, t->context.pc, 0, &t->context);
	} else {
		kernel_parts_reply_recv(other->call.token, tag, buffers, t->context.pc, handle, &t->context);
	}
}
