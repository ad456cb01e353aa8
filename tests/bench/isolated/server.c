/* SPDX-License-Identifier: BSD-2-Clause */
/* The server as a domain: tests/bench/server.h behind a table of functions. */
#include "tests/bench/server.h"
#include "tests/bench/isolated/domains.h"

enum { BYTES_MAX = 65536, STACK_BYTES = 16384, KEPT_REGISTERS = 6 };

static uint8_t bytes[BYTES_MAX] __attribute__((aligned(4096)));
static uint64_t stack[STACK_BYTES / 8] __attribute__((aligned(16)));

SERVER_INLINE void add(struct words *m, unsigned n)
{
	server_words(n, &m->w[0], &m->w[1], &m->w[2], &m->w[3], &m->w[4], &m->w[5]);
}

static void words_0(struct words *m) { add(m, 0); }
static void words_1(struct words *m) { add(m, 1); }
static void words_2(struct words *m) { add(m, 2); }
static void words_3(struct words *m) { add(m, 3); }
static void words_4(struct words *m) { add(m, 4); }
static void words_5(struct words *m) { add(m, 5); }
static void words_6(struct words *m) { add(m, 6); }

static void vectors(void) { server_vectors(); }

static size_t answer_bytes(void *at, size_t n)
{
	server_bytes(at);
	return n;
}

static void take(const void *at) { (void)server_take(at); }
static void flip(void *at) { server_flip(at); }

static const struct domain_entries entries = {
	.words = { words_0, words_1, words_2, words_3, words_4, words_5, words_6 },
	.vectors = vectors,
	.bytes = answer_bytes,
	.take = take,
	.flip = flip,
};

/* A notification for a notification. */
static _Noreturn void thread(void)
{
	for (;;)
		domain_notify(&client_domain, domain_wait());
}

void server_start(void)
{
	uint64_t *sp = stack + STACK_BYTES / 8;

	server_domain.entries = &entries;
	server_domain.bytes = bytes;
	*--sp = 0; /* nobody called it */
	*--sp = (uint64_t)(uintptr_t)thread;
	server_domain.sp = (uint64_t)(uintptr_t)(sp - KEPT_REGISTERS);
	domain_current = &client_domain;
}
