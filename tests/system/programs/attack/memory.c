/* SPDX-License-Identifier: BSD-2-Clause */
/* Attacks by what is mapped, lent, given, and changed under the kernel's hands. */
#include "contracts/ping.h"
#include "tests/system/programs/attack/attack.h"
#include <stdio.h>
#include <string.h>

enum { PAGE = ABI_PAGE_BYTES, MS = 1000000, OP = 1, PATIENCE_MS = 5000 };

static const char constant[PAGE * 2] __attribute__((aligned(PAGE))) = { 1 };
static char data[PAGE * 2] __attribute__((aligned(PAGE)));

/* A channel to pong's port for everything; 0: none. */
static handle_t open_peer(void)
{
	struct ipc_buffers b = { .accept = 1, .accept_contracts = { PING_CONTRACT } };
	struct message m = { .tag = tag_make(PING_OPERATION_OPEN) };

	return ipc_call(start_channel("peer"), &m, &b, DEADLINE_NEVER) == ST_OK ? m.handles[0] : 0;
}

static enum status lend(handle_t channel, uint64_t op, uint64_t word, uint64_t pages_at, uint64_t pages,
			enum message_pages kind, uint64_t deadline)
{
	struct ipc_buffers b = { .send_pages = pages_at };
	struct message m = { .words = { word }, .tag = tag_with_pages(op, kind, pages) };

	return ipc_call(channel, &m, &b, deadline);
}

/* ---- a page lent on and forfeited leaves a hole: what lands in it must not go back in its stead ---- */

/* Lends a page of its own pattern to the parent; 3: what came back was somebody else's. */
static int lender(unsigned long seed)
{
	uint8_t *page;

	if (mem_map(MEM_BUFFER, 1, (void **)&page) != ST_OK)
		return 1;
	memset(page, (int)seed, PAGE);
	if (lend(party_parent(), OP, 0, address_of(page), 1, MESSAGE_PAGES_LENT_WRITE, DEADLINE_NEVER) != ST_OK)
		return 2;
	for (unsigned i = 0; i < PAGE; i++)
		if (page[i] != seed && page[i] != 0)
			return 3;
	return 0;
}

static enum status take(void *window, struct message *m)
{
	struct ipc_buffers b = { .landing = address_of(window), .landing_pages = 1 };
	enum status st;

	do {
		st = ipc_recv(party_port(), m, &b, clock_now() + 2000ull * MS);
	} while (st == ST_OK && tag_kind(m->tag) != MESSAGE_KIND_CALL);
	return st;
}

static bool hole(unsigned long n)
{
	struct message m = { 0 }, second = { 0 }, answer = { 0 };
	struct process_status s;
	handle_t one, two, peer = open_peer();
	void *window, *other;
	bool good;

	(void)n;
	good = CHECK(mem_map(MEM_LANDING, 1, &window) == ST_OK && mem_map(MEM_LANDING, 1, &other) == ST_OK);
	good = good && CHECK(party_start("lender", 0x11, 1, &one) == ST_OK) && CHECK(take(window, &m) == ST_OK);
	/* On to pong, who holds it for longer than we wait. */
	good = good && CHECK(lend(peer, PING_OPERATION_HOLD, 300, address_of(window), 1, MESSAGE_PAGES_LENT_WRITE,
				  clock_now() + 20 * MS) == ST_TIMED_OUT);
	good = good && CHECK(party_start("lender", 0x22, 2, &two) == ST_OK);
	good = good && CHECK(take(window, &second) == ST_BUSY) && CHECK(take(other, &second) == ST_OK);
	good = good && CHECK(ipc_reply(m.token, &answer, NULL) == ST_OK);
	good = good && CHECK(ipc_reply(second.token, &answer, NULL) == ST_OK);
	good = good && CHECK(party_end(one, PATIENCE_MS, &s) && s.fault == FAULT_NONE && s.exit_code == 0);
	good = good && CHECK(party_end(two, PATIENCE_MS, &s) && s.fault == FAULT_NONE && s.exit_code == 0);
	/* The place is free again. */
	return good && CHECK(mem_unmap(window, 1) == ST_OK) && CHECK(mem_unmap(other, 1) == ST_OK);
}

