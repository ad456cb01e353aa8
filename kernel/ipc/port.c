/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The meeting of callers, receivers and signals (port.h). How ports come and go is
 * in ipc/port_life.c, how calls end in ipc/call_end.c, who runs how urgently in
 * ipc/inherit.c.
 */
#include "kernel/ipc/port.h"
#include "hal/timer.h"
#include "kernel/core/panic.h"
#include "kernel/ipc/channel.h"
#include "kernel/ipc/inherit.h"
#include "kernel/ipc/transfer.h"
#include "kernel/task/sched.h"
#include "trace/points.h"

/* ---- who waits ---- */

/* Something comes to the lists: the fast path keeps away until somebody waits alone again. */
static void disturb(struct port *p)
{
	if (port_waiter_is_thread(p->waiter))
		list_push_front(&p->receivers, &p->waiter->link);
	p->waiter = PORT_BUSY;
}

void port_join(struct port *p, struct thread *t)
{
	t->port = p;
	if (port_first_receiver(p) == NULL) {
		p->waiter = t;
		return;
	}
	disturb(p);
	list_push_back(&p->receivers, &t->link);
}

/* ---- calls ---- */

/* Tries to hand a call to a thread that receives. Nothing has happened unless both are OK. */
static struct blame deliver(struct call *c, struct thread *receiver)
{
	struct blame blame = transfer_check(&c->message, &receiver->call.message);
	struct process *server = receiver->process;
	struct delivery d;

	c->message.lends_pages_only = blame.sender == ST_RETRY;
	if (blame.sender != ST_OK || blame.receiver != ST_OK)
		return blame;
	/* Commit. */
	port_move_words(&c->message, &receiver->call.message);
	transfer_commit(&c->message, &receiver->call.message, c->loan, &d);
	if (!(c->message.tag & TAG_IDEMPOTENT)) /* that may be sent again */
		claim_release(&c->message.send);
	list_remove(&c->link);
	c->state = CALL_HELD;
	c->server = server;
	if (c->deaths == 0) /* what waits again keeps its place */
		c->order = ++call_next_order;
	if (c->thread != NULL)
		thread_set_state(c->thread, THREAD_SERVED);
	port_tell(receiver, d.tag, MESSAGE_KIND_CALL, c->channel->badge, call_new_token(c), channel_peer(c->channel),
		  d.handles);
	c->kept = c->token;
	inherit_raise(server, c->priority);
	return blame;
}

/* A thread that received has its message: it runs. */
static void wake(struct thread *t)
{
	port_leave(t);
	alarm_cancel(&t->deadline);
	claim_release(&t->call.message.recv);
	t->port = NULL;
	sched_ready(t);
}

void port_wake_receiver(struct thread *t, enum status st)
{
	t->context.nr = st;
	wake(t);
}

/* The most urgent first; among equals those that a dead server held, as they had come, then the others. */
static bool is_before(const struct call *a, const struct call *b)
{
	if (a->priority != b->priority)
		return a->priority > b->priority;
	return b->deaths == 0 || (a->deaths != 0 && a->order < b->order);
}

void port_place(struct call *c)
{
	struct list *callers = &c->channel->port->callers, *before = callers->next;

	while (before != callers && is_before(container_of(before, struct call, link), c))
		before = before->next;
	disturb(c->channel->port);
	list_insert_before(before, &c->link);
}

static void queue(struct port *p, struct call *c)
{
	port_place(c);
	c->state = CALL_QUEUED;
	trace_queued(c);
	if (c->thread != NULL)
		thread_set_state(c->thread, THREAD_QUEUED);
	inherit_raise(p->server, c->priority);
}

enum status port_call(struct port *p, struct call *c)
{
	struct thread *receiver;

	trace_call(c);
	if (port_refuses(p)) {
		trace_ended(c, ST_PEER_GONE);
		return ST_PEER_GONE;
	}
	channel_call_began(c->channel);
	if (!c->message.lends_pages_only) /* else it starts again */
		c->deaths = 0;
	while ((receiver = port_first_receiver(p)) != NULL) {
		struct blame blame = deliver(c, receiver);

		if (blame.sender != ST_OK) {
			trace_ended(c, blame.sender);
			channel_call_ended(c->channel);
			return blame.sender;
		}
		if (blame.receiver == ST_OK) {
			wake(receiver);
			return ST_PARKED;
		}
		port_wake_receiver(receiver, blame.receiver);
	}
	queue(p, c);
	return ST_PARKED;
}

/* ---- receiving ---- */

static bool take_next_signal(struct port *p, struct thread *receiver)
{
	static const handle_t none[MESSAGE_HANDLES_MAX];
	struct signal *s = list_first_entry(&p->signals, struct signal, link);
	struct channel *from = NULL;
	uint64_t bits;

	if (s == NULL)
		return false;
	bits = s->bits;
	if (s->kind == MESSAGE_KIND_NOTIFY && s->id != 0) { /* from a client: its channel may have a new badge */
		from = container_of(s, struct channel, to_server);
		s->badge = from->badge;
	}
	list_remove(&s->link);
	s->bits = 0;
	for (unsigned i = 0; i < MESSAGE_WORDS; i++)
		receiver->context.word[i] = 0;
	receiver->context.word[0] = bits;
	port_tell(receiver, 0, (enum message_kind)s->kind, s->badge, 0, s->id, none);
	if (from != NULL && (bits & NOTIFY_CLOSED))
		channel_told(from);
	return true;
}

