/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See full.h. A call may be held while others are served, so there are two landing
 * windows: one for what comes next, one for what the held call has lent.
 */
#include "servers/pong/full.h"
#include "libsys/contracts/ping.h"
#include "libsys/ipc.h"
#include <stdbool.h>

enum { NS_PER_MS = 1000000, WINDOWS = 2 };

static handle_t port;
static uint8_t bytes[PING_BYTES_MAX];
static void *windows[WINDOWS];
static unsigned current; /* the window that is posted */
static struct ipc_buffers buffers;

/* The one call that is held; its pages are in the window that is not current. */
static uint64_t held_token; /* 0: none */
static uint64_t held_until_ns;

static void answer(uint64_t token, enum status st)
{
	struct message m = { .tag = tag_make((uint16_t)st) };

	(void)ipc_reply(token, &m, NULL); /* a caller that is gone needs no answer */
}

/* ---- each operation: *m is the call, then the reply; the status goes into its tag ---- */

static enum status do_bytes(struct message *m, uint64_t size)
{
	if (ping_check_pattern(bytes, size, m->words[0]) != size)
		return ST_BAD_ARG;
	ping_put_pattern(bytes, size, m->words[0] + 1);
	m->tag = tag_with_bytes(0, size);
	return ST_OK;
}

static enum status do_pages(struct message *m, enum message_pages kind, uint64_t pages)
{
	uint64_t size = pages * ABI_PAGE_BYTES;
	void *window = windows[current];

	if (size == 0 || ping_check_pattern(window, size, m->words[0]) != size)
		return ST_BAD_ARG;
	if (kind != MESSAGE_PAGES_LENT_READ)
		ping_put_pattern(window, size, m->words[0] + 1);
	if (kind == MESSAGE_PAGES_GIVEN)
		m->tag = tag_with_pages(0, kind, pages);
	return ST_OK;
}

static void serve(struct message *m)
{
	enum message_pages kind = tag_pages_kind(m->tag);
	uint64_t size = tag_bytes(m->tag), pages = tag_pages(m->tag);
	unsigned op = tag_op(m->tag);
	enum status st = ST_OK;

	m->tag = 0;
	if (op == PING_WHO)
		m->words[0] = m->badge;
	else if (op == PING_BYTES)
		st = do_bytes(m, size);
	else if ((op == PING_GIVE) == (kind == MESSAGE_PAGES_GIVEN) && (op == PING_GIVE || op == PING_PAGES))
		st = do_pages(m, kind, pages);
	else
		st = ST_BAD_ARG;
	m->tag |= st;
}

static void hold(const struct message *m)
{
	uint64_t ms = m->words[0] < PING_HOLD_MS_MAX ? m->words[0] : PING_HOLD_MS_MAX;

	if (held_token != 0)
		answer(held_token, ST_OK);
	held_token = m->token;
	held_until_ns = clock_now() + ms * NS_PER_MS;
	current = (current + 1) % WINDOWS;
}

/* ---- the loop ---- */

/* An empty window in the place of one that holds pages which were given to us. */
static void renew_window(void)
{
	(void)mem_unmap(windows[current], PING_PAGES_MAX);
	(void)mem_map(MEM_LANDING, PING_PAGES_MAX, &windows[current]);
}

static enum status next(struct message *m, bool owes)
{
	uint64_t deadline = held_token != 0 ? held_until_ns : DEADLINE_NEVER;

	buffers.landing = (uaddr_t)(uintptr_t)windows[current];
	buffers.send_pages = buffers.landing;
	return owes ? ipc_reply_recv(port, m->token, m, &buffers, deadline) : ipc_recv(port, m, &buffers, deadline);
}

/* True if *m is now an answer that is to be sent. */
static bool take(struct message *m)
{
	bool given = tag_pages_kind(m->tag) == MESSAGE_PAGES_GIVEN;

	if (tag_kind(m->tag) != MESSAGE_KIND_CALL)
		return false;
	for (unsigned i = 0; i < tag_handles(m->tag); i++)
		(void)handle_close(m->handles[i]); /* nobody asked for it */
	if (tag_op(m->tag) == PING_HOLD && !given) {
		hold(m);
		return false;
	}
	serve(m);
	if (given && tag_pages(m->tag) == 0)
		renew_window();
	return true;
}

/* The deadline of the held call, or an answer that its caller could not take, or a window that is not empty.
 */
static void after_error(enum status st, uint64_t token)
{
	if (st == ST_TIMED_OUT) {
		answer(held_token, ST_OK);
		held_token = 0;
		return;
	}
	answer(token, st); /* of no effect if it was answered */
	renew_window();
}

void full_serve(void *port_handle)
{
	struct message m = { 0 };
	bool owes = false;

	port = *(const handle_t *)port_handle;
	for (current = 0; current < WINDOWS; current++)
		(void)mem_map(MEM_LANDING, PING_PAGES_MAX, &windows[current]);
	current = 0;
	buffers = (struct ipc_buffers){ .send_bytes = (uaddr_t)(uintptr_t)bytes,
					.recv_bytes = (uaddr_t)(uintptr_t)bytes,
					.recv_capacity = sizeof bytes,
					.landing_pages = PING_PAGES_MAX };
	for (;;) {
		uint64_t token = m.token;
		enum status st = next(&m, owes);

		owes = st == ST_OK && take(&m);
		if (st != ST_OK)
			after_error(st, token);
	}
}
