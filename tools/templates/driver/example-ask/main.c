/* SPDX-License-Identifier: BSD-2-Clause */
/* example-ask: a client. Prints what the controller tells of itself. */
#include "channels.h"
#include <stdio.h>

static const char *const links[] = {
	[EXAMPLE_LINK_NOTHING] = "nothing",
	[EXAMPLE_LINK_SILENT] = "a disk that is silent",
	[EXAMPLE_LINK_DISK] = "a disk",
	[EXAMPLE_LINK_OFF] = "switched off",
};

static int fail(enum status st)
{
	fprintf(stderr, "example-ask: %s\n", status_text(st));
	return 1;
}

static int print_ports(void)
{
	enum example_link link;
	enum status st;

	for (unsigned number = 0; number < EXAMPLE_PORTS_MAX; number++) {
		st = example_port(channel_server(), (uint8_t)number, &link);
		if (st == ST_NOT_FOUND)
			continue;
		if (st != ST_OK)
			return fail(st);
		printf("port %u: %s\n", number, links[link]);
	}
	return 0;
}

int main(void)
{
	uint32_t version;
	uint8_t ports, slots;
	enum status st = example_about(channel_server(), &version, &ports, &slots);

	if (st != ST_OK)
		return fail(st);
	printf("AHCI %u.%x: up to %u ports, %u commands each\n", (unsigned)(version >> 16),
	       (unsigned)(version & 0xffff) >> 8, ports, slots);
	return print_ports();
}
