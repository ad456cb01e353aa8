/* SPDX-License-Identifier: BSD-2-Clause */
/* Arithmetic on untrusted numbers: every function says whether it wrapped. */
#pragma once
#include "kernel/base/types.h"

/* *sum = a + b; false if that wraps. */
static inline bool add_fits(uint64_t a, uint64_t b, uint64_t *sum) { return !__builtin_add_overflow(a, b, sum); }

/* True if [offset, offset + bytes) lies within [0, limit). */
static inline bool range_within(uint64_t offset, uint64_t bytes, uint64_t limit)
{
	return offset <= limit && bytes <= limit - offset;
}

static inline uint64_t min_u64(uint64_t a, uint64_t b) { return a < b ? a : b; }
static inline uint64_t max_u64(uint64_t a, uint64_t b) { return a > b ? a : b; }
static inline uint64_t round_up(uint64_t v, uint64_t power_of_two)
{
	return (v + power_of_two - 1) & ~(power_of_two - 1);
}
