/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Domains in one address space, as a safe language would keep them apart: nothing here is enforced by hardware, and C
 * does not enforce it either; what is here is what such a system does at run time when a call crosses.
 *
 * A call goes through a function of the domain's table, which no compiler looks through. Before it, its proxy sees to it
 * that the domain lives and notes who runs now, so that a failure is the failing domain's; after it, who runs again.
 * Memory in the exchange heap belongs to one domain: each object has an owner, which the proxy checks and changes.
 */
#pragma once
#include "tests/bench/transport.h"
#include <stdbool.h>

enum { EXCHANGE_BYTES = 64 << 20, EXCHANGE_OBJECTS_MAX = EXCHANGE_BYTES / 4096 };

struct words {
	uint64_t w[6];
};

BENCH_INLINE uint64_t transport_word(const struct words *m, unsigned i) { return m->w[i]; }

struct domain;

/* What the server offers. */
struct domain_entries {
	void (*words[7])(struct words *m); /* by their number */
	void (*vectors)(void);
	size_t (*bytes)(void *bytes, size_t n); /* how many go back */
	void (*take)(const void *bytes);
	void (*flip)(void *memory);
};

struct domain {
	bool lives;
	const struct domain_entries *entries;
	uint8_t *bytes; /* where bytes for it are copied */
	uint64_t bits;  /* notifications that it has not taken */
	uint64_t sp;    /* of its thread, while another one runs */
};

/* An object of the exchange heap. */
struct exchange_object {
	struct domain *owner;
	bool is_lent;
};

extern struct domain client_domain, server_domain;
extern struct domain *domain_current;
extern uint8_t exchange_heap[EXCHANGE_BYTES];

/* The heap becomes objects of this size, a power of two; all are the client's. */
void exchange_divide(size_t bytes);
void exchange_return_all(void);

/* The proxies. False: the domain is gone, or the object is not the caller's to hand over. */
bool domain_call_words(struct domain *to, struct words *m, unsigned n);
bool domain_call_vectors(struct domain *to);
bool domain_call_bytes(struct domain *to, const void *out, void *back, size_t n);
bool domain_call_take(struct domain *to, const void *bytes, size_t n);
bool domain_give(struct domain *to, void *memory);
bool domain_flip(struct domain *to, void *memory);
bool domain_lend(struct domain *to, void *memory);

/* Sets bits of another domain; waits for bits of this one, letting the other's thread run. */
void domain_notify(struct domain *to, uint64_t bits);
uint64_t domain_wait(void);

void server_start(void);
