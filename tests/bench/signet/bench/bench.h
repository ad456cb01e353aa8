/* SPDX-License-Identifier: BSD-2-Clause */
/* The benchmark as a program of Signet: the rows that only Signet has, by what they are about. */
#pragma once
#include "kernel/abi/status.h"
#include "tests/bench/rows.h"

struct row_list thread_rows(void); /* threads.c: words within one process */
struct row_list call_rows(void);   /* calls.c: each call by itself */
struct row_list object_rows(void); /* objects.c: calls that make and end objects */
struct row_list held_rows(void);   /* held.c: calls about a call that is held */
struct row_list memory_rows(void); /* memory.c */
struct row_list life_rows(void);   /* lives.c: of threads and processes */
struct row_list time_rows(void);   /* time.c: deadlines, interrupts */
struct row_list paging_rows(void); /* paging.c */
struct row_list late_rows(void);   /* calls.c: what leaves something behind */

static inline void must_be_ok(enum status st, const char *what) { must(st == ST_OK, what); }

/* count.c: does this kernel count events, and what do the calls that tell it so cost; at last, what it has to say of all rows. */
void count_find_out(void);
void count_tell_maximum(void);

/* Ticks of the time-stamp counter in a second. */
extern uint64_t bench_hz;
