/* SPDX-License-Identifier: BSD-2-Clause */
/* A ring of bytes, first in, first out. The counters run freely; their difference is what is in it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RING_BYTES = 16384 }; /* a power of two; the longest write with every LF doubled fits twice */

struct ring {
	uint32_t put, taken;
	uint8_t bytes[RING_BYTES];
};

static inline size_t ring_used(const struct ring *r) { return r->put - r->taken; }
static inline size_t ring_room(const struct ring *r) { return RING_BYTES - ring_used(r); }

/* There must be room. */
static inline void ring_put(struct ring *r, uint8_t byte) { r->bytes[r->put++ % RING_BYTES] = byte; }

/* Copies up to `most` of the oldest bytes out and leaves them in; ring_drop takes them out. */
static inline size_t ring_peek(const struct ring *r, uint8_t *to, size_t most)
{
	size_t n = ring_used(r) < most ? ring_used(r) : most;

	for (size_t i = 0; i < n; i++)
		to[i] = r->bytes[(r->taken + i) % RING_BYTES];
	return n;
}

static inline void ring_drop(struct ring *r, size_t n) { r->taken += (uint32_t)n; }
