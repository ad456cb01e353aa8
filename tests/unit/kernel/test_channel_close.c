/* SPDX-License-Identifier: BSD-2-Clause */
/* Channels that their server closes: dead to the client, who is told, and whoever waits over them goes on. */
#include "tests/unit/kernel/pair_fixture.h"

static enum status take(void) { return ask(pair.s, ipc_recv, pair.port, 0, 0, 0); }
/* Of the message that the server received last. */
static uint64_t channel_id(void) { return (uint32_t)pair.s->context.arg[4]; }

static void a_channel_that_its_server_closes_is_dead_and_its_client_is_told(void **state)
{
	struct thread *listener = second_thread(pair.client), *queued = second_thread(pair.client);
	uint64_t id, token;

	(void)state;
	assert_ok(ask(listener, port_create, PORT_RANK_OWN));
	assert_status(ask(listener, ipc_recv, listener->context.arg[0], 0, 0, NEVER), PARKED);
	pair_be_served(1);
	token = pair_token();
	id = channel_id();
	assert_status(ask(queued, ipc_call, pair.channel, 2, 0, NEVER), PARKED);
	assert_ok(ask(pair.s, channel_close, pair.port, id));
	assert_int_equal(queued->context.nr, ST_PEER_GONE);
	assert_int_equal(tag_kind(listener->context.arg[1]), MESSAGE_KIND_NOTIFY);
	assert_int_equal(listener->context.word[0], NOTIFY_CLOSED);
	assert_int_equal(listener->context.arg[0], pair.channel);
	assert_status(ask(queued, ipc_call, pair.channel, 3, 0, NEVER), PEER_GONE);
	assert_status(ask(queued, ipc_notify, pair.channel, 0, 1), PEER_GONE);
	assert_int_equal(pair.c->state, THREAD_SERVED); /* what it holds it may still answer */
	assert_ok(ask(pair.s, ipc_reply, token, 0, 0));
	assert_ok(pair.c->context.nr);
	assert_status(ask(pair.s, channel_close, pair.port, id), PEER_GONE);
	assert_status(ask(pair.s, ipc_notify, pair.port, id, 1), PEER_GONE);
	world_check(); /* the client still pays for its end */
	assert_ok(ask(pair.c, handle_close, pair.channel));
	assert_status(take(), TIMED_OUT);
}

static void closing_a_channel_with_an_urgent_call_queued_lets_the_server_rest(void **state)
{
	uint64_t id;

	(void)state;
	pair_be_served(1);
	id = channel_id();
	assert_ok(pair_answer(0, 0));
	pair.client->base_priority = 25;
	process_set_boost(pair.client, 0);
	assert_status(pair_call(1), PARKED);
	assert_int_equal(pair.s->priority, 25);
	assert_ok(ask(pair.s, channel_close, pair.port, id));
	assert_int_equal(pair.s->priority, 10);
}

static void a_channel_whose_client_end_is_closed_already_is_no_news_any_more(void **state)
{
	uint32_t paid;
	uint64_t id;

	(void)state;
	pair_be_served(1);
	id = channel_id();
	assert_ok(pair_answer(0, 0));
	paid = pair.server->quota.used_bytes;
	assert_ok(ask(pair.c, handle_close, pair.channel));
	assert_ok(ask(pair.s, channel_close, pair.port, id));
	assert_int_equal(pair.server->quota.used_bytes, paid);
	assert_status(take(), TIMED_OUT);
	assert_true(list_is_empty(&pair.server->signal_port->channels));
}

/* The client end is closed while a call over it is queued; the server may have been told. */
static void close_with_a_call_queued(bool told)
{
	struct thread *closer = second_thread(pair.client);
	uint64_t id;

	pair_be_served(1);
	id = channel_id();
	assert_ok(pair_answer(0, 0));
	assert_status(pair_call(2), PARKED);
	assert_ok(ask(closer, handle_close, pair.channel));
	if (told) {
		assert_ok(take());
		assert_int_equal(pair.s->context.word[0], NOTIFY_CLOSED);
	}
	assert_ok(ask(pair.s, channel_close, pair.port, id));
	assert_int_equal(pair.c->context.nr, ST_PEER_GONE);
	assert_true(list_is_empty(&pair.server->signal_port->channels));
	assert_status(ask(pair.s, channel_close, pair.port, id), PEER_GONE);
}

static void a_closed_channel_with_a_call_queued_ends_with_that_call(void **state)
{
	(void)state;
	close_with_a_call_queued(false);
}

static void a_closed_channel_whose_server_knows_ends_with_the_call_that_is_queued(void **state)
{
	(void)state;
	close_with_a_call_queued(true);
}

static void only_a_channel_of_that_port_can_be_closed_by_its_holder(void **state)
{
	struct thread *client = second_thread(pair.client);
	uint64_t id, other;

	(void)state;
	pair_be_served(1);
	id = channel_id();
	assert_ok(ask(pair.s, port_create, PORT_RANK_OWN));
	other = pair.s->context.arg[0];
	assert_status(ask(pair.s, channel_close, other, id), PEER_GONE);
	assert_status(ask(pair.s, channel_close, pair.port, id + 1), PEER_GONE);
	assert_status(ask(pair.s, channel_close, pair.port, id | 1ull << 32), PEER_GONE);
	assert_status(ask(pair.s, channel_close, pair.port, 0), PEER_GONE);
	assert_status(ask(client, channel_close, pair.channel, id), BAD_HANDLE);
	assert_status(ask(client, channel_close, pair.made_port + 1, id), BAD_HANDLE);
	assert_int_equal(pair.c->state, THREAD_SERVED);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, pair_start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_channel_that_its_server_closes_is_dead_and_its_client_is_told),
		STORY(closing_a_channel_with_an_urgent_call_queued_lets_the_server_rest),
		STORY(a_channel_whose_client_end_is_closed_already_is_no_news_any_more),
		STORY(a_closed_channel_with_a_call_queued_ends_with_that_call),
		STORY(a_closed_channel_whose_server_knows_ends_with_the_call_that_is_queued),
		STORY(only_a_channel_of_that_port_can_be_closed_by_its_holder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
