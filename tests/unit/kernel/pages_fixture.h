/* SPDX-License-Identifier: BSD-2-Clause */
/* A client that gives one page after the other to a server, which waits for them in a window. */
#pragma once
#include "tests/unit/kernel/bytes_fixture.h"

enum { MANY = 32 };

extern uint64_t source, window; /* the client's pages, the server's places */

enum status give_pages(unsigned pages);
enum status wait_for_more(void); /* the server answers, and waits for pages at the next place */
void offer(uint64_t word);       /* the next page of the client's, with this word */
void make_place(void);           /* the next of the server's */
int start_passing(void **state); /* three were given: each knows where its own lie */

#define PASSING(name) cmocka_unit_test_setup_teardown(name, start_passing, world_tear_down)
