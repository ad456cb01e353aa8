/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All policy of paging is here: which pages go, which come in unasked, and when to stop.
 *
 * A clock over the frames: one mapping a frame makes a step of the hand one look at one entry. A page that the hand
 * finds used for the first time stays, if it is dirty or has no copy outside (it would cost a write), for one more
 * round; one that it finds used again is hot. A hot page ages only in turns of the hand before which its space had
 * its share of the faults: what a scan touches once leaves before what is used again. A page read ahead counts as
 * unused until it is used. docs/replacement.md compares this with what is published.
 */
#pragma once
#include "kernel/mm/aspace.h"

void policy_init(void);

/*
 * The pages to evict next: out[0] is the clock's victim, the others are those right above it in its leaf table, as cold
 * as it, that would be written out as well. A clean page with a copy outside comes alone. Returns how
 * many, 0: nothing can go. store_full: what has no slot can't go, unless slots of pages that are in RAM can be had.
 * only: pages of this space, or NULL. The hand moves at most four times around.
 */
unsigned policy_victims(const struct aspace *only, bool store_full, unsigned most, struct frame *out[]);

/*
 * A thread waits for a page, in a HELD slot. How many come in together, this one and those above it: all SWAPPED
 * neighbours in one leaf table, in HELD slots that ascend by one. More for a space whose faults ascend.
 */
unsigned policy_read_ahead(struct aspace *as, uint64_t address, uint32_t slot, unsigned most);

/* Free frames to reach once there were fewer than frame_low_mark(). */
static inline uint64_t policy_goal(void) { return frame_counts.high_mark; }
