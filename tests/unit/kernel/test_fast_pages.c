/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast way of pages that are given (fast_pages.c; fast_parts.c: is_given): what is said otherwise than the last time, or not
 * where it was, is looked for again.
 */
#include "tests/unit/kernel/pages_fixture.h"

static void pages_go_straight(void **state)
{
	(void)state;
	for (uint64_t i = 10; i < 14; i++) {
		offer(i);
		assert_status(give_pages(1), PARKED);
		assert_true(went_straight_to(w.s));
		world_check();
		assert_int_equal(user_get(s2, server.b.landing), i);
		make_place();
		assert_status(wait_for_more(), PARKED);
		assert_true(went_straight_to(w.c));
		world_check();
	}
}

/* ---- the giver ---- */

static void who_gives_its_own_description_away_is_not_read_there(void **state)
{
	struct ipc_buffers forged = { .send_pages = source + (MANY - 1) * PAGE_BYTES };

	(void)state;
	assert_true(user_put(c2, forged.send_pages, 66));
	client.b.send_pages = client.at;
	say(&client);
	assert_status(give_pages(1), PARKED);
	assert_true(user_write(s2, server.b.landing, &forged, sizeof forged)); /* it is the server's now */
	make_place();
	assert_status(wait_for_more(), PARKED);
	assert_status(give_pages(1), NOT_FLIPPABLE); /* where the description was are zeros */
	assert_int_equal(user_get(c2, forged.send_pages), 66);
}

static void a_description_is_read_where_it_is_now(void **state)
{
	struct side elsewhere = client;

	(void)state;
	offer(20);
	renew(&client, SAYS, 1);
	offer(21);
	assert_status(give_pages(1), PARKED);
	assert_int_equal(user_get(s2, server.b.landing), 21);
	make_place();
	assert_status(wait_for_more(), PARKED);
	elsewhere.at += 2 * sizeof elsewhere.b;
	elsewhere.b.send_pages = client.b.send_pages + 3 * PAGE_BYTES;
	assert_true(user_put(c2, elsewhere.b.send_pages, 22));
	say(&elsewhere);
	offer(23);
	assert_status(ask(w.c, ipc_call, w.channel, tag_with_pages(3, MESSAGE_PAGES_GIVEN, 1), elsewhere.at, NEVER),
		      PARKED);
	assert_int_equal(user_get(s2, server.b.landing), 22);
}

static void bytes_beside_pages_are_not_lost(void **state)
{
	(void)state;
	client.b.send_bytes = place(&client, SENDS);
	offer(30);
	assert_status(ask(w.c, ipc_call, w.channel, tag_with_bytes(tag_with_pages(3, MESSAGE_PAGES_GIVEN, 1), 8),
			  client.at, NEVER),
		      TOO_BIG);
	assert_int_equal(user_get(c2, client.b.send_pages), 30);
}

static void lent_pages_are_only_lent(void **state)
{
	(void)state;
	offer(31);
	assert_status(ask(w.c, ipc_call, w.channel, tag_with_pages(3, MESSAGE_PAGES_LENT_WRITE, 1), client.at, NEVER),
		      PARKED);
	assert_int_equal(user_get(s2, server.b.landing), 31);
	assert_status(wait_for_more(), PARKED);
	assert_int_equal(user_get(c2, client.b.send_pages), 31);
	assert_int_equal(w.client->aspace.away, 0);
}

static void what_is_too_much_misplaced_or_unwanted_stays(void **state)
{
	(void)state;
	offer(32);
	assert_true(user_put(c2, client.b.send_pages + PAGE_BYTES, 1));
	assert_status(give_pages(2), TOO_BIG); /* one was asked for */
	client.b.send_pages += 8;
	say(&client);
	assert_status(give_pages(1), BAD_ARG);
	client.b.send_pages -= 8;
	say(&client);
	assert_status(give_pages(1), PARKED);
}

static void who_wants_bytes_back_gets_them(void **state)
{
	(void)state;
	client.b.recv_bytes = place(&client, TAKES);
	client.b.recv_capacity = ROOM;
	offer(34);
	assert_status(give_pages(1), PARKED);
	server.b.send_bytes = place(&server, SENDS);
	put(&server, server.b.send_bytes, 9);
	make_place();
	assert_status(answer(BYTES), PARKED);
	assert_ok(w.c->context.nr);
	assert_holds(&client, client.b.recv_bytes, 9, BYTES, 0);
	assert_int_equal(w.client->aspace.busy, 0);
	client.b.recv_capacity = 0;
	offer(33);
	assert_status(give_pages(1), PARKED);
	make_place();
	assert_status(answer(BYTES), TOO_BIG);
}

static enum status give_back(uint64_t page)
{
	server.b.send_pages = page;
	make_place();
	return ask(w.s, ipc_reply_recv, call_token(&w.c->call), tag_with_pages(4, MESSAGE_PAGES_GIVEN, 1), server.at,
		   NEVER, w.port);
}

static void who_wants_pages_back_gets_them_and_only_then(void **state)
{
	uint64_t places = user_map(c2, MEM_LANDING, 2), back = user_map(s2, MEM_BUFFER, 2);

	(void)state;
	assert_true(user_put(s2, back, 70) && user_put(s2, back + PAGE_BYTES, 71));
	client.b.landing = places;
	client.b.landing_pages = 1;
	client.b.accept = ACCEPT_GIVEN;
	offer(35);
	assert_status(give_pages(1), PARKED);
	assert_status(give_back(back), PARKED);
	assert_ok(w.c->context.nr);
	assert_int_equal(user_get(c2, places), 70);
	client.b.landing = places + PAGE_BYTES;
	offer(36);
	assert_status(give_pages(1), PARKED); /* with a place, and no page comes */
	make_place();
	assert_status(wait_for_more(), PARKED);
	client.b.landing_pages = client.b.accept = 0;
	offer(37);
	assert_status(give_pages(1), PARKED);
	assert_status(give_back(back + PAGE_BYTES), TOO_BIG);
	assert_int_equal(user_get(s2, back + PAGE_BYTES), 71);
}

static void who_wants_handles_back_gets_them(void **state)
{
	(void)state;
	client.b.accept = 1;
	client.b.accept_contracts[0] = 5;
	offer(38);
	assert_status(give_pages(1), PARKED);
	assert_ok(ask(s2, channel_create, w.port, 0, 5));
	server.b.send_handles[0] = (handle_t)s2->context.arg[0];
	make_place();
	assert_status(
		ask(w.s, ipc_reply_recv, call_token(&w.c->call), tag_with_handles(4, 1), server.at, NEVER, w.port),
		PARKED);
	assert_ok(w.c->context.nr);
	assert_int_not_equal(w.c->context.arg[3], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PASSING(pages_go_straight),
		PASSING(who_gives_its_own_description_away_is_not_read_there),
		PASSING(a_description_is_read_where_it_is_now),
		PASSING(bytes_beside_pages_are_not_lost),
		PASSING(lent_pages_are_only_lent),
		PASSING(what_is_too_much_misplaced_or_unwanted_stays),
		PASSING(who_wants_bytes_back_gets_them),
		PASSING(who_wants_pages_back_gets_them_and_only_then),
		PASSING(who_wants_handles_back_gets_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
