/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client and a server, both of the program "app", and a channel between them.
 * There is one pair at a time: `pair`. Its first threads, pair.c and pair.s, talk.
 */
#pragma once
#include "kernel/abi/message.h"
#include "tests/unit/kernel/world.h"

#define NEVER DEADLINE_NEVER
enum { PAIR_WINDOW_PAGES = 8, PAIR_HEAP_PAGES = 8 };
/* What a server hears of a channel that outlived its predecessor: the predecessor may have taken any bit and forgotten it. */
#define INHERITED (NOTIFY_RESTARTED | NOTIFY_USER_BITS)

extern struct pair pair;
extern uint64_t pair_window, pair_heap; /* the server's, the client's */

/* For cmocka. The second makes the window and the heap, too; page i of the heap begins with 1000 + i. */
int pair_start(void **state);
int pair_start_lending(void **state);

/* ---- the client's side ---- */

enum status pair_call(uint64_t op);
enum status pair_send_pages(enum message_pages kind, uint64_t at, uint64_t pages, uint64_t deadline);

/* ---- the server's side ---- */

enum status pair_receive(void);
enum message_kind pair_kind(void); /* of what it received last */
uint64_t pair_token(void);
enum status pair_answer(uint64_t tag, uint64_t buffers);

/* The client's call is in the server's hands. */
void pair_be_served(uint64_t op);
/* Another process of the same image at the same port: pair.server from now on. */
void pair_start_successor(void);
/*
 * A third process, ranked below the server, to which the server's handle 1 leads.
 * The server is a new one then: nothing of its memory remains.
 */
struct process *pair_make_third(void);