/* OK: taken. PARKED: nobody calls. Else the receiver's own fault. */
static enum status take_next_call(struct port *p, struct thread *receiver)
{
	struct call *c;

	while ((c = list_first_entry(&p->callers, struct call, link)) != NULL) {
		struct blame blame = deliver(c, receiver);

		if (blame.receiver != ST_OK)
			return blame.receiver;
		if (blame.sender == ST_OK) {
			trace_taken(c);
			return ST_OK;
		}
		call_end(c, blame.sender);
	}
	return ST_PARKED;
}

/* To whoever waits for calls already. */
static void hand_out(struct port *p)
{
	struct thread *receiver;
	enum status st = ST_OK;

	while (!list_is_empty(&p->callers) && (receiver = port_first_receiver(p)) != NULL && st != ST_PARKED) {
		st = take_next_call(p, receiver);
		if (st != ST_PARKED)
			port_wake_receiver(receiver, st);
	}
}

void port_queue_again(struct call *c)
{
	struct port *p = c->channel->port;

	c->server = NULL;
	queue(p, c);
	hand_out(p);
}

/* Has the server still to hear of a channel that outlived its predecessor? */
static bool has_restarted(const struct port *p)
{
	const struct signal *s = list_first_entry(&p->signals, struct signal, link);

	return s != NULL && (s->bits & NOTIFY_RESTARTED);
}

static enum status take_next(struct port *p, struct thread *receiver)
{
	enum status st;

	if ((p->signals_next || has_restarted(p)) && take_next_signal(p, receiver)) {
		p->signals_next = false;
		return ST_OK;
	}
	st = take_next_call(p, receiver);
	p->signals_next = true;
	if (st == ST_PARKED && take_next_signal(p, receiver))
		return ST_OK;
	return st;
}

enum status port_receive(struct port *p, struct thread *receiver, uint64_t deadline_ns)
{
	enum status st = take_next(p, receiver);

	if (st != ST_PARKED) {
		claim_release(&receiver->call.message.recv);
		return st;
	}
	if (deadline_ns <= hal_clock_ns()) {
		claim_release(&receiver->call.message.recv);
		return ST_TIMED_OUT;
	}
	thread_set_state(receiver, THREAD_RECEIVING);
	port_join(p, receiver);
	alarm_set(&receiver->deadline, deadline_ns);
	return ST_PARKED;
}

void port_notify(struct signal *s, uint64_t bits)
{
	struct port *p = s->port;
	struct thread *receiver;

	trace_notify(s, bits);
	s->bits |= bits;
	if (p == NULL || s->bits == 0 || list_is_linked(&s->link))
		return;
	disturb(p);
	list_push_back(&p->signals, &s->link);
	receiver = port_first_receiver(p);
	if (receiver != NULL) {
		wake(receiver); /* before telling: a channel may end by it */
		take_next_signal(p, receiver);
	}
}

void port_restarted(struct signal *s)
{
	kassert(s->port->server == NULL, "a new server hears it with the first message");
	s->bits |= NOTIFY_RESTARTED | NOTIFY_USER_BITS;
	list_remove(&s->link);
	disturb(s->port);
	list_push_front(&s->port->signals, &s->link);
}

/* ---- answers ---- */

/* The caller gave up and left its loan: the pages end here. */
static enum status reply_forfeited(struct process *server, uint64_t token)
{
	list_for_each_entry_safe(l, &server->forfeits, struct loan, link) {
		if (l->token != token)
			continue;
		if (!loan_is_idle(l))
			return ST_BUSY;
		loan_drop(l);
		loan_destroy(NULL, l);
		break;
	}
	return ST_STALE;
}

enum status port_reply(struct process *server, uint64_t token, struct envelope *answer, const uint64_t *badge)
{
	struct call *c = call_find_held(server, token);
	struct blame blame;
	struct delivery d;

	if (c == NULL)
		return reply_forfeited(server, token);
	if (c->loan != NULL && !loan_is_idle(c->loan))
		return ST_BUSY;
	if (c->thread != NULL && c->thread->state == THREAD_ORPHANED) {
		call_end(c, ST_OK);
		return ST_OK;
	}
	blame = transfer_check(answer, &c->message);
	if (blame.sender != ST_OK)
		return blame.sender;
	/* Commit: from here on nothing fails. A caller with a bad landing window of its own is told so instead. */
	if (blame.receiver == ST_OK) {
		port_move_words(answer, &c->message);
		transfer_commit(answer, &c->message, NULL, &d);
	}
	if (badge != NULL && blame.receiver == ST_OK)
		c->channel->badge = *badge;
	if (blame.receiver == ST_OK)
		trace_reply(c, answer->tag);
	if (c->thread != NULL && blame.receiver == ST_OK)
		port_tell(c->thread, d.tag, MESSAGE_KIND_CALL, 0, 0, 0, d.handles);
	else
		c->message.tag = answer->tag;
	call_end(c, blame.receiver);
	return ST_OK;
}
