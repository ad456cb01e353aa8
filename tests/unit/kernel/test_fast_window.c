/* SPDX-License-Identifier: BSD-2-Clause */
/* The fast way of who waits for pages (fast_bytes.c: has_posted): what it says, and which call it answers. */
#include "tests/unit/kernel/pages_fixture.h"

static void a_window_is_read_where_it_is_now(void **state)
{
	struct side elsewhere = server;

	(void)state;
	offer(40);
	assert_status(give_pages(1), PARKED);
	renew(&server, SAYS, 1);
	server.b.landing += 4 * PAGE_BYTES;
	say(&server);
	assert_status(ask(s2, ipc_recv, w.port, 0, server.at, 0), TIMED_OUT); /* which looks for the window */
	assert_status(wait_for_more(), PARKED);
	offer(41);
	assert_status(give_pages(1), PARKED);
	assert_int_equal(user_get(s2, server.b.landing), 41);
	elsewhere.at += 2 * sizeof elsewhere.b;
	elsewhere.b.landing = server.b.landing + 4 * PAGE_BYTES;
	say(&elsewhere);
	make_place();
	assert_status(ask(w.s, ipc_reply_recv, call_token(&w.c->call), 4, elsewhere.at, NEVER, w.port), PARKED);
	offer(42);
	assert_status(give_pages(1), PARKED);
	assert_int_equal(user_get(s2, elsewhere.b.landing), 42);
}

static void who_takes_bytes_too_lets_their_place_go(void **state)
{
	(void)state;
	server.b.recv_bytes = place(&server, TAKES);
	server.b.recv_capacity = ROOM;
	offer(43);
	assert_status(give_pages(1), PARKED);
	make_place();
	assert_status(wait_for_more(), PARKED);
	assert_int_equal(w.server->aspace.busy, 1);
	offer(44);
	assert_status(give_pages(1), PARKED);
	assert_int_equal(user_get(s2, server.b.landing), 44);
	assert_int_equal(w.server->aspace.busy, 0);
	make_place();
	assert_status(wait_for_more(), PARKED);
	client.b.send_bytes = place(&client, SENDS);
	say(&client);
	put(&client, client.b.send_bytes, 6);
	assert_status(call(BYTES), PARKED);
	assert_holds(&server, server.b.recv_bytes, 6, BYTES, 0);
}

static void who_takes_no_pages_now_gets_none(void **state)
{
	(void)state;
	offer(45);
	assert_status(give_pages(1), PARKED);
	server.b.accept = 0;
	make_place();
	assert_status(wait_for_more(), PARKED);
	offer(46);
	assert_status(give_pages(1), TOO_BIG);
}

static void answer_from_a_bad_window(uint64_t landing, uint64_t pages)
{
	uint64_t buffer = user_map(s2, MEM_BUFFER, 2);

	offer(47);
	assert_status(give_pages(1), PARKED);
	server.b.landing = landing != 0 ? landing : buffer;
	server.b.landing_pages = pages;
	say(&server);
	if (landing == 0)
		assert_true(user_put(s2, buffer, 1)); /* its region is the last that was looked for */
	assert_status(wait_for_more(), ENDED);
	assert_int_equal(w.c->context.nr, ST_INTERRUPTED);
}

static void a_window_that_is_none_ends_who_posts_it(void **state)
{
	(void)state;
	answer_from_a_bad_window(0, 1);
}

static void a_window_that_is_too_long_ends_who_posts_it(void **state)
{
	(void)state;
	answer_from_a_bad_window(window + (MANY - 1) * PAGE_BYTES, 2);
}

static void a_window_that_is_askew_ends_who_posts_it(void **state)
{
	(void)state;
	answer_from_a_bad_window(window + 8 * PAGE_BYTES + 8, 1);
}

static void a_window_of_nobodys_ends_who_posts_it(void **state)
{
	(void)state;
	answer_from_a_bad_window(window + MANY * PAGE_BYTES + (1ull << 40), 1);
}

static void who_waited_with_a_deadline_forgets_it(void **state)
{
	(void)state;
	offer(48);
	assert_status(give_pages(1), PARKED);
	make_place();
	assert_ok(ask(w.s, ipc_reply, call_token(&w.c->call), 4, 0));
	assert_status(ask(w.s, ipc_recv, w.port, 0, server.at, host_now_ns + 10), PARKED);
	offer(49);
	assert_status(give_pages(1), PARKED);
	host_pass_ns(10);
	host_leave();
	assert_ok(w.s->context.nr);
	assert_int_equal(w.c->state, THREAD_SERVED);
	assert_int_equal(user_get(s2, server.b.landing), 49);
}

/* ---- which call is answered ---- */

static void only_the_call_itself_is_answered(void **state)
{
	(void)state;
	offer(50);
	assert_status(give_pages(1), PARKED);
	make_place();
	assert_status(ask(w.s, ipc_reply_recv, call_token(&w.c->call) + (1ull << CALL_NUMBER_BITS), 4, server.at, NEVER,
			  w.port),
		      PARKED);
	assert_int_equal(w.c->state, THREAD_SERVED);
	assert_int_equal(w.s->state, THREAD_RECEIVING);
}

