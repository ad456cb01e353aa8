/* SPDX-License-Identifier: BSD-2-Clause */
/* See fast.h. In each function one comment marks the point after which nothing can fail. */
#include "kernel/ipc/fast.h"
#include "kernel/abi/syscall.h"
#include "kernel/ipc/channel.h"
#include "kernel/task/sched.h"
#include "trace/points.h"

/* Registers: where arguments and results of the calls are (kernel/abi/syscall.h). */
enum { ARG_CHANNEL = 0, ARG_TOKEN = 0, ARG_TAG = 1, ARG_BUFFERS = 2, ARG_DEADLINE = 3, ARG_PORT = 4 };

/*
 * Words only, for as long as it takes, and so was the thread's last message: nothing of it needs to be unset. An
 * idempotent call goes the long way: it may have to be delivered again.
 */
static bool is_plain(const struct thread *t)
{
	const struct context *c = &t->context;

	return t->call.plain && (c->arg[ARG_TAG] & ~TAG_OP_MASK) == 0 && c->arg[ARG_BUFFERS] == 0 &&
	       c->arg[ARG_DEADLINE] == DEADLINE_NEVER;
}

/* May this thread run at once, before everybody who is ready? */
static bool is_next(const struct thread *t) { return !sched_would_preempt(t->priority); }

/* What the receiving side is told, but for the words: they go from context to context as it is resumed. */
static void tell(struct context *to, uint64_t tag, uint64_t badge, uint64_t token, uint64_t channel_peer)
{
	to->nr = ST_OK;
	to->arg[0] = badge;
	to->arg[1] = tag;
	to->arg[2] = token;
	to->arg[3] = 0;
	to->arg[4] = channel_peer;
	to->arg[5] = 0;
}

struct thread *fast_call(struct thread *t)
{
	struct call *c = &t->call;
	struct handle_entry *e;
	struct channel *channel;
	struct thread *receiver;

	if (!is_plain(t) || handle_get(&t->process->handles, (handle_t)t->context.arg[ARG_CHANNEL], HANDLE_CHANNEL,
				       RIGHT_CALL, &e) != ST_OK)
		return NULL;
	channel = e->object;
	if (list_is_empty(&channel->port->receivers))
		return NULL;
	receiver = container_of(channel->port->receivers.next, struct thread, link);
	if (!receiver->call.plain || receiver->priority < t->priority || !is_next(receiver))
		return NULL;
	/* Commit. */
	list_remove(&receiver->link);
	receiver->port = NULL;
	channel_call_began(channel);
	c->channel = channel;
	c->priority = t->priority;
	c->state = CALL_HELD;
	c->server = receiver->process;
	c->generation = ++call_next_generation;
	receiver->last_caller = t;
	trace_call(c);
	tell(&receiver->context, t->context.arg[ARG_TAG], channel->badge, call_token(c),
	     channel->id | (uint64_t)t->process->program << 32);
	thread_set_state(t, THREAD_SERVED);
	thread_set_state(receiver, THREAD_RUNNING);
	return receiver;
}

/*
 * The caller that came to this thread by the fast path last, if the token is its. Its record may be another
 * thread's by now, or nobody's: then the generation differs.
 */
static struct thread *caller_of(const struct thread *t, uint64_t token)
{
	struct thread *caller = t->last_caller;
	const struct call *c = caller == NULL ? NULL : &caller->call;

	if (c == NULL || call_token(c) != token || c->state != CALL_HELD || c->server != t->process)
		return NULL;
	return c->plain && caller->state == THREAD_SERVED ? caller : NULL;
}

struct thread *fast_reply_recv(struct thread *t)
{
	struct process *server = t->process;
	struct handle_entry *e;
	struct thread *caller;
	struct port *port;

	if (!is_plain(t) || server->boost != 0 ||
	    handle_get(&server->handles, (handle_t)t->context.arg[ARG_PORT], HANDLE_PORT, RIGHT_RECEIVE, &e) != ST_OK)
		return NULL;
	port = e->object;
	if (port->server != server || !list_is_empty(&port->callers) || !list_is_empty(&port->signals))
		return NULL;
	caller = caller_of(t, t->context.arg[ARG_TOKEN]);
	if (caller == NULL || !is_next(caller))
		return NULL;
	/* Commit. */
	trace_reply(&caller->call, t->context.arg[ARG_TAG]);
	caller->call.state = CALL_IDLE;
	caller->call.server = NULL;
	channel_call_ended(caller->call.channel);
	tell(&caller->context, t->context.arg[ARG_TAG], 0, 0, 0);
	t->port = port;
	list_push_back(&port->receivers, &t->link);
	thread_set_state(t, THREAD_RECEIVING);
	thread_set_state(caller, THREAD_RUNNING);
	return caller;
}
