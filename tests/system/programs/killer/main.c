/* SPDX-License-Identifier: BSD-2-Clause */
/* killer NAME TIMES MS: kills a process so many times, so many milliseconds apart; it says how often it could. */
#include "channels.h"
#include "libsys/ipc.h"
#include <stdio.h>
#include <stdlib.h>

static handle_t quiet_port; /* nobody knows it: to wait there is to sleep */

static void sleep_ms(uint64_t ms)
{
	struct message m = { 0 };

	(void)ipc_recv(quiet_port, &m, NULL, clock_now() + ms * 1000000);
}

int main(int argc, char *argv[])
{
	unsigned killed = 0;

	if (argc != 4 || port_create(PORT_RANK_OWN, &quiet_port) != ST_OK)
		return 2;
	for (unsigned long left = strtoul(argv[2], NULL, 10); left > 0; left--) {
		sleep_ms(strtoul(argv[3], NULL, 10));
		killed += supervisor_kill(channel_supervisor(), argv[1]) == ST_OK;
	}
	printf("killer: %s: %u times\n", argv[1], killed);
	return 0;
}
