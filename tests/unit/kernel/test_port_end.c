/* SPDX-License-Identifier: BSD-2-Clause */
/* How calls end other than by an answer: deaths, restarts, handles closed under somebody's feet. */
#include "kernel/abi/message.h"
#include "tests/unit/kernel/world.h"
#include <string.h>

static struct pair w;

static int start(void **state)
{
	(void)state;
	world_start();
	w = world_pair("app", "app");
	return 0;
}

static int finish(void **state)
{
	(void)state;
	world_check();
	return 0;
}

#define NEVER DEADLINE_NEVER

static enum status call_with(uint64_t op) { return ask(w.c, ipc_call, w.channel, tag_make((uint16_t)op), 0, NEVER); }
static enum status receive(void) { return ask(w.s, ipc_recv, w.port, 0, 0, NEVER); }
static uint64_t token(void) { return w.s->context.arg[2]; }
static enum status answer(uint64_t tag, uint64_t buffers) { return ask(w.s, ipc_reply, token(), tag, buffers); }
static enum message_kind kind(void) { return tag_kind(w.s->context.arg[1]); }

/* The call is in the server's hands. */
static void be_served(uint64_t op)
{
	assert_status(call_with(op), PARKED);
	assert_ok(receive());
}

/* ---- death ---- */

static void a_client_stopped_while_queued_is_forgotten(void **state)
{
	(void)state;
	assert_status(call_with(1), PARKED);
	world_stop(w.client);
	assert_ok(ask(w.s, ipc_recv, w.port, 0, 0, 0)); /* it hears that the channel is closed */
	assert_int_equal(kind(), MESSAGE_KIND_NOTIFY);
	assert_true(w.s->context.word[0] & NOTIFY_CLOSED);
	assert_status(ask(w.s, ipc_recv, w.port, 0, 0, 0), TIMED_OUT);
}

static void a_client_stopped_while_served_is_gone_when_the_server_lets_go(void **state)
{
	handle_t h = world_handle_of(w.client);

	(void)state;
	be_served(1);
	assert_ok(ask(first_thread(supervisor), process_stop, h));
	assert_int_equal(w.client->state, PROCESS_ENDING);
	assert_int_equal(w.c->state, THREAD_ORPHANED);
	assert_ok(answer(tag_with_bytes(0, 0), 0)); /* has no effect but this */
	assert_int_equal(w.client->state, PROCESS_GONE);
	assert_status(ask(w.s, ipc_reply, token(), 0, 0), STALE);
	assert_ok(ask(first_thread(supervisor), handle_close, h));
}

static void a_server_that_dies_before_receiving_leaves_peer_gone(void **state)
{
	(void)state;
	assert_status(call_with(1), PARKED);
	world_stop(w.server);
	assert_int_equal(w.c->context.nr, ST_PEER_GONE);
	assert_status(call_with(1), PEER_GONE);
}

static void a_server_that_dies_holding_a_call_interrupts_it(void **state)
{
	(void)state;
	be_served(1);
	world_stop(w.server);
	assert_int_equal(w.c->context.nr, ST_INTERRUPTED);
	assert_int_equal(w.c->state, THREAD_READY);
}

static void a_restarted_server_serves_the_same_channel(void **state)
{
	struct process_params p = world_params("app", 10);

	(void)state;
	be_served(1);
	world_stop(w.server);
	p.handle_count = 1;
	p.handles[0] = w.made_port;
	w.server = world_create(&p);
	assert_non_null(w.server);
	w.s = first_thread(w.server);
	be_served(2);
	assert_int_equal(tag_op(w.s->context.arg[1]), 2);
	assert_ok(answer(0, 0));
}

static void no_token_of_a_dead_instance_works_for_its_successor(void **state)
{
	struct process_params p = world_params("app", 10);
	uint64_t old;

	(void)state;
	be_served(1);
	old = token();
	world_stop(w.server);
	p.handle_count = 1;
	p.handles[0] = w.made_port;
	w.server = world_create(&p);
	w.s = first_thread(w.server);
	be_served(2);
	assert_status(ask(w.s, ipc_reply, old, 0, 0), STALE);
	assert_int_equal(w.c->state, THREAD_SERVED);
}

