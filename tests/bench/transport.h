/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the client's messages get to the server and back. Each transport has a file transport_impl.h, which includes this
 * one and is found by the include path, with these functions as inline ones, so that a row counts what a program written for that system
 * would do; its server runs what server.h says at the other end.
 *
 *   struct words: six words, zero when it is; uint64_t transport_word(const struct words *m, unsigned i) is one of them
 *   void transport_expect(mode, size)       what comes next; not measured
 *   void transport_words(struct words *m, unsigned n)   n words out (0: none), as many back
 *   void transport_vectors(void)            none, to a server that uses vector registers
 *   void transport_bytes(const void *out, void *back, size_t n)
 *   void transport_take(const void *bytes, size_t n)    one way; an empty answer
 *   void *transport_home(size_t bytes)      filled memory that can be given, aligned to 2 MiB if it is as long
 *   void transport_give(void *memory, size_t bytes)     given; an empty answer
 *   void transport_give_back(void *memory, size_t bytes)  all that was given comes back; not measured
 *   void transport_flip(void *memory, size_t bytes)     given there and back
 *   void transport_lend(void *memory, size_t bytes)     lent, writable, until the answer
 *   void transport_end(void)                a client end of a channel moves there and back
 *   void transport_notify(void)             a notification to the server, which sends one back; waits for it
 *
 * A transport that lacks one of them leaves its TRANSPORT_HAS_... undefined: no such row then.
 */
#pragma once
#include "tests/bench/rows.h"

#define BENCH_INLINE static inline __attribute__((always_inline))

enum transport_mode {
	EXPECT_WORDS = 0,   /* `size` of them */
	EXPECT_VECTORS = 1, /* no words, with vector state at work */
	EXPECT_BYTES = 2,
	EXPECT_TAKE = 3,
	EXPECT_GIVE = 4, /* `size` bytes at a time */
	EXPECT_FLIP = 5,
	EXPECT_LEND = 6,
	EXPECT_END = 7,
	EXPECT_NOTIFY = 8,
};
