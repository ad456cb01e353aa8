/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast path of an answer of words by who waits for pages in a window, when no more than the window has changed.
 * Compiled as fast.c is. The call that brings the pages is in fast_parts.c.
 */
#include "kernel/ipc/fast.h"

/* A window as the last one was, or somewhere else, and nothing besides. Each field is read once. */
FAST_INLINE bool has_posted(struct envelope *m, struct aspace *as, uint64_t buffers)
{
	const volatile struct ipc_buffers *b = (const void *)m->buffers.at;
	uint64_t landing, pages;
	const struct region *r;

	if (m->known_window != as->space.changes || m->buffers.base != buffers || b->recv_capacity != 0 ||
	    b->accept != ACCEPT_GIVEN)
		return false;
	landing = b->landing;
	pages = b->landing_pages;
	r = as->recent;
	if (!region_is_landing(r, landing, pages))
		return false;
	m->landing = landing;
	m->landing_pages = pages;
	m->accept = ACCEPT_GIVEN;
	return true;
}

void kernel_window_reply_recv(uint64_t token, uint64_t tag, uint64_t buffers, uint64_t pc, uint64_t handle,
			      struct context *in)
{
	struct thread *t = container_of(in, struct thread, context), *caller = t->last_caller;
	const struct process *server = t->process;
	struct call *c = &caller->call;
	struct port *port;

	if (!fast_find_port(server, handle, pc, c, token, &port) || c->loan != NULL ||
	    (sched_occupied != 0 && sched_would_preempt(caller->priority)) || !fast_is_plain(t, caller) ||
	    c->message.send.held || c->message.recv.held || tag >> TAG_BYTES_BIT != 0 ||
	    !has_posted(&t->call.message, &t->process->aspace, buffers))
		goto parts;
	/* Commit: nothing fails any more. */
	fast_commit_reply_recv(t, port, tag, false, false);
	return;
parts:
	kernel_parts_reply_recv(token, tag, buffers, in->pc, handle, in);
}
