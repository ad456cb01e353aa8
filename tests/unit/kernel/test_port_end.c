/* SPDX-License-Identifier: BSD-2-Clause */
/* How calls end other than by an answer: deaths, restarts, handles closed under somebody's feet. */
#include "tests/unit/kernel/pair_fixture.h"

/* ---- death ---- */

static void a_client_stopped_while_queued_is_forgotten(void **state)
{
	(void)state;
	assert_status(pair_call(1), PARKED);
	world_stop(pair.client);
	assert_ok(ask(pair.s, ipc_recv, pair.port, 0, 0, 0)); /* it hears that the channel is closed */
	assert_int_equal(pair_kind(), MESSAGE_KIND_NOTIFY);
	assert_true(pair.s->context.word[0] & NOTIFY_CLOSED);
	assert_status(ask(pair.s, ipc_recv, pair.port, 0, 0, 0), TIMED_OUT);
}

static void a_client_stopped_while_served_is_gone_when_the_server_lets_go(void **state)
{
	handle_t h = world_handle_of(pair.client);

	(void)state;
	pair_be_served(1);
	assert_ok(ask(first_thread(supervisor), process_stop, h));
	assert_int_equal(pair.client->state, PROCESS_ENDING);
	assert_int_equal(pair.c->state, THREAD_ORPHANED);
	assert_ok(pair_answer(tag_with_bytes(0, 0), 0)); /* has no effect but this */
	assert_int_equal(pair.client->state, PROCESS_GONE);
	assert_status(ask(pair.s, ipc_reply, pair_token(), 0, 0), STALE);
	assert_ok(ask(first_thread(supervisor), handle_close, h));
}

static void a_server_that_dies_before_receiving_leaves_peer_gone(void **state)
{
	(void)state;
	assert_status(pair_call(1), PARKED);
	assert_ok(ask(sup, handle_close, pair.made_port)); /* nobody else could serve it */
	assert_int_equal(pair.c->state, THREAD_QUEUED);
	world_stop(pair.server);
	assert_int_equal(pair.c->context.nr, ST_PEER_GONE);
	assert_status(pair_call(1), PEER_GONE);
}

static void a_server_that_dies_holding_a_call_interrupts_it(void **state)
{
	(void)state;
	pair_be_served(1);
	world_stop(pair.server);
	assert_int_equal(pair.c->context.nr, ST_INTERRUPTED);
	assert_int_equal(pair.c->state, THREAD_READY);
}

static void a_restarted_server_serves_the_same_channel(void **state)
{
	struct process_params p = world_params("app", 10);

	(void)state;
	pair_be_served(1);
	world_stop(pair.server);
	p.handle_count = 1;
	p.handles[0] = pair.made_port;
	pair.server = world_create(&p);
	assert_non_null(pair.server);
	pair.s = first_thread(pair.server);
	assert_ok(pair_receive());
	assert_int_equal(pair_kind(), MESSAGE_KIND_NOTIFY);
	assert_int_equal(pair.s->context.word[0], INHERITED);
	assert_int_equal(pair.s->context.arg[0], PAIR_BADGE);
	pair_be_served(2);
	assert_int_equal(tag_op(pair.s->context.arg[1]), 2);
	assert_ok(pair_answer(0, 0));
}

static void no_token_of_a_dead_instance_works_for_its_successor(void **state)
{
	struct process_params p = world_params("app", 10);
	uint64_t old;

	(void)state;
	pair_be_served(1);
	old = pair_token();
	world_stop(pair.server);
	p.handle_count = 1;
	p.handles[0] = pair.made_port;
	pair.server = world_create(&p);
	pair.s = first_thread(pair.server);
	assert_ok(pair_receive()); /* it is a successor */
	pair_be_served(2);
	assert_status(ask(pair.s, ipc_reply, old, 0, 0), STALE);
	assert_int_equal(pair.c->state, THREAD_SERVED);
}

