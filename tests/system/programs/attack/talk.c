/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attacks in conversation: forged answers, and what nobody asked for. Handles and pages
 * in answers, ends of other contracts, processes with other handles than their manifest
 * names, tokens and channels of others.
 */
#include "contracts/ping.h"
#include "libsys/start_child.h"
#include "tests/system/programs/attack/attack.h"
#include <stdio.h>
#include <string.h>

enum { PAGE = ABI_PAGE_BYTES, MS = 1000000, OP = 1, PATIENCE_MS = 5000, OTHER_CONTRACT = 1, PLACE_PARENT = 2 };

/* The next call to this process's port; news is skipped. */
static bool next_call(struct message *m)
{
	enum status st;

	do {
		st = ipc_recv(party_port(), m, NULL, clock_now() + 2000ull * MS);
	} while (st == ST_OK && tag_kind(m->tag) != MESSAGE_KIND_CALL);
	return CHECK(st == ST_OK);
}

static enum status answer_with(uint64_t token, uint64_t tag, handle_t handle, void *pages)
{
	struct ipc_buffers b = { .send_pages = address_of(pages), .send_handles = { handle } };
	struct message m = { .tag = tag };

	return ipc_reply(token, &m, &b);
}

static enum status answer(uint64_t token) { return answer_with(token, 0, 0, NULL); }

static bool ended_well(handle_t child)
{
	struct process_status s;

	return CHECK(party_end(child, PATIENCE_MS, &s)) && CHECK(s.fault == FAULT_NONE && s.exit_code == 0);
}

/* ---- answers twice, and to forged tokens ---- */

static int caller(unsigned long n)
{
	struct message m = { .words = { n }, .tag = tag_make(1) };

	return ipc_call(party_parent(), &m, NULL, DEADLINE_NEVER) == ST_OK && m.words[0] == n + 1 ? 0 : 1;
}

static volatile uint64_t token;
static volatile enum status said;

static void answer_too(void *unused)
{
	struct message m = { 0 };

	(void)unused;
	said = ipc_reply(token, &m, NULL);
	token = 0;
}

static bool replies(unsigned long n)
{
	struct message m = { 0 };
	struct process_status s;
	handle_t child;
	bool good = true;

	for (unsigned long i = 0; good && i < n; i++) {
		good = CHECK(party_start("caller", i, i, &child) == ST_OK);
		do
			good = good && CHECK(ipc_recv(party_port(), &m, NULL, clock_now() + 2000ull * MS) == ST_OK);
		while (good && tag_kind(m.tag) != MESSAGE_KIND_CALL);
		for (unsigned bit = 0; bit < 64; bit++) {
			struct message wrong = { 0 };

			good = good && CHECK(ipc_reply(m.token ^ 1ull << bit, &wrong, NULL) == ST_STALE);
		}
		m.words[0]++;
		m.tag = 0;
		good = good && CHECK(ipc_reply(m.token, &m, NULL) == ST_OK) &&
		       CHECK(ipc_reply(m.token, &m, NULL) == ST_STALE);
		token = m.token;
		good = good && CHECK(thread_start(answer_too, NULL, 1) == ST_OK);
		good = good && CHECK(party_end(child, PATIENCE_MS, &s) && s.fault == 0 && s.exit_code == 0);
		while (good && token != 0)
			(void)ipc_recv(party_port(), &m, NULL, clock_now() + MS);
		good = good && CHECK(said == ST_STALE);
	}
	return good;
}

/* ---- answers with what the caller does not take ---- */

/* Takes nothing but words; 0: that is what came. */
static int taker(void)
{
	struct message m = { .tag = tag_make(OP) };

	return ipc_call(party_parent(), &m, NULL, DEADLINE_NEVER) == ST_OK && m.tag == 0 && m.handles[0] == 0 ? 0 : 1;
}

static bool unasked(unsigned long n)
{
	uint64_t with_page = tag_with_pages(0, MESSAGE_PAGES_GIVEN, 1);
	handle_t own, child, peer = start_channel("peer");
	struct ipc_buffers b = { 0 };
	struct message m = { .tag = tag_with_handles(tag_make(PING_OPERATION_WORDS), 1) };
	uint64_t *page;
	bool good = CHECK(channel_create(party_port(), 1, PING_CONTRACT, &own, NULL) == ST_OK) &&
		    CHECK(mem_map(MEM_BUFFER, 1, (void **)&page) == ST_OK);

	for (unsigned long i = 0; good && i < n; i++) {
		good = CHECK(party_start("taker", i, i, &child) == ST_OK) && next_call(&m);
		*page = i;
		good = good && CHECK(answer_with(m.token, tag_with_handles(0, 1), own, NULL) == ST_TOO_BIG) &&
		       CHECK(answer_with(m.token, with_page, 0, page) == ST_TOO_BIG) && CHECK(*page == i);
		good = good && CHECK(answer(m.token) == ST_OK) && ended_well(child);
	}
	b.send_handles[0] = own;
	m.tag = tag_with_handles(tag_make(PING_OPERATION_WORDS), 1);
	good = good && CHECK(ipc_call(peer, &m, &b, DEADLINE_NEVER) == ST_TOO_BIG);
	return good && CHECK(mem_unmap(page, 1) == ST_OK) && CHECK(handle_close(own) == ST_OK);
}

