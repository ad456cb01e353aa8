/* SPDX-License-Identifier: BSD-2-Clause */
/* Ports that outlive their servers: what waits, what is told, what a successor finds. */
#include "tests/unit/kernel/pair_fixture.h"

static enum status call_over(struct thread *t, handle_t channel, uint64_t op, uint64_t deadline)
{
	return ask(t, ipc_call, channel, op, 0, deadline);
}

static enum status take(uint64_t deadline) { return ask(pair.s, ipc_recv, pair.port, 0, 0, deadline); }
static uint64_t word(void) { return pair.s->context.word[0]; }

/* The client has a port, and waits there for news. */
static void client_listens(struct thread *t)
{
	assert_ok(ask(t, port_create, PORT_RANK_OWN));
	assert_status(ask(t, ipc_recv, t->context.arg[0], 0, 0, NEVER), PARKED);
}

static void assert_hears_of_the_end(const struct thread *t, handle_t channel)
{
	assert_int_equal(t->context.nr, ST_OK);
	assert_int_equal(tag_kind(t->context.arg[1]), MESSAGE_KIND_NOTIFY);
	assert_int_equal(t->context.word[0], NOTIFY_CLOSED);
	assert_int_equal(t->context.arg[0], channel);
}

/* ---- without a server ---- */

static void calls_wait_for_the_next_server(void **state)
{
	struct thread *late = second_thread(pair.client);

	(void)state;
	assert_status(pair_call(1), PARKED);
	world_stop(pair.server);
	assert_int_equal(pair.c->state, THREAD_QUEUED); /* it was not taken */
	assert_status(call_over(late, pair.channel, 2, NEVER), PARKED);
	pair_start_successor();
	for (uint64_t left = 1 | 2; left != 0;) {
		assert_ok(take(0));
		if (pair_kind() != MESSAGE_KIND_CALL)
			continue;
		left &= ~(uint64_t)tag_op(pair.s->context.arg[1]);
		assert_ok(pair_answer(0, 0));
	}
	assert_ok(pair.c->context.nr);
	assert_ok(late->context.nr);
}

static void a_deadline_passes_without_a_server_too(void **state)
{
	(void)state;
	world_stop(pair.server);
	assert_status(call_over(pair.c, pair.channel, 1, host_now_ns + 100), PARKED);
	host_pass_ns(100);
	host_leave();
	assert_int_equal(pair.c->context.nr, ST_TIMED_OUT);
	pair_start_successor();
	assert_ok(take(0)); /* it is a successor */
	assert_status(take(0), TIMED_OUT);
}

static void a_pinned_client_waits_for_a_successor_too(void **state)
{
	struct process_params p = world_params("driver", 20);
	struct thread *t, *second;

	(void)state;
	assert_ok(ask(sup, channel_create, pair.made_port, 1, 1));
	p.handle_count = 1;
	p.handles[0] = (handle_t)sup->context.arg[0];
	t = first_thread(world_create(&p));
	second = second_thread(t->process);
	assert_status(call_over(t, INITIAL_HANDLE(0), 1, NEVER), PARKED);
	assert_status(pair_call(2), PARKED);
	world_stop(pair.server);
	assert_int_equal(t->state, THREAD_QUEUED);
	assert_int_equal(pair.c->state, THREAD_QUEUED);
	assert_status(call_over(second, INITIAL_HANDLE(0), 1, NEVER), PARKED);
}

static void a_client_that_is_stopped_while_it_waits_for_a_successor_is_forgotten(void **state)
{
	(void)state;
	world_stop(pair.server);
	assert_status(pair_call(1), PARKED);
	world_stop(pair.client);
	pair_start_successor();
	assert_status(take(0), TIMED_OUT);
}

static void a_held_call_is_interrupted_and_not_given_to_the_successor(void **state)
{
	(void)state;
	pair_be_served(1);
	world_stop(pair.server);
	assert_int_equal(pair.c->context.nr, ST_INTERRUPTED);
	pair_start_successor();
	assert_ok(take(0));
	assert_int_equal(word(), INHERITED);
	assert_status(take(0), TIMED_OUT);
}