/* A waits for B, B for C; C dies last: nobody is gone before what it called has let it go. */
static void a_chain_of_deaths_ends_in_order(void **state)
{
	struct process *c = pair_make_third();
	struct thread *t = first_thread(supervisor);
	handle_t h = world_handle_of(pair.client);

	(void)state;
	pair_be_served(1);
	assert_status(ask(pair.s, ipc_call, INITIAL_HANDLE(1), 9, 0, NEVER), PARKED);
	assert_ok(ask(first_thread(c), ipc_recv, INITIAL_HANDLE(0), 0, 0, NEVER));
	assert_ok(ask(t, process_stop, h));
	assert_ok(ask(t, process_stop, world_handle_of(pair.server)));
	assert_int_equal(pair.client->state, PROCESS_ENDING);
	assert_int_equal(pair.server->state, PROCESS_ENDING);
	world_check();
	assert_ok(ask(t, process_stop, world_handle_of(c)));
	assert_int_equal(c->state, PROCESS_GONE);
	assert_int_equal(pair.server->state, PROCESS_GONE);
	assert_int_equal(pair.client->state, PROCESS_GONE);
}

/* ---- handles that are closed under somebody's feet ---- */

static void a_channel_closed_by_another_thread_lives_until_its_calls_have_ended(void **state)
{
	struct thread *queued = second_thread(pair.client), *closer = second_thread(pair.client);

	(void)state;
	pair_be_served(1);
	assert_status(ask(queued, ipc_call, pair.channel, 2, 0, NEVER), PARKED);
	assert_ok(ask(closer, handle_close, pair.channel));
	assert_ok(ask(pair.s, ipc_reply, pair_token(), TAG_SET_BADGE, 0, 0, 0, 5));
	assert_ok(pair.c->context.nr);
	assert_ok(pair_receive()); /* the news, then the queued call, or the other way round */
	if (pair_kind() == MESSAGE_KIND_NOTIFY)
		assert_ok(pair_receive());
	assert_int_equal(tag_op(pair.s->context.arg[1]), 2);
	assert_ok(pair_answer(0, 0));
	assert_ok(queued->context.nr);
	assert_status(ask(queued, ipc_call, pair.channel, 2, 0, NEVER), BAD_HANDLE);
	assert_true(list_is_empty(&pair.server->signal_port->channels));
}

static void a_port_closed_while_others_wait_at_it_wakes_them(void **state)
{
	struct thread *second = second_thread(pair.server);

	(void)state;
	assert_status(pair_receive(), PARKED);
	assert_ok(ask(second, handle_close, pair.port));
	assert_int_equal(pair.s->context.nr, ST_BAD_HANDLE);
	assert_ok(ask(sup, handle_close, pair.made_port));
	assert_status(pair_call(1), PEER_GONE);
}

static void a_port_closed_with_calls_waiting_leaves_peer_gone_and_no_boost(void **state)
{
	(void)state;
	sched_set_priority(pair.c, 10);
	pair.client->base_priority = 25;
	process_set_boost(pair.client, 0);
	assert_status(pair_call(1), PARKED);
	assert_int_equal(process_priority(pair.server), 25);
	assert_ok(ask(pair.s, handle_close, pair.port));
	assert_int_equal(process_priority(pair.server), 10);
	assert_int_equal(pair.c->state, THREAD_QUEUED); /* its maker may have somebody else serve */
	assert_ok(ask(sup, handle_close, pair.made_port));
	assert_int_equal(pair.c->context.nr, ST_PEER_GONE);
}

static void a_closed_client_end_is_told_once_to_a_server_that_waits(void **state)
{
	(void)state;
	assert_status(pair_receive(), PARKED);
	assert_ok(ask(pair.c, handle_close, pair.channel));
	assert_int_equal(pair.s->context.word[0], NOTIFY_CLOSED);
	assert_status(ask(pair.s, ipc_recv, pair.port, 0, 0, 0), TIMED_OUT);
	assert_status(ask(pair.c, handle_close, pair.channel), BAD_HANDLE);
}

static void only_the_server_of_a_port_receives_there(void **state)
{
	(void)state;
	assert_status(ask(first_thread(supervisor), ipc_recv, pair.made_port, 0, 0, 0), NO_RIGHT);
	assert_status(ask(pair.c, ipc_recv, pair.channel, 0, 0, 0), BAD_HANDLE);
	assert_status(ask(pair.s, ipc_call, pair.port, 0, 0, NEVER), BAD_HANDLE);
}

