/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client and a server (waiting_fixture.h) that send each other bytes. Each story is told twice: with buffers within pages
 * that are known from the last time (kernel/ipc/fast_bytes.c), and with buffers across two pages (fast_parts.c).
 */
#pragma once
#include "tests/unit/kernel/waiting_fixture.h"

enum { PAGES = 8, BYTES = 64, ROOM = 128, SAYS = 0, SENDS = 1, TAKES = 3, SENDS_ELSEWHERE = 5, OFFSET = 256 };

/* Two threads of one process: the first talks; the second writes and reads for it meanwhile. */
struct side {
	struct thread *t, *other;
	uint64_t at;          /* of its memory */
	struct ipc_buffers b; /* what it says at `at` */
};

extern struct side client, server;
extern bool across; /* buffers lie across two pages */

/* Its memory, and what it says there at first. */
void settle(struct side *s, struct thread *t, struct thread *other);
/* Other frames at the same place. */
void renew(struct side *s, unsigned page, unsigned pages);
uint64_t place(const struct side *s, unsigned page);
void say(struct side *s);
void put(const struct side *s, uint64_t at, char value);
/* So many bytes of this value, and behind them what was there. */
void assert_holds(const struct side *s, uint64_t at, char value, unsigned n, char behind);

enum status call(unsigned bytes);
enum status answer_token(uint64_t token, unsigned bytes);
enum status answer(unsigned bytes); /* to the client's first thread */
void talk(char out, char back);     /* there and back, seen at both ends */
/* It went straight over; the way of known pages looks at none, and is too short for safe points. */
void assert_straight(const struct thread *to);

int start_known(void **state);
int start_across(void **state);

#define STORY(name)                                                                                                    \
	{ #name " (known pages)", name, start_known, world_tear_down, NULL },                                          \
	{                                                                                                              \
#name " (across pages)", name, start_across, world_tear_down, NULL                                     \
	}
