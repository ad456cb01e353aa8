/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The benchmark's server, over libsys: tests/bench/server.h at the end of a channel. A loop for each mode, so that no
 * row pays for another's; each ends with the call that asks for another mode.
 */
#include "channels.h"
#include "contracts/bench.h"
#include "libsys/ipc.h"
#include "libsys/stubs.h"
#include "libsys/words.h"
#include "tests/bench/server.h"
#include <stdbool.h>

enum { BYTES_MAX = BENCH_BYTES_MAX, PAGES_MAX = BENCH_PAGES_MAX, WINDOW_BYTES = PAGES_MAX * ABI_PAGE_BYTES };

static struct message m; /* the message at hand, then its answer */
static struct ipc_buffers buffers;
static uint8_t bytes[BYTES_MAX] __attribute__((aligned(4096)));
static char *window;

static _Noreturn void fail(const char *what, enum status st)
{
	log_write("%s: %s", what, status_text(st));
	process_exit(1);
}

static uint64_t address_of(const void *p) { return (uint64_t)(uintptr_t)p; }

/* Answers with what m is, takes the next. True as long as it is this operation. */
SERVER_INLINE bool answer_and_take(uint64_t tag, const struct ipc_buffers *b, uint64_t operation)
{
	enum status st;

	m.tag = tag;
	st = ipc_reply_recv(m.token, &m, b, &m, port(), DEADLINE_NEVER);
	if (st != ST_OK)
		fail("an exchange failed", st);
	return tag_op(m.tag) == operation;
}

static struct message message_of(const struct ipc_words *w, const struct ipc_words_from *from)
{
	return (struct message){
		.words = { w->a, w->b }, .tag = from->tag, .token = from->token, .channel = (uint32_t)from->channel_peer
	};
}

/* Words that stay in registers, from one to the next; the message that is none of these goes to m. */
SERVER_INLINE void serve_n(unsigned n, bool vectors)
{
	struct ipc_words_from from = { .token = m.token };
	struct ipc_words w = { 0 };
	enum status st;

	for (;;) {
		st = ipc_words_reply_recv(port(), ST_OK, &w, &from);
		if (st != ST_OK)
			fail("an exchange failed", st);
		if (from.tag != BENCH_OPERATION_WORDS)
			break;
		server_words(n, &w.a, &w.b, &w.c, &w.d, &w.e, &w.f);
		if (vectors)
			server_vectors();
	}
	m = message_of(&w, &from);
}

static void serve_words(uint64_t n)
{
	switch (n) {
	case 0:
		serve_n(0, false);
		break;
	case 1:
		serve_n(1, false);
		break;
	case 2:
		serve_n(2, false);
		break;
	case 3:
		serve_n(3, false);
		break;
	case 4:
		serve_n(4, false);
		break;
	case 5:
		serve_n(5, false);
		break;
	default:
		serve_n(6, false);
	}
}

static void serve_vectors(uint64_t unused)
{
	(void)unused;
	serve_n(0, true);
}

static void take_bytes(uint64_t size)
{
	buffers.recv_bytes = buffers.send_bytes = address_of(bytes);
	buffers.recv_capacity = size;
}

/* As serve_n, with buffers. True as long as it is this operation. */
SERVER_INLINE bool answer_parts(uint64_t tag, uint64_t operation, struct ipc_words_from *from)
{
	struct ipc_words w = { 0 };
	enum status st = ipc_parts_reply_recv(port(), tag, &w, &buffers, from);

	if (st != ST_OK)
		fail("an exchange failed", st);
	if (tag_op(from->tag) == operation)
		return true;
	m = message_of(&w, from);
	return false;
}

static void serve_bytes(uint64_t size)
{
	struct ipc_words_from from = { .token = m.token };
	uint64_t tag = ST_OK;

	take_bytes(size);
	while (answer_parts(tag, BENCH_OPERATION_BYTES, &from)) {
		server_bytes(bytes);
		tag = tag_with_bytes(ST_OK, tag_bytes(from.tag));
	}
}

static void serve_take(uint64_t size)
{
	struct ipc_words_from from = { .token = m.token };

	take_bytes(size);
	while (answer_parts(ST_OK, BENCH_OPERATION_TAKE, &from))
		(void)server_take(bytes);
}

