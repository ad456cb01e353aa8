/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ipc_call, ipc_recv, ipc_reply, ipc_reply_recv, ipc_notify, ipc_peer, channel_close:
 * their decoding. All claims are proved and held before the message moves; port.h does the rest.
 */
#include "hal/timer.h"
#include "kernel/base/fmt.h"
#include "kernel/base/mem.h"
#include "kernel/call/args.h"
#include "kernel/call/decode.h"
#include "kernel/core/panic.h"
#include "kernel/ipc/channel.h"
#include "kernel/ipc/parts.h"
#include "kernel/ipc/transfer.h"
#include "kernel/task/image.h"

/* The whole message: decoded and held, or a status and nothing changed. */
static enum status decode_message(struct thread *t, uint64_t tag, uaddr_t buffers, uint64_t deadline_ns, bool reply)
{
	struct miss miss;
	enum status st = parts_prove(t, tag, buffers, reply, &miss);

	if (st == ST_OK)
		thread_mark(t, THREAD_HAS_LIMIT, deadline_ns != DEADLINE_NEVER ? THREAD_HAS_LIMIT : 0);
	if (st == ST_OK)
		parts_hold(&t->call.message);
	return st == ST_RETRY ? decode_touch(t, miss.touch, miss.address, miss.slot) : st;
}

enum status call_ipc_call(struct thread *t, const struct ipc_call_args *a, struct ipc_call_results *)
{
	struct call *c = &t->call;
	void *channel;
	enum status st = decode_handle(t, a->channel, HANDLE_CHANNEL, RIGHT_CALL, &channel);

	if (st != ST_OK)
		return st;
	if (a->deadline_ns != DEADLINE_NEVER && a->deadline_ns <= hal_clock_ns())
		return ST_TIMED_OUT;
	st = decode_message(t, a->tag, a->buffers, a->deadline_ns, false);
	if (st != ST_OK)
		return st;
	c->loan = NULL;
	if (parts_lend(a->tag) && loan_create(t->process, &c->loan) != ST_OK) {
		parts_release(&c->message);
		return ST_NO_MEMORY;
	}
	/* Commit. */
	c->channel = channel;
	c->priority = t->priority;
	st = port_call(c->channel->port, c);
	if (st == ST_PARKED) {
		alarm_set(&t->deadline, a->deadline_ns);
		return st;
	}
	parts_release(&c->message);
	if (c->loan != NULL)
		loan_destroy(t->process, c->loan);
	c->loan = NULL;
	if (st == ST_RETRY)
		hal_context_restart_call(&t->context);
	return st;
}

/* The port that a process receives at; the first to receive at a new port serves it. */
static enum status decode_port(struct thread *t, handle_t handle, struct port **port)
{
	void *object;
	enum status st = decode_handle(t, handle, HANDLE_PORT, RIGHT_RECEIVE, &object);

	if (st != ST_OK)
		return st;
	*port = object;
	return (*port)->server == t->process ? ST_OK : ST_NO_RIGHT;
}

static enum status receive(struct thread *t, struct port *port, uint64_t deadline_ns)
{
	enum status st = port_receive(port, t, deadline_ns);

	return st == ST_OK ? ST_PARKED : st; /* the registers are set */
}

enum status call_ipc_recv(struct thread *t, const struct ipc_recv_args *a, struct ipc_recv_results *)
{
	struct port *port;
	enum status st = decode_port(t, a->port, &port);

	if (st == ST_OK)
		st = decode_message(t, 0, a->buffers, a->deadline_ns, false);
	return st == ST_OK ? receive(t, port, a->deadline_ns) : st;
}

/* Sends the answer; what was held for sending is released, what is for receiving stays. */
static enum status reply(struct thread *t, uint64_t token, uint64_t badge)
{
	struct envelope *m = &t->call.message;
	enum status st = port_reply(t->process, token, m, m->tag & TAG_SET_BADGE ? &badge : NULL);

