/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A random life: processes that call, answer, wait, notify, make and end threads, ports and channels, use their vector
 * registers, and die, at every priority, with tokens, handles and tags that are wrong at times. Only the most
 * urgent ever run, as under the scheduler. The same seed gives the same life as long as worlds are alike.
 */
#pragma once
#include "kernel/abi/message.h"
#include "tests/unit/kernel/world.h"

enum { LIFE_PROCESSES = 5, LIFE_WHAT_BYTES = 160 };

extern struct process *life_processes[LIFE_PROCESSES]; /* each may call those before it */
extern char life_what[LIFE_WHAT_BYTES];                /* the last step, in words */
extern unsigned life_calls;                            /* so far, of those that have fast ways */
extern unsigned life_known;  /* of these, messages with bytes that went without being proved again */
extern unsigned life_across; /* of these, messages with bytes in two pages */

void life_begin(uint64_t seed); /* a new world */
void life_step(void);

/* ---- chance: random_life_choice.c ---- */

extern uint64_t life_any_state;
uint64_t life_any(uint64_t n); /* below n */

bool life_can_run(const struct process *p);
/* Of the threads that can run and are the most urgent any; NULL: all wait. */
struct thread *life_any_runnable(void);
handle_t life_handle_of_type(const struct process *p, enum handle_type type); /* 0: none */
handle_t life_channel(const struct process *p);                               /* that it may call over; 0: none */
handle_t life_channel_in_use(const struct process *p);                /* a call is on its way over it; 0: none */
uint64_t life_handle(const struct process *p, enum handle_type type); /* a good one mostly */
/* A call that the process holds, the thread's last one more likely; at times none. */
uint64_t life_token(const struct thread *t);
bool life_holds_calls(const struct process *p);
bool life_is_served(const struct process *p); /* does a thread of its wait where it mostly does? */
