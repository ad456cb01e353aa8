/* SPDX-License-Identifier: BSD-2-Clause */
/* See fast.h. In each function one comment marks the point after which nothing can fail. */
#include "kernel/ipc/fast.h"
#include "kernel/abi/syscall.h"
#include "kernel/base/mem.h"
#include "kernel/ipc/channel.h"
#include "kernel/task/sched.h"

/* Registers: where arguments and results of the calls are (kernel/abi/syscall.h). */
enum { ARG_CHANNEL = 0, ARG_TOKEN = 0, ARG_TAG = 1, ARG_BUFFERS = 2, ARG_DEADLINE = 3, ARG_PORT = 4 };

/* Words only, for as long as it takes. */
static bool is_plain(const struct context *c)
{
	return (c->arg[ARG_TAG] & ~(TAG_OP_MASK | TAG_IDEMPOTENT)) == 0 && c->arg[ARG_BUFFERS] == 0 &&
	       c->arg[ARG_DEADLINE] == DEADLINE_NEVER;
}

/* May this thread run at once, before everybody who is ready? */
static bool is_next(const struct thread *t) { return !sched_would_preempt(t->priority); }

static void set_words(struct context *to, const struct context *from)
{
	memcpy(to->word, from->word, sizeof to->word);
	to->nr = ST_OK;
	to->arg[1] = from->arg[ARG_TAG];
	to->arg[3] = 0;
	to->arg[5] = 0;
}

struct thread *fast_call(struct thread *t)
{
	struct call *c = &t->call;
	struct handle_entry *e;
	struct channel *channel;
	struct thread *receiver;

	if (!is_plain(&t->context) || handle_get(&t->process->handles, (handle_t)t->context.arg[ARG_CHANNEL],
						 HANDLE_CHANNEL, RIGHT_CALL, &e) != ST_OK)
		return NULL;
	channel = e->object;
	if (list_is_empty(&channel->port->receivers))
		return NULL;
	receiver = container_of(channel->port->receivers.next, struct thread, link);
	if (receiver->priority < t->priority || !is_next(receiver) || receiver->call.message.recv.held ||
	    list_is_linked(&receiver->deadline.link))
		return NULL;
	/* Commit. */
	list_remove(&receiver->link);
	receiver->port = NULL;
	channel_call_began(channel);
	c->channel = channel;
	c->priority = t->priority;
	c->loan = NULL;
	c->state = CALL_HELD;
	c->server = receiver->process;
	c->generation = ++call_next_generation;
	c->message.tag = t->context.arg[ARG_TAG];
	c->message.recv.bytes = 0;
	c->message.landing_pages = 0;
	list_push_back(&receiver->process->held, &c->link);
	set_words(&receiver->context, &t->context);
	receiver->context.arg[0] = channel->badge;
	receiver->context.arg[2] = call_token(c);
	receiver->context.arg[4] = channel->id | (uint64_t)t->process->program << 32;
	thread_set_state(t, THREAD_SERVED);
	thread_set_state(receiver, THREAD_RUNNING);
	return receiver;
}

/* The thread whose call this token names, if a plain answer can wake it; NULL otherwise. */
static struct thread *caller_of(const struct process *server, uint64_t token)
{
	struct thread *t = (uint32_t)token < CALL_KERNEL_BASE ? thread_at((uint32_t)token) : NULL;
	const struct call *c = t == NULL ? NULL : &t->call;

	if (c == NULL || c->generation != token >> 32 || c->state != CALL_HELD || c->server != server)
		return NULL;
	if (t->state != THREAD_SERVED || c->loan != NULL || c->message.send.held || c->message.recv.held ||
	    c->message.pages.held || list_is_linked(&t->deadline.link) || c->channel->closed)
		return NULL;
	return t;
}

struct thread *fast_reply_recv(struct thread *t)
{
	struct process *server = t->process;
	struct handle_entry *e;
	struct thread *caller;
	struct port *port;

	if (!is_plain(&t->context) || server->boost != 0 ||
	    handle_get(&server->handles, (handle_t)t->context.arg[ARG_PORT], HANDLE_PORT, RIGHT_RECEIVE, &e) != ST_OK)
		return NULL;
	port = e->object;
	if (port->server != server || !list_is_empty(&port->callers) || !list_is_empty(&port->signals))
		return NULL;
	caller = caller_of(server, t->context.arg[ARG_TOKEN]);
	if (caller == NULL || !is_next(caller))
		return NULL;
	/* Commit. */
	list_remove(&caller->call.link);
	caller->call.state = CALL_IDLE;
	caller->call.server = NULL;
	channel_call_ended(caller->call.channel);
	set_words(&caller->context, &t->context);
	caller->context.arg[0] = 0;
	caller->context.arg[2] = 0;
	caller->context.arg[4] = 0;
	t->call.message.tag = 0;
	t->call.message.recv.bytes = 0;
	t->call.message.landing_pages = 0;
	t->port = port;
	list_push_back(&port->receivers, &t->link);
	thread_set_state(t, THREAD_RECEIVING);
	thread_set_state(caller, THREAD_RUNNING);
	return caller;
}
