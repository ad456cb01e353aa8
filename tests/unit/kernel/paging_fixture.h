/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small machine whose pager is played: an honest one wherever a test does not
 * play it itself. Its store is an array.
 */
#pragma once
#include "tests/unit/kernel/world.h"

enum { PAGING_SLOTS = 600, PAGING_RANK = 5 };

extern struct paging_fixture {
	struct process *pager;
	struct thread *server; /* its first */
	uint64_t window;       /* where pages appear to it */
	handle_t port;         /* the supervisor's end of the pager's */
	handle_t below;        /* a channel that the supervisor gives to the next pager; 0: none */
	uint16_t answer_with;  /* the operation of every reply: 0, or a status */
	unsigned outs, ins;    /* pages it took, pages it brought */
	uint8_t store[PAGING_SLOTS][PAGE_BYTES];
} paging;

int paging_start(void **state); /* for cmocka: booted, and paging is on */

/* ---- the pager's side ---- */

void paging_start_pager(void);          /* at the port of the one before */
enum status paging_take(void);          /* one request. OK, or why not */
enum status paging_answer(uint64_t op); /* to the request taken last */
void paging_fill(void);                 /* the pages of the page-in taken last, from the store */
void paging_serve_all(void);            /* what an honest pager does, until nothing waits */

/* ---- its clients' side ---- */

/* A store and a load that the pager serves while the thread waits. False: it has ended, or never goes on. */
bool paging_put(struct thread *t, uint64_t va, uint64_t value);
uint64_t paging_get(struct thread *t, uint64_t va);
/* A process and its heap of 40 pages, page i begins with 1000 + i; some are out, by its limit of frames. */
struct thread *paging_make_small(unsigned frames, uint64_t *heap);
/* How many are out of so many pages from this address on. */
unsigned paging_count_out(struct aspace *as, uint64_t from, unsigned pages);
/* The first page of the heap that is out. */
uint64_t paging_page_outside(struct thread *t, uint64_t heap);
/* The thread faults on that page and waits; the pager holds the request. Where the page is. */
uint64_t paging_fault_in(struct thread *t, uint64_t heap);
