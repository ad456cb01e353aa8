/* SPDX-License-Identifier: BSD-2-Clause */
/* A server: each operation of contracts/example.contract has its handler here. */
#include "channels.h"
#include "contracts/example_server.h"
#include <stdio.h>

static _Alignas(8) char bytes[EXAMPLE_SERVER_BYTES];
static struct serving serving = { .contracts = { &example_server }, .bytes = bytes, .bytes_size = sizeof bytes };
static uint32_t greeted;

/* The request is checked before it comes here; what is returned is the answer's status. */
enum status example_serve_greet(struct serving *s, const struct example_greet_request *request,
				struct example_greet_reply *reply)
{
	(void)s;
	snprintf(reply->greeting, EXAMPLE_GREETING_BYTES_MAX + 1, "Hello, %s!", request->who);
	reply->number = ++greeted;
	return ST_OK;
}

int main(void)
{
	serving.port = port();
	serve(&serving);
}
