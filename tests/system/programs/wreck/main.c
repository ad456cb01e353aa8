/* SPDX-License-Identifier: BSD-2-Clause */
/* A server that fails: at its start, by ending, by spinning, by silence (for ever, or until it is started again), or by the first call. */
#include "libsys/ipc.h"
#include "libsys/start.h"
#include <string.h>

static bool is_successor; /* somebody served its clients before */

/* Its token. */
static uint64_t take_a_call(void)
{
	struct message m = { 0 };

	while (ipc_recv(start_port(), &m, NULL, DEADLINE_NEVER) == ST_OK && tag_kind(m.tag) != MESSAGE_KIND_CALL)
		is_successor = is_successor || (m.words[0] & NOTIFY_RESTARTED) != 0;
	return m.token;
}

static void answer(uint64_t token)
{
	struct message m = { .tag = ST_OK };

	(void)ipc_reply(token, &m, NULL);
}

int main(void)
{
	const char *how = start_parameter("how");

	if (how == NULL || strcmp(how, "crash") == 0)
		__builtin_trap();
	if (strcmp(how, "exit") == 0)
		return 0;
	if (strcmp(how, "spin") == 0)
		for (;;)
			__asm__ volatile("pause");
	for (;;) {
		uint64_t token = take_a_call();

		if (strcmp(how, "poison") == 0)
			__builtin_trap();
		if (strcmp(how, "recover") == 0 && is_successor)
			answer(token);
		/* else silent: it holds all calls and answers none */
	}
}
