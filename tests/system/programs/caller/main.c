/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * caller MS: calls its peer with a deadline that many milliseconds away, and says how the call ended; caller MS again:
 * with a call that may be made again. caller closed: waits until it is told that the channel to its peer is closed.
 */
#include "libsys/ipc.h"
#include "libsys/start.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_OPERATION = 1, CLOSED_WAIT_MS = 20000 };
static const uint64_t ns_per_ms = 1000000;

static int await_closed(void)
{
	uint64_t deadline = clock_now() + CLOSED_WAIT_MS * ns_per_ms;
	struct message m = { 0 };

	while (ipc_recv(start_port(), &m, NULL, deadline) == ST_OK)
		if (tag_kind(m.tag) == MESSAGE_KIND_NOTIFY && m.badge == start_channel("peer") &&
		    (m.words[0] & NOTIFY_CLOSED)) {
			printf("%s: told that the channel is closed\n", start_name());
			return 0;
		}
	printf("%s: told nothing\n", start_name());
	return 1;
}

int main(int argc, char *argv[])
{
	struct message m = { .tag = tag_make(WORDS_OPERATION) };
	enum status st;

	if (argc < 2)
		return 2;
	if (argc == 3 && strcmp(argv[2], "again") == 0)
		m.tag |= TAG_IDEMPOTENT;
	if (strcmp(argv[1], "closed") == 0)
		return await_closed();
	st = ipc_call(start_channel("peer"), &m, NULL, clock_now() + strtoul(argv[1], NULL, 10) * ns_per_ms);
	printf("%s: %s\n", start_name(), st == ST_OK ? "answered" : status_text(st));
	return 0;
}
