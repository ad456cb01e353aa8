/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The contract of pong, which answers every kind of message at once, so that ping
 * can measure and check each. A reply's operation is an enum status: OK, or
 * BAD_ARG for content that is not what ping_pattern says.
 */
#pragma once
#include <stdint.h>

/* The contract's name, as channel_create takes it: the first 8 bytes of SHA-256("ping"), little-endian. */
#define PING_CONTRACT 0x4844446af2618d75ull

enum ping_op {
	/* On the channel that a program is born with; its messages are words only. */
	PING_WORDS = 1, /* reply: each word plus 1 */
	PING_OPEN = 2,  /* reply: a handle to a channel for what follows, made for word 0 */
	/* On an opened channel. */
	PING_WHO = 3,   /* reply: word 0 = what the channel was made for */
	PING_BYTES = 4, /* bytes with the pattern of word 0; reply: the same number with that of word 0 + 1 */
	PING_PAGES = 5, /* pages lent with the pattern of word 0; those lent for writing come back with that
			   of word 0 + 1 */
	PING_GIVE = 6,  /* pages given with the pattern of word 0; reply: given back with that of word 0 + 1 */
	PING_HOLD = 7,  /* the reply, and with it any pages lent, comes after word 0 milliseconds, or when
			  another is held */
};

enum { PING_BYTES_MAX = 4096, PING_PAGES_MAX = 16, PING_HOLD_MS_MAX = 1000 };

/* Byte i of a message with the pattern of `seed`. */
static inline uint8_t ping_pattern(uint64_t seed, uint64_t i) { return (uint8_t)(seed + i * 7 + (i >> 8)); }

static inline void ping_put_pattern(void *data, uint64_t bytes, uint64_t seed)
{
	for (uint64_t i = 0; i < bytes; i++)
		((uint8_t *)data)[i] = ping_pattern(seed, i);
}

/* The first byte that is not of the pattern; `bytes` if all are. */
static inline uint64_t ping_check_pattern(const void *data, uint64_t bytes, uint64_t seed)
{
	uint64_t i = 0;

	while (i < bytes && ((const uint8_t *)data)[i] == ping_pattern(seed, i))
		i++;
	return i;
}
