/* SPDX-License-Identifier: BSD-2-Clause */
/* Data that tells where it belongs: what libsys/contracts/ping.contract says of a seed. */
#pragma once
#include <stdint.h>

static inline uint8_t pattern_byte(uint64_t seed, uint64_t i) { return (uint8_t)(seed + i * 7 + (i >> 8)); }

static inline void pattern_put(void *data, uint64_t bytes, uint64_t seed)
{
	for (uint64_t i = 0; i < bytes; i++)
		((uint8_t *)data)[i] = pattern_byte(seed, i);
}

/* The first byte that is not of the pattern; `bytes` if all are. */
static inline uint64_t pattern_check(const void *data, uint64_t bytes, uint64_t seed)
{
	uint64_t i = 0;

	while (i < bytes && ((const uint8_t *)data)[i] == pattern_byte(seed, i))
		i++;
	return i;
}
