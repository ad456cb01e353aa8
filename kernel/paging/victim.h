/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which page goes out next: a clock over the frames. A page that was used since
 * the hand last passed gets a second chance. One mapping a frame makes a step of
 * the hand one look at one entry.
 */
#pragma once
#include "kernel/mm/aspace.h"

void victim_init(void);

/*
 * The next page to evict; NULL if nothing can go. store_full: a page that
 * has no slot yet cannot go. only: pages of this space only, or
 * NULL. The hand moves at most twice around.
 */
struct frame *victim_choose(const struct aspace *only, bool store_full);