	claim_release(&m->send);
	claim_release(&m->pages);
	return st;
}

enum status call_ipc_reply(struct thread *t, const struct ipc_reply_args *a, struct ipc_reply_results *)
{
	enum status st = decode_message(t, a->tag, a->buffers, DEADLINE_NEVER, true);

	if (st != ST_OK)
		return st;
	st = reply(t, a->token, a->badge);
	parts_release(&t->call.message);
	return st;
}

enum status call_ipc_reply_recv(struct thread *t, const struct ipc_reply_recv_args *a, struct ipc_reply_recv_results *)
{
	struct port *port;
	enum status st = decode_port(t, a->port, &port);

	if (st == ST_OK)
		st = decode_message(t, a->tag, a->buffers, a->deadline_ns, true);
	if (st != ST_OK)
		return st;
	st = reply(t, a->token, a->badge);
	if (st != ST_OK && st != ST_STALE) { /* a caller that is gone is no reason not to serve the next */
		parts_release(&t->call.message);
		return st;
	}
	return receive(t, port, a->deadline_ns);
}

static enum status notify_server(struct channel *c, uint64_t bits)
{
	if (c->port->handles == 0)
		return ST_PEER_GONE;
	port_notify(&c->to_server, bits);
	return ST_OK;
}

static enum status notify_client(struct port *port, uint64_t id, uint64_t bits)
{
	struct channel *c = channel_find(port, id);

	if (c == NULL || c->client == NULL)
		return ST_PEER_GONE;
	channel_notify_client(c, bits);
	return ST_OK;
}

enum status call_ipc_notify(struct thread *t, const struct ipc_notify_args *a, struct ipc_notify_results *)
{
	struct handle_entry *e;
	enum status st = handle_get(&t->process->handles, a->channel_or_port, HANDLE_NONE, 0, &e);

	if (st != ST_OK)
		return st;
	if (a->bits & ~NOTIFY_USER_BITS)
		return ST_BAD_ARG;
	switch (e->type) {
	case HANDLE_CHANNEL:
		return e->rights & RIGHT_CALL ? notify_server(e->object, a->bits) : ST_NO_RIGHT;
	case HANDLE_PORT:
		return e->rights & RIGHT_RECEIVE ? notify_client(e->object, a->channel, a->bits) : ST_NO_RIGHT;
	default:
		return ST_BAD_HANDLE;
	}
}

static void fill_peer(const struct call *c, struct ipc_peer *peer)
{
	const struct process *p = c->message.process;

	*peer = (struct ipc_peer){ .program = "kernel", .process = "kernel" };
	if (p == NULL)
		return;
	fmt_name_copy(peer->program, p->image->name, sizeof peer->program);
	fmt_name_copy(peer->process, p->name, sizeof peer->process);
	memcpy(peer->hash, image_hash(p->program), sizeof peer->hash);
}

enum status call_ipc_peer(struct thread *t, const struct ipc_peer_args *a, struct ipc_peer_results *)
{
	const struct call *call = call_find_held(t->process, a->token);
	struct ipc_peer peer;
	struct claim c;
	enum status st;

	if (call == NULL)
		return ST_STALE;
	st = decode_range(t, a->peer, sizeof peer, true, &c);
	if (st != ST_OK)
		return st;
	fill_peer(call, &peer);
	claim_write(&c, 0, &peer, sizeof peer);
	return ST_OK;
}

enum status call_channel_close(struct thread *t, const struct channel_close_args *a, struct channel_close_results *)
{
	struct channel *c;
	void *port;
	enum status st = decode_handle(t, a->port, HANDLE_PORT, RIGHT_RECEIVE, &port);

	if (st != ST_OK)
		return st;
	c = channel_find(port, a->channel);
	if (c == NULL)
		return ST_PEER_GONE;
	channel_sever(c);
	return ST_OK;
}
