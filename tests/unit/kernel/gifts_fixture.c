/* SPDX-License-Identifier: BSD-2-Clause */
/* See gifts_fixture.h. */
#include "tests/unit/kernel/gifts_fixture.h"
#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 1 << 16 };

uint64_t gift_heap, gift_window;
unsigned gift_next;
static char text[TEXT_BYTES];
static size_t used;

/* ---- what is left ---- */

void gift_note(const char *what, uint64_t value)
{
	used += (size_t)snprintf(text + used, sizeof text - used, "%s %lx\n", what, (unsigned long)value);
	assert_true(used < sizeof text);
}

static void note_thread(const struct thread *t)
{
	const struct envelope *m = &t->call.message;

	gift_note("priority", t->priority);
	gift_note("state", t->state == THREAD_RUNNING ? THREAD_READY : t->state);
	gift_note("held", m->send.held + 2u * m->recv.held + 4u * m->pages.held);
	gift_note("special", t->special);
	gift_note("accept", m->accept);
	gift_note("landing pages", m->landing_pages);
	gift_note("landing", m->landing_pages != 0 ? m->landing : 0);
	for (unsigned i = 0; !is_blocked(t) && t->context.nr == ST_OK && i < 6; i++)
		gift_note("argument", t->context.arg[i]);
	gift_note("status", is_blocked(t) ? 0 : t->context.nr);
}

static void note_pages(struct aspace *as, uint64_t at)
{
	for (unsigned i = 0; i < GIFT_PAGES; i++) {
		struct mmu_entry e = aspace_entry(as, at + GIFT_AT(i));

		gift_note("page", e.kind);
		if (e.kind == MMU_PRESENT)
			gift_note("holds", *(const uint64_t *)hal_frame_ptr(e.frame));
	}
	gift_note("resident", as->resident);
	gift_note("busy", as->busy);
	gift_note("committed", as->committed);
}

static void note_all(void)
{
	for (unsigned i = 0; i < 2; i++) {
		struct process *p = i == 0 ? w.client : w.server;

		gift_note("fault", p->fault);
		if (p->state != PROCESS_RUNNING)
			continue;
		note_thread(i == 0 ? w.c : w.s);
		note_pages(&p->aspace, i == 0 ? gift_heap : gift_window);
	}
}

/* ---- gifts ---- */

struct ipc_buffers gift_said(void) { return (struct ipc_buffers){ .send_pages = gift_heap + GIFT_AT(gift_next) }; }
struct ipc_buffers gift_place(void)
{
	return (struct ipc_buffers){ .landing = gift_window + GIFT_AT(gift_next),
				     .landing_pages = 2,
				     .accept = ACCEPT_GIVEN };
}

void client_gives_at(uint64_t at, uint64_t tag, struct ipc_buffers b)
{
	if (user_write(w.c, at, &b, sizeof b))
		gift_note("given", ask(w.c, ipc_call, w.channel, tag, at, NEVER));
	note_all();
}
void client_gives(uint64_t tag, struct ipc_buffers b) { client_gives_at(PROGRAM_DATA + 0xf00, tag, b); }

void server_takes_at(uint64_t at, uint64_t tag, struct ipc_buffers b)
{
	if (user_write(w.s, at, &b, sizeof b))
		gift_note("answered", ask(w.s, ipc_reply_recv, call_token(&w.c->call), tag, at, NEVER, w.port));
	note_all();
}
void server_takes(uint64_t tag, struct ipc_buffers b) { server_takes_at(PROGRAM_DATA + 0xf00, tag, b); }

/* The server has a call in hand; both know what they said the last time. */
static void get_used(bool fast)
{
	used = 0;
	gift_next = 0;
	begin(fast);
	gift_heap = user_map(w.c, MEM_HEAP, GIFT_PAGES);
	for (unsigned i = 0; i < GIFT_PAGES; i++)
		assert_true(user_put(w.c, gift_heap + GIFT_AT(i), 100 + i));
	assert_true(user_put(w.c, BYTES_AT, 55));
	assert_status(ask(w.c, ipc_call, w.channel, 1, 0, NEVER), PARKED);
	gift_window = user_map(w.s, MEM_LANDING, GIFT_PAGES);
	for (; gift_next < 3; gift_next++) {
		server_takes(1, gift_place());
		client_gives(GIVEN(1), gift_said());
	}
}

void live_twice(void (*story)(void), unsigned number)
{
	static char fast[TEXT_BYTES];

	for (unsigned slow = 0; slow < 2; slow++) {
		get_used(!slow);
		story();
		note_all();
		world_check();
		if (!slow)
			memcpy(fast, text, sizeof fast);
	}
	if (strcmp(fast, text) != 0)
		fail_msg("story %u, fast:\n%s\nslow:\n%s", number, fast, text);
}
