/* SPDX-License-Identifier: BSD-2-Clause */
/* A set of pages as ascending, disjoint ranges. Pure; runs on the host as well. */
#pragma once
#include "hal/boot.h"

struct ranges {
	struct boot_range at[BOOT_RANGES_MAX];
	unsigned count;
	bool overflowed; /* a range was left out for want of room */
};

/* [base, end) in bytes, page-aligned; empty and inverted ones are ignored. A range that does not fit is left
 * out. */
void ranges_add(struct ranges *set, uint64_t base, uint64_t end);
void ranges_remove(struct ranges *set, uint64_t base, uint64_t end);
bool ranges_overlap(const struct ranges *set, uint64_t base, uint64_t end);
uint64_t ranges_bytes(const struct ranges *set);

static inline uint64_t range_end(struct boot_range r) { return r.base.v + r.bytes; }