/* ---- ends of another contract ---- */

/* Wants one end of ping's contract, which it names second. */
static int opener(void)
{
	struct ipc_buffers b = { .accept = 1, .accept_contracts = { ~PING_CONTRACT, PING_CONTRACT } };
	struct message m = { .tag = tag_make(OP) };

	if (ipc_call(party_parent(), &m, &b, DEADLINE_NEVER) != ST_OK || tag_handles(m.tag) != 1)
		return 1;
	return tag_end(m.tag, 0) == 1 && handle_close(m.handles[0]) == ST_OK ? 0 : 2;
}

static bool contracts(unsigned long n)
{
	uint64_t one = tag_with_handles(0, 1);
	handle_t wrong, none, right, child;
	struct message m;
	bool good = CHECK(channel_create(party_port(), 1, OTHER_CONTRACT, &wrong, NULL) == ST_OK) &&
		    CHECK(channel_create(party_port(), 1, 0, &none, NULL) == ST_OK);

	for (unsigned long i = 0; good && i < n; i++) {
		good = CHECK(party_start("opener", i, i, &child) == ST_OK) && next_call(&m) &&
		       CHECK(channel_create(party_port(), 2, PING_CONTRACT, &right, NULL) == ST_OK);
		good = good && CHECK(answer_with(m.token, one, wrong, NULL) == ST_BAD_CONTRACT) &&
		       CHECK(answer_with(m.token, one, none, NULL) == ST_BAD_CONTRACT) &&
		       CHECK(answer_with(m.token, one, right, NULL) == ST_OK) && ended_well(child);
	}
	return good && CHECK(handle_close(wrong) == ST_OK) && CHECK(handle_close(none) == ST_OK);
}

/* ---- processes with other handles than their manifest names ---- */

static enum status create_at(const char *image, uint32_t rank, unsigned count, unsigned place, handle_t handle,
			     handle_t *child)
{
	struct process_params p = { .handle_count = count, .rank = rank, .priority_cap = 31 };

	strcpy(p.image, image);
	strcpy(p.name, "changeling");
	p.handles[place] = handle;
	return process_create(&p, child);
}

static enum status create(const char *image, unsigned count, unsigned place, handle_t handle)
{
	handle_t child;

	return create_at(image, 100, count, place, handle, &child);
}

static bool births(unsigned long n)
{
	handle_t wrong, right;
	bool good = CHECK(channel_create(party_port(), 1, OTHER_CONTRACT, &wrong, NULL) == ST_OK) &&
		    CHECK(channel_create(party_port(), 1, PING_CONTRACT, &right, NULL) == ST_OK);

	for (unsigned long i = 0; good && i < n; i++) {
		for (unsigned count = 0; count <= PROCESS_HANDLES_MAX + 1; count++)
			good = good && (count == 3 || CHECK(create("attack", count, 0, 0) == ST_BAD_ARG));
		good = good && CHECK(create("attack", 3, 0, right) == ST_BAD_CONTRACT) && /* the console's place */
		       CHECK(create("attack", 3, PLACE_PARENT, wrong) == ST_BAD_CONTRACT) &&
		       CHECK(create("attack", 3, PLACE_PARENT, party_port()) == ST_BAD_ARG) &&
		       CHECK(create("attack", 3, PLACE_PARENT, right ^ 0x300) == ST_BAD_HANDLE);
		good = good && CHECK(create("ping", 2, 1, right) == ST_BAD_ARG) && /* it must have a console */
		       CHECK(create("pong", 1, 0, right) == ST_BAD_ARG) &&         /* and it a port */
		       CHECK(create("pong", 1, 0, party_port()) == ST_EXISTS);
	}
	return good && CHECK(handle_close(wrong) == ST_OK) && CHECK(handle_close(right) == ST_OK);
}

/* ---- a circle of calls, by way of children ---- */

static bool receives_not(handle_t port)
{
	struct message m = { 0 };

	return ipc_recv(port, &m, NULL, 0) == ST_NO_RIGHT && ipc_reply_recv(1, &m, NULL, &m, port, 0) == ST_NO_RIGHT;
}

/* From a child ranked below, which serves, no handle leads back up. */
static bool no_way_up(handle_t down)
{
	handle_t up, child;
	bool good = CHECK(channel_create(party_port(), 0, PING_CONTRACT, &up, NULL) == ST_OK);

	good = good && CHECK(create_at("attack", RANK_BELOW, 3, PLACE_PARENT, up, &child) == ST_BAD_RANK) &&
	       CHECK(create_at("attack", RANK_BELOW, 3, PLACE_PARENT, down, &child) == ST_BAD_RANK) &&
	       CHECK(create_at("attack", 0, 3, PLACE_PARENT, down, &child) == ST_BAD_RANK);
	return CHECK(handle_close(up) == ST_OK) && good;
}

