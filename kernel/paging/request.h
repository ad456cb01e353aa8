/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A request to the pager: a call of the kernel's own that carries a run of pages, at adjacent slots, in bounce frames
 * lent for it. What becomes of each page is known to page_out.c and page_in.c. Its life:
 *   1. IDLE: it has no slots and no frames.
 *   2. SENT: a run of LEAVING or ARRIVING slots is its own, each with a frame. It waits at the pager's port, or the
 *      pager has it and the frames are lent to it.
 *   3. The pager ends first: the frames come back as they were, so with the same ciphertext (nothing is sealed anew),
 *      and the call waits for the next pager, as any idempotent call does (ipc/call_end.c).
 *   4. The answer comes, or no pager ever will (its port has ended), or not all frames came back: SETTLING. Each page is
 *      seen to by itself, and the request is IDLE.
 *   5. A page-in that failed is SENT once more instead, for its first page alone.
 *
 *   IDLE -> SENT <-> SETTLING -> IDLE
 *
 * A pager that leaves a request unanswered for REQUEST_SILENCE whole periods is ended (FAULT_PAGER_SILENT): then 3. If a
 * server of its holds a call of its a period later, so that it can't be gone, that server is ended too. And one is ended
 * (FAULT_PAGER_KEEPS) that lends frames on to who keeps them, once twice as many are out as all requests carry.
 */
#pragma once
#include "kernel/abi/pager.h"
#include "kernel/task/process.h"

enum request_state { REQUEST_IDLE, REQUEST_SENT, REQUEST_SETTLING, REQUEST_STATES };

/* The life cycle, in full: bit n of entry m: state m may become state n. The model of paging reads it (docs/model.md). */
static const unsigned request_legal_next[REQUEST_STATES] = {
	[REQUEST_IDLE] = 1u << REQUEST_SENT,
	[REQUEST_SENT] = 1u << REQUEST_SETTLING,
	[REQUEST_SETTLING] = 1u << REQUEST_SENT | 1u << REQUEST_IDLE,
};

/* A silent pager is noticed after two to three periods: 10 to 15 s. */
enum { REQUEST_PERIOD_S = 5, REQUEST_SILENCE = 2 };

struct request {
	struct call call;
	struct loan loan;
	uint64_t words[MESSAGE_WORDS];
	paddr_t frames[PAGER_RUN_MAX]; /* NONE: the pager did not give it back */
	uint32_t slot;                 /* the first. Whose page it is, aspace_of_slot says: that may change meanwhile */
	uint8_t count, age;            /* pages; periods that began since the pager has it */
	uint8_t state;                 /* enum request_state; set by request.c only */
	bool out, retried;
};

void request_init(void);
/* The pager has this port from now on; it is asked for its store's size. NO_MEMORY. */
enum status request_connect(struct port *port);
bool request_pager_lives(void);
bool request_pager_may_come(void); /* or lives */

/* An idle one; NULL: none, or no pager will ever come. */
struct request *request_idle(bool out);
/* Is one for page-out not idle? */
bool request_pending(void);
/* Its count slots from this one on, and its frames, are on their way. */
void request_send(struct request *r, uint32_t slot, unsigned count, unsigned priority);
/* The page in this slot, or (SLOT_NONE) memory, is waited for with this priority: so is the request that moves it. */
void request_raise(uint32_t slot, unsigned priority);

/* page_in.c, page_out.c: the answer, or why it failed. True: all pages but the first are seen to, which is tried again. */
bool page_in_settle(struct request *r, enum status st);
bool page_out_settle(struct request *r, enum status st);
