/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Serving contracts. A server fills in a struct serving and calls serve(); the dispatcher that is made from each
 * contract (build/contracts/NAME_server.c) checks every message and calls NAME_serve_OPERATION with typed arguments,
 * and what the handler returns is the answer. docs/contracts.md has an example.
 *
 * A handler that returns ST_LATER answers later, with NAME_answer_OPERATION and the token serving->in.token. On any
 * other error nothing of the request stays: pages that were given are freed, ends that came are closed; after OK they
 * are the handler's. What a reply points to has to last until the next receive: serving_room() does.
 */
#pragma once
#include "libsys/ipc.h"
#include "libsys/words.h"
#include <stdbool.h>

enum { SERVING_CONTRACTS_MAX = 4 };

/* A channel's badge: the protocol's state, which of the server's contracts it is of, and the server's own value. */
enum { BADGE_STATE_BITS = 6, BADGE_CONTRACT_BITS = 2, BADGE_VALUE_BIT = 8 };

struct serving;

/*
 * Checks serving->in, has it handled, puts the answer into serving->out. Returns the status, SERVING_MORE if that is OK
 * and the answer is more than words.
 */
#define SERVING_MORE ST_PARKED /* no handler's status: the kernel's own */
#define SERVING_ELSE ST_RETRY  /* nothing has happened: the message is not one of words for this contract */
typedef enum status serving_take(struct serving *serving);

/* What the dispatcher of a contract tells of itself. */
struct contract_server {
	uint64_t id;
	const char *name;
	serving_take *const *take; /* by the operation's number; the first is serving_take_other */
	uint32_t take_count;
	uint32_t request_bytes, reply_bytes;              /* the most of each */
	uint32_t accept;                                  /* as in struct ipc_buffers */
	uint64_t accept_contracts[MESSAGE_CONTRACTS_MAX]; /* 0: unused */
};

/* One thread that serves one port. */
struct serving {
	/* What serve.c and the dispatchers work with. */
	struct message out; /* the answer that goes out with the next receive, if one is owed */
	struct message in;  /* the message at hand, for handlers: token, badge, channel, peer */

	/* Filled in by the server; what it does not need stays 0. The two flags are serve.c's, here for want of a gap below. */
	handle_t port;
	bool owes;
	bool landing_changed;                                           /* by the handler */
	const struct contract_server *contracts[SERVING_CONTRACTS_MAX]; /* as in the manifest's `serves` */
	void *bytes;            /* aligned to 8; for what comes in and goes out: NAME_SERVER_BYTES, the largest */
	size_t bytes_size;      /* too few: messages that do not fit are refused to the client */
	void *landing;          /* a landing window, for pages that come in */
	uint64_t landing_pages; /* NAME_SERVER_PAGES, the largest */
	void (*hear)(struct serving *serving); /* what is no call, in serving->in; NULL: it is ignored */
	void *server;                          /* whatever the handlers want to find */

	struct {
		serving_take *const *take;
		uint64_t count;
	} table[SERVING_CONTRACTS_MAX];    /* of the contracts that anybody may call */
	struct ipc_buffers parts;          /* of what comes in and what goes out */
	const struct ipc_buffers *buffers; /* NULL: only words come in */
};

/*
 * Serves forever. NAME_serve, made from a contract that has operations of words only, is the same for a server whose first
 * contract that is; where neither bytes nor pages come in, words stay in registers from one message to the next.
 */
_Noreturn void serve(struct serving *serving);

/*
 * The same in steps, for a server with a loop of its own. serve_next sends the answer that is owed, then receives.
 * Errors are those of ipc_recv; after any but TIMED_OUT the port or the window cannot be used. serve_take handles what came.
 */
enum status serve_next(struct serving *serving, uint64_t deadline_ns);
void serve_take(struct serving *serving);

/* The call under this token, whose handler said LATER, has this answer: it goes out with the next receive. */
void serve_owe(struct serving *serving, uint64_t token, enum status st);

/* Sends the answer that is owed at once, for a handler's caller that will not receive for a while. */
void serve_flush(struct serving *serving);

/*
 * On the channel that the message at hand came over: the state of the protocol, the place of its contract among the
 * server's, and the server's own value.
 */
static inline unsigned serving_state(const struct serving *s) { return s->in.badge & ((1u << BADGE_STATE_BITS) - 1); }
static inline unsigned serving_contract(const struct serving *s)
{
	return s->in.badge >> BADGE_STATE_BITS & ((1u << BADGE_CONTRACT_BITS) - 1);
}
static inline uint64_t serving_value(const struct serving *s) { return s->in.badge >> BADGE_VALUE_BIT; }

/* Where a reply's bytes may be put: room for serving->contracts' longest, used until the next receive. */
void *serving_room(const struct serving *serving);

/*
 * For the next receive: another buffer or window, of the same size. For a handler that answers later and keeps its
 * request's bytes or pages until then, or that keeps pages which it was given.
 */
void serving_use_bytes(struct serving *serving, void *bytes);
void serving_use_landing(struct serving *serving, void *window);

/* ---- for the generated code ---- */

/* Takes what is no operation of the contract, or not anybody's. */
serving_take serving_take_other;

/* Nothing of an earlier answer goes to somebody else. For all replies but those that fill six words of 64 bits. */
static inline void serving_clear(struct serving *s)
{
	uint64_t *w = s->out.words;

	w[0] = w[1] = w[2] = w[3] = w[4] = w[5] = 0;
}

