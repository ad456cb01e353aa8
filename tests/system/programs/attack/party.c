/* SPDX-License-Identifier: BSD-2-Clause */
/* See attack.h. Owns this process's port. */
#include "contracts/ping.h"
#include "libsys/start_child.h"
#include "tests/system/programs/attack/attack.h"
#include <stdio.h>

enum {
	RANK_CHILD = 1000,
	NS_PER_MS = 1000000,
	POLL_MS = 2,
	ARGUMENTS_BYTES = 64,
	RECEIVE_BYTES = 128,
	WINDOW_PAGES = 4
};

static handle_t port;

handle_t party_port(void)
{
	if (port == 0)
		(void)port_create(PORT_RANK_OWN, &port);
	return port;
}

handle_t party_parent(void) { return start_channel("parent"); }
bool party_is_child(void) { return party_parent() != 0; }

enum status party_start(const char *role, unsigned long n, uint64_t badge, handle_t *process)
{
	static struct start_child c;
	char arguments[ARGUMENTS_BYTES];
	int bytes = snprintf(arguments, sizeof arguments, "attack%c%s%c%lu", 0, role, 0, n) + 1;
	handle_t channel;
	enum status st = channel_create(party_port(), badge, PING_CONTRACT, &channel, NULL);

	if (st != ST_OK)
		return st;
	start_child_begin(&c, "attack", "attacker");
	c.params.rank = RANK_CHILD; /* above that of any process which the system starts */
	c.params.watch_port = port;
	c.params.watch_badge = badge;
	start_child_use(&c, "console", 0);
	start_child_use(&c, "peer", 0);
	start_child_use(&c, "parent", channel);
	start_child_arguments(&c, arguments, (uint32_t)bytes, 3);
	return start_child_create(&c, process);
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