static bool calls_child(void)
{
	static struct start_child c;
	struct child_server server;
	struct process_status s;
	struct message m = { .words = { 1 }, .tag = tag_make(PING_OPERATION_WORDS) };
	handle_t below;
	bool good;

	start_child_begin(&c, "pong", "pong");
	c.params.watch_port = party_port();
	good = CHECK(child_server_prepare(&server, &c, PING_CONTRACT) == ST_OK);
	below = c.params.handles[0];
	good = good && CHECK(receives_not(below)) && CHECK(create("pong", 1, 0, below) == ST_BAD_RANK);
	good = good && CHECK(start_child_create(&c, &server.process) == ST_OK) && CHECK(receives_not(below));
	good = good && CHECK(ipc_call(server.channel, &m, NULL, clock_now() + 2000ull * MS) == ST_OK) &&
	       CHECK(m.words[0] == 2) && CHECK(receives_not(below)) && no_way_up(server.channel);
	return good && CHECK(handle_close(below) == ST_OK) &&
	       CHECK(child_server_end(&server, party_port(), &s) == ST_OK);
}

static bool circles(unsigned long n)
{
	handle_t none;
	bool good = CHECK(port_create(0, &none) == ST_BAD_RANK);

	for (unsigned long i = 0; good && i < n; i++)
		good = calls_child();
	return good;
}

/* ---- tokens and channels of others ---- */

static bool peers(unsigned long n)
{
	struct message m;
	struct ipc_peer peer;
	handle_t child;
	bool good = CHECK(party_start("taker", 0, 0, &child) == ST_OK) && next_call(&m);

	for (uint64_t i = 0; good && i < n; i++) { /* threads' indexes, with generations up to the newest */
		uint64_t guess = ((m.token >> 32) - i / 64) << 32 | i % 64;

		good = guess == m.token || CHECK(ipc_peer(guess, &peer) == ST_STALE);
	}
	for (unsigned bit = 0; good && bit < 64; bit++)
		good = CHECK(ipc_peer(m.token ^ 1ull << bit, &peer) == ST_STALE);
	good = good && CHECK(ipc_peer(m.token, &peer) == ST_OK) && CHECK(strcmp(peer.program, "attack") == 0) &&
	       CHECK(strcmp(peer.process, "attacker") == 0);
	good = good && CHECK(answer(m.token) == ST_OK) && CHECK(ipc_peer(m.token, &peer) == ST_STALE);
	return good && ended_well(child);
}

/* Calls until that leads nowhere. */
static int persistent(void)
{
	struct message m = { .tag = tag_make(OP) };

	if (ipc_call(party_parent(), &m, NULL, DEADLINE_NEVER) != ST_OK)
		return 1;
	m.tag = tag_make(OP);
	return ipc_call(party_parent(), &m, NULL, DEADLINE_NEVER) == ST_PEER_GONE ? 0 : 2;
}

static bool severed(unsigned long n)
{
	handle_t child, peer = start_channel("peer");
	struct message m = { .words = { 1 }, .tag = tag_make(PING_OPERATION_WORDS) };
	bool good = CHECK(channel_close(peer, 1) == ST_BAD_HANDLE);

	for (uint32_t i = 0; good && i < n; i++) /* each index, with the first generations: those of the system's own */
		good = CHECK(channel_close(party_port(), (i % 256) << 20 | i / 256) == ST_PEER_GONE);
	good = good && CHECK(ipc_call(peer, &m, NULL, DEADLINE_NEVER) == ST_OK) && CHECK(m.words[0] == 2);
	good = good && CHECK(party_start("persistent", 0, 0, &child) == ST_OK) && next_call(&m);
	good = good && CHECK(channel_close(party_port(), m.channel) == ST_OK) &&
	       CHECK(channel_close(party_port(), m.channel) == ST_PEER_GONE) && CHECK(answer(m.token) == ST_OK);
	return good && ended_well(child);
}

const struct attack talk_attacks[] = {
	{ "replies", replies, 3 },     { "unasked", unasked, 3 },
	{ "contracts", contracts, 3 }, { "births", births, 20 },
	{ "peers", peers, 100000 },    { "severed", severed, 20000 },
	{ "circles", circles, 20 },    { 0 },
};

int talk_role(const char *role, unsigned long n)
{
	if (strcmp(role, "caller") == 0)
		return caller(n);
	if (strcmp(role, "taker") == 0)
		return taker();
	if (strcmp(role, "opener") == 0)
		return opener();
	return strcmp(role, "persistent") == 0 ? persistent() : -1;
}
