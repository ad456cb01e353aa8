/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A call in flight. There is no queue of messages: a waiting call is the
 * waiting thread (or a request of the kernel's own), and its message stays in
 * the sender's registers and memory until it is delivered.
 *
 *   IDLE -> QUEUED (at a port) -> HELD (by the server, under a token) -> IDLE
 *             ^---- the server died, the call is idempotent ----'
 */
#pragma once
#include "kernel/abi/message.h"
#include "kernel/abi/status.h"
#include "kernel/base/list.h"
#include "kernel/mm/claim.h"

struct channel;
struct process;
struct thread;

/* One side of a transfer: what it sends and where it receives. */
struct envelope {
	struct process *process; /* NULL: the kernel */
	uint64_t *words;         /* six; in and out */
	uint64_t tag;            /* of what it sends */
	struct claim send, recv; /* resolved and held while the thread is blocked */
	struct claim pages;      /* what it lends or gives, likewise; count and kind in the tag; without the next */
	struct claim buffers;    /* where all these were described; never held */
	uint64_t known;       /* bytes only, and all claims are within pages found at this aspace.space.changes; or 0 */
	uint64_t known_bytes; /* the same of claims within one page or several */
	uint64_t known_window; /* the same of a window only, or pages to give */
	uint64_t takes;   /* so many given pages by the quick way: its window is known, and nothing else is to come */
	uint64_t lent_at; /* the first page that it lends */
	uint32_t lent_tables;  /* the first of that go by their tables, so many: not resolved, not held */
	bool lends_pages_only; /* they could not; until it is delivered, they are pages like the others */
	paddr_t *frames;       /* the kernel's own pages, instead of pages */
	uint64_t landing, landing_pages;
	handle_t handles[MESSAGE_HANDLES_MAX];
	uint64_t accept; /* what it takes, as in struct ipc_buffers; 0 without them */
	uint64_t accept_contracts[MESSAGE_CONTRACTS_MAX];
};

/*
 * Pages out on loan. A record of its own because a loan can outlive its call:
 * when the caller's deadline passes, it is forfeited and waits for the borrower.
 */
struct loan {
	struct list link; /* of the borrower's forfeits, once forfeited */
	uint64_t token;
	struct aspace *lender; /* NULL: the kernel, which gets frames[] back */
	struct aspace *borrower;
	uint64_t lender_at, borrower_at;
	uint32_t pages;
	uint32_t index; /* in the pool; unused for the kernel's own */
	paddr_t *frames;
};

enum call_state { CALL_IDLE, CALL_QUEUED, CALL_HELD };

enum { CALL_DEATHS_MAX = 2 }; /* of servers that one call may see: what kills two may well kill the next */

struct call {
	struct list link; /* of port.callers, while QUEUED */
	enum call_state state;
	uint64_t token; /* its number, and above that a new generation for each delivery */
	struct envelope message;
	struct channel *channel; /* the kernel's requests have one too */
	struct process *server;  /* HELD: by whom; who holds what is found by looking at all calls, see port.h */
	struct loan *loan;       /* pages to lend (before delivery) or lent; NULL: none */
	struct thread *thread;   /* NULL: the kernel's own */
	unsigned priority;       /* of the caller when it called */
	unsigned deaths;         /* of servers that held it, also before it started again */
	uint64_t kept;           /* the token of a delivery after which the whole message is still with its caller */
	uint64_t order;          /* of that delivery among all */
	void (*done)(struct call *c, enum status st); /* the kernel's own: the end; message.tag is the reply's */
};

/* It was delivered: the token that names it from now on, none that ever did. */
#define CALL_NUMBER_BITS 31
static inline uint64_t call_new_token(struct call *c) { return c->token += 1ull << CALL_NUMBER_BITS; }
static inline uint64_t call_token(const struct call *c) { return c->token; }
static inline uint32_t call_number(uint64_t token) { return token & ((1ull << CALL_NUMBER_BITS) - 1); }
