/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes whose pages leave between one message and the next: where struct ipc_buffers is, where the bytes are sent from, and
 * where the answer goes. A child speaks, this process answers; what it was given it keeps, and nobody writes there any more.
 * They speak so often that neither still has vector registers from before: the fastest way is for those who have none.
 */
#include "tests/system/programs/attack/attack.h"
#include <string.h>

enum {
	PAGE = ABI_PAGE_BYTES,
	BYTES = 64,
	OP_BYTES = 1,
	OP_GIVE = 2,
	ROUNDS = 80,
	TOUCHES = 4,
	MORE_PAGES = 280,
	PATIENCE_MS = 5000
};
enum part { POSTED, SENT, RECEIVED, PARTS };
enum way { UNMAPPED, GIVEN, PAGED_OUT, WAYS };

/* ---- the child ---- */

static uint8_t *page[PARTS];

/* False: what came back is not what was sent, one more in each byte. */
static bool exchange(void)
{
	struct message m = { .tag = tag_with_bytes(OP_BYTES, BYTES) };

	if (ipc_call(party_parent(), &m, (const struct ipc_buffers *)(const void *)page[POSTED], DEADLINE_NEVER) !=
	    ST_OK)
		return false;
	for (unsigned i = 0; i < BYTES; i++)
		if (page[RECEIVED][i] != (uint8_t)(page[SENT][i] + 1))
			return false;
	return tag_bytes(m.tag) == BYTES;
}

static bool give_away(const void *at)
{
	struct ipc_buffers b = { .send_pages = address_of(at) };
	struct message m = { .tag = tag_with_pages(OP_GIVE, MESSAGE_PAGES_GIVEN, 1) };

	return ipc_call(party_parent(), &m, &b, DEADLINE_NEVER) == ST_OK;
}

/* More than it may have in RAM, until all of it has been out. A machine without swap promises none of it. */
static bool be_paged_out(void)
{
	struct process_status s = { 0 };
	volatile uint8_t *more;

	if (mem_map(MEM_BUFFER, MORE_PAGES, (void **)&more) != ST_OK)
		return true;
	for (unsigned round = 0; round < TOUCHES; round++)
		for (unsigned i = 0; i < MORE_PAGES; i++)
			more[i * PAGE]++;
	return process_status(0, &s) == ST_OK && s.pages_out > MORE_PAGES;
}

static bool let_go(enum way way, void *at)
{
	switch (way) {
	case UNMAPPED:
		return mem_unmap(at, 1) == ST_OK;
	case GIVEN:
		return give_away(at);
	default:
		return be_paged_out();
	}
}

/* The exit code; unmapped pages end it before. */
static int speak(enum part part, enum way way)
{
	for (unsigned i = 0; i < PARTS; i++)
		if (mem_map(MEM_BUFFER, 1, (void **)&page[i]) != ST_OK)
			return 1;
	*(struct ipc_buffers *)(void *)page[POSTED] = (struct ipc_buffers){ .send_bytes = address_of(page[SENT]),
									    .recv_bytes = address_of(page[RECEIVED]),
									    .recv_capacity = BYTES };
	for (unsigned i = 0; i < ROUNDS; i++) {
		memset(page[SENT], (int)(i + 10), BYTES);
		if (!exchange())
			return 2;
	}
	if (!let_go(way, page[part]))
		return 3;
	for (unsigned i = 0; i < ROUNDS; i++) {
		if (!exchange()) /* at first what is there now, perhaps zeros */
			return 4;
		memset(page[SENT], (int)(i + 50), BYTES);
	}
	return 0;
}

int leaving_role(const char *role, unsigned long n)
{
	return strcmp(role, "leaver") == 0 ? speak((enum part)(n / WAYS), (enum way)(n % WAYS)) : -1;
}

/* ---- this process ---- */

static uint8_t in[BYTES] __attribute__((aligned(BYTES))), out[BYTES] __attribute__((aligned(BYTES))), kept[PAGE];

/* Answers what it says until it is gone. What it gives lands in the window, and is kept a copy of. */
static bool listen(const void *window, bool *given)
{
	struct ipc_buffers b = { .send_bytes = address_of(out), .recv_bytes = address_of(in), .recv_capacity = BYTES },
			   waiting = b;
	struct message m = { 0 };
	enum status st;

	waiting.landing = address_of(window);
	waiting.landing_pages = 1;
	waiting.accept = ACCEPT_GIVEN;
	st = ipc_recv(party_port(), &m, &waiting, DEADLINE_NEVER);
	*given = false;
	while (st == ST_OK && tag_kind(m.tag) != MESSAGE_KIND_CHILD) {
		if (tag_kind(m.tag) != MESSAGE_KIND_CALL) {
			st = ipc_recv(party_port(), &m, &b, DEADLINE_NEVER);
			continue;
		}
		for (unsigned i = 0; i < BYTES; i++)
			out[i] = (uint8_t)(in[i] + 1);
		if (tag_pages(m.tag) != 0) {
			*given = true;
			memcpy(kept, window, PAGE);
		}
		m.tag = tag_bytes(m.tag) != 0 ? tag_with_bytes(OP_BYTES, BYTES) : OP_GIVE;
		st = ipc_reply_recv(m.token, &m, *given ? &b : &waiting, &m, party_port(), DEADLINE_NEVER);
	}
	return st == ST_OK;
}

static bool bear(enum part part, enum way way)
{
	bool ends = way == UNMAPPED || (way == GIVEN && part == POSTED), good, given;
	struct process_status s = { 0 };
	handle_t child;
	void *window;

	good = CHECK(mem_map(MEM_LANDING, 1, &window) == ST_OK);
	good = good && CHECK(party_start("leaver", part * WAYS + way, 1, &child) == ST_OK);
	good = good && CHECK(listen(window, &given)) && CHECK(given == (way == GIVEN));
	good = good && CHECK(!given || memcmp(window, kept, PAGE) == 0);
	good = good && CHECK(party_end(child, PATIENCE_MS, &s));
	good = good && CHECK(s.fault == (ends ? FAULT_BAD_RANGE : FAULT_NONE)) && CHECK(ends || s.exit_code == 0);
	return good && CHECK(mem_unmap(window, 1) == ST_OK);
}

static bool leaving(unsigned long n)
{
	bool good = true;

	(void)n;
	for (unsigned i = 0; good && i < PARTS * WAYS; i++)
		good = bear((enum part)(i / WAYS), (enum way)(i % WAYS));
	return good;
}

const struct attack leaving_attacks[] = { { "leaving", leaving, 0 }, { 0 } };
