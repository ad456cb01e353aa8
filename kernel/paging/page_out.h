/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A page goes out:
 *   1. Memory is short; policy.h names a page and its cold neighbours, and again until there is a run.
 *   2. Clean and stored already: its entry becomes SWAPPED, the frame is free. Done.
 *   3. Else they get adjacent slots, LEAVING. Each entry becomes SWAPPED; the page is sealed where it is, and its frame
 *      is the request's; one of the reserve is free in exchange, at once.
 *   4. The frames are lent, for reading, in one PAGER_OUT call.
 *   5. The reply settles each slot: HELD, or free if its owner has given it up. The frame goes to the reserve.
 *   6. An error: each page is opened in place and stays in RAM, without a slot. After a few in a row nothing is written
 *      for a second, so that whoever needs memory is told that there is none.
 * A thread that meets a slot on its way just waits for it to settle.
 */
#pragma once
#include "kernel/paging/request.h"

void page_out_init(void);
/* True: pages have gone, of this space or (NULL) any. False: none can go now. */
bool page_out(const struct aspace *only, unsigned priority);
