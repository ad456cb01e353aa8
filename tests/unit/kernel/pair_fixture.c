/* SPDX-License-Identifier: BSD-2-Clause */
/* See pair_fixture.h. */
#include "tests/unit/kernel/pair_fixture.h"

struct pair pair;
uint64_t pair_window, pair_heap;

int pair_start(void **state)
{
	(void)state;
	world_start();
	pair = world_pair("app", "app");
	return 0;
}

int pair_start_lending(void **state)
{
	(void)pair_start(state);
	pair_window = user_map(pair.s, MEM_LANDING, PAIR_WINDOW_PAGES);
	pair_heap = user_map(pair.c, MEM_HEAP, PAIR_HEAP_PAGES);
	for (unsigned i = 0; i < PAIR_HEAP_PAGES; i++)
		assert_true(user_put(pair.c, pair_heap + i * PAGE_BYTES, 1000 + i));
	return 0;
}

enum status pair_call(uint64_t op) { return ask(pair.c, ipc_call, pair.channel, tag_make((uint16_t)op), 0, NEVER); }

enum status pair_send_pages(enum message_pages kind, uint64_t at, uint64_t pages, uint64_t deadline)
{
	uint64_t b = user_post(pair.c, (struct ipc_buffers){ .send_pages = at });

	return ask(pair.c, ipc_call, pair.channel, tag_with_pages(1, kind, pages), b, deadline);
}

enum status pair_receive(void) { return ask(pair.s, ipc_recv, pair.port, 0, 0, NEVER); }
enum message_kind pair_kind(void) { return tag_kind(pair.s->context.arg[1]); }
uint64_t pair_token(void) { return pair.s->context.arg[2]; }

enum status pair_answer(uint64_t tag, uint64_t buffers) { return ask(pair.s, ipc_reply, pair_token(), tag, buffers); }

void pair_be_served(uint64_t op)
{
	assert_status(pair_call(op), PARKED);
	assert_ok(pair_receive());
}

void pair_start_successor(void)
{
	struct process_params p = world_params("app", 10);

	p.handle_count = 1;
	p.handles[0] = pair.made_port;
	pair.server = world_create(&p);
	assert_non_null(pair.server);
	pair.s = first_thread(pair.server);
}

/* The server's successor holds its port and a channel to the third. */
static void replace_server(handle_t channel)
{
	struct process_params p = world_params("app", 10);

	world_stop(pair.server);
	p.handle_count = 2;
	p.handles[0] = pair.made_port;
	p.handles[1] = channel;
	pair.server = world_create(&p);
	assert_non_null(pair.server);
	pair.s = first_thread(pair.server);
	assert_ok(pair_receive()); /* it is a successor */
	assert_int_equal(pair.s->context.word[0], INHERITED);
}

struct process *pair_make_third(void)
{
	struct process_params p = world_params("app", 5);
	struct process *third;
	handle_t channel;

	assert_ok(ask(sup, port_create, 5));
	p.handle_count = 1;
	p.handles[0] = (handle_t)sup->context.arg[0];
	assert_ok(ask(sup, channel_create, p.handles[0], 1, 1));
	channel = (handle_t)sup->context.arg[0];
	third = world_create(&p);
	assert_non_null(third);
	replace_server(channel);
	return third;
}