/* A waits for B, B for C; C dies last: nobody is gone before what it called has let it go. */
static void a_chain_of_deaths_ends_in_order(void **state)
{
	struct thread *t = first_thread(supervisor);
	struct process_params p = world_params("app", 5);
	handle_t port, channel, h = world_handle_of(w.client);
	struct process *c;

	(void)state;
	assert_ok(ask(t, port_create, 5));
	port = (handle_t)t->context.arg[0];
	assert_ok(ask(t, channel_create, port, 1, 1));
	channel = (handle_t)t->context.arg[0];
	p.handle_count = 1;
	p.handles[0] = port;
	c = world_create(&p);
	world_stop(w.server);
	p = world_params("app", 10);
	p.handle_count = 2;
	p.handles[0] = w.made_port;
	p.handles[1] = channel;
	w.server = world_create(&p);
	w.s = first_thread(w.server);
	be_served(1);
	assert_status(ask(w.s, ipc_call, INITIAL_HANDLE(1), 9, 0, NEVER), PARKED);
	assert_ok(ask(first_thread(c), ipc_recv, INITIAL_HANDLE(0), 0, 0, NEVER));
	assert_ok(ask(t, process_stop, h));
	assert_ok(ask(t, process_stop, world_handle_of(w.server)));
	assert_int_equal(w.client->state, PROCESS_ENDING);
	assert_int_equal(w.server->state, PROCESS_ENDING);
	world_check();
	assert_ok(ask(t, process_stop, world_handle_of(c)));
	assert_int_equal(c->state, PROCESS_GONE);
	assert_int_equal(w.server->state, PROCESS_GONE);
	assert_int_equal(w.client->state, PROCESS_GONE);
}

/* ---- handles that are closed under somebody's feet ---- */

static void a_channel_closed_by_another_thread_lives_until_its_calls_have_ended(void **state)
{
	struct thread *queued = second_thread(w.client), *closer = second_thread(w.client);

	(void)state;
	be_served(1);
	assert_status(ask(queued, ipc_call, w.channel, 2, 0, NEVER), PARKED);
	assert_ok(ask(closer, handle_close, w.channel));
	assert_ok(ask(w.s, ipc_reply, token(), TAG_SET_BADGE, 0, 0, 0, 5));
	assert_ok(w.c->context.nr);
	assert_ok(receive()); /* the news, then the queued call, or the other way round */
	if (kind() == MESSAGE_KIND_NOTIFY)
		assert_ok(receive());
	assert_int_equal(tag_op(w.s->context.arg[1]), 2);
	assert_ok(answer(0, 0));
	assert_ok(queued->context.nr);
	assert_status(ask(queued, ipc_call, w.channel, 2, 0, NEVER), BAD_HANDLE);
	assert_true(list_is_empty(&w.server->signal_port->channels));
}

static void a_port_closed_while_others_wait_at_it_wakes_them(void **state)
{
	struct thread *second = second_thread(w.server);

	(void)state;
	assert_status(receive(), PARKED);
	assert_ok(ask(second, handle_close, w.port));
	assert_int_equal(w.s->context.nr, ST_BAD_HANDLE);
	assert_status(call_with(1), PEER_GONE);
}

static void a_port_closed_with_calls_waiting_leaves_peer_gone_and_no_boost(void **state)
{
	(void)state;
	sched_set_priority(w.c, 10);
	w.client->base_priority = 25;
	process_set_boost(w.client, 0);
	assert_status(call_with(1), PARKED);
	assert_int_equal(process_priority(w.server), 25);
	assert_ok(ask(w.s, handle_close, w.port));
	assert_int_equal(w.c->context.nr, ST_PEER_GONE);
	assert_int_equal(process_priority(w.server), 10);
}

