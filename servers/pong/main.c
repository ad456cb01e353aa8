/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pong: answers every call of libsys/contracts/ping.h. This thread takes words only
 * and waits with nothing but registers, the least that a call can cost; another
 * one, at a port of its own, takes everything else (full.c). Whatever a client
 * sends or does, both go on.
 */
#include "libsys/contracts/ping.h"
#include "libsys/ipc.h"
#include <stdbool.h>
#include "libsys/start.h"
#include "servers/pong/full.h"

enum { STACK_PAGES = 4 };

static handle_t full_port;

/* Answers at once: the handle has to go along, or be closed. */
static void open_channel(const struct message *call)
{
	struct message m = { 0 };
	struct ipc_buffers buffers = { 0 };
	enum status st = channel_create(full_port, call->words[0], PING_CONTRACT, &buffers.send_handles[0], NULL);

	m.tag = st == ST_OK ? tag_with_handles(0, 1) : tag_make((uint16_t)st);
	st = ipc_reply(call->token, &m, &buffers);
	if (st == ST_OK)
		return;
	(void)handle_close(buffers.send_handles[0]);
	m.tag = tag_make((uint16_t)st);
	(void)ipc_reply(call->token, &m, NULL);
}

/* True if *m is now an answer that is to be sent. */
static bool take(struct message *m)
{
	if (tag_kind(m->tag) != MESSAGE_KIND_CALL)
		return false;
	if ((m->tag & ~TAG_IDEMPOTENT) == tag_make(PING_WORDS)) { /* the one that is measured */
		for (unsigned i = 0; i < MESSAGE_WORDS; i++)
			m->words[i]++;
		m->tag = ST_OK;
		return true;
	}
	for (unsigned i = 0; i < tag_handles(m->tag); i++)
		(void)handle_close(m->handles[i]); /* nobody asked for it */
	if (tag_op(m->tag) == PING_OPEN) {
		open_channel(m);
		return false;
	}
	m->tag = ST_BAD_ARG;
	return true;
}

int main(void)
{
	handle_t port = start_port();
	struct message m;
	enum status st;

	st = port_create(PORT_RANK_OWN, &full_port);
	if (st == ST_OK)
		st = thread_start(full_serve, &full_port, STACK_PAGES);
	if (st != ST_OK) {
		log_write("cannot start: %s", status_text(st));
		return 1;
	}
	st = ipc_recv(port, &m, NULL, DEADLINE_NEVER);
	while (st == ST_OK) {
		if (take(&m))
			st = ipc_reply_recv(port, m.token, &m, NULL, DEADLINE_NEVER);
		else
			st = ipc_recv(port, &m, NULL, DEADLINE_NEVER);
	}
	log_write("cannot receive: %s", status_text(st));
	return 1;
}
