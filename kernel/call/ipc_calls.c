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
#include "kernel/ipc/transfer.h"
#include "kernel/task/image.h"

/* The sizes and flags of a tag that a process may send. */
static bool tag_is_good(uint64_t tag, bool reply)
{
	enum message_pages kind = tag_pages_kind(tag);

	if ((tag & (TAG_UNUSED | TAG_OF_KERNEL)) != 0 || tag_bytes(tag) > MESSAGE_BYTES_MAX ||
	    tag_pages(tag) > MESSAGE_PAGES_MAX || tag_handles(tag) > MESSAGE_HANDLES_MAX)
		return false;
	if ((kind == MESSAGE_PAGES_NONE) != (tag_pages(tag) == 0))
		return false;
	if (!reply && (tag & TAG_IDEMPOTENT) && (tag_handles(tag) != 0 || kind == MESSAGE_PAGES_GIVEN))
		return false; /* delivered again, it would lack them */
	return !reply || kind == MESSAGE_PAGES_NONE || kind == MESSAGE_PAGES_GIVEN;
}

static bool lends(uint64_t tag)
{
	return tag_pages_kind(tag) == MESSAGE_PAGES_LENT_READ || tag_pages_kind(tag) == MESSAGE_PAGES_LENT_WRITE;
}

/*
 * The range that is lent or given: what may not leave is refused, it does not end the process. What is given is
 * looked at when it goes, and need not be in RAM.
 */
static enum status decode_pages(struct thread *t, uaddr_t base, uint64_t tag)
{
	struct claim *c = &t->call.message.pages;
	uint64_t address = base, bytes = tag_pages(tag) * PAGE_BYTES;
	uint32_t slot = SLOT_NONE;
	enum touch touch;

	if (!page_aligned(base))
		return ST_BAD_ARG;
	if (!claim_make(c, &t->process->aspace, base, bytes, tag_pages_kind(tag) != MESSAGE_PAGES_LENT_READ))
		return ST_NOT_FLIPPABLE;
	if (!lends(tag))
		return aspace_gives_here(c->as, base, tag_pages(tag)) ? ST_OK : ST_NOT_FLIPPABLE;
	touch = claim_resolve(c, &address, &slot);
	if (touch == TOUCH_UNMAPPED || touch == TOUCH_DENIED || touch == TOUCH_LENT)
		return ST_NOT_FLIPPABLE;
	return decode_touch(t, touch, address, slot);
}

static enum status decode_landing(struct thread *t, const struct ipc_buffers *b)
{
	struct envelope *m = &t->call.message;

	if (b->landing_pages == 0)
		return ST_OK;
	if (!aspace_is_landing(&t->process->aspace, b->landing, b->landing_pages))
		return decode_touch(t, TOUCH_UNMAPPED, b->landing, SLOT_NONE);
	m->landing = b->landing;
	m->landing_pages = b->landing_pages;
	return ST_OK;
}

/*
 * Within the busy allowance? Asked first: what is beyond it would be made resident for nothing, or never all at
 * once.
 */
static bool may_hold(struct aspace *as, uint64_t tag, const struct ipc_buffers *b)
{
	struct claim send, recv;

	if (!claim_make(&send, as, b->send_bytes, tag_bytes(tag), false) ||
	    !claim_make(&recv, as, b->recv_bytes, b->recv_capacity, true))
		return true; /* they fail by themselves */
	return as->busy + claim_pages(&send) + claim_pages(&recv) + (lends(tag) ? tag_pages(tag) : 0) <= as->busy_max;
}

/* What it takes from others, if it makes sense. */
static bool decode_accept(struct envelope *m, const struct ipc_buffers *b)
{
	if ((b->accept & ~(ACCEPT_HANDLES_MASK | ACCEPT_GIVEN)) != 0 ||
	    (b->accept & ACCEPT_HANDLES_MASK) > MESSAGE_HANDLES_MAX)
		return false;
	m->accept = b->accept;
	for (unsigned i = 0; i < MESSAGE_CONTRACTS_MAX; i++)
		m->accept_contracts[i] = b->accept_contracts[i];
	return true;
}

/* Fills the envelope from what the process handed over; nothing is held yet. */
static enum status decode_buffers(struct thread *t, uint64_t tag, const struct ipc_buffers *b)
{
	struct envelope *m = &t->call.message;
	enum status st;

	for (unsigned i = 0; i < MESSAGE_HANDLES_MAX; i++)
		m->handles[i] = b->send_handles[i];
	if (b->recv_capacity > MESSAGE_BYTES_MAX || !decode_accept(m, b))
		return ST_BAD_ARG;
	if (!may_hold(&t->process->aspace, tag, b))
		return ST_NO_MEMORY;
	st = decode_range(t, b->send_bytes, tag_bytes(tag), false, &m->send);
	if (st == ST_OK)
		st = decode_range(t, b->recv_bytes, b->recv_capacity, true, &m->recv);
	if (st == ST_OK && tag_pages(tag) != 0)
		st = decode_pages(t, b->send_pages, tag);
	return st == ST_OK ? decode_landing(t, b) : st;
}

static void release(struct envelope *m)
{
	claim_release(&m->send);
	claim_release(&m->recv);
	claim_release(&m->pages);
}

static enum status hold(struct envelope *m)
{
	if (claim_hold(&m->send) && claim_hold(&m->recv) && (!lends(m->tag) || claim_hold(&m->pages)))
		return ST_OK;
	release(m);
	return ST_NO_MEMORY;
}

/* The whole message: decoded and held, or a status and nothing changed. */
static enum status decode_message(struct thread *t, uint64_t tag, uaddr_t buffers, uint64_t deadline_ns, bool reply)
{
	struct envelope *m = &t->call.message;
	struct ipc_buffers b;
	struct claim c;
	enum status st;

	if (!tag_is_good(tag, reply))
		return ST_BAD_ARG;
	m->tag = tag;
	thread_mark(t, THREAD_HAS_PARTS, buffers != 0 || deadline_ns != DEADLINE_NEVER);
	m->send = m->recv = m->pages = (struct claim){ .as = &t->process->aspace };
	m->landing_pages = 0;
	m->accept = 0;
	if (buffers == 0)
		return tag_bytes(tag) == 0 && tag_pages(tag) == 0 && tag_handles(tag) == 0 ? ST_OK : ST_BAD_ARG;
	st = decode_range(t, buffers, sizeof b, false, &c);
	if (st != ST_OK)
		return st;
	claim_read(&c, 0, &b, sizeof b); /* once: another thread may be changing it */
	st = decode_buffers(t, tag, &b);
	return st == ST_OK ? hold(m) : st;
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
	if (lends(a->tag) && loan_create(t->process, &c->loan) != ST_OK) {
		release(&c->message);
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
	release(&c->message);
	if (c->loan != NULL)
		loan_destroy(t->process, c->loan);
	c->loan = NULL;
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
	release(&t->call.message);
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
		release(&t->call.message);
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