static void take_pages(uint64_t size)
{
	buffers.recv_capacity = 0; /* of the rows before */
	buffers.landing = address_of(window);
	buffers.landing_pages = size / ABI_PAGE_BYTES;
	buffers.accept = ACCEPT_GIVEN;
}

/* What is given stays, one after the other; then all of it goes back. */
static void serve_give(uint64_t size)
{
	struct ipc_words_from from = { .token = m.token };
	char *at = window, *end = window + WINDOW_BYTES;

	take_pages(size);
	while (answer_parts(ST_OK, BENCH_OPERATION_GIVE, &from)) {
		(void)server_take(at);
		at += size;
		buffers.landing = address_of(at);
		if (at == end)
			buffers.landing_pages = 0; /* full */
	}
	if (tag_op(m.tag) != BENCH_OPERATION_GIVE_BACK)
		fail("pages were to be given back", ST_BAD_MESSAGE);
	buffers.send_pages = address_of(window);
	buffers.landing_pages = 0;
	(void)answer_and_take(
		tag_with_pages(ST_OK, MESSAGE_PAGES_GIVEN, (buffers.landing - address_of(window)) / ABI_PAGE_BYTES),
		&buffers, BENCH_OPERATION_MODE);
}

static void serve_flip(uint64_t size)
{
	struct ipc_words_from from = { .token = m.token };
	uint64_t tag = ST_OK;

	take_pages(size);
	buffers.send_pages = address_of(window);
	while (answer_parts(tag, BENCH_OPERATION_FLIP, &from)) {
		server_flip(window);
		tag = tag_with_pages(ST_OK, MESSAGE_PAGES_GIVEN, tag_pages(from.tag));
	}
}

static void serve_lend(uint64_t size)
{
	struct ipc_words_from from = { .token = m.token };

	take_pages(size);
	while (answer_parts(ST_OK, BENCH_OPERATION_LEND, &from))
		server_flip(window);
}

static void serve_end(uint64_t unused)
{
	uint64_t tag = ST_OK;

	(void)unused;
	buffers.accept = 1;
	buffers.accept_contracts[0] = SUPERVISOR_CONTRACT;
	while (answer_and_take(tag, &buffers, BENCH_OPERATION_END)) {
		buffers.send_handles[0] = m.handles[0];
		tag = tag_with_handles(ST_OK, 1);
	}
}

/* A notification for a notification, until a call comes. */
static void serve_notify(uint64_t unused)
{
	struct ipc_words_from from = { 0 };
	uint32_t client = m.channel;
	struct ipc_words w = { 0 };
	enum status st;

	(void)unused;
	(void)answer_and_take(ST_OK, NULL, 0);
	if (tag_kind(m.tag) != MESSAGE_KIND_NOTIFY)
		fail("no notification came", ST_BAD_MESSAGE);
	do {
		st = sys_ipc_notify(port(), client, 1, NULL);
		if (st == ST_OK)
			st = ipc_words_recv(port(), &w, &from);
		if (st != ST_OK)
			fail("notifications end", st);
	} while (tag_kind(from.tag) == MESSAGE_KIND_NOTIFY);
	m = message_of(&w, &from);
}

int main(void)
{
	static void (*const modes[])(uint64_t size) = {
		[BENCH_MODE_WORDS] = serve_words,   [BENCH_MODE_VECTORS] = serve_vectors,
		[BENCH_MODE_BYTES] = serve_bytes,   [BENCH_MODE_TAKE] = serve_take,
		[BENCH_MODE_GIVE] = serve_give,     [BENCH_MODE_FLIP] = serve_flip,
		[BENCH_MODE_LEND] = serve_lend,     [BENCH_MODE_END] = serve_end,
		[BENCH_MODE_NOTIFY] = serve_notify,
	};
	void *mapped;
	enum status st = mem_map(MEM_LANDING, PAGES_MAX, &mapped);

	if (st == ST_OK)
		st = ipc_recv(port(), &m, NULL, DEADLINE_NEVER);
	if (st != ST_OK)
		fail("cannot begin", st);
	window = mapped;
	while (tag_op(m.tag) == BENCH_OPERATION_MODE && m.words[0] < sizeof modes / sizeof *modes) {
		uint64_t mode = m.words[0], size = m.words[1];

		buffers = (struct ipc_buffers){ 0 };
		m.words[0] = m.words[1] = 0;
		modes[mode](size);
	}
	fail("a message out of place", ST_BAD_MESSAGE);
}
