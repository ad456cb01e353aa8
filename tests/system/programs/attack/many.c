/* SPDX-License-Identifier: BSD-2-Clause */
/* Attacks by number: what a process makes without end must end at its quota, and come back when it lets go. */
#include "contracts/ping.h"
#include "libsys/raw.h"
#include "tests/system/programs/attack/attack.h"
#include <stdio.h>

enum { PAGE = ABI_PAGE_BYTES, MS = 1000000, SLACK_PAGES = 24, QUOTA_PAGES = 64, PATIENCE_MS = 10000 };

/* Kernel objects' frames are kept for the next, so a little may stay. */
static bool is_back(uint64_t before, uint64_t slack)
{
	uint64_t now = free_pages();

	for (unsigned i = 0; now + slack < before && i < 200; i++) { /* the pager keeps frames only for a while */
		struct message m = { 0 };

		(void)ipc_recv(party_port(), &m, NULL, clock_now() + 5 * MS);
		now = free_pages();
	}
	if (now + slack < before)
		printf("attack: %lu pages were free, %lu are\n", (unsigned long)before, (unsigned long)now);
	return now + slack >= before;
}

/* ---- channels that nobody hears the end of ---- */

static bool channels(unsigned long n)
{
	uint64_t before = free_pages();
	handle_t channel;
	enum status st = ST_OK;

	for (unsigned long i = 0; i < n; i++) {
		st = channel_create(party_port(), i, 0, &channel, NULL);
		if (st == ST_OK)
			(void)handle_close(channel);
	}
	return CHECK(is_back(before, QUOTA_PAGES + SLACK_PAGES));
}

/* ---- threads ---- */

static char stacks[PAGE * 2] __attribute__((aligned(PAGE)));

static uint64_t start_thread(uint64_t entry)
{
	return raw_call(SYS_thread_create, entry, address_of(stacks + sizeof stacks) - 8, 0, 0);
}

/* Its stack is everybody's, so it touches none. */
static _Noreturn __attribute__((naked)) void leave(void)
{
	__asm__ volatile("mov $11, %edi\n lea stacks_args(%rip), %rsi\n jmp system_call\n"
			 ".pushsection .bss\n.balign 8\nstacks_args: .zero 48\n.popsection");
}

static bool threads(unsigned long n)
{
	uint64_t st = ST_OK, before;
	unsigned long made = 0;
	bool good = true;

	for (unsigned round = 0; round < 2; round++) {
		before = free_pages();
		for (unsigned long i = 0; i < n; i++) {
			st = start_thread(address_of((const void *)(uintptr_t)leave));
			made += st == ST_OK;
			good = good && CHECK(st == ST_OK || st == ST_NO_MEMORY);
			if (st != ST_OK) { /* let them go */
				struct message m = { 0 };

				(void)ipc_recv(party_port(), &m, NULL, clock_now() + MS);
			}
		}
	}
	return good && CHECK(made > n) && CHECK(is_back(before, SLACK_PAGES));
}

/* ---- regions ---- */

static bool maps(unsigned long n)
{
	uint64_t before = free_pages();
	bool good = true;
	void *p, *held[80];
	unsigned made = 0;

	for (unsigned long i = 0; good && i < n; i++) {
		uint64_t pages = i % 7 + 1;

		good = CHECK(mem_map((enum mem_kind)(i % 4), pages, &p) == ST_OK);
		for (uint64_t k = 0; good && i % 4 != MEM_LANDING && k < pages; k++)
			((volatile char *)p)[k * PAGE] = 1;
		if (good && i % 3 == 0 && pages > 2) /* with a hole first */
			good = CHECK(mem_unmap((char *)p + PAGE, 1) == ST_OK) && CHECK(mem_unmap(p, 1) == ST_OK) &&
			       CHECK(mem_unmap((char *)p + 2 * PAGE, pages - 2) == ST_OK);
		else
			good = good && CHECK(mem_unmap(p, pages) == ST_OK);
	}
	while (made < 80 && mem_map(MEM_LANDING, 1, &held[made]) == ST_OK)
		made++;
	good = good && CHECK(made < 80);
	while (made > 0)
		good = CHECK(mem_unmap(held[--made], 1) == ST_OK) && good;
	return good && CHECK(is_back(before, SLACK_PAGES));
}

/* ---- programs ---- */

static bool spawn_one(unsigned long i)
{
	struct process_status s;
	handle_t child;

	if (!CHECK(party_start(i % 2 ? "caller" : "quiet", i, i, &child) == ST_OK))
		return false;
	if (i % 3 != 0) /* at whatever moment */
		(void)CHECK(process_stop(child) == ST_OK);
	else if (i % 2)
		(void)process_stop(child);
	return CHECK(party_end(child, PATIENCE_MS, &s));
}

