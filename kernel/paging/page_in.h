/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A page comes in:
 *   1. A thread touches a SWAPPED page; it waits, PAGING, on the slot (pager.c).
 *   2. The slot becomes ARRIVING, with those of the neighbours that policy reads ahead; a frame of the reserve for each
 *      is lent, for writing, in a PAGER_IN call.
 *   3. The reply comes. Each page settles by itself: its owner may have given it up; else its seal is opened in place
 *      and the frame becomes the page. What was read ahead and does not open, or finds no room, stays outside.
 *   4. The page that was asked for does not open: its process ends (FAULT_PAGE_LOST). The call failed: it is tried once
 *      more, for that page alone; if that fails its process ends (FAULT_PAGE_IO).
 *   5. The threads that waited run and touch it again. The reserve is refilled.
 */
#pragma once
#include "kernel/paging/request.h"

/* False: it can't begin before a request is settled. Pre: the slot is HELD. */
bool page_in(struct aspace *as, uint64_t address, uint32_t slot, unsigned priority);