/* After a request that gave pages: what neither the handler took away nor the answer takes back is freed. */
void serving_settle_given(struct serving *serving);

static inline bool serving_is_in(const struct serving *s, uint64_t states) { return states >> serving_state(s) & 1; }

/* The line of CONTRACT_USED (client.h) for an object that serves a contract: "server files 0123456789abcdef". */
#define CONTRACT_SERVED(line)                                                                                          \
	__asm__(".pushsection .signet.contracts, \"MS\", @progbits, 1\n\t.string \"" line "\"\n\t.popsection")

static inline bool tag_has_lengths(uint64_t tag) { return tag >> TAG_BYTES_BIT != 0; }

/* Are there words beyond the first n? */
static inline bool serving_has_more(const struct serving *s, unsigned n)
{
	uint64_t more = 0;

	for (unsigned i = n; i < MESSAGE_WORDS; i++)
		more |= s->in.words[i];
	return more != 0;
}

/* Is the request's string one? If so it is terminated now. */
bool serving_is_string(struct serving *serving);
/* With the answer, the channel's state. */
void serving_set_state(struct serving *serving, unsigned state);
/* Is end i of the request of that contract? */
static inline bool serving_end_is(const struct serving *s, unsigned i, uint64_t contract)
{
	return s->parts.accept_contracts[tag_end(s->in.tag, i)] == contract;
}

/* Answers a call that was held. The call is over in any case; returns what became of the answer. */
enum status serve_answer(uint64_t token, const struct message *out, const struct ipc_buffers *parts);
enum status serve_answer_status(uint64_t token, enum status st);
/* badge: as it was at the call. */
void serve_put_state(struct message *out, uint64_t badge, unsigned state);
/* A channel to where `at` receives; the end is to be handed out. */
enum status serve_channel_make(const struct serving *at, uint64_t contract, uint64_t value, unsigned state,
			       handle_t *end, uint32_t *id);

/* ---- words in registers: NAME_serve ---- */

/* In which state of the contract is the channel? If it is in none because it is of another contract, that is none of these. */
static inline bool words_are_in(const struct ipc_words_from *from, uint64_t states)
{
	uint8_t state = (uint8_t)from->badge;

	return __builtin_expect(state >> BADGE_STATE_BITS == 0 && (states >> state & 1), true);
}
static inline bool words_are_in_one(const struct ipc_words_from *from, unsigned state)
{
	return __builtin_expect((uint8_t)from->badge == state, true);
}

/*
 * Handles a message of words only over a channel of the first contract: *m becomes the answer's. Returns as serving_take
 * does, or SERVING_ELSE.
 */
typedef enum status serving_dispatch(struct serving *serving, const struct ipc_words_from *from, struct ipc_words *m);

/* The message at hand. */
struct serving_at_hand {
	struct ipc_words_from from;
	struct ipc_words m;
};

static inline struct serving_at_hand serving_at_hand(const struct serving *s)
{
	const uint64_t *w = s->in.words;

	return (struct serving_at_hand){ .from = { .badge = s->in.badge, .tag = s->in.tag, .token = s->in.token },
					 .m = { w[0], w[1], w[2], w[3], w[4], w[5] } };
}

static inline void serving_put_words(struct message *m, const struct ipc_words *w)
{
	m->words[0] = w->a;
	m->words[1] = w->b;
	m->words[2] = w->c;
	m->words[3] = w->d;
	m->words[4] = w->e;
	m->words[5] = w->f;
}

/* Does the same as a serving_take, whatever place the contract has. */
static inline __attribute__((always_inline)) enum status serving_take_words(struct serving *s,
									    serving_dispatch *dispatch)
{
	struct serving_at_hand h = serving_at_hand(s);
	enum status st;

	h.from.badge = serving_state(s);
	st = dispatch(s, &h.from, &h.m);
	serving_put_words(&s->out, &h.m);
	return st == SERVING_ELSE ? ST_BAD_MESSAGE : st;
}

/* Begins and receives the first message. Does not return if others than words may come, or not everybody may call. */
void serve_begin(struct serving *serving);
/*
 * After anything but an exchange of words, the next message is in serving->in. st: of the exchange; of the dispatcher,
 * with the words in serving->out if that is SERVING_MORE, else in serving->in.
 */
void serve_after_failure(struct serving *serving, enum status st);
void serve_after(struct serving *serving, enum status st);

/* Handles the message at hand and exchanges the answer for the next one. */
static inline __attribute__((always_inline)) void serve_words(struct serving *s, struct serving_at_hand *h,
							      serving_dispatch *dispatch)
{
	enum status st;

	s->in.badge = h->from.badge;
	s->in.token = h->from.token;
	st = dispatch(s, &h->from, &h->m);
	if (__builtin_expect(st == ST_OK, true)) {
		st = ipc_words_reply_recv(s->port, ST_OK, &h->m, &h->from);
		s->in.channel = (uint32_t)h->from.channel_peer;
		s->in.peer = (uint32_t)(h->from.channel_peer >> 32);
		if (__builtin_expect(st == ST_OK, true))
			return;
		serve_after_failure(s, st);
	} else {
		s->in.tag = h->from.tag;
		serving_put_words(st == SERVING_MORE ? &s->out : &s->in, &h->m);
		serve_after(s, st);
	}
	*h = serving_at_hand(s);
}
