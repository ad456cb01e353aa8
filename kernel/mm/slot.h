/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's record of every page outside RAM: the twin of frame.h. Slot n
 * is block n of the pager's store. A record holds what the kernel needs to
 * take back only the newest version it wrote (I-SEAL).
 *
 *   FREE -> LEAVING -> HELD -> ARRIVING -> HELD (clean copy of a resident page)
 *             ^---------'  `-> LOST                       written again
 *
 * A slot that its owner gives up in LEAVING or ARRIVING is doomed: it is free
 * only when the pager has answered, so that no late write hits a new owner.
 * Slots are handed out in runs of neighbours, which go to the store in one request.
 */
#pragma once
#include "kernel/base/types.h"

enum slot_state {
	SLOT_FREE = 0,
	SLOT_LEAVING,  /* a page_out of it is under way */
	SLOT_HELD,     /* the store has the page */
	SLOT_ARRIVING, /* a page_in of it is under way */
	SLOT_LOST,     /* it did not come back: whoever touches the page ends */
	SLOT_STATES
};

enum { SLOT_TAG_BYTES = 16 };

struct slot {
	uint64_t version; /* of the last seal; from one counter of the whole kernel, never used again */
	union {
		uint8_t tag[SLOT_TAG_BYTES];
		struct {
			uint32_t next, previous; /* FREE: in the order they were freed; SLOT_NONE ends it */
		};
	};
	uint32_t table; /* where its page belongs, as in struct frame: the leaf table with the SWAPPED entry... */
	uint16_t index; /* ...and the entry. So a table moves with its slots. Of no meaning while the page is in RAM. */
	uint8_t state;  /* enum slot_state; set by slot.c only */
	uint8_t doomed;
};
_Static_assert(sizeof(struct slot) == 32, "what each page outside RAM costs");

/* The life cycle, in full: bit n of entry m: state m may become state n. The model of paging reads it (docs/model.md). */
#define TO(state) (1u << SLOT_##state)
static const unsigned slot_legal_next[SLOT_STATES] = {
	[SLOT_FREE] = TO(LEAVING),
	[SLOT_LEAVING] = TO(HELD) | TO(FREE),
	[SLOT_HELD] = TO(LEAVING) | TO(ARRIVING) | TO(LOST) | TO(FREE),
	[SLOT_ARRIVING] = TO(HELD) | TO(FREE),
	[SLOT_LOST] = TO(FREE),
};
#undef TO

/* The pager has a store of this many slots. May be called again with the same or a larger number. */
void slot_store_size(uint32_t slots);
extern uint32_t slot_limit, slots_in_use; /* only slot.c writes them */
static inline uint32_t slot_total(void) { return slot_limit; }
static inline uint32_t slot_used(void) { return slots_in_use; }

/*
 * 1 to n adjacent slots from *first on, in LEAVING with new versions; how many. 0: the store is full or records can't be
 * had. Bounded by n.
 */
unsigned slot_alloc_run(unsigned n, uint32_t *first);
/* The page is written again: a new version, LEAVING. Pre: HELD. */
void slot_reuse(uint32_t slot);
/* Its owner needs it no more. Any state but FREE. */
void slot_release(uint32_t slot);
/* The pager has answered: LEAVING or ARRIVING become HELD, or FREE if doomed; returns false if doomed. */
bool slot_settle(uint32_t slot);
/* Pre: HELD. */
void slot_arrive(uint32_t slot);
void slot_lose(uint32_t slot);

struct slot *slot_at(uint32_t slot); /* pre: a slot that was allocated */

void slot_init(void);
