/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a message has beside its words (struct ipc_buffers), on the side of who sends or waits for it: proved, and then
 * held, before anything moves.
 */
#pragma once
#include "kernel/task/process.h"

/* A page that is not as it must be. */
struct miss {
	enum touch touch;
	uint64_t address;
	uint32_t slot;
};

/*
 * Fills the envelope of a thread's call from what its process handed over; nothing is held yet. RETRY: see *miss, which
 * is not TOUCH_OK. BAD_ARG, NOT_FLIPPABLE, NO_MEMORY (more pages than it may hold).
 */
enum status parts_prove(struct thread *t, uint64_t tag, uaddr_t buffers, bool reply, struct miss *miss);
/* Pre: proved just now. What is given needs not be held: it need not be in RAM. */
void parts_hold(struct envelope *m);
void parts_release(struct envelope *m);

static inline bool parts_lend(uint64_t tag)
{
	return tag_pages_kind(tag) == MESSAGE_PAGES_LENT_READ || tag_pages_kind(tag) == MESSAGE_PAGES_LENT_WRITE;
}
