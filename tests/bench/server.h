/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The benchmark's server: what it does with what it is given, whatever carries it there. The least that the client
 * can check. It keeps nothing but the number of what came.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define SERVER_INLINE static inline __attribute__((always_inline))

/* Each of the first n words plus 1, wherever a transport has them. */
SERVER_INLINE void server_words(unsigned n, uint64_t *a, uint64_t *b, uint64_t *c, uint64_t *d, uint64_t *e,
				uint64_t *f)
{
	*a += n > 0;
	*b += n > 1;
	*c += n > 2;
	*d += n > 3;
	*e += n > 4;
	*f += n > 5;
}

/* Sixteen bytes of vector state that live as long as the server. */
SERVER_INLINE void server_vectors(void) { __asm__ volatile("paddq %xmm6, %xmm7"); }

/* The bytes go back, the first eight as a number plus 1. */
SERVER_INLINE void server_bytes(void *bytes) { (*(uint64_t *)bytes)++; }

/* Bytes or pages that stay, and pages that go back: it looks at the first word. */
SERVER_INLINE uint64_t server_take(const void *data) { return *(const volatile uint64_t *)data; }
SERVER_INLINE void server_flip(void *pages) { (*(volatile uint64_t *)pages)++; }
