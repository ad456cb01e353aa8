/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast path of a call that gives one page, said in buffers that are known, into a window that is: no translation of
 * either space was dropped since, and no window unmapped. What is otherwise goes by fast_parts.c; the answer, which posts
 * the next window, is in fast_bytes.c. An ordinary C function gives back the registers with the words.
 */
#include "kernel/ipc/fast.h"
#include "kernel/mm/aspace_give.h"

/* It says that it gives a page and nothing else, as it said before. Each field is read once. */
FAST_INLINE bool is_given(struct envelope *m, struct aspace *as, uint64_t buffers, struct envelope *to)
{
	const struct ipc_buffers *b = (const void *)m->buffers.at;

	if (m->known_window != as->space.changes || m->buffers.base != buffers || to->takes == 0 ||
	    to->known_window != to->process->aspace.space.changes ||
	    (b->recv_capacity | b->landing_pages | b->accept) != 0 ||
	    !aspace_give_page(as, *(const volatile uint64_t *)&b->send_pages, &to->process->aspace, to->landing,
			      m->buffers.frame))
		return false;
	m->landing_pages = m->accept = 0;
	m->known_window = as->space.changes; /* all else is where it was */
	return true;
}

void kernel_page_call(uint64_t handle, uint64_t tag, uint64_t buffers, uint64_t pc, uint64_t, struct context *in)
{
	struct thread *t = container_of(in, struct thread, context), *receiver;
	struct process *p = t->process;
	struct channel *channel;

	if (!fast_find_channel(p, handle, pc, &channel))
		goto parts;
	receiver = channel->port->waiter;
	if (!port_waiter_is_thread(receiver) || !fast_may_call(t, receiver) ||
	    !is_given(&t->call.message, &p->aspace, buffers, &receiver->call.message))
		goto parts;
	/* Commit: nothing fails any more. */
	fast_commit_call(t, true, receiver, channel, tag, false, false);
	return;
parts:
	kernel_parts_call(handle, tag, buffers, in->pc, 0, in);
}

void kernel_pages_call(uint64_t handle, uint64_t tag, uint64_t buffers, uint64_t pc, uint64_t unused,
		       struct context *in)
{
	if ((tag ^ tag_with_pages(0, MESSAGE_PAGES_GIVEN, 1)) <= TAG_OP_MASK)
		kernel_page_call(handle, tag, buffers, pc, unused, in);
	else
		kernel_parts_call(handle, tag, buffers, pc, unused, in);
}
