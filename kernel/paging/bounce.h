/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames in reserve for pages on their way. A page-in takes one for each page, which becomes the page. A page that goes
 * out is sealed where it is and its own frame takes the way; one of the reserve is free in its stead, at once: of that
 * part only that is not kept for page-ins. What comes back from the pager has nothing in it that is not sealed, so it
 * may go to the pager again as it is.
 */
#pragma once
#include "kernel/mm/frame.h"

/* There is a pager: the reserve is filled when the kernel is left, as soon as there is memory. */
void bounce_begin(void);
extern unsigned bounce_count;                                      /* only bounce.c writes it */
static inline unsigned bounce_ready(void) { return bounce_count; } /* how many pages can come in now */
paddr_t bounce_take(void);                                         /* for a page-in. Pre: bounce_ready() > 0 */
/* A page went out: a frame is free for its own. If none can be spared, its own will be when it comes back. */
void bounce_exchange(void);
void bounce_put(paddr_t frame); /* one came back. NONE: it did not */
/* Fills the reserve if it is low. False: there is no memory for that. */
bool bounce_refill(void);
void bounce_init(void);