static void a_closed_client_end_is_told_once_to_a_server_that_waits(void **state)
{
	(void)state;
	assert_status(receive(), PARKED);
	assert_ok(ask(w.c, handle_close, w.channel));
	assert_int_equal(w.s->context.word[0], NOTIFY_CLOSED);
	assert_status(ask(w.s, ipc_recv, w.port, 0, 0, 0), TIMED_OUT);
	assert_status(ask(w.c, handle_close, w.channel), BAD_HANDLE);
}

static void only_the_server_of_a_port_receives_there(void **state)
{
	(void)state;
	assert_status(ask(first_thread(supervisor), ipc_recv, w.made_port, 0, 0, 0), NO_RIGHT);
	assert_status(ask(w.c, ipc_recv, w.channel, 0, 0, 0), BAD_HANDLE);
	assert_status(ask(w.s, ipc_call, w.port, 0, 0, NEVER), BAD_HANDLE);
}

static void a_tag_with_unused_bits_or_sizes_out_of_range_is_refused(void **state)
{
	static const uint64_t bad[] = {
		1ull << 25, 1ull << 31, (uint64_t)MESSAGE_KIND_NOTIFY << TAG_KIND_BIT, (65537ull) << TAG_BYTES_BIT,
		5ull << TAG_HANDLES_BIT, 1ull << TAG_PAGES_KIND_BIT, 1ull << TAG_PAGES_BIT,
		3ull << TAG_PAGES_KIND_BIT | 16385ull << TAG_PAGES_BIT,
		1ull << TAG_BYTES_BIT, 1ull << TAG_HANDLES_BIT, /* parts without a place */
	};

	(void)state;
	for (unsigned i = 0; i < array_length(bad); i++)
		assert_status(ask(w.c, ipc_call, w.channel, bad[i], 0, NEVER), BAD_ARG);
	be_served(1);
	for (unsigned i = 0; i < array_length(bad); i++)
		assert_status(ask(w.s, ipc_reply, token(), bad[i], 0), BAD_ARG);
	assert_status(ask(w.s, ipc_reply, token(), tag_with_pages(0, MESSAGE_PAGES_LENT_READ, 1), PROGRAM_DATA), BAD_ARG);
}

static void reply_and_receive_goes_on_when_the_caller_has_gone(void **state)
{
	uint64_t first;

	(void)state;
	assert_status(ask(w.c, ipc_call, w.channel, 1, 0, host_now_ns + 10), PARKED);
	assert_ok(receive());
	first = token();
	host_pass_ns(10);
	host_leave();
	assert_status(ask(w.s, ipc_reply_recv, first, 0, 0, NEVER, w.port), PARKED);
	assert_status(call_with(3), PARKED);
	assert_int_equal(tag_op(w.s->context.arg[1]), 3);
	assert_status(ask(w.s, ipc_reply_recv, token(), 9, 0, NEVER, w.port), PARKED);
	assert_int_equal(tag_op(w.c->context.arg[1]), 9);
}

static void reply_and_receive_that_cannot_reply_does_not_receive(void **state)
{
	uint64_t buffers;

	(void)state;
	be_served(1);
	buffers = user_post(w.s, (struct ipc_buffers){ .send_bytes = PROGRAM_DATA });
	assert_status(ask(w.s, ipc_reply_recv, token(), tag_with_bytes(0, 1), buffers, NEVER, w.port), TOO_BIG);
	assert_int_equal(w.c->state, THREAD_SERVED);
	assert_int_equal(w.server->aspace.busy, 0);
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
			assert_ok(ask(t, channel_create, w.made_port, n, 1));
			assert_int_not_equal((uint32_t)t->context.arg[1], 0);
			assert_ok(ask(t, handle_close, t->context.arg[0]));
			if (n % 8 == 0) {
				assert_ok(receive());
				world_stop(world_spawn("app", 30));
			} else {
				assert_ok(receive());
			}
		}
	}
	assert_balanced(before, world_balance());
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, finish)

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
