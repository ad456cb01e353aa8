/* SPDX-License-Identifier: BSD-2-Clause */
/* Idempotent calls that a server held when it died: given to the next one, or ended, at every moment of a call. */
#include "tests/unit/kernel/pair_fixture.h"

enum { OP = 7, BYTES = 100 };

static struct thread *second; /* of the client */

static int start(void **state)
{
	(void)pair_start(state);
	second = second_thread(pair.client);
	return 0;
}

static enum status call(struct thread *t, uint64_t tag, uint64_t deadline)
{
	return ask(t, ipc_call, pair.channel, tag, 0, deadline);
}

static enum status take(uint64_t deadline) { return ask(pair.s, ipc_recv, pair.port, 0, 0, deadline); }
static unsigned op(void) { return tag_op(pair.s->context.arg[1]); }

/* The server has taken the thread's idempotent call. */
static void be_held(struct thread *t, uint64_t number)
{
	assert_status(call(t, tag_make((uint16_t)number) | TAG_IDEMPOTENT, NEVER), PARKED);
	assert_ok(take(0));
	assert_int_equal(op(), number);
}

/* The next server is there and has heard of its channels. */
static void succeed(void)
{
	pair_start_successor();
	assert_ok(take(0));
	assert_int_equal(pair.s->context.word[0], INHERITED);
	assert_int_equal(pair.s->context.arg[0], PAIR_BADGE);
}

static void replace_server(void)
{
	world_stop(pair.server);
	succeed();
}

static void answer_and_see_it(struct thread *t, uint64_t tag)
{
	assert_ok(pair_answer(tag, 0));
	assert_int_equal(t->context.nr, ST_OK);
	assert_int_equal(t->context.arg[1], tag);
	assert_status(take(0), TIMED_OUT); /* nothing is delivered twice */
}

/* ---- the whole message again ---- */

static void a_held_idempotent_call_is_given_to_the_next_server_and_its_caller_sees_one_answer(void **state)
{
	uint64_t old, new;

	(void)state;
	for (unsigned i = 0; i < MESSAGE_WORDS; i++)
		pair.c->context.word[i] = 100 + i;
	be_held(pair.c, OP);
	old = pair_token();
	replace_server();
	assert_int_equal(pair.c->state, THREAD_QUEUED);
	assert_ok(take(0));
	assert_int_equal(pair_kind(), MESSAGE_KIND_CALL);
	assert_int_equal(pair.s->context.arg[1], OP | TAG_IDEMPOTENT);
	assert_int_equal(pair.s->context.arg[0], PAIR_BADGE);
	for (unsigned i = 0; i < MESSAGE_WORDS; i++)
		assert_int_equal(pair.s->context.word[i], 100 + i);
	assert_int_equal(pair.s->context.arg[4] >> 32, pair.client->program);
	new = pair_token();
	assert_status(ask(pair.s, ipc_reply, old, 0, 0), STALE); /* the dead one's name for it */
	assert_int_equal(pair.c->state, THREAD_SERVED);
	assert_ok(ask(pair.s, ipc_reply, new, 3, 0));
	assert_int_equal(pair.c->context.nr, ST_OK);
	assert_int_equal(pair.c->context.arg[1], 3);
	assert_status(ask(pair.s, ipc_reply, new, 3, 0), STALE);
}

/* What it sends and where it receives are the same bytes here: they stay as they are until the one answer is written. */
static void the_bytes_are_copied_again_and_cannot_go_away_meanwhile(void **state)
{
	uint64_t at = user_map(pair.c, MEM_BUFFER, 1), mine, b;
	struct ipc_buffers both = { .send_bytes = at, .recv_bytes = at, .recv_capacity = BYTES };

	(void)state;
	assert_true(user_put(pair.c, at, 0x1234));
	b = user_post(pair.c, both);
	assert_status(ask(pair.c, ipc_call, pair.channel, tag_with_bytes(OP | TAG_IDEMPOTENT, BYTES), b, NEVER),
		      PARKED);
	for (unsigned i = 0; i < 2; i++) {
		mine = user_map(pair.s, MEM_BUFFER, 1);
		b = user_post(pair.s, (struct ipc_buffers){ .recv_bytes = mine, .recv_capacity = BYTES });
		assert_ok(ask(pair.s, ipc_recv, pair.port, 0, b, NEVER));
		assert_int_equal(user_get(pair.s, mine), 0x1234);
		assert_int_equal(pair.client->aspace.busy, 2);
		assert_status(ask(second, mem_unmap, at, 1), BUSY);
		if (i == 0)
			replace_server();
	}
	assert_true(user_put(pair.s, mine, 0x5678));
	b = user_post(pair.s, (struct ipc_buffers){ .send_bytes = mine });
	assert_ok(pair_answer(tag_with_bytes(0, 8), b));
	assert_int_equal(user_get(pair.c, at), 0x5678);
	assert_int_equal(pair.client->aspace.busy, 0);
}

