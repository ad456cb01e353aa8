/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls, replies, deadlines, fairness, death: two processes and a channel between them. */
#include "tests/unit/kernel/pair_fixture.h"

static void a_call_and_its_reply_carry_six_words_and_a_tag(void **state)
{
	(void)state;
	assert_status(pair_receive(), PARKED);
	for (unsigned i = 0; i < 6; i++)
		pair.c->context.word[i] = 100 + i;
	assert_status(pair_call(42), PARKED);
	assert_int_equal(pair.c->state, THREAD_SERVED);
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(pair.s->context.word[i], 100 + i);
		pair.s->context.word[i] = 200 + i;
	}
	assert_ok(pair.s->context.nr);
	assert_int_equal(pair.s->context.arg[0], PAIR_BADGE);
	assert_int_equal(tag_op(pair.s->context.arg[1]), 42);
	assert_int_equal(pair_kind(), MESSAGE_KIND_CALL);
	assert_int_equal(pair.s->context.arg[4] >> 32, 3); /* the client's program: the fourth entry */
	assert_ok(pair_answer(tag_make(7), 0));
	assert_ok(pair.c->context.nr);
	assert_int_equal(tag_op(pair.c->context.arg[1]), 7);
	assert_int_equal(pair.c->context.arg[0] | pair.c->context.arg[2], 0); /* a client sees no badge, no token */
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(pair.c->context.word[i], 200 + i);
}

static void a_reply_may_replace_the_badge_and_only_when_it_says_so(void **state)
{
	(void)state;
	pair_be_served(1);
	assert_ok(ask(pair.s, ipc_reply, pair_token(), TAG_SET_BADGE, 0, 0, 0, 0x77));
	pair_be_served(1);
	assert_int_equal(pair.s->context.arg[0], 0x77);
	assert_ok(ask(pair.s, ipc_reply, pair_token(), 0, 0, 0, 0, 0x88));
	pair_be_served(1);
	assert_int_equal(pair.s->context.arg[0], 0x77);
}

static void a_reply_twice_to_a_stale_token_or_by_another_process_is_refused(void **state)
{
	struct process *other = world_spawn("app", 5);
	uint64_t first;

	(void)state;
	pair_be_served(1);
	first = pair_token();
	assert_status(ask(first_thread(other), ipc_reply, first, 0, 0), STALE);
	assert_status(ask(pair.s, ipc_reply, first + (1ull << 32), 0, 0), STALE);
	assert_status(ask(pair.s, ipc_reply, first + 1, 0, 0), STALE);
	assert_status(ask(pair.s, ipc_reply, UINT64_MAX, 0, 0), STALE);
	assert_status(ask(pair.s, ipc_reply, 0x40000000, 0, 0), STALE);
	assert_ok(ask(pair.s, ipc_reply, first, 0, 0));
	assert_status(ask(pair.s, ipc_reply, first, 0, 0), STALE);
	pair_be_served(1);
	assert_status(ask(pair.s, ipc_reply, first, 0, 0), STALE);
	assert_int_equal(pair.c->state, THREAD_SERVED);
}

static void bytes_are_copied_both_ways(void **state)
{
	uint64_t buffers, sbuffers;

	(void)state;
	assert_true(user_write(pair.c, PROGRAM_DATA + 100, "question", 9));
	assert_true(user_write(pair.s, PROGRAM_DATA + 300, "answer", 7));
	sbuffers = user_post(pair.s, (struct ipc_buffers){ .recv_bytes = PROGRAM_DATA + 4090, .recv_capacity = 64 });
	assert_status(ask(pair.s, ipc_recv, pair.port, 0, sbuffers, NEVER), PARKED);
	buffers = user_post(pair.c, (struct ipc_buffers){ .send_bytes = PROGRAM_DATA + 100,
							  .recv_bytes = PROGRAM_DATA + 200,
							  .recv_capacity = 7 });
	assert_status(ask(pair.c, ipc_call, pair.channel, tag_with_bytes(1, 9), buffers, NEVER), PARKED);
	char text[16];
	assert_true(user_read(pair.s, PROGRAM_DATA + 4090, text, 9));
	assert_string_equal(text, "question");
	assert_int_equal(tag_bytes(pair.s->context.arg[1]), 9);
	sbuffers = user_post(pair.s, (struct ipc_buffers){ .send_bytes = PROGRAM_DATA + 300 });
	assert_ok(pair_answer(tag_with_bytes(0, 7), sbuffers));
	assert_true(user_read(pair.c, PROGRAM_DATA + 200, text, 7));
	assert_string_equal(text, "answer");
	assert_int_equal(pair.client->aspace.busy + pair.server->aspace.busy, 0);
}