/* ---- the successor ---- */

static void a_successor_hears_of_every_channel_that_lives_with_its_badge(void **state)
{
	struct process_params p = world_params("app", 30);
	handle_t kept, closed;

	(void)state;
	assert_ok(ask(sup, channel_create, pair.made_port, 77, 1));
	kept = (handle_t)sup->context.arg[0];
	assert_ok(ask(sup, channel_create, pair.made_port, 88, 1));
	closed = (handle_t)sup->context.arg[0];
	pair_be_served(1);
	assert_ok(ask(pair.s, ipc_reply, pair_token(), TAG_SET_BADGE, 0, 0, 0, 55));
	world_stop(pair.server);
	assert_ok(ask(sup, handle_close, closed));
	p.handle_count = 1;
	p.handles[0] = kept;
	assert_non_null(world_create(&p));                          /* a channel may move meanwhile */
	assert_ok(ask(sup, channel_create, pair.made_port, 99, 1)); /* this one never knew the predecessor */
	pair_start_successor();
	assert_ok(take(0));
	assert_int_equal(word(), INHERITED);
	assert_int_equal(pair.s->context.arg[0], 55);
	assert_ok(take(0));
	assert_int_equal(word(), INHERITED);
	assert_int_equal(pair.s->context.arg[0], 77);
	assert_status(take(0), TIMED_OUT);
}

static handle_t give_channel(struct process **client)
{
	struct process_params p = world_params("app", 30);

	assert_ok(ask(sup, channel_create, pair.made_port, 77, 1));
	p.handle_count = 1;
	p.handles[0] = (handle_t)sup->context.arg[0];
	*client = world_create(&p);
	assert_non_null(*client);
	return INITIAL_HANDLE(0);
}

static void notifications_wait_for_the_successor(void **state)
{
	struct process *late;
	handle_t channel;

	(void)state;
	world_stop(pair.server);
	channel = give_channel(&late); /* this one never knew the predecessor */
	assert_ok(ask(first_thread(late), ipc_notify, channel, 0, 4));
	assert_ok(ask(pair.c, ipc_notify, pair.channel, 0, 8));
	pair_start_successor();
	assert_ok(take(0));
	assert_int_equal(word(), INHERITED);
	assert_ok(take(0));
	assert_int_equal(word(), 4);
	assert_ok(ask(pair.c, ipc_notify, pair.channel, 0, 8)); /* from now on as ever */
	assert_ok(take(0));
	assert_int_equal(word(), 8);
}

/* Whoever calls, and whatever was told before: a session comes before what is done with it. */
static void a_successor_hears_of_every_channel_before_it_takes_a_call_or_anything_else(void **state)
{
	enum { OTHERS = 3 };
	struct process *clients[OTHERS];
	handle_t channel = 0;

	(void)state;
	for (unsigned i = 0; i < OTHERS; i++)
		channel = give_channel(&clients[i]);
	world_stop(pair.server);
	assert_status(pair_call(1), PARKED);
	for (unsigned i = 0; i < OTHERS; i++)
		assert_status(call_over(first_thread(clients[i]), channel, 1, NEVER), PARKED);
	assert_ok(ask(sup, channel_create, pair.made_port, 99, 1));
	pair_start_successor();
	for (unsigned i = 0; i < OTHERS + 1; i++) {
		assert_ok(take(0));
		assert_int_equal(pair_kind(), MESSAGE_KIND_NOTIFY);
		assert_int_equal(word(), INHERITED);
	}
	for (unsigned i = 0; i < OTHERS + 1; i++) {
		assert_ok(take(0));
		assert_int_equal(pair_kind(), MESSAGE_KIND_CALL);
	}
	assert_status(take(0), TIMED_OUT);
}