static void what_cannot_be_delivered_twice_is_not_sent_as_idempotent(void **state)
{
	uint64_t heap = user_map(pair.c, MEM_BUFFER, 1);
	uint64_t b = user_post(pair.c, (struct ipc_buffers){ .send_pages = heap, .send_handles = { pair.channel } });

	(void)state;
	assert_status(ask(pair.c, ipc_call, pair.channel, tag_with_handles(OP | TAG_IDEMPOTENT, 1), b, NEVER), BAD_ARG);
	assert_status(ask(pair.c, ipc_call, pair.channel, tag_with_pages(OP | TAG_IDEMPOTENT, MESSAGE_PAGES_GIVEN, 1),
			  b, NEVER),
		      BAD_ARG);
	assert_int_equal(pair.client->aspace.busy, 0);
}

/* ---- by the fast path or not ---- */

/* Words only and a server that waits: what makes other calls fast. */
static void a_call_that_found_its_server_waiting_is_replayed_with_its_words(void **state)
{
	(void)state;
	supervisor->base_priority = 0;
	process_set_boost(supervisor, 0);
	for (unsigned i = 0; i < 2; i++) { /* the second finds both sides as a fast message leaves them */
		assert_status(take(NEVER), PARKED);
		pair.c->context.word[5] = 55 + i;
		assert_status(call(pair.c, OP | TAG_IDEMPOTENT, NEVER), PARKED);
		replace_server();
		assert_ok(take(0));
		assert_int_equal(pair.s->context.word[5], 55 + i);
		answer_and_see_it(pair.c, 0);
	}
}

/* Of a fast call the kernel keeps no tag: that of the call before must not count. */
static void a_call_after_an_idempotent_one_is_not_taken_for_it(void **state)
{
	(void)state;
	supervisor->base_priority = 0;
	process_set_boost(supervisor, 0);
	be_held(pair.c, OP);
	assert_status(ask(pair.s, ipc_reply_recv, pair_token(), 0, 0, NEVER, pair.port), PARKED);
	assert_status(call(pair.c, OP + 1, NEVER), PARKED);
	assert_int_equal(pair.c->state, THREAD_SERVED);
	world_stop(pair.server);
	assert_int_equal(pair.c->context.nr, ST_INTERRUPTED);
}

/* ---- order and urgency ---- */

/* The dead one had taken two, a third and a more urgent one wait: nobody is overtaken by who came later. */
static void calls_come_again_in_the_order_they_came_before_later_ones_of_their_urgency(void **state)
{
	struct thread *third = second_thread(pair.client), *urgent = second_thread(pair.client);
	static const unsigned order[] = { 4, 2, 1, 3 };

	(void)state;
	be_held(second, 2); /* its record stands behind that of the first thread */
	be_held(pair.c, 1);
	assert_status(call(third, 3 | TAG_IDEMPOTENT, NEVER), PARKED);
	sched_set_priority(urgent, 15);
	assert_status(call(urgent, 4, NEVER), PARKED);
	world_stop(pair.server);
	pair_start_successor();
	assert_int_equal(process_priority(pair.server), 15);
	assert_ok(take(0));
	assert_int_equal(pair.s->context.word[0], INHERITED);
	for (unsigned i = 0; i < array_length(order); i++) {
		assert_ok(take(0));
		assert_int_equal(op(), order[i]);
	}
	assert_status(take(0), TIMED_OUT);
	sched_set_priority(urgent, pair.c->priority);
}

