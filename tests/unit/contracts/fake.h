/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel that only carries messages, for one client and one server in one thread. A client's call is taken by the
 * serving thread's dispatcher at once, or is answered as the test says. It keeps count of what must not be lost.
 */
#pragma once
#include "contracts/sample_server.h"
#include <setjmp.h>

enum { FAKE_HANDLES = 64, FAKE_PAGES = 4, FAKE_PORT = 7, FAKE_BYTES = 256 };

/* ---- the client's side ---- */

extern struct fake_answer {
	bool given;         /* else the serving thread is asked */
	enum status status; /* of the call itself */
	struct message message;
	const void *bytes;
} fake_answer;

extern struct message fake_sent; /* the last call's */
extern struct ipc_buffers fake_sent_parts;
extern unsigned fake_calls;
extern uint64_t fake_deadline_ns;

/* ---- the server's side ---- */

extern struct serving serving; /* serves sample */
extern uint64_t fake_badge;    /* of the one channel; answers change it */
extern uint64_t fake_windows;  /* made by mem_map */

/* Empties everything; the serving thread has room for all that the contract allows. */
void fake_reset(void);
/* A message arrives and is taken; the answer is returned. */
struct message fake_deliver(const struct message *m, const void *bytes);

/* The next receive gets this; the one after it ends the serving loop with BAD_HANDLE. */
void fake_queue(const struct message *m);
extern enum status fake_reply_status; /* of the next answer */
extern struct message fake_replied;   /* the last answer */
extern unsigned fake_replies;

extern bool (*fake_more)(struct message *m); /* asked when nothing is queued; false: there is no more */
extern unsigned fake_in_registers;           /* calls of ipc_words_reply_recv */

extern unsigned fake_closed; /* handles closed */
extern handle_t fake_last_closed;
extern unsigned fake_exited;
extern jmp_buf *fake_end; /* where process_exit leads; NULL: it ends the test program */

/* Which programs may call; see libsys/start.h. */
extern bool fake_restricted;
extern uint32_t fake_allowed_program;
