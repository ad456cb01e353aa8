/* SPDX-License-Identifier: BSD-2-Clause */
/* The attacks, and the children that some of them need: processes of this same program, ranked above. */
#pragma once
#include "kernel/abi/fault.h"
#include "kernel/abi/layout.h"
#include "libsys/ipc.h"
#include "libsys/start.h"
#include "libsys/system.h"
#include <stdbool.h>

/* What to do; false, with the reason printed, if something happened that must not. */
struct attack {
	const char *name;
	bool (*run)(unsigned long n);
	unsigned long n; /* unless the command line says another */
};

/* Each ends with one without a name. */
extern const struct attack call_attacks[];    /* hostile calls, handles, tags */
extern const struct attack memory_attacks[];  /* mappings, loans, races */
extern const struct attack many_attacks[];    /* quotas and floods: nothing may be lost */
extern const struct attack talk_attacks[];    /* replies, and what nobody asked for: handles, pages, contracts, names */
extern const struct attack leaving_attacks[]; /* bytes whose pages leave */

#define CHECK(condition) check((condition), #condition, __LINE__)
bool check(bool condition, const char *text, int line);

uint64_t address_of(const volatile void *p);
uint64_t raw_call(uint64_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
uint64_t free_pages(void);

/* ---- children: party.c ---- */
handle_t party_port(void); /* of this process; children have a channel to it */
bool party_is_child(void);
handle_t party_parent(void); /* a child's channel */
/* Starts `attack ROLE N`. badge: of its channel, and of news about it. */
enum status party_start(const char *role, unsigned long n, uint64_t badge, handle_t *process);
/*
 * Waits until it is gone, answering whatever children ask; closes the handle. False: not within ms, and it was
 * stopped.
 */
bool party_end(handle_t process, unsigned ms, struct process_status *s);

/* What children do: the exit code. -1: there is no such role. */
int call_role(const char *role, unsigned long n);
int memory_role(const char *role, unsigned long n);
int talk_role(const char *role, unsigned long n);
int leaving_role(const char *role, unsigned long n);
