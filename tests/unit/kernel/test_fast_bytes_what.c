/* SPDX-License-Identifier: BSD-2-Clause */
/* The fast ways of bytes: what is said anew and what is no more where it was is looked for again. */
#include "tests/unit/kernel/bytes_fixture.h"
#include <string.h>

/* ---- where it may be ---- */

static void bytes_go_straight_both_ways(void **state)
{
	uint32_t busy = w.server->aspace.busy;

	(void)state;
	for (char i = 10; i < 14; i++) {
		put(&client, client.b.send_bytes, i);
		put(&server, server.b.send_bytes, (char)(i + 50));
		assert_status(call(BYTES), PARKED);
		assert_straight(w.s);
		world_check();
		assert_int_equal(w.s->context.arg[1], tag_with_bytes(3, BYTES));
		assert_status(answer(BYTES), PARKED);
		assert_straight(w.c);
		world_check();
		assert_int_equal(w.c->context.arg[1], tag_with_bytes(4, BYTES));
		assert_holds(&server, server.b.recv_bytes, i, BYTES, 0);
		assert_holds(&client, client.b.recv_bytes, (char)(i + 50), BYTES, 0);
		assert_int_equal(client.t->process->aspace.busy, 0);
		assert_int_equal(w.server->aspace.busy, busy); /* where it receives */
	}
}

static void a_buffer_that_waits_cannot_be_unmapped(void **state)
{
	(void)state;
	assert_status(call(BYTES), PARKED);
	assert_straight(w.s);
	assert_status(ask(c2, mem_unmap, client.at + TAKES * PAGE_BYTES, 2), BUSY); /* the answer's */
	assert_ok(ask(s2, mem_unmap, server.at + 7 * PAGE_BYTES, 1));
	assert_status(answer(BYTES), PARKED);
	assert_status(ask(s2, mem_unmap, server.at + TAKES * PAGE_BYTES, 2), BUSY);
	assert_ok(ask(c2, mem_unmap, client.at + TAKES * PAGE_BYTES, 2));
}

/* ---- what it says is not what it said ---- */

static void other_bytes_are_sent_if_they_lie_elsewhere(void **state)
{
	(void)state;
	put(&client, client.b.send_bytes, 5);
	client.b.send_bytes = place(&client, SENDS_ELSEWHERE);
	put(&client, client.b.send_bytes, 6);
	say(&client);
	assert_status(call(BYTES), PARKED);
	assert_holds(&server, server.b.recv_bytes, 6, BYTES, 0);
	put(&server, server.b.send_bytes, 7);
	server.b.send_bytes = place(&server, SENDS_ELSEWHERE);
	put(&server, server.b.send_bytes, 8);
	say(&server);
	assert_status(answer(BYTES), PARKED);
	assert_holds(&client, client.b.recv_bytes, 8, BYTES, 0);
}

static void an_answer_goes_where_it_is_wanted_now(void **state)
{
	(void)state;
	put(&client, client.b.recv_bytes, 0);
	client.b.recv_bytes = place(&client, SENDS_ELSEWHERE);
	say(&client);
	put(&server, server.b.send_bytes, 9);
	assert_status(call(BYTES), PARKED);
	assert_status(answer(BYTES), PARKED);
	assert_holds(&client, client.b.recv_bytes, 9, BYTES, 0);
	assert_holds(&client, place(&client, TAKES), 0, 0, 0);
}

static void as_many_bytes_go_as_are_sent_now(void **state)
{
	static const unsigned sizes[] = { 8, 100, 1, ROOM, 0, 17 };

	(void)state;
	for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		put(&server, server.b.recv_bytes, 0);
		put(&client, client.b.send_bytes, (char)(20 + i));
		assert_status(call(sizes[i]), PARKED);
		assert_int_equal(tag_bytes(w.s->context.arg[1]), sizes[i]);
		assert_holds(&server, server.b.recv_bytes, (char)(20 + i), sizes[i], 0);
		put(&client, client.b.recv_bytes, 0);
		put(&server, server.b.send_bytes, (char)(40 + i));
		assert_status(answer(sizes[i]), PARKED);
		assert_holds(&client, client.b.recv_bytes, (char)(40 + i), sizes[i], 0);
	}
}