static void a_server_is_as_urgent_as_the_call_it_is_given_again(void **state)
{
	(void)state;
	pair.client->base_priority = 25;
	process_set_boost(pair.client, 0);
	be_held(pair.c, OP);
	world_stop(pair.server);
	pair_start_successor();
	assert_int_equal(process_priority(pair.server), 25);
	assert_ok(take(0));
	assert_ok(take(0));
	assert_int_equal(op(), OP);
	assert_int_equal(process_priority(pair.server), 25);
	assert_ok(pair_answer(0, 0));
	assert_int_equal(process_priority(pair.server), 10);
}

/* ---- twice on the same call ---- */

static void a_call_that_saw_two_servers_die_is_interrupted_and_never_seen_by_a_third(void **state)
{
	(void)state;
	be_held(pair.c, OP);
	replace_server();
	assert_ok(take(0));
	assert_int_equal(op(), OP);
	world_stop(pair.server);
	assert_int_equal(pair.c->context.nr, ST_INTERRUPTED);
	succeed();
	assert_status(take(0), TIMED_OUT);
	be_held(pair.c, OP + 1); /* the next call of the thread begins anew */
	replace_server();
	assert_ok(take(0));
	answer_and_see_it(pair.c, 0);
}

/* Only who held it counts: a server that died before it took the call is no victim of the call. */
static void servers_that_die_before_they_take_the_call_do_not_count(void **state)
{
	(void)state;
	be_held(pair.c, OP);
	for (unsigned i = 0; i < 3; i++)
		replace_server();
	assert_ok(take(0));
	assert_int_equal(op(), OP);
	answer_and_see_it(pair.c, 0);
}

/* ---- while replying ---- */

static void a_server_that_dies_after_an_answer_that_failed_leaves_the_call_to_the_next(void **state)
{
	uint64_t mine = user_map(pair.s, MEM_BUFFER, 1),
		 b = user_post(pair.s, (struct ipc_buffers){ .send_bytes = mine });

	(void)state;
	be_held(pair.c, OP);
	assert_status(pair_answer(tag_with_bytes(1, 8), b), TOO_BIG);
	replace_server();
	assert_ok(take(0));
	answer_and_see_it(pair.c, 2);
}

static void a_server_that_dies_after_its_answer_takes_nothing_back(void **state)
{
	(void)state;
	be_held(pair.c, OP);
	assert_ok(pair_answer(1, 0));
	replace_server();
	assert_int_equal(pair.c->context.nr, ST_OK);
	assert_int_equal(pair.c->context.arg[1], 1);
	assert_status(take(0), TIMED_OUT);
}

/* ---- callers that go, and ports that end, meanwhile ---- */

static void an_orphaned_call_is_given_to_nobody(void **state)
{
	handle_t h = world_handle_of(pair.client);

	(void)state;
	be_held(pair.c, OP);
	assert_ok(ask(sup, process_stop, h));
	assert_int_equal(pair.c->state, THREAD_ORPHANED);
	world_stop(pair.server);
	assert_int_equal(pair.client->state, PROCESS_GONE);
	assert_ok(ask(sup, handle_close, h));
	pair_start_successor();
	assert_status(take(0), TIMED_OUT);
}

static void a_client_that_is_stopped_while_its_call_waits_again_is_forgotten(void **state)
{
	(void)state;
	be_held(pair.c, OP);
	world_stop(pair.server);
	world_stop(pair.client);
	pair_start_successor();
	assert_status(take(0), TIMED_OUT);
}

static void the_deadline_of_a_call_that_waits_again_goes_on(void **state)
{
	(void)state;
	assert_status(call(pair.c, OP | TAG_IDEMPOTENT, host_now_ns + 100), PARKED);
	assert_ok(take(0));
	host_pass_ns(60);
	host_leave();
	world_stop(pair.server);
	assert_int_equal(pair.c->state, THREAD_QUEUED);
	host_pass_ns(40);
	host_leave();
	assert_int_equal(pair.c->context.nr, ST_TIMED_OUT);
	succeed();
	assert_status(take(0), TIMED_OUT);
}

