/* SPDX-License-Identifier: BSD-2-Clause */
/* example-ask [WHO]: a client. Each operation of the contract is a function here. */
#include "channels.h"
#include <stdio.h>

int main(int argc, char *argv[])
{
	char greeting[EXAMPLE_GREETING_BYTES_MAX + 1];
	uint32_t number;
	enum status st = example_greet(channel_server(), argc > 1 ? argv[1] : "you", greeting, sizeof greeting,
				       &number);

	if (st != ST_OK) {
		fprintf(stderr, "example-ask: %s\n", status_text(st));
		return 1;
	}
	printf("%s (number %lu)\n", greeting, (unsigned long)number);
	return 0;
}