static void no_more_is_taken_than_there_is_room_for_now(void **state)
{
	(void)state;
	assert_status(call(ROOM + 1), TOO_BIG);
	assert_int_equal(w.s->state, THREAD_RECEIVING);
	client.b.recv_capacity = BYTES - 1;
	say(&client);
	assert_status(call(BYTES), PARKED);
	assert_status(answer(BYTES), TOO_BIG);
	assert_int_equal(w.c->state, THREAD_SERVED);
	assert_status(answer(BYTES - 1), PARKED);
	assert_ok(w.c->context.nr);
	client.b.recv_capacity = ROOM;
	say(&client);
	assert_status(call(BYTES), PARKED);
	assert_status(answer(ROOM), PARKED);
	assert_ok(w.c->context.nr);
	world_check();
}

static void what_it_says_elsewhere_counts(void **state)
{
	struct side elsewhere = client;

	(void)state;
	elsewhere.at += 2 * sizeof elsewhere.b;
	elsewhere.b.send_bytes = place(&client, SENDS_ELSEWHERE);
	say(&elsewhere);
	put(&client, client.b.send_bytes, 5);
	put(&client, elsewhere.b.send_bytes, 6);
	assert_status(ask(w.c, ipc_call, w.channel, tag_with_bytes(3, BYTES), elsewhere.at, NEVER), PARKED);
	assert_holds(&server, server.b.recv_bytes, 6, BYTES, 0);
}

static void who_takes_pages_now_gets_them(void **state)
{
	uint64_t window = user_map(c2, MEM_LANDING, 1), page = user_map(s2, MEM_BUFFER, 1);

	(void)state;
	assert_true(user_put(s2, page, 77));
	server.b.send_pages = page;
	say(&server);
	client.b.landing = window;
	client.b.landing_pages = 1;
	client.b.accept = ACCEPT_GIVEN;
	say(&client);
	assert_status(call(BYTES), PARKED);
	assert_status(ask(w.s, ipc_reply_recv, call_token(&w.c->call), tag_with_pages(4, MESSAGE_PAGES_GIVEN, 1),
			  server.at, NEVER, w.port),
		      PARKED);
	assert_ok(w.c->context.nr);
	assert_int_equal(user_get(c2, window), 77);
}

static void who_takes_handles_now_gets_them(void **state)
{
	handle_t end;

	(void)state;
	client.b.accept = 1;
	client.b.accept_contracts[0] = 5;
	say(&client);
	assert_ok(ask(s2, channel_create, w.port, 0, 5));
	end = server.b.send_handles[0] = (handle_t)s2->context.arg[0];
	say(&server);
	assert_int_not_equal(end, 0);
	assert_status(call(BYTES), PARKED);
	assert_status(
		ask(w.s, ipc_reply_recv, call_token(&w.c->call), tag_with_handles(4, 1), server.at, NEVER, w.port),
		PARKED);
	assert_ok(w.c->context.nr);
	assert_int_not_equal(w.c->context.arg[3], 0);
}

/* While who sends has his within known pages. */
static void receive_otherwise(struct side *s)
{
	across = !across;
	s->b.recv_bytes = place(s, TAKES);
	across = !across;
	say(s);
	put(s, s->b.recv_bytes, 0);
	assert_status(call(BYTES), PARKED);
	assert_status(answer(BYTES), PARKED); /* now it waits there */
	for (unsigned i = 0; i < 3; i++) {
		put(s, s->b.recv_bytes, 0);
		talk((char)(60 + i), (char)(70 + i));
	}
	world_check();
}

static void a_server_whose_buffer_lies_otherwise_gets_all(void **state)
{
	(void)state;
	receive_otherwise(&server);
}

static void a_client_whose_buffer_lies_otherwise_gets_all(void **state)
{
	(void)state;
	receive_otherwise(&client);
}

/* Within a page: the thread that answers receives where the other sends from, 8 bytes on. */
static void bytes_within_one_process_may_overlap(void **state)
{
	struct side inner = { c2, w.c, client.at + 4 * sizeof client.b, { .recv_capacity = ROOM } };
	uint64_t from = client.b.send_bytes;
	handle_t port, end;

	(void)state;
	inner.b.recv_bytes = from + 8;
	say(&inner);
	assert_ok(ask(w.c, port_create, PORT_RANK_OWN));
	port = (handle_t)w.c->context.arg[0];
	assert_ok(ask(w.c, channel_create, port, 0, 1));
	end = (handle_t)w.c->context.arg[0];
	assert_status(ask(c2, ipc_recv, port, 0, inner.at, NEVER), PARKED);
	for (unsigned round = 0; round < 4; round++) {
		for (uint64_t i = 0; i < BYTES; i += 8)
			assert_true(user_put(w.c, from + i, 100 * round + i));
		assert_status(ask(w.c, ipc_call, end, tag_with_bytes(3, BYTES), client.at, NEVER), PARKED);
		for (uint64_t i = 0; i < BYTES; i += 8)
			assert_int_equal(user_get(c2, from + 8 + i), 100 * round + i);
		assert_status(ask(c2, ipc_reply_recv, call_token(&w.c->call), 4, inner.at, NEVER, port), PARKED);
	}
}

