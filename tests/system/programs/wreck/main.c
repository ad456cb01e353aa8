/* SPDX-License-Identifier: BSD-2-Clause */
/* A server that fails: at its start, by ending, by spinning, by silence, or by the first call. */
#include "libsys/ipc.h"
#include "libsys/start.h"
#include <string.h>

static void take_a_call(void)
{
	struct message m = { 0 };

	while (ipc_recv(start_port(), &m, NULL, DEADLINE_NEVER) == ST_OK && tag_kind(m.tag) != MESSAGE_KIND_CALL)
		continue;
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
	take_a_call();
	if (strcmp(how, "poison") == 0)
		__builtin_trap();
	for (;;) /* silent: it holds all calls and answers none */
		take_a_call();
}
