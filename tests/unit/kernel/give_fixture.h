/* SPDX-License-Identifier: BSD-2-Clause */
/* Two address spaces, each with a buffer of 4 MiB and a landing window of 4 MiB, aligned. */
#pragma once
#include "kernel/mm/aspace_internal.h"
#include "tests/unit/kernel/world.h"

enum { RW = MMU_READ | MMU_WRITE, GIVE_PAGES = 2 * MMU_ENTRIES, GIVE_FRAMES = 3000 };
#define BUFFER  LAYOUT_AREA_BASE
#define WINDOW  (LAYOUT_AREA_BASE + (64ull << 20))
#define PAGE(n) ((uint64_t)(n)*PAGE_BYTES)

extern struct aspace giver, taker;

int give_start(void **state);
int give_finish(void **state); /* checks both, and that all comes back */
void give_check(void);
/* A page with this word in it. */
void give_put(struct aspace *as, uint64_t at, uint64_t word);
/* Its word; touches it, bringing it in from its slot if need be. */
uint64_t give_get(struct aspace *as, uint64_t at);
/* It goes out; the store keeps its word. What it returns is on its way until slot_settle. */
uint32_t give_evict(struct aspace *as, uint64_t at);
extern bool give_stays; /* the giver runs on; else the receiver is next */
/*
 * OK: it was given. EXISTS: the window was not free. Before and after both spaces run: no program may do what the
 * tables do not say. Who ran before runs then.
 */
enum status give(struct aspace *from, uint64_t at, struct aspace *to, uint64_t there, uint64_t pages);
struct frame *give_table(struct aspace *as, uint64_t at); /* NULL: none */
