/* SPDX-License-Identifier: BSD-2-Clause */
/* A client, and a server that waits for it, both with a second thread: what the fast and the quick ways begin with. */
#pragma once
#include "kernel/abi/message.h"
#include "tests/unit/kernel/world.h"

#define NEVER DEADLINE_NEVER

extern struct pair w;
extern struct thread *c2, *s2; /* second threads */

void set_priority(struct process *p, unsigned priority);
/* Slow: all registers are saved at each call. */
void begin(bool fast);
int start(void **state); /* fast, as a set-up of cmocka's */
/* Did the kernel go straight to the other side, without asking the scheduler? */
bool went_straight_to(const struct thread *t);