static void a_reply_longer_than_the_clients_buffer_is_refused_and_may_be_made_again(void **state)
{
	uint64_t buffers;

	(void)state;
	pair_be_served(1);
	buffers = user_post(pair.s, (struct ipc_buffers){ .send_bytes = PROGRAM_DATA });
	assert_status(pair_answer(tag_with_bytes(0, 1), buffers), TOO_BIG);
	assert_int_equal(pair.c->state, THREAD_SERVED);
	pair.s->context.arg[2] = call_token(&pair.c->call);
	assert_ok(pair_answer(0, 0));
}

static void a_call_longer_than_the_receivers_buffer_costs_the_sender(void **state)
{
	uint64_t buffers = user_post(pair.c, (struct ipc_buffers){ .send_bytes = PROGRAM_DATA });

	(void)state;
	assert_status(pair_receive(), PARKED);
	assert_status(ask(pair.c, ipc_call, pair.channel, tag_with_bytes(1, 1), buffers, NEVER), TOO_BIG);
	assert_int_equal(pair.s->state, THREAD_RECEIVING); /* the receiver is none the wiser */
	assert_status(pair_call(1), PARKED);
	assert_int_equal(pair.s->state, THREAD_RUNNING);
}

static void a_queued_call_that_does_not_fit_ends_and_the_next_is_taken(void **state)
{
	struct thread *second = second_thread(pair.client);
	uint64_t buffers = user_post(pair.c, (struct ipc_buffers){ .send_bytes = PROGRAM_DATA });

	(void)state;
	assert_status(ask(pair.c, ipc_call, pair.channel, tag_with_bytes(1, 1), buffers, NEVER), PARKED);
	assert_status(ask(second, ipc_call, pair.channel, 2, 0, NEVER), PARKED);
	assert_ok(pair_receive());
	assert_int_equal(tag_op(pair.s->context.arg[1]), 2);
	assert_int_equal(pair.c->context.nr, ST_TOO_BIG);
}

static void a_bad_landing_window_costs_the_receiver_and_not_the_sender(void **state)
{
	uint64_t window = user_map(pair.s, MEM_LANDING, 1), page = user_map(pair.c, MEM_BUFFER, 1);
	uint64_t sbuffers = user_post(pair.s, (struct ipc_buffers){ .landing = window, .landing_pages = 1 });
	uint64_t buffers = user_post(pair.c, (struct ipc_buffers){ .send_pages = page });
	uint64_t tag = tag_with_pages(1, MESSAGE_PAGES_LENT_WRITE, 1);
	struct thread *second = second_thread(pair.client);

	(void)state;
	assert_status(ask(pair.s, ipc_recv, pair.port, 0, sbuffers, NEVER), PARKED);
	assert_status(ask(pair.c, ipc_call, pair.channel, tag, buffers, NEVER), PARKED);
	/* The window is occupied now. */
	assert_status(ask(pair.s, ipc_recv, pair.port, 0, sbuffers, NEVER), PARKED);
	page = user_map(second, MEM_BUFFER, 1);
	buffers = user_post(second, (struct ipc_buffers){ .send_pages = page });
	assert_status(ask(second, ipc_call, pair.channel, tag, buffers, NEVER), PARKED);
	assert_int_equal(second->state, THREAD_QUEUED);
	assert_int_equal(pair.s->context.nr, ST_BUSY);
	assert_status(ask(pair.s, ipc_recv, pair.port, 0, sbuffers, NEVER),
		      BUSY); /* also when the call waits already */
	assert_int_equal(second->state, THREAD_QUEUED);
}