/* ---- where it was, it is no more ---- */

static void a_page_that_was_unmapped_is_not_sent_from(void **state)
{
	(void)state;
	put(&client, client.b.send_bytes, 5);
	renew(&client, SENDS, 2);
	put(&client, client.b.send_bytes, 6);
	assert_status(call(BYTES), PARKED);
	assert_holds(&server, server.b.recv_bytes, 6, BYTES, 0);
	put(&server, server.b.send_bytes, 7);
	renew(&server, SENDS, 2);
	put(&server, server.b.send_bytes, 8);
	assert_status(answer(BYTES), PARKED);
	assert_holds(&client, client.b.recv_bytes, 8, BYTES, 0);
}

static void a_page_that_was_unmapped_is_not_written_to(void **state)
{
	(void)state;
	renew(&client, TAKES, 2);
	put(&server, server.b.send_bytes, 8);
	assert_status(call(BYTES), PARKED);
	renew(&server, TAKES, 2);
	put(&server, server.b.recv_bytes, 0);
	assert_status(answer(BYTES), PARKED);
	assert_holds(&client, client.b.recv_bytes, 8, BYTES, 0);
	put(&client, client.b.send_bytes, 9);
	assert_status(call(BYTES), PARKED);
	assert_holds(&server, server.b.recv_bytes, 9, BYTES, 0);
	world_check();
}

static void what_it_says_is_read_where_it_is_now(void **state)
{
	(void)state;
	renew(&client, SAYS, 1);
	client.b.send_bytes = place(&client, SENDS_ELSEWHERE);
	say(&client);
	put(&client, client.b.send_bytes, 6);
	assert_status(call(BYTES), PARKED);
	assert_holds(&server, server.b.recv_bytes, 6, BYTES, 0);
}

static void a_page_that_is_gone_ends_who_sends_from_it(void **state)
{
	(void)state;
	assert_ok(ask(c2, mem_unmap, client.at, PAGES));
	assert_status(call(BYTES), ENDED);
	assert_int_equal(tag_kind(w.s->context.arg[1]), MESSAGE_KIND_NOTIFY); /* all that the server hears */
}

static void who_may_hold_no_more_pages_is_told_so(void **state)
{
	(void)state;
	w.client->aspace.busy_max = 1;
	assert_status(call(BYTES), NO_MEMORY);
	w.client->aspace.busy_max = 100;
	assert_status(call(BYTES), PARKED);
	w.server->aspace.busy_max = w.server->aspace.busy + 1;
	assert_status(answer(BYTES), NO_MEMORY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(bytes_go_straight_both_ways),
		STORY(a_buffer_that_waits_cannot_be_unmapped),
		STORY(other_bytes_are_sent_if_they_lie_elsewhere),
		STORY(an_answer_goes_where_it_is_wanted_now),
		STORY(as_many_bytes_go_as_are_sent_now),
		STORY(no_more_is_taken_than_there_is_room_for_now),
		STORY(what_it_says_elsewhere_counts),
		STORY(who_takes_pages_now_gets_them),
		STORY(who_takes_handles_now_gets_them),
		STORY(a_server_whose_buffer_lies_otherwise_gets_all),
		STORY(a_client_whose_buffer_lies_otherwise_gets_all),
		cmocka_unit_test_setup_teardown(bytes_within_one_process_may_overlap, start_known, world_tear_down),
		STORY(a_page_that_was_unmapped_is_not_sent_from),
		STORY(a_page_that_was_unmapped_is_not_written_to),
		STORY(what_it_says_is_read_where_it_is_now),
		STORY(a_page_that_is_gone_ends_who_sends_from_it),
		STORY(who_may_hold_no_more_pages_is_told_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
