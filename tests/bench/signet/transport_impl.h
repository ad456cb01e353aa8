/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/transport.h over libsys: what a program of Signet does that writes its messages by hand. */
#pragma once
#include "contracts/bench.h"
#include "libsys/ipc.h"
#include "libsys/stubs.h"
#include "libsys/words.h"
#include "tests/bench/transport.h"

/* What signet/bench/manifest.toml makes of it, checked in main.c. */
enum { TRANSPORT_PORT = INITIAL_HANDLE(0), TRANSPORT_PEER = INITIAL_HANDLE(2) };

#define TRANSPORT_HAS_ENDS

struct words {
	struct ipc_words of;
};

BENCH_INLINE uint64_t transport_word(const struct words *m, unsigned i)
{
	const uint64_t w[] = { m->of.a, m->of.b, m->of.c, m->of.d, m->of.e, m->of.f };

	return w[i];
}

/* What stays the same from one message to the next. */
extern struct ipc_buffers transport_buffers;
extern struct message transport_message; /* its words are zero: no answer to it has any */
extern handle_t transport_moved;

void transport_expect(enum transport_mode mode, uint64_t size);
void *transport_home(size_t bytes);
void transport_give_back(void *memory, size_t bytes);

BENCH_INLINE uint64_t transport_address(const void *memory) { return (uint64_t)(uintptr_t)memory; }

/* In registers all the way; those that nobody wants are zero. */
BENCH_INLINE void transport_words_over(handle_t channel, struct words *m)
{
	uint64_t tag = BENCH_OPERATION_WORDS;

	must(ipc_words_call(channel, &tag, &m->of) == ST_OK && tag == ST_OK, "words were not answered");
}

BENCH_INLINE void transport_words(struct words *m, unsigned n)
{
	(void)n;
	transport_words_over(TRANSPORT_PEER, m);
}

BENCH_INLINE void transport_vectors(void)
{
	struct words none = { 0 };

	transport_words(&none, 0);
}

BENCH_INLINE void transport_exchange(uint64_t tag, const char *what)
{
	struct message *m = &transport_message;

	m->tag = tag;
	must(ipc_call(TRANSPORT_PEER, m, &transport_buffers, DEADLINE_NEVER) == ST_OK && tag_op(m->tag) == 0, what);
}

/* Messages whose words are zero, and so are those of their answers. */
BENCH_INLINE void transport_parts(uint64_t tag, const char *what)
{
	struct ipc_words none = { 0 };

	must(ipc_parts_call(TRANSPORT_PEER, &tag, &none, &transport_buffers) == ST_OK && tag_op(tag) == 0, what);
}

BENCH_INLINE void transport_bytes(const void *out, void *back, size_t n)
{
	transport_buffers.send_bytes = transport_address(out);
	transport_buffers.recv_bytes = transport_address(back);
	transport_buffers.recv_capacity = n;
	transport_parts(tag_with_bytes(BENCH_OPERATION_BYTES, n), "bytes were not answered");
}

BENCH_INLINE void transport_take(const void *bytes, size_t n)
{
	transport_buffers.send_bytes = transport_address(bytes);
	transport_parts(tag_with_bytes(BENCH_OPERATION_TAKE, n), "bytes were not taken");
}

BENCH_INLINE void transport_send_pages(uint64_t op, enum message_pages kind, void *memory, size_t bytes)
{
	transport_buffers.send_pages = transport_address(memory);
	transport_parts(tag_with_pages(op, kind, bytes / ABI_PAGE_BYTES), "pages were not answered");
}

BENCH_INLINE void transport_give(void *memory, size_t bytes)
{
	transport_send_pages(BENCH_OPERATION_GIVE, MESSAGE_PAGES_GIVEN, memory, bytes);
}

BENCH_INLINE void transport_flip(void *memory, size_t bytes)
{
	transport_buffers.landing = transport_address(memory);
	transport_buffers.landing_pages = bytes / ABI_PAGE_BYTES;
	transport_buffers.accept = ACCEPT_GIVEN;
	transport_send_pages(BENCH_OPERATION_FLIP, MESSAGE_PAGES_GIVEN, memory, bytes);
}

BENCH_INLINE void transport_lend(void *memory, size_t bytes)
{
	transport_send_pages(BENCH_OPERATION_LEND, MESSAGE_PAGES_LENT_WRITE, memory, bytes);
}

BENCH_INLINE void transport_end(void)
{
	transport_buffers.send_handles[0] = transport_moved;
	transport_exchange(tag_with_handles(BENCH_OPERATION_END, 1), "the end did not move");
	transport_moved = transport_message.handles[0];
}

BENCH_INLINE void transport_notify(void)
{
	struct ipc_words_from from;
	struct ipc_words w;

	must(sys_ipc_notify(TRANSPORT_PEER, 0, 1, NULL) == ST_OK, "the server cannot be notified");
	must(ipc_words_recv(TRANSPORT_PORT, &w, &from) == ST_OK, "no notification came");
}
