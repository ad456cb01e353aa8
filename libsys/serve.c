/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See serve.h. An answer waits in serving->out until the next receive takes it along. The bytes of requests and of
 * replies share one piece of memory, requests first, so that a handler can read the one while it writes the other.
 */
#include "libsys/serve.h"
#include "libsys/start.h"
#include <string.h>

/* ---- what comes in ---- */

static void add_accepted(struct ipc_buffers *parts, uint64_t contract)
{
	unsigned i = 0;

	while (i < MESSAGE_CONTRACTS_MAX && parts->accept_contracts[i] != 0 && parts->accept_contracts[i] != contract)
		i++;
	if (i == MESSAGE_CONTRACTS_MAX) {
		log_write("ends of more than %u contracts are expected at one port", i);
		process_exit(1);
	}
	parts->accept_contracts[i] = contract;
}

static void add_contract(struct serving *s, unsigned place, const struct contract_server *c)
{
	uint64_t handles = c->accept & ACCEPT_HANDLES_MASK, most = s->parts.accept & ACCEPT_HANDLES_MASK;

	s->parts.accept = (handles > most ? handles : most) | ((s->parts.accept | c->accept) & ACCEPT_GIVEN);
	for (unsigned i = 0; i < MESSAGE_CONTRACTS_MAX && c->accept_contracts[i] != 0; i++)
		add_accepted(&s->parts, c->accept_contracts[i]);
	if (s->parts.recv_capacity < c->request_bytes)
		s->parts.recv_capacity = c->request_bytes;
	s->table[place].take = c->take;
	s->table[place].count = start_is_restricted(place) ? 0 : c->take_count;
}

static void begin(struct serving *s)
{
	for (unsigned i = 0; i < SERVING_CONTRACTS_MAX && s->contracts[i] != NULL; i++)
		add_contract(s, i, s->contracts[i]);
	if (s->landing_pages == 0)
		s->parts.accept &= ~ACCEPT_GIVEN;
	if (s->parts.recv_capacity >= s->bytes_size) /* a string's zero comes after it */
		s->parts.recv_capacity = s->bytes_size == 0 ? 0 : s->bytes_size - 1;
	s->parts.recv_bytes = (uaddr_t)(uintptr_t)s->bytes;
	s->parts.landing = (uaddr_t)(uintptr_t)s->landing;
	s->parts.landing_pages = s->landing_pages;
	if (s->parts.recv_capacity != 0 || s->landing_pages != 0 || s->parts.accept != 0)
		s->buffers = &s->parts;
}

/* An empty window in the place of one with pages that were given to us. */
static void renew_landing(struct serving *s)
{
	if (mem_unmap(s->landing, s->landing_pages) != ST_OK ||
	    mem_map(MEM_LANDING, s->landing_pages, &s->landing) != ST_OK) {
		log_write("a landing window cannot be had");
		process_exit(1);
	}
	s->parts.landing = (uaddr_t)(uintptr_t)s->landing;
}

/* ---- answers ---- */

static bool has_parts(uint64_t tag) { return tag_bytes(tag) != 0 || tag_pages(tag) != 0 || tag_handles(tag) != 0; }

/* An answer that cannot be delivered becomes that error; what it would have taken along is closed. */
static void answer_instead(uint64_t token, const struct message *out, const struct ipc_buffers *parts, enum status st)
{
	struct message m = { .tag = st };

	for (unsigned i = 0; i < tag_handles(out->tag); i++)
		(void)handle_close(parts->send_handles[i]);
	(void)ipc_reply(token, &m, NULL); /* of no effect if the call is over */
}

enum status serve_answer(uint64_t token, const struct message *out, const struct ipc_buffers *parts)
{
	enum status st = ipc_reply(token, out, has_parts(out->tag) ? parts : NULL);

	if (st != ST_OK)
		answer_instead(token, out, parts, st);
	return st;
}

enum status serve_answer_status(uint64_t token, enum status st)
{
	struct message out = { .tag = st };

	return serve_answer(token, &out, NULL);
}

void serve_flush(struct serving *s)
{
	if (s->owes)
		(void)serve_answer(s->in.token, &s->out, &s->parts);
	s->owes = false;
}

void serve_owe(struct serving *s, uint64_t token, enum status st)
{
	serve_flush(s);
	s->in.token = token;
	s->out = (struct message){ .tag = st };
	s->owes = true;
}

static enum status receive(struct serving *s, uint64_t deadline_ns)
{
	s->out.tag = ST_OK; /* for the next answer */
	return ipc_recv(s->port, &s->in, s->buffers, deadline_ns);
}

/* After an answer and a receive in one call: if it was the answer that failed, it becomes that error. */
static enum status receive_after(struct serving *s, enum status st, uint64_t deadline_ns)
{
	if (st == ST_OK || st == ST_TIMED_OUT) {
		s->out.tag = ST_OK; /* for the next answer */
		return st;
	}
	answer_instead(s->in.token, &s->out, &s->parts, st);
	return receive(s, deadline_ns);
}

enum status serve_next(struct serving *s, uint64_t deadline_ns)
{
	enum status st;