/* ---- a borrower keeps what it has borrowed ---- */

static bool keep(unsigned long n)
{
	struct message m = { 0 }, answer = { 0 };
	struct process_status s;
	handle_t child, peer = open_peer();
	uint64_t at;
	void *window;
	bool good;

	(void)n;
	good = CHECK(mem_map(MEM_LANDING, 2, &window) == ST_OK);
	good = good && CHECK(party_start("lender", 0x33, 1, &child) == ST_OK) && CHECK(take(window, &m) == ST_OK);
	at = address_of(window);
	good = good && CHECK(mem_unmap(window, 1) == ST_BUSY) && CHECK(mem_unmap(window, 2) == ST_BUSY);
	good = good && CHECK(lend(peer, PING_OPERATION_GIVE, 0, at, 1, MESSAGE_PAGES_GIVEN, DEADLINE_NEVER) ==
			     ST_NOT_FLIPPABLE);
	good = good && CHECK(take(window, &answer) == ST_BUSY || answer.token == 0);
	/* Receiving into it while answering: the answer is refused. */
	struct ipc_buffers b = { .recv_bytes = at, .recv_capacity = 64 };
	struct message both = { 0 };
	good = good && CHECK(ipc_reply_recv(m.token, &both, &b, &both, party_port(), clock_now() + MS) == ST_BUSY);
	good = good && CHECK(ipc_reply(m.token, &both, NULL) == ST_OK);
	good = good && CHECK(ipc_reply(m.token, &both, NULL) == ST_STALE);
	good = good && CHECK(party_end(child, PATIENCE_MS, &s) && s.exit_code == 0 && s.fault == FAULT_NONE);
	return good && CHECK(mem_unmap(window, 2) == ST_OK);
}

/* ---- what may not leave ---- */

static bool odd_loans(unsigned long n)
{
	handle_t peer = open_peer();
	uint64_t image = LAYOUT_IMAGE_BASE;
	struct ipc_buffers over = { .send_pages = address_of(data), .send_bytes = address_of(data) };
	struct message m = { .tag = tag_with_pages(tag_with_bytes(PING_OPERATION_LEND_WRITE | TAG_IDEMPOTENT, 16),
						   MESSAGE_PAGES_LENT_WRITE, 1) };
	bool good = true;

	(void)n;
	data[0] = 1;
	for (int kind = MESSAGE_PAGES_LENT_READ; kind <= MESSAGE_PAGES_GIVEN; kind++) {
		enum message_pages k = (enum message_pages)kind;

		good &= CHECK(lend(peer, PING_OPERATION_LEND_READ, 0, image, 1, k, DEADLINE_NEVER) == ST_NOT_FLIPPABLE);
		good &= CHECK(lend(peer, PING_OPERATION_LEND_READ, 0, 0, 1, k, DEADLINE_NEVER) == ST_NOT_FLIPPABLE);
		good &= CHECK(lend(peer, PING_OPERATION_LEND_READ, 0, address_of(data) + 8, 1, k, DEADLINE_NEVER) ==
			      ST_BAD_ARG);
		good &= CHECK(lend(peer, PING_OPERATION_LEND_READ, 0, UINT64_MAX - PAGE + 1, 2, k, DEADLINE_NEVER) ==
			      ST_NOT_FLIPPABLE);
		good &= CHECK(lend(peer, PING_OPERATION_LEND_READ, 0, LAYOUT_USER_END - PAGE, 2, k, DEADLINE_NEVER) ==
			      ST_NOT_FLIPPABLE);
		/* What is given is not held meanwhile; but the image's data stays. */
		good &= CHECK(lend(peer, PING_OPERATION_LEND_READ, 0, address_of(data), 33, k, DEADLINE_NEVER) ==
			      (k == MESSAGE_PAGES_GIVEN ? ST_NOT_FLIPPABLE : ST_NO_MEMORY));
	}
	good &= CHECK(lend(peer, PING_OPERATION_LEND_READ, 0, address_of(constant), 1, MESSAGE_PAGES_LENT_WRITE,
			   DEADLINE_NEVER) == ST_NOT_FLIPPABLE);
	good &= CHECK(lend(peer, PING_OPERATION_LEND_READ, 0, address_of(constant), 1, MESSAGE_PAGES_LENT_READ,
			   DEADLINE_NEVER) == ST_OK);
	good &= CHECK(lend(peer, PING_OPERATION_GIVE, 0, address_of(data), 1, MESSAGE_PAGES_GIVEN, DEADLINE_NEVER) ==
		      ST_NOT_FLIPPABLE);
	good &= CHECK(ipc_call(peer, &m, &over, DEADLINE_NEVER) == ST_BUSY); /* lent and sent from at once */
	return good && CHECK(handle_close(peer) == ST_OK);
}