static void a_tag_with_unused_bits_or_sizes_out_of_range_is_refused(void **state)
{
	static const uint64_t bad[] = {
		1ull << 14,
		1ull << 15,
		1ull << 31,
		1ull << TAG_ENDS_BIT,
		1ull << (TAG_ENDS_BIT + 7),
		(uint64_t)MESSAGE_KIND_NOTIFY << TAG_KIND_BIT,
		(65537ull) << TAG_BYTES_BIT,
		5ull << TAG_HANDLES_BIT,
		1ull << TAG_PAGES_KIND_BIT,
		1ull << TAG_PAGES_BIT,
		3ull << TAG_PAGES_KIND_BIT | 16385ull << TAG_PAGES_BIT,
		1ull << TAG_BYTES_BIT,
		1ull << TAG_HANDLES_BIT, /* parts without a place */
	};

	(void)state;
	for (unsigned i = 0; i < array_length(bad); i++)
		assert_status(ask(pair.c, ipc_call, pair.channel, bad[i], 0, NEVER), BAD_ARG);
	pair_be_served(1);
	for (unsigned i = 0; i < array_length(bad); i++)
		assert_status(ask(pair.s, ipc_reply, pair_token(), bad[i], 0), BAD_ARG);
	assert_status(ask(pair.s, ipc_reply, pair_token(), tag_with_pages(0, MESSAGE_PAGES_LENT_READ, 1), PROGRAM_DATA),
		      BAD_ARG);
}

static void reply_and_receive_goes_on_when_the_caller_has_gone(void **state)
{
	uint64_t first;

	(void)state;
	assert_status(ask(pair.c, ipc_call, pair.channel, 1, 0, host_now_ns + 10), PARKED);
	assert_ok(pair_receive());
	first = pair_token();
	host_pass_ns(10);
	host_leave();
	assert_status(ask(pair.s, ipc_reply_recv, first, 0, 0, NEVER, pair.port), PARKED);
	assert_status(pair_call(3), PARKED);
	assert_int_equal(tag_op(pair.s->context.arg[1]), 3);
	assert_status(ask(pair.s, ipc_reply_recv, pair_token(), 9, 0, NEVER, pair.port), PARKED);
	assert_int_equal(tag_op(pair.c->context.arg[1]), 9);
}

static void reply_and_receive_that_cannot_reply_does_not_receive(void **state)
{
	uint64_t buffers;

	(void)state;
	pair_be_served(1);
	buffers = user_post(pair.s, (struct ipc_buffers){ .send_bytes = PROGRAM_DATA });
	assert_status(ask(pair.s, ipc_reply_recv, pair_token(), tag_with_bytes(0, 1), buffers, NEVER, pair.port),
		      TOO_BIG);
	assert_int_equal(pair.c->state, THREAD_SERVED);
	assert_int_equal(pair.server->aspace.busy, 0);
}

static void a_million_rounds_are_not_needed_to_see_that_channels_and_processes_leak_nothing(void **state)
{
	struct thread *t = first_thread(supervisor);
	struct balance before;

	(void)state;
	world_stop(world_spawn("app", 30));
	for (unsigned i = 0; i < 2; i++) {
		before = world_balance();
		for (unsigned n = 0; n < (i == 0 ? 2u : 5000u); n++) { /* generations of ids wrap on the way */
			assert_ok(ask(t, channel_create, pair.made_port, n, 1));
			assert_int_not_equal((uint32_t)t->context.arg[1], 0);
			assert_ok(ask(t, handle_close, t->context.arg[0]));
			if (n % 8 == 0) {
				assert_ok(pair_receive());
				world_stop(world_spawn("app", 30));
			} else {
				assert_ok(pair_receive());
			}
		}
	}
	assert_balanced(before, world_balance());
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, pair_start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_client_stopped_while_queued_is_forgotten),
		STORY(a_client_stopped_while_served_is_gone_when_the_server_lets_go),
		STORY(a_server_that_dies_before_receiving_leaves_peer_gone),
		STORY(a_server_that_dies_holding_a_call_interrupts_it),
		STORY(a_restarted_server_serves_the_same_channel),
		STORY(no_token_of_a_dead_instance_works_for_its_successor),
		STORY(a_chain_of_deaths_ends_in_order),
		STORY(a_channel_closed_by_another_thread_lives_until_its_calls_have_ended),
		STORY(a_port_closed_while_others_wait_at_it_wakes_them),
		STORY(a_port_closed_with_calls_waiting_leaves_peer_gone_and_no_boost),
		STORY(a_closed_client_end_is_told_once_to_a_server_that_waits),
		STORY(only_the_server_of_a_port_receives_there),
		STORY(a_tag_with_unused_bits_or_sizes_out_of_range_is_refused),
		STORY(reply_and_receive_goes_on_when_the_caller_has_gone),
		STORY(reply_and_receive_that_cannot_reply_does_not_receive),
		STORY(a_million_rounds_are_not_needed_to_see_that_channels_and_processes_leak_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