/* One that died before it had heard of all leaves the rest, and what it has heard of, to the next. */
static void news_that_waited_for_the_predecessor_does_not_come_before_what_outlived_it(void **state)
{
	struct process *other;
	handle_t channel = give_channel(&other), port = pair.port;
	struct process_params p = world_params("app", 30);

	(void)state;
	p.watch_port = port;
	world_fit_manifest(pair.server, &p);
	assert_true(user_write(pair.s, PROGRAM_DATA, &p, sizeof p));
	assert_ok(ask(pair.s, process_create, PROGRAM_DATA));
	assert_ok(ask(first_thread(other), ipc_notify, channel, 0, 4));
	world_stop(pair.server);
	pair_start_successor();
	assert_ok(take(0));
	assert_int_equal(word(), INHERITED);
	world_stop(pair.server); /* it knows of one */
	assert_status(pair_call(1), PARKED);
	pair_start_successor();
	assert_ok(take(0));
	assert_int_equal(word(), INHERITED);
	assert_ok(take(0));
	assert_int_equal(word(), INHERITED);
	assert_ok(take(0));
	assert_int_equal(pair_kind(), MESSAGE_KIND_CALL);
}

static void a_closed_end_that_the_dead_server_was_not_told_of_is_no_news_for_its_successor(void **state)
{
	(void)state;
	assert_ok(ask(pair.c, handle_close, pair.channel));
	world_stop(pair.server);
	pair_start_successor();
	assert_status(take(0), TIMED_OUT);
	assert_true(list_is_empty(&pair.server->signal_port->channels));
}

static void a_successor_is_as_urgent_as_the_most_urgent_call_that_waits(void **state)
{
	struct thread *urgent = second_thread(pair.client);

	(void)state;
	world_stop(pair.server);
	assert_status(pair_call(1), PARKED);
	pair.client->base_priority = 25;
	process_set_boost(pair.client, 0);
	assert_status(call_over(urgent, pair.channel, 2, NEVER), PARKED);
	pair_start_successor();
	assert_int_equal(pair.s->priority, 25);
	assert_ok(take(0)); /* it is a successor */
	assert_ok(take(0));
	assert_int_equal(tag_op(pair.s->context.arg[1]), 2);
	assert_ok(pair_answer(0, 0));
	assert_int_equal(pair.s->priority, 10);
}

static void two_servers_at_one_port_are_refused(void **state)
{
	struct process_params p = world_params("app", 10);

	(void)state;
	p.handle_count = 1;
	p.handles[0] = pair.made_port;
	assert_null(world_create(&p));
	assert_status(world_status, EXISTS);
}

static void ten_lives_leave_nothing_behind(void **state)
{
	struct balance before;

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		pair_be_served(1);
		world_stop(pair.server);
		pair_start_successor();
		assert_ok(take(0));
		if (i == 1)
			before = world_balance();
	}
	assert_balanced(before, world_balance());
}

/* The server ends, but waits for its own call to be let go; its successor is there before that. */
static void a_closed_channel_with_a_call_held_by_the_dead_server_is_no_news_for_its_successor(void **state)
{
	struct process *third = pair_make_third();
	struct thread *closer = second_thread(pair.client), *busy = second_thread(pair.server);
	struct process *dying = pair.server;

	(void)state;
	pair_be_served(1);
	assert_status(ask(busy, ipc_call, INITIAL_HANDLE(1), 9, 0, NEVER), PARKED);
	assert_ok(ask(first_thread(third), ipc_recv, INITIAL_HANDLE(0), 0, 0, NEVER));
	assert_ok(ask(closer, handle_close, pair.channel));
	assert_ok(ask(sup, process_stop, world_handle_of(dying)));
	assert_int_equal(dying->state, PROCESS_ENDING);
	pair_start_successor();
	assert_status(take(0), TIMED_OUT);
	assert_ok(ask(first_thread(third), ipc_reply, first_thread(third)->context.arg[2], 0, 0));
	assert_int_equal(dying->state, PROCESS_GONE);
	assert_int_equal(pair.c->context.nr, ST_INTERRUPTED);
	assert_true(list_is_empty(&pair.server->signal_port->channels));
}