/* ---- empty windows: no page tables for looking, no search without end ---- */

static bool windows(unsigned long n)
{
	uint64_t before, time = clock_now();
	struct process_status s;
	handle_t peer = open_peer();
	char *window;
	void *huge;
	bool good = CHECK(mem_map(MEM_LANDING, 1ull << 33, &huge) == ST_BAD_ARG);

	good = good && CHECK(mem_map(MEM_LANDING, MESSAGE_PAGES_MAX, (void **)&window) == ST_OK);
	good = good && CHECK(process_status(0, &s) == ST_OK);
	before = s.table_pages;
	for (unsigned long i = 0; good && i < n; i++)
		good = CHECK(lend(peer, PING_OPERATION_LEND_READ, 0, address_of(window + (i << 21)), 1,
				  MESSAGE_PAGES_LENT_READ, DEADLINE_NEVER) == ST_NOT_FLIPPABLE);
	good = good && CHECK(process_status(0, &s) == ST_OK) && CHECK(s.table_pages <= before + 1);
	good = good && CHECK(mem_unmap(window, MESSAGE_PAGES_MAX) == ST_OK);
	return good && CHECK(clock_now() - time < 2000ull * MS) && CHECK(handle_close(peer) == ST_OK);
}

/* ---- two threads change buffers and mappings while calls use them ---- */

static volatile bool over_now;
static volatile uint64_t moving;
static struct ipc_buffers shared;

static void disturb(void *unused)
{
	uint64_t i = 0;

	(void)unused;
	while (!over_now) {
		void *p = (void *)(uintptr_t)moving;

		i++;
		*(volatile uint64_t *)&shared.recv_capacity = i % 3 * 8;
		*(volatile uint64_t *)&shared.send_pages = i % 2 ? address_of(data) : moving;
		if (p != NULL && i % 5 == 0)
			(void)mem_unmap(p, 1);
	}
	over_now = false;
}

static bool race(unsigned long n)
{
	handle_t peer = open_peer();
	void *page;

	over_now = false;
	shared.recv_bytes = address_of(data + PAGE - 8); /* over the edge of a page that may be out on loan */
	if (!CHECK(thread_start(disturb, NULL, 2) == ST_OK))
		return false;
	for (unsigned long i = 0; i < n; i++) {
		struct message m = { .tag = tag_with_pages(PING_OPERATION_LEND_WRITE | TAG_IDEMPOTENT,
							   MESSAGE_PAGES_LENT_WRITE, 1) };

		if (mem_map(MEM_BUFFER, 1, &page) == ST_OK)
			moving = address_of(page);
		(void)ipc_call(peer, &m, &shared, i % 2 ? DEADLINE_NEVER : clock_now() + i % 7 * 1000);
		(void)mem_unmap(page, 1);
		moving = 0;
	}
	over_now = true;
	while (over_now)
		(void)clock_now();
	return CHECK(handle_close(peer) == ST_OK);
}

const struct attack memory_attacks[] = {
	{ "hole", hole, 0 },        { "keep", keep, 0 },    { "odd-loans", odd_loans, 0 },
	{ "windows", windows, 32 }, { "race", race, 3000 }, { 0 },
};

int memory_role(const char *role, unsigned long n) { return strcmp(role, "lender") == 0 ? lender(n) : -1; }