static void a_call_whose_deadline_passed_with_the_dead_server_is_over(void **state)
{
	(void)state;
	assert_status(call(pair.c, OP | TAG_IDEMPOTENT, host_now_ns + 100), PARKED);
	assert_ok(take(0));
	host_pass_ns(100);
	host_leave();
	assert_int_equal(pair.c->context.nr, ST_TIMED_OUT);
	replace_server();
	assert_status(take(0), TIMED_OUT);
}

static void a_channel_closed_meanwhile_still_has_its_call_answered(void **state)
{
	(void)state;
	be_held(pair.c, OP);
	assert_ok(ask(second, handle_close, pair.channel));
	world_stop(pair.server);
	pair_start_successor();
	assert_ok(take(0)); /* of a closed channel there is no news, only the call */
	assert_int_equal(op(), OP);
	answer_and_see_it(pair.c, 0);
	assert_true(list_is_empty(&pair.server->signal_port->channels));
}

static void a_port_that_ends_while_the_call_waits_again_ends_it(void **state)
{
	(void)state;
	be_held(pair.c, OP);
	world_stop(pair.server);
	assert_int_equal(pair.c->state, THREAD_QUEUED);
	assert_ok(ask(sup, handle_close, pair.made_port));
	assert_int_equal(pair.c->context.nr, ST_PEER_GONE);
}

static void a_port_that_ends_with_its_server_interrupts_what_that_held(void **state)
{
	(void)state;
	be_held(pair.c, OP);
	assert_ok(ask(sup, handle_close, pair.made_port)); /* the server's own handle is the last */
	world_stop(pair.server);
	assert_int_equal(pair.c->context.nr, ST_INTERRUPTED);
}

static void a_call_over_a_channel_that_its_server_had_closed_is_interrupted(void **state)
{
	(void)state;
	be_held(pair.c, OP);
	assert_ok(ask(pair.s, channel_close, pair.port, pair.s->context.arg[4] & UINT32_MAX));
	world_stop(pair.server);
	assert_int_equal(pair.c->context.nr, ST_INTERRUPTED);
	pair_start_successor();
	assert_status(take(0), TIMED_OUT);
}

/* The pager's call to its disk: what brings the disk back is kept for it. */
static void a_pinned_callers_call_is_given_to_the_next_too(void **state)
{
	(void)state;
	be_held(pair.c, OP);
	pair.client->aspace.pinned = true;
	world_stop(pair.server);
	pair.client->aspace.pinned = false;
	assert_int_equal(pair.c->state, THREAD_QUEUED);
	pair_start_successor();
	assert_ok(take(0));
	assert_ok(take(0));
	assert_int_equal(pair.s->context.arg[1], OP | TAG_IDEMPOTENT);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_held_idempotent_call_is_given_to_the_next_server_and_its_caller_sees_one_answer),
		STORY(the_bytes_are_copied_again_and_cannot_go_away_meanwhile),
		STORY(what_cannot_be_delivered_twice_is_not_sent_as_idempotent),
		STORY(a_call_that_found_its_server_waiting_is_replayed_with_its_words),
		STORY(a_call_after_an_idempotent_one_is_not_taken_for_it),
		STORY(calls_come_again_in_the_order_they_came_before_later_ones_of_their_urgency),
		STORY(a_server_is_as_urgent_as_the_call_it_is_given_again),
		STORY(a_call_that_saw_two_servers_die_is_interrupted_and_never_seen_by_a_third),
		STORY(servers_that_die_before_they_take_the_call_do_not_count),
		STORY(a_server_that_dies_after_an_answer_that_failed_leaves_the_call_to_the_next),
		STORY(a_server_that_dies_after_its_answer_takes_nothing_back),
		STORY(an_orphaned_call_is_given_to_nobody),
		STORY(a_client_that_is_stopped_while_its_call_waits_again_is_forgotten),
		STORY(the_deadline_of_a_call_that_waits_again_goes_on),
		STORY(a_call_whose_deadline_passed_with_the_dead_server_is_over),
		STORY(a_channel_closed_meanwhile_still_has_its_call_answered),
		STORY(a_port_that_ends_while_the_call_waits_again_ends_it),
		STORY(a_port_that_ends_with_its_server_interrupts_what_that_held),
		STORY(a_call_over_a_channel_that_its_server_had_closed_is_interrupted),
		STORY(a_pinned_callers_call_is_given_to_the_next_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
