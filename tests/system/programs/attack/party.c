/* SPDX-License-Identifier: BSD-2-Clause */
/* See attack.h. Owns this process's port. */
#include "contracts/ping.h"
#include "tests/system/programs/attack/attack.h"
#include <stdio.h>
#include <string.h>

enum { RANK_MAX = 100, NS_PER_MS = 1000000, POLL_MS = 2, START_BYTES = 512, RECEIVE_BYTES = 128, WINDOW_PAGES = 4 };
enum { PLACE_PARENT = 2, PLACES = 3 }; /* the manifest's uses, of which a child has the last */

static handle_t port;
static uint64_t rank;

/* A port to receive at has exactly its process's rank; lower ones are refused. */
handle_t party_port(void)
{
	while (port == 0 && port_create(rank, &port) != ST_OK && rank < RANK_MAX)
		rank++;
	return port;
}

handle_t party_parent(void) { return start_channel("parent"); }
bool party_is_child(void) { return party_parent() != 0; }

/* The start information of `attack ROLE N`, whose one handle is the channel. */
static uint32_t fill_start(char *to, const char *role, unsigned long n)
{
	struct start_info *info = (struct start_info *)(void *)to;
	struct start_handle *h = info->handles;
	uint32_t at = sizeof *info + sizeof *h;

	memset(to, 0, START_BYTES);
	info->magic = START_INFO_MAGIC;
	strcpy(info->name, "attacker");
	strcpy(h->name, "parent");
	h->handle = INITIAL_HANDLE(PLACE_PARENT);
	h->kind = START_CHANNEL;
	info->handle_count = 1;
	info->argument_count = 3;
	info->arguments = at;
	at += (uint32_t)snprintf(to + at, START_BYTES - at, "attack%c%s%c%lu", 0, role, 0, n) + 1;
	info->parameters = at;
	info->bytes = at;
	return at;
}

enum status party_start(const char *role, unsigned long n, uint64_t badge, handle_t *process)
{
	static _Alignas(8) char start[START_BYTES];
	struct process_params p = { .image = "attack", .name = "attacker", .handle_count = PLACES, .priority_cap = 31 };
	enum status st;

	p.watch_port = party_port();
	p.watch_badge = badge;
	p.rank = (uint32_t)rank + 1;
	st = channel_create(port, badge, PING_CONTRACT, &p.handles[PLACE_PARENT], NULL);
	if (st != ST_OK)
		return st;
	p.start_bytes = fill_start(start, role, n);
	p.start = address_of(start);
	st = process_create(&p, process);
	if (st != ST_OK)
		(void)handle_close(p.handles[PLACE_PARENT]);
	return st;
}

/* Takes what comes to the port, if anything does within POLL_MS, and answers calls with nothing. */
static void serve_one(void)
{
	static void *window;
	static char bytes[RECEIVE_BYTES];
	struct ipc_buffers b = { .recv_bytes = address_of(bytes),
				 .recv_capacity = sizeof bytes,
				 .landing_pages = WINDOW_PAGES,
				 .accept = MESSAGE_HANDLES_MAX | ACCEPT_GIVEN,
				 .accept_contracts = { PING_CONTRACT } };
	struct message m = { 0 }, answer = { 0 };
	enum status st;

	if (window == NULL && mem_map(MEM_LANDING, WINDOW_PAGES, &window) != ST_OK)
		return;
	b.landing = address_of(window);
	st = ipc_recv(party_port(), &m, &b, clock_now() + POLL_MS * NS_PER_MS);
	if (st != ST_OK || tag_kind(m.tag) != MESSAGE_KIND_CALL)
		return;
	for (unsigned i = 0; i < tag_handles(m.tag); i++)
		(void)handle_close(m.handles[i]);
	(void)ipc_reply(m.token, &answer, NULL);
	if (tag_pages_kind(m.tag) == MESSAGE_PAGES_GIVEN && mem_unmap(window, WINDOW_PAGES) == ST_OK)
		window = NULL;
}

bool party_end(handle_t process, unsigned ms, struct process_status *s)
{
	uint64_t until = clock_now() + (uint64_t)ms * NS_PER_MS;

	do {
		if (process_status(process, s) == ST_OK && s->state == PROCESS_GONE)
			return handle_close(process) == ST_OK;
		serve_one();
	} while (clock_now() < until);
	(void)process_stop(process);
	return false;
}
