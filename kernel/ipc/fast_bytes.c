/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast path of bytes that lie where they lay the last time: what a thread sends, where it receives, and where it
 * says so are each within a page that was found before, and no translation of its space has been dropped since; and of
 * an answer of words by who waits for pages in a window, said there, too. The rest is as in fast.c; what is otherwise
 * goes by fast_parts.c. Compiled as fast.c is.
 */
#include "kernel/ipc/fast.h"
#include "machine/copy.h"

enum { PAGES_OF_BOTH = 2 }; /* what it sends and where it receives */

/* From the one to the other, who waits for it; then the one waits. False: where that is needs more than a look. */
FAST_INLINE bool is_moved(struct thread *t, struct thread *receiver)
{
	struct envelope *from = &t->call.message, *to = &receiver->call.message;
	uint64_t bytes = from->send.bytes;

	if (bytes > to->recv.bytes)
		return false;
	if (to->recv.frame != NULL) { /* Commit: nothing fails any more. */
		hal_copy(to->recv.at, from->send.at, bytes);
		claim_release_near(&to->recv, &receiver->process->aspace);
	} else if (to->recv.bytes != 0) {
		return false;
	}
	if (from->recv.bytes != 0)
		claim_hold_near(&from->recv, &t->process->aspace);
	return true;
}

void kernel_bytes_call(uint64_t handle, uint64_t tag, uint64_t buffers, uint64_t pc, uint64_t, struct context *in)
{
	struct thread *t = container_of(in, struct thread, context), *receiver;
	const struct process *p = t->process;
	struct channel *channel;

	if (!fast_find_channel(p, handle, pc, &channel))
		goto parts;
	receiver = channel->port->waiter;
	if (!port_waiter_is_thread(receiver) || !fast_may_call(t, receiver))
		goto parts;
	if (t->call.message.known == p->aspace.space.changes &&
	    fast_says_the_same(&t->call.message, &p->aspace, tag, buffers, PAGES_OF_BOTH) && is_moved(t, receiver))
		fast_commit_call(t, true, receiver, channel, tag, false, false);
	else
		fast_pages_of_bytes(handle, tag, buffers, t, receiver, channel);
	return;
parts:
	kernel_parts_call(handle, tag, buffers, in->pc, 0, in);
}

/* A window as the last one was, or somewhere else, and nothing besides. What is kept of it is read once. */
FAST_INLINE bool has_posted(struct envelope *m, const struct aspace *as, uint64_t buffers)
{
	const struct ipc_buffers *b = (const void *)m->buffers.at;
	const volatile struct ipc_buffers *once = b;
	const struct region *r = as->recent;

	if (m->known_window != as->space.changes || m->buffers.base != buffers ||
	    (b->recv_capacity | (b->accept ^ ACCEPT_GIVEN)) != 0)
		return false;
	m->landing = once->landing;
	m->takes = m->landing_pages = once->landing_pages;
	m->accept = ACCEPT_GIVEN;
	return m->takes == 0 || (r->kind == REGION_LANDING && region_page(r, m->landing) < r->pages &&
				 m->takes <= r->pages - region_page(r, m->landing));
}

void kernel_bytes_reply_recv(uint64_t token, uint64_t tag, uint64_t buffers, uint64_t pc, uint64_t handle,
			     struct context *in)
{
	struct thread *t = container_of(in, struct thread, context), *caller = t->last_caller;
	const struct process *server = t->process;
	struct call *c = &caller->call;
	struct envelope *m = &t->call.message;
	struct aspace *as = &t->process->aspace;
	struct port *port;

	if (!fast_find_port(server, handle, pc, c, token, &port) || c->loan != NULL || c->message.send.held ||
	    !fast_may_answer(t, caller))
		goto parts;
	if (m->known == as->space.changes
		    ? fast_says_the_same(m, as, tag, buffers, PAGES_OF_BOTH) && is_moved(t, caller)
		    : !c->message.recv.held && tag >> TAG_BYTES_BIT == 0 && has_posted(m, as, buffers))
		fast_commit_reply_recv(t, true, port, tag, false, false);
	else
		fast_pages_of_bytes(handle, tag, buffers, t, caller, port);
	return;
parts:
	if (call_number(token) < CALL_KERNEL_BASE)
		kernel_parts_reply_recv(token, tag, buffers, in->pc, handle, in);
	else
		kernel_own_reply_recv(token, tag, buffers, handle, t);
}
