/* SPDX-License-Identifier: BSD-2-Clause */
/* The two spaces of give_fixture.h and a third, with a landing window of 4 MiB: 2 MiB on loan, and lent on. */
#pragma once
#include "tests/unit/kernel/give_fixture.h"

enum { ALL = MMU_ENTRIES };
extern struct aspace third;

int lend_start(void **state);
int lend_finish(void **state); /* checks all three, and that all comes back */
void lend_check(void);
void look(struct aspace *a, struct aspace *b); /* both run, and the CPU looks ahead in them */
/* Of 2 MiB. Before and after both spaces run and look ahead: no program may do what the tables do not say. */
bool may_lend(struct aspace *from, uint64_t at, struct aspace *to, uint64_t there, bool write);
void lend(struct aspace *from, uint64_t at, struct aspace *to, uint64_t there, bool write);
bool take_back(struct aspace *borrower, uint64_t there, struct aspace *lender, uint64_t at);
void lend_evict(struct aspace *as, uint64_t at); /* out, and stored */