static void what_waits_at_the_port_comes_first(void **state)
{
	(void)state;
	offer(51);
	assert_status(give_pages(1), PARKED);
	assert_ok(ask(c2, ipc_notify, w.channel, 0, 1));
	make_place();
	assert_ok(wait_for_more());
	assert_int_equal(tag_kind(w.s->context.arg[1]), MESSAGE_KIND_NOTIFY);
	assert_ok(w.c->context.nr);
}

static void a_closed_channel_ends_with_the_answer_to_its_last_call(void **state)
{
	const struct channel *channel = w.client->handles.entries[INITIAL_HANDLE(0) & 0xff].object;
	const struct port *port = channel->port;
	uint32_t id = channel->id;

	(void)state;
	offer(52);
	assert_status(give_pages(1), PARKED);
	assert_ok(ask(c2, handle_close, w.channel));
	while (ask(s2, ipc_recv, w.port, 0, 0, host_now_ns + 10) == ST_OK)
		;
	host_pass_ns(10);
	host_leave();
	assert_ptr_equal(channel_find(port, id), channel);
	make_place();
	assert_status(wait_for_more(), PARKED);
	assert_null(channel_find(port, id));
}

/* The call came by the slow way, to the server's other thread: what it holds is let go, and its deadline forgotten. */
static void a_call_that_came_slowly_ends_as_it_must(void **state)
{
	(void)state;
	client.b.send_bytes = place(&client, SENDS);
	client.b.recv_bytes = place(&client, TAKES);
	client.b.recv_capacity = ROOM;
	for (unsigned i = 0; i < 3; i++) { /* it sends, it takes, it waits no longer than until */
		struct ipc_buffers b = { .recv_bytes = place(&server, TAKES), .recv_capacity = ROOM };
		struct side inner = { s2, w.s, server.at + 4 * sizeof b, b };

		client.b.recv_capacity = i == 1 ? ROOM : 0;
		offer(53 + i);
		client.b.recv_capacity = 0;
		say(&client);
		assert_status(give_pages(1), PARKED);
		make_place();
		say(&inner);
		assert_ok(ask(s2, ipc_reply, call_token(&w.c->call), 4, 0));
		client.b.recv_capacity = i == 1 ? ROOM : 0;
		say(&client);
		assert_status(ask(w.c, ipc_call, w.channel, tag_with_bytes(3 | TAG_IDEMPOTENT, i == 0 ? BYTES : 0),
				  client.at, i == 2 ? host_now_ns + 10 : NEVER),
			      PARKED);
		assert_ok(ask(s2, ipc_recv, w.port, 0, inner.at, NEVER));
		assert_status(ask(s2, ipc_recv, w.port, 0, 0, host_now_ns + 5), PARKED);
		host_pass_ns(5);
		host_leave(); /* the port is quiet again */
		assert_status(wait_for_more(), PARKED);
		assert_ok(w.c->context.nr);
		assert_int_equal(w.client->aspace.busy, 0);
		assert_false(list_is_linked(&w.c->deadline.link));
		host_pass_ns(10);
		host_leave();
		world_check();
	}
}

static void a_call_that_makes_its_server_more_urgent_is_slow(void **state)
{
	(void)state;
	set_priority(w.client, 15);
	offer(56);
	assert_status(give_pages(1), PARKED);
	assert_int_equal(w.s->priority, 15);
	make_place();
	assert_status(wait_for_more(), PARKED);
	assert_int_equal(w.s->priority, 10);
}

static void who_answers_does_not_wait_where_another_serves(void **state)
{
	void *object;

	(void)state;
	offer(57);
	assert_status(give_pages(1), PARKED);
	make_place();
	assert_true(handle_find(&w.server->handles, w.port, HANDLE_RECEIVABLE, &object));
	((struct port *)object)->server = supervisor;
	assert_status(wait_for_more(), NO_RIGHT);
	((struct port *)object)->server = w.server;
	assert_int_equal(w.c->state, THREAD_SERVED);
	assert_status(wait_for_more(), PARKED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PASSING(a_window_is_read_where_it_is_now),
		PASSING(who_takes_bytes_too_lets_their_place_go),
		PASSING(who_takes_no_pages_now_gets_none),
		PASSING(a_window_that_is_none_ends_who_posts_it),
		PASSING(a_window_that_is_too_long_ends_who_posts_it),
		PASSING(a_window_that_is_askew_ends_who_posts_it),
		PASSING(a_window_of_nobodys_ends_who_posts_it),
		PASSING(who_waited_with_a_deadline_forgets_it),
		PASSING(only_the_call_itself_is_answered),
		PASSING(what_waits_at_the_port_comes_first),
		PASSING(a_closed_channel_ends_with_the_answer_to_its_last_call),
		PASSING(a_call_that_came_slowly_ends_as_it_must),
		PASSING(a_call_that_makes_its_server_more_urgent_is_slow),
		PASSING(who_answers_does_not_wait_where_another_serves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
