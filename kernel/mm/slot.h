/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's record of every page outside RAM: the twin of frame.h. Slot n
 * is block n of the pager's store. A record holds what the kernel needs to
 * take back only the newest version it wrote (I-SEAL).
 *
 *   FREE -> LEAVING -> HELD -> ARRIVING -> HELD (clean copy of a resident page)
 *
 * A slot that its owner gives up in LEAVING or ARRIVING is doomed: it is free
 * only when the pager has answered, so that no late write hits a new owner.
 */
#pragma once
#include "kernel/base/types.h"

enum slot_state {
	SLOT_FREE = 0,
	SLOT_LEAVING,  /* a page_out of it is under way */
	SLOT_HELD,     /* the store has the page */
	SLOT_ARRIVING, /* a page_in of it is under way */
};

enum { SLOT_TAG_BYTES = 16 };

struct slot {
	uint64_t version; /* of the last seal; from one counter of the whole kernel, never used again */
	uint8_t tag[SLOT_TAG_BYTES];
	uint32_t table; /* where its page belongs, as in struct frame: the leaf table with the SWAPPED entry... */
	uint16_t index; /* ...and the entry. So a table moves with its slots. Of no meaning while the page is in RAM. */
	uint8_t state;  /* enum slot_state */
	uint8_t doomed;
};

/* The pager has a store of this many slots. May be called again with the same or a larger number. */
void slot_store_size(uint32_t slots);
extern uint32_t slot_limit; /* only slot.c writes it */
static inline uint32_t slot_total(void) { return slot_limit; }
uint32_t slot_used(void);

/* A slot in LEAVING with a new version; SLOT_NONE if the store is full or records can't be had. */
uint32_t slot_alloc(void);
/* The page is written again: a new version, LEAVING. Pre: HELD. */
void slot_reuse(uint32_t slot);
/* Its owner needs it no more. Any state but FREE. */
void slot_release(uint32_t slot);
/* The pager has answered: LEAVING or ARRIVING become HELD, or FREE if doomed; returns false if doomed. */
bool slot_settle(uint32_t slot);
/* Pre: HELD. */
void slot_arrive(uint32_t slot);

struct slot *slot_at(uint32_t slot); /* pre: a slot that was allocated */

void slot_init(void);
