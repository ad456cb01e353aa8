/* SPDX-License-Identifier: BSD-2-Clause */
/* See pages_fixture.h. */
#include "tests/unit/kernel/pages_fixture.h"

uint64_t source, window;

enum status give_pages(unsigned pages)
{
	return ask(w.c, ipc_call, w.channel, tag_with_pages(3, MESSAGE_PAGES_GIVEN, pages), client.at, NEVER);
}

enum status wait_for_more(void)
{
	return ask(w.s, ipc_reply_recv, call_token(&w.c->call), 4, server.at, NEVER, w.port);
}

void offer(uint64_t word)
{
	client.b.send_pages += PAGE_BYTES;
	assert_true(user_put(c2, client.b.send_pages, word));
	say(&client);
}

void make_place(void)
{
	server.b.landing += PAGE_BYTES;
	say(&server);
}

static void pass(uint64_t word)
{
	offer(word);
	assert_status(give_pages(1), PARKED);
	assert_int_equal(user_get(s2, server.b.landing), word);
	make_place();
	assert_status(wait_for_more(), PARKED);
}

int start_passing(void **state)
{
	(void)start(state);
	across = false;
	settle(&client, w.c, c2);
	settle(&server, w.s, s2);
	source = user_map(c2, MEM_BUFFER, MANY);
	window = user_map(s2, MEM_LANDING, MANY);
	client.b = (struct ipc_buffers){ .send_pages = source };
	server.b = (struct ipc_buffers){ .landing = window, .landing_pages = 1, .accept = ACCEPT_GIVEN };
	say(&server);
	assert_status(ask(w.c, ipc_call, w.channel, 1, 0, NEVER), PARKED);
	assert_status(wait_for_more(), PARKED);
	for (uint64_t i = 0; i < 3; i++)
		pass(i);
	return 0;
}