static void a_call_to_a_server_that_never_starts_ends_with_the_last_handle_to_its_port(void **state)
{
	struct thread *t = first_thread(supervisor);
	struct process_params p = world_params("app", 20);
	struct process *lonely;
	handle_t port;

	(void)state;
	assert_ok(ask(t, port_create, 10));
	port = (handle_t)t->context.arg[0];
	assert_ok(ask(t, channel_create, port, 1, 1));
	p.handle_count = 1;
	p.handles[0] = (handle_t)t->context.arg[0];
	lonely = world_create(&p);
	assert_status(ask(first_thread(lonely), ipc_call, INITIAL_HANDLE(0), 1, 0, NEVER), PARKED);
	assert_ok(ask(t, handle_close, port));
	assert_int_equal(first_thread(lonely)->context.nr, ST_PEER_GONE);
	assert_status(ask(first_thread(lonely), ipc_call, INITIAL_HANDLE(0), 1, 0, NEVER), PEER_GONE);
	assert_status(ask(first_thread(lonely), ipc_notify, INITIAL_HANDLE(0), 0, 1), PEER_GONE);
}

static void a_call_waits_no_longer_than_its_deadline(void **state)
{
	(void)state;
	assert_status(ask(pair.c, ipc_call, pair.channel, 1, 0, host_now_ns + 500), PARKED);
	host_pass_ns(499);
	host_leave();
	assert_int_equal(pair.c->state, THREAD_QUEUED);
	host_pass_ns(1);
	host_leave();
	assert_int_equal(pair.c->context.nr, ST_TIMED_OUT);
	assert_status(ask(pair.s, ipc_recv, pair.port, 0, 0, 0), TIMED_OUT); /* nothing is queued any more */
}

static void a_reply_at_the_very_moment_of_the_deadline_finds_one_winner(void **state)
{
	(void)state;
	assert_status(ask(pair.c, ipc_call, pair.channel, 1, 0, host_now_ns + 500), PARKED);
	assert_ok(pair_receive());
	host_pass_ns(500); /* the timer has fired; the server replies before the kernel is left */
	assert_ok(pair_answer(0, 0));
	assert_int_equal(pair.c->context.nr, ST_OK);
	assert_status(ask(pair.c, ipc_call, pair.channel, 1, 0, host_now_ns + 500), PARKED);
	assert_ok(pair_receive());
	host_pass_ns(500);
	host_leave(); /* now the deadline comes first */
	assert_int_equal(pair.c->context.nr, ST_TIMED_OUT);
	assert_status(pair_answer(0, 0), STALE);
}

static void a_deadline_of_0_or_past_does_not_wait_and_never_does(void **state)
{
	(void)state;
	assert_status(ask(pair.c, ipc_call, pair.channel, 1, 0, 0), TIMED_OUT);
	assert_status(ask(pair.c, ipc_call, pair.channel, 1, 0, host_now_ns), TIMED_OUT);
	assert_status(ask(pair.s, ipc_recv, pair.port, 0, 0, 0), TIMED_OUT);
	assert_status(ask(pair.s, ipc_recv, pair.port, 0, 0, UINT64_MAX - 1), PARKED);
	assert_status(pair_call(1), PARKED);
	assert_int_equal(pair.s->context.nr, ST_OK);
}