	if (s->table[0].take == NULL)
		begin(s);
	if (s->buffers == NULL && has_parts(s->out.tag))
		serve_flush(s);
	if (!s->owes)
		return receive(s, deadline_ns);
	s->owes = false;
	st = ipc_reply_recv(s->in.token, &s->out, s->buffers, &s->in, s->port, deadline_ns);
	return receive_after(s, st, deadline_ns);
}

/* ---- calls ---- */

enum status serving_take_other(struct serving *s)
{
	const struct contract_server *c = s->contracts[serving_contract(s)];
	unsigned op = tag_op(s->in.tag);

	if (tag_kind(s->in.tag) != MESSAGE_KIND_CALL)
		return ST_LATER;
	if (!start_may_call(serving_contract(s), s->in.peer))
		return ST_NOT_ALLOWED;
	return c != NULL && op != 0 && op < c->take_count ? c->take[op](s) : ST_BAD_MESSAGE;
}

/* All answers but OK and words, and what is no call. */
static void finish(struct serving *s, enum status answer)
{
	enum status st = answer == SERVING_MORE ? ST_OK : answer;

	s->owes = false;
	if (tag_kind(s->in.tag) != MESSAGE_KIND_CALL) {
		if (s->hear != NULL)
			s->hear(s);
		return;
	}
	if (st != ST_OK && st != ST_LATER) {
		for (unsigned i = 0; i < tag_handles(s->in.tag); i++)
			(void)handle_close(s->in.handles[i]);
		s->out = (struct message){ .tag = st };
	}
	if (st != ST_OK && tag_pages_kind(s->in.tag) == MESSAGE_PAGES_GIVEN)
		serving_settle_given(s);
	s->owes = st != ST_LATER;
}

/* OK: the answer is words only. */
static inline enum status take(struct serving *s)
{
	unsigned contract = serving_contract(s), op = tag_op(s->in.tag);

	return op < s->table[contract].count ? s->table[contract].take[op](s) : serving_take_other(s);
}

void serve_take(struct serving *s)
{
	enum status st = take(s);

	s->owes = true;
	if (st != ST_OK)
		finish(s, st);
}

static _Noreturn void cannot_receive(enum status st)
{
	log_write("cannot receive: %s", status_text(st));
	process_exit(1);
}

static void next(struct serving *s)
{
	enum status st = serve_next(s, DEADLINE_NEVER);

	if (st != ST_OK)
		cannot_receive(st);
}

static _Noreturn void serve_on(struct serving *s)
{
	for (;;) {
		serve_take(s);
		next(s);
	}
}

_Noreturn void serve(struct serving *s)
{
	next(s);
	serve_on(s);
}

/* ---- words in registers ---- */

void serve_begin(struct serving *s)
{
	next(s);
	if (s->buffers != NULL || s->table[0].count == 0)
		serve_on(s);
}

void serve_after_failure(struct serving *s, enum status st)
{
	st = receive_after(s, st, DEADLINE_NEVER);
	if (st != ST_OK)
		cannot_receive(st);
}

void serve_after(struct serving *s, enum status st)
{
	if (st == SERVING_ELSE || serving_contract(s) != 0)
		serve_take(s);
	else
		finish(s, st);
	next(s);
}

/* ---- for handlers and dispatchers ---- */

void serving_use_bytes(struct serving *s, void *bytes)
{
	s->bytes = bytes;
	s->parts.recv_bytes = (uaddr_t)(uintptr_t)bytes;
}

void serving_use_landing(struct serving *s, void *window)
{
	s->landing = window;
	s->parts.landing = (uaddr_t)(uintptr_t)window;
	s->landing_changed = true;
}

void serving_settle_given(struct serving *s)
{
	bool back = tag_pages(s->out.tag) != 0 && s->parts.send_pages == s->parts.landing;

	if (!s->landing_changed && !back)
		renew_landing(s);
	s->landing_changed = false;
}

void *serving_room(const struct serving *s)
{
	size_t at = (s->parts.recv_capacity + 8) & ~(size_t)7; /* beyond a request and a string's zero */

	return at < s->bytes_size ? (char *)s->bytes + at : NULL;
}

void serve_put_state(struct message *out, uint64_t badge, unsigned state)
{
	out->badge = badge >> BADGE_STATE_BITS << BADGE_STATE_BITS | state;
	out->tag |= TAG_SET_BADGE;
}

void serving_set_state(struct serving *s, unsigned state) { serve_put_state(&s->out, s->in.badge, state); }

bool serving_is_string(struct serving *s)
{
	char *text = s->bytes;

	if (memchr(text, 0, tag_bytes(s->in.tag)) != NULL)
		return false;
	text[tag_bytes(s->in.tag)] = 0;
	return true;
}

enum status serve_channel_make(const struct serving *at, uint64_t contract, uint64_t value, unsigned state,
			       handle_t *end, uint32_t *id)
{
	unsigned i = 0;

	while (i < SERVING_CONTRACTS_MAX && (at->contracts[i] == NULL || at->contracts[i]->id != contract))
		i++;
	if (i == SERVING_CONTRACTS_MAX || value >> (64 - BADGE_VALUE_BIT) != 0)
		return ST_BAD_ARG;
	return channel_create(at->port, value << BADGE_VALUE_BIT | (uint64_t)i << BADGE_STATE_BITS | state, contract,
			      end, id);
}