/* ---- the end of a port ---- */

static void with_the_last_handle_those_who_wait_end_and_all_clients_are_told(void **state)
{
	struct thread *listener = second_thread(pair.client);

	(void)state;
	client_listens(listener);
	world_stop(pair.server);
	assert_status(pair_call(1), PARKED);
	assert_int_equal(listener->state, THREAD_RECEIVING); /* nothing is lost yet */
	assert_ok(ask(sup, handle_close, pair.made_port));
	assert_int_equal(pair.c->context.nr, ST_PEER_GONE);
	assert_hears_of_the_end(listener, pair.channel);
	assert_status(pair_call(1), PEER_GONE);
	assert_status(ask(pair.c, ipc_notify, pair.channel, 0, 1), PEER_GONE);
	assert_ok(ask(pair.c, handle_close, pair.channel));
}

/* The server makes a port of this rank, and the client gets a channel to it in an answer: its handle. */
static handle_t hand_out(uint64_t rank)
{
	uint64_t b = user_post(pair.c, (struct ipc_buffers){ .accept = 1, .accept_contracts = { 9 } });

	assert_status(ask(pair.c, ipc_call, pair.channel, 1, b, NEVER), PARKED);
	assert_ok(pair_receive());
	b = pair_token();
	assert_ok(ask(pair.s, port_create, rank));
	assert_ok(ask(pair.s, channel_create, pair.s->context.arg[0], 1, 9));
	assert_ok(ask(pair.s, ipc_reply, b, tag_with_handles(0, 1),
		      user_post(pair.s, (struct ipc_buffers){ .send_handles = { (handle_t)pair.s->context.arg[0] } })));
	assert_ok(pair.c->context.nr);
	return (handle_t)pair.c->context.arg[3];
}

static void a_maker_that_ends_leaves_nobody_waiting(void **state)
{
	handle_t channel = hand_out(14); /* for a server that it never starts */

	(void)state;
	assert_status(call_over(pair.c, channel, 1, NEVER), PARKED);
	assert_status(ask(pair.s, process_exit, 0), ENDED);
	assert_int_equal(pair.c->context.nr, ST_PEER_GONE);
}

static void a_server_that_made_its_own_port_takes_it_along(void **state)
{
	handle_t channel = hand_out(PORT_RANK_OWN);

	(void)state;
	assert_status(call_over(pair.c, channel, 1, NEVER), PARKED);
	world_stop(pair.server);
	assert_int_equal(pair.c->context.nr, ST_PEER_GONE);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, pair_start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(calls_wait_for_the_next_server),
		STORY(a_deadline_passes_without_a_server_too),
		STORY(a_pinned_client_waits_for_a_successor_too),
		STORY(a_client_that_is_stopped_while_it_waits_for_a_successor_is_forgotten),
		STORY(a_held_call_is_interrupted_and_not_given_to_the_successor),
		STORY(notifications_wait_for_the_successor),
		STORY(a_successor_hears_of_every_channel_that_lives_with_its_badge),
		STORY(a_successor_hears_of_every_channel_before_it_takes_a_call_or_anything_else),
		STORY(news_that_waited_for_the_predecessor_does_not_come_before_what_outlived_it),
		STORY(a_closed_end_that_the_dead_server_was_not_told_of_is_no_news_for_its_successor),
		STORY(a_successor_is_as_urgent_as_the_most_urgent_call_that_waits),
		STORY(two_servers_at_one_port_are_refused),
		STORY(ten_lives_leave_nothing_behind),
		STORY(with_the_last_handle_those_who_wait_end_and_all_clients_are_told),
		STORY(a_maker_that_ends_leaves_nobody_waiting),
		STORY(a_server_that_made_its_own_port_takes_it_along),
		STORY(a_closed_channel_with_a_call_held_by_the_dead_server_is_no_news_for_its_successor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
