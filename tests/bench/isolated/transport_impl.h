/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/transport.h within one address space. */
#pragma once
#include "tests/bench/isolated/domains.h"

BENCH_INLINE void transport_expect(enum transport_mode mode, uint64_t size)
{
	if (mode == EXPECT_GIVE || mode == EXPECT_FLIP || mode == EXPECT_LEND)
		exchange_divide(size);
}

BENCH_INLINE void *transport_home(size_t bytes)
{
	must(bytes == EXCHANGE_BYTES, "the exchange heap has another size");
	return exchange_heap;
}

BENCH_INLINE void transport_give_back(void *memory, size_t bytes)
{
	(void)memory;
	(void)bytes;
	exchange_return_all();
}

BENCH_INLINE void transport_words(struct words *m, unsigned n)
{
	must(domain_call_words(&server_domain, m, n), "words were not answered");
}

BENCH_INLINE void transport_vectors(void) { must(domain_call_vectors(&server_domain), "no answer came"); }

BENCH_INLINE void transport_bytes(const void *out, void *back, size_t n)
{
	must(domain_call_bytes(&server_domain, out, back, n), "bytes were not answered");
}

BENCH_INLINE void transport_take(const void *bytes, size_t n)
{
	must(domain_call_take(&server_domain, bytes, n), "bytes were not taken");
}

BENCH_INLINE void transport_give(void *memory, size_t bytes)
{
	(void)bytes;
	must(domain_give(&server_domain, memory), "memory was not taken");
}

BENCH_INLINE void transport_flip(void *memory, size_t bytes)
{
	(void)bytes;
	must(domain_flip(&server_domain, memory), "memory did not come back");
}

BENCH_INLINE void transport_lend(void *memory, size_t bytes)
{
	(void)bytes;
	must(domain_lend(&server_domain, memory), "memory was not borrowed");
}

/* An end of a channel is an object that has an owner, too. */
#define TRANSPORT_HAS_ENDS
BENCH_INLINE void transport_end(void) { must(domain_flip(&server_domain, exchange_heap), "the end did not come back"); }

BENCH_INLINE void transport_notify(void)
{
	domain_notify(&server_domain, 1);
	must(domain_wait() == 1, "no notification came");
}
