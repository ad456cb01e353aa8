/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Gifts one after the other, by buffers that are known (kernel/ipc/fast_pages.c, fast_parts.c): whatever changes between
 * two of them, the fast way and the slow one end the same. Each story is lived twice and what is left is compared.
 */
#pragma once
#include "tests/unit/kernel/waiting_fixture.h"

enum { GIFT_PAGES = 8 };
#define GIVEN(n)   tag_with_pages(3, MESSAGE_PAGES_GIVEN, n)
#define BYTES_AT   (PROGRAM_DATA + 0x100)
#define GIFT_AT(n) ((uint64_t)(n)*PAGE_BYTES)

extern uint64_t gift_heap, gift_window; /* the client's, the server's */
extern unsigned gift_next;              /* the page that is given next */

struct ipc_buffers gift_said(void);               /* as the client says it */
struct ipc_buffers gift_place(void);              /* as the server does */
void gift_note(const char *what, uint64_t value); /* to be compared */
/* The client gives; the server answers and waits. Each is noted, with all that is left. */
void client_gives(uint64_t tag, struct ipc_buffers b);
void client_gives_at(uint64_t at, uint64_t tag, struct ipc_buffers b);
void server_takes(uint64_t tag, struct ipc_buffers b);
void server_takes_at(uint64_t at, uint64_t tag, struct ipc_buffers b);
/* It begins with a call in the server's hands; both know what they said the last time. */
void live_twice(void (*story)(void), unsigned number);