static void a_receiver_takes_calls_and_signals_in_turn(void **state)
{
	struct thread *t[4] = { pair.c, second_thread(pair.client), second_thread(pair.client),
				second_thread(pair.client) };
	enum message_kind seen[6];

	(void)state;
	for (unsigned i = 1; i < 4; i++)
		assert_status(ask(t[i], ipc_call, pair.channel, 1, 0, NEVER), PARKED);
	for (unsigned i = 0; i < 6; i++) {
		assert_ok(ask(pair.c, ipc_notify, pair.channel, 0, 1)); /* a flood of notifications */
		if (i < 5)
			assert_ok(pair_receive());
		seen[i] = pair_kind();
	}
	assert_int_equal(seen[0] + seen[1], MESSAGE_KIND_CALL + MESSAGE_KIND_NOTIFY);
	assert_int_equal(seen[2] + seen[3], MESSAGE_KIND_CALL + MESSAGE_KIND_NOTIFY);
}

static void notifications_merge_and_arrive_once_with_the_badge(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		assert_ok(ask(pair.c, ipc_notify, pair.channel, 0, 1ull << (i % 3)));
	assert_ok(pair_receive());
	assert_int_equal(pair_kind(), MESSAGE_KIND_NOTIFY);
	assert_int_equal(pair.s->context.word[0], 7);
	assert_int_equal(pair.s->context.arg[0], PAIR_BADGE);
	assert_int_equal(pair_token(), 0);
	assert_status(ask(pair.s, ipc_recv, pair.port, 0, 0, 0), TIMED_OUT);
	assert_status(ask(pair.c, ipc_notify, pair.channel, 0, NOTIFY_CLOSED), BAD_ARG);
	assert_ok(ask(pair.c, ipc_notify, pair.channel, 0, 0));
	assert_status(pair_receive(), PARKED);
	assert_ok(ask(pair.c, ipc_notify, pair.channel, 0, 2)); /* a waiting receiver gets it at once */
	assert_int_equal(pair.s->context.word[0], 2);
}

static void a_server_notifies_a_client_by_port_and_channel(void **state)
{
	uint64_t id;
	handle_t port;

	(void)state;
	pair_be_served(1);
	id = (uint32_t)pair.s->context.arg[4];
	assert_ok(pair_answer(0, 0));
	assert_ok(ask(pair.s, ipc_notify, pair.port, id, 4)); /* before the client has a port: kept */
	assert_ok(ask(pair.c, port_create, 20));
	port = (handle_t)pair.c->context.arg[0];
	assert_ok(ask(pair.s, ipc_notify, pair.port, id, 8));
	assert_ok(ask(pair.c, ipc_recv, port, 0, 0, NEVER));
	assert_int_equal(pair.c->context.word[0], 12);
	assert_int_equal(pair.c->context.arg[0], pair.channel);
	assert_status(ask(pair.s, ipc_notify, pair.port, id + 1, 8), PEER_GONE);
	assert_status(ask(pair.s, ipc_notify, pair.port, 1ull << 40 | id, 8), PEER_GONE);
	assert_status(ask(pair.s, ipc_notify, pair.port, 0, 8), PEER_GONE);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, pair_start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_call_and_its_reply_carry_six_words_and_a_tag),
		STORY(a_reply_may_replace_the_badge_and_only_when_it_says_so),
		STORY(a_reply_twice_to_a_stale_token_or_by_another_process_is_refused),
		STORY(bytes_are_copied_both_ways),
		STORY(a_reply_longer_than_the_clients_buffer_is_refused_and_may_be_made_again),
		STORY(a_call_longer_than_the_receivers_buffer_costs_the_sender),
		STORY(a_queued_call_that_does_not_fit_ends_and_the_next_is_taken),
		STORY(a_bad_landing_window_costs_the_receiver_and_not_the_sender),
		STORY(a_call_to_a_server_that_never_starts_ends_with_the_last_handle_to_its_port),
		STORY(a_call_waits_no_longer_than_its_deadline),
		STORY(a_reply_at_the_very_moment_of_the_deadline_finds_one_winner),
		STORY(a_deadline_of_0_or_past_does_not_wait_and_never_does),
		STORY(a_receiver_takes_calls_and_signals_in_turn),
		STORY(notifications_merge_and_arrive_once_with_the_badge),
		STORY(a_server_notifies_a_client_by_port_and_channel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