static bool spawns(unsigned long n)
{
	uint64_t before;

	for (unsigned long i = 0; i < 12; i++)
		if (!spawn_one(i))
			return false;
	before = free_pages();
	for (unsigned long i = 0; i < n; i++)
		if (!spawn_one(i))
			return false;
	return CHECK(is_back(before, 2)); /* the channels' ends, told or not */
}

/* Made and stopped, before its first instruction or soon after it; what was free is free again, and not only at the end. */
static bool rounds(unsigned long n)
{
	enum { WARM_UP = 1000, LOOK_EVERY = 1000, HEAD_START_NS = 20000 };
	uint64_t before = 0;

	for (unsigned long i = 0; i < n + WARM_UP; i++) {
		struct message m = { 0 };
		handle_t child;

		if (i == WARM_UP)
			before = free_pages();
		if (!CHECK(party_start("quiet", i, i, &child) == ST_OK))
			return false;
		if (i % 64 == 0)
			(void)ipc_recv(party_port(), &m, NULL, clock_now() + HEAD_START_NS);
		if (!CHECK(process_stop(child) == ST_OK) || !CHECK(handle_close(child) == ST_OK))
			return false;
		while (ipc_recv(party_port(), &m, NULL, 0) == ST_OK) /* its channel is closed, it is gone */
			m = (struct message){ 0 };
		if (i >= WARM_UP && i % LOOK_EVERY == 0 && !CHECK(is_back(before, 0)))
			return false;
	}
	return CHECK(is_back(before, 0));
}

/* ---- notifications and deadlines ---- */

static bool notify(unsigned long n)
{
	handle_t channel;
	uint32_t id;
	struct message m = { 0 };
	bool good = CHECK(channel_create(party_port(), 7, 0, &channel, &id) == ST_OK);
	uint64_t before = free_pages();

	for (unsigned long i = 0; i < n; i++) {
		(void)ipc_notify(start_channel("peer"), 1ull << i % 56);
		good = CHECK(ipc_notify_client(party_port(), id, 1ull << i % 56) == ST_OK) && good;
	}
	good = CHECK(ipc_recv(party_port(), &m, NULL, 0) == ST_OK) && good;
	good = CHECK(tag_kind(m.tag) == MESSAGE_KIND_NOTIFY && m.words[0] == NOTIFY_USER_BITS) && good;
	good = CHECK(ipc_recv(party_port(), &m, NULL, 0) == ST_TIMED_OUT) && good;
	good = CHECK(ipc_notify(channel, 4) == ST_OK) && CHECK(ipc_notify(channel, 8) == ST_OK) &&
	       good; /* to oneself */
	good = CHECK(ipc_recv(party_port(), &m, NULL, 0) == ST_OK) && CHECK(m.badge == 7 && m.words[0] == 12) && good;
	good = CHECK(ipc_recv(party_port(), &m, NULL, 0) == ST_TIMED_OUT) && good;
	good = CHECK(ipc_notify(start_channel("peer"), 1ull << 63) == ST_BAD_ARG) && good;
	return good && CHECK(is_back(before, SLACK_PAGES)) && CHECK(handle_close(channel) == ST_OK);
}

static bool deadlines(unsigned long n)
{
	static const uint64_t past[] = { 0, 1, 1000 };
	struct message m = { .tag = tag_make(PING_OPERATION_WORDS) };
	bool good = true;

	for (unsigned i = 0; i < sizeof past / sizeof *past; i++) {
		good &= CHECK(ipc_call(start_channel("peer"), &m, NULL, past[i]) == ST_TIMED_OUT);
		good &= CHECK(ipc_recv(party_port(), &m, NULL, past[i]) == ST_TIMED_OUT);
	}
	m.tag = tag_make(PING_OPERATION_WORDS);
	good &= CHECK(ipc_call(start_channel("peer"), &m, NULL, DEADLINE_NEVER - 1) == ST_OK);
	for (unsigned long i = 0; i < n; i++) { /* around the very moment of the answer */
		enum status st;

		m.tag = tag_make(PING_OPERATION_WORDS);
		st = ipc_call(start_channel("peer"), &m, NULL, clock_now() + i * 20);
		good = (st == ST_OK || st == ST_TIMED_OUT) && good;
	}
	m = (struct message){ .words = { 41 }, .tag = tag_make(PING_OPERATION_WORDS) };
	good &= CHECK(ipc_call(start_channel("peer"), &m, NULL, DEADLINE_NEVER) == ST_OK);
	return good && CHECK(m.words[0] == 42);
}

const struct attack many_attacks[] = {
	{ "channels", channels, 60000 },  { "threads", threads, 400 },
	{ "maps", maps, 2000 },           { "spawns", spawns, 200 },
	{ "rounds", rounds, 2000 },       { "notify", notify, 20000 },
	{ "deadlines", deadlines, 3000 }, { 0 },
};
