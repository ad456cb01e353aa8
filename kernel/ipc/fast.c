/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast path: a call or answer of words only, to a thread that waits for it. It does what port_call, port_reply and
 * port_receive do for such a message, and hands the CPU straight over: no queue, no scheduler. Whatever is unusual
 * makes it decline before anything has changed, and the slow path does it all. This file is compiled so that it cannot
 * touch the registers with the words: they stay there, while the process changes around them.
 *
 * Nobody who is ready is more urgent than the thread that makes a call. So who is at least as urgent as that may run
 * at once; the run queues are asked only if the CPU would go to somebody less urgent.
 */
#include "kernel/ipc/fast.h"

/* ---- a call ---- */

/* They do not fit simply. If that is because of vectors, it goes on; else not this time. */
__attribute__((noinline)) static void special_call(uint64_t handle, uint64_t tag, struct thread *t,
						   struct channel *channel)
{
	struct thread *receiver = channel->port->waiter;

	if ((t->special | receiver->special) & (THREAD_HAS_PARTS | THREAD_HAS_LIMIT))
		kernel_parts_call(handle, tag, 0, t->context.pc, 0, &t->context);
	else if (receiver->priority < t->priority)
		hal_decline_call(handle, tag, 0, 0);
	else /* Commit: nothing fails any more. */
		fast_commit_call(t, t->process != receiver->process, receiver, channel, tag, true, false);
}

void kernel_fast_call(uint64_t handle, uint64_t tag, uint64_t, uint64_t pc, uint64_t, struct context *in)
{
	struct thread *t = container_of(in, struct thread, context), *receiver;
	const struct process *p = t->process;
	struct channel *channel;

	if (!fast_find_channel(p, handle, pc, &channel)) {
		hal_decline_call(handle, tag, 0, 0);
		return;
	}
	receiver = channel->port->waiter;
	if (!port_waiter_is_thread(receiver))
		hal_decline_call(handle, tag, 0, 0);
	else if (receiver->fast_takes < t->fast_asks)
		special_call(handle, tag, t, channel);
	else /* Commit: nothing fails any more. */
		fast_commit_call(t, p != receiver->process, receiver, channel, tag, false, false);
}

/* ---- an answer ---- */

__attribute__((noinline)) static void special_reply_recv(uint64_t token, uint64_t tag, struct thread *t,
							 uint64_t handle, struct port *port)
{
	const struct thread *caller = t->last_caller;

	if ((t->special | caller->special) & (THREAD_HAS_PARTS | THREAD_HAS_LIMIT))
		kernel_parts_reply_recv(token, tag, 0, t->context.pc, handle, &t->context);
	else if (sched_would_preempt(caller->priority))
		hal_decline_reply_recv(token, tag, 0, handle);
	else /* Commit: nothing fails any more. */
		fast_commit_reply_recv(t, t->process != t->last_caller->process, port, tag, true, false);
}

/*
 * The token must be that of the call that came to this thread by the fast path last. The caller's record may be another
 * thread's by now, or nobody's: then its token differs.
 */
void kernel_fast_reply_recv(uint64_t token, uint64_t tag, uint64_t, uint64_t pc, uint64_t handle, struct context *in)
{
	struct thread *t = container_of(in, struct thread, context);
	const struct process *server = t->process;
	const struct call *c = &t->last_caller->call;
	struct port *port;

	if (!fast_find_port(server, handle, pc, c, token, &port))
		hal_decline_reply_recv(token, tag, 0, handle);
	else if (sched_occupied >= t->last_caller->fast_resumes || t->special != 0)
		special_reply_recv(token, tag, t, handle, port);
	else /* Commit: nothing fails any more. */
		fast_commit_reply_recv(t, t->process != t->last_caller->process, port, tag, false, false);
}
