/* SPDX-License-Identifier: BSD-2-Clause */
/* What a receiver takes: handles and given pages that nobody asked for go nowhere, and the sender is told. */
#include "tests/unit/kernel/pair_fixture.h"

enum { FIRST = 0xc1, SECOND = 0xc2, THIRD = 0xc3 }; /* contracts */

static const struct ipc_buffers takes_two = { .accept = 2, .accept_contracts = { FIRST, SECOND } };

/* A channel to the server's port, in its hands. */
static handle_t make(uint64_t contract)
{
	assert_ok(ask(pair.s, channel_create, pair.port, 5, contract));
	return (handle_t)pair.s->context.arg[0];
}

/* The client calls, taking what it says; the server holds the call. */
static void be_asked(struct ipc_buffers b)
{
	assert_status(ask(pair.c, ipc_call, pair.channel, 1, user_post(pair.c, b), NEVER), PARKED);
	assert_ok(pair_receive());
}

static uint64_t token(void) { return call_token(&pair.c->call); }

static enum status reply(unsigned n, handle_t a, handle_t b)
{
	uint64_t at = user_post(pair.s, (struct ipc_buffers){ .send_handles = { a, b } });

	return ask(pair.s, ipc_reply, token(), tag_with_handles(0, n), at);
}

static void accept_values_that_mean_nothing_are_refused(void **state)
{
	static const uint64_t bad[] = { 5, 7, 16, 8 | 16, 1ull << 32, 1ull << 63, UINT64_MAX };

	(void)state;
	for (unsigned i = 0; i < array_length(bad); i++) {
		struct ipc_buffers b = { .accept = bad[i] };

		assert_status(ask(pair.c, ipc_call, pair.channel, 1, user_post(pair.c, b), NEVER), BAD_ARG);
		assert_status(ask(pair.s, ipc_recv, pair.port, 0, user_post(pair.s, b), NEVER), BAD_ARG);
	}
	assert_status(ask(pair.s, ipc_recv, pair.port, 0,
			  user_post(pair.s, (struct ipc_buffers){ .accept = 4 | ACCEPT_GIVEN }), NEVER),
		      PARKED);
}

static void a_reply_with_handles_that_nobody_asked_for_is_refused_and_may_be_made_again(void **state)
{
	handle_t made = make(FIRST);
	uint32_t paid = pair.client->quota.used_bytes;

	(void)state;
	pair_be_served(1);
	assert_status(reply(1, made, 0), TOO_BIG);
	assert_int_equal(pair.c->state, THREAD_SERVED);
	assert_int_equal(pair.client->quota.used_bytes, paid);
	assert_ok(reply(0, 0, 0));
	assert_ok(ask(pair.s, handle_close, made)); /* it is still here */
}

static void more_handles_than_the_receiver_takes_are_refused(void **state)
{
	handle_t a = make(FIRST), b = make(FIRST);

	(void)state;
	be_asked((struct ipc_buffers){ .accept = 1, .accept_contracts = { FIRST } });
	assert_status(reply(2, a, b), TOO_BIG);
	assert_ok(reply(1, a, 0));
}

static void an_end_of_another_contract_is_refused_and_nothing_moves(void **state)
{
	handle_t good = make(FIRST), bad = make(THIRD), none = make(0);

	(void)state;
	be_asked(takes_two);
	assert_status(reply(1, bad, 0), BAD_CONTRACT);
	assert_status(reply(2, good, bad), BAD_CONTRACT);
	assert_status(reply(1, none, 0), BAD_CONTRACT); /* an unused entry is no contract */
	assert_int_equal(pair.c->state, THREAD_SERVED);
	assert_ok(reply(1, good, 0)); /* it did not move with the bad one */
}

static void the_tag_tells_which_contract_each_handle_has(void **state)
{
	uint64_t tag;

	(void)state;
	be_asked(takes_two);
	assert_ok(reply(2, make(SECOND), make(FIRST)));
	tag = pair.c->context.arg[1];
	assert_int_equal(tag_handles(tag), 2);
	assert_int_equal(tag_end(tag, 0), 1);
	assert_int_equal(tag_end(tag, 1), 0);
	be_asked((struct ipc_buffers){ .accept = 1, .accept_contracts = { 0, 0, 0, THIRD } });
	assert_ok(reply(1, make(THIRD), 0));
	assert_int_equal(tag_end(pair.c->context.arg[1], 0), 3);
}

static void a_call_with_handles_costs_the_caller_and_a_waiting_receiver_nothing(void **state)
{
	struct thread *second = second_thread(pair.client);
	handle_t own;
	uint64_t b;

	(void)state;
	assert_ok(ask(pair.c, port_create, PORT_RANK_OWN));
	assert_ok(ask(pair.c, channel_create, pair.c->context.arg[0], 1, FIRST));
	own = (handle_t)pair.c->context.arg[0];
	b = user_post(pair.c, (struct ipc_buffers){ .send_handles = { own } });
	assert_status(pair_receive(), PARKED);
	assert_status(ask(pair.c, ipc_call, pair.channel, tag_with_handles(1, 1), b, NEVER), TOO_BIG);
	assert_int_equal(pair.s->state, THREAD_RECEIVING);
	assert_status(pair_call(2), PARKED);
	assert_ok(pair_answer(0, 0));
	/* One that waits in the queue ends when it is to be taken, and the next is. */
	assert_status(ask(pair.c, ipc_call, pair.channel, tag_with_handles(1, 1), b, NEVER), PARKED);
	assert_status(ask(second, ipc_call, pair.channel, 3, 0, NEVER), PARKED);
	assert_ok(pair_receive());
	assert_int_equal(tag_op(pair.s->context.arg[1]), 3);
	assert_int_equal(pair.c->context.nr, ST_TOO_BIG);
	assert_ok(ask(pair.c, handle_close, own));
}

static void given_pages_that_nobody_asked_for_stay_with_the_giver(void **state)
{
	struct ipc_buffers window = { .landing = pair_window, .landing_pages = PAIR_WINDOW_PAGES };

	(void)state;
	assert_status(ask(pair.s, ipc_recv, pair.port, 0, user_post(pair.s, window), NEVER), PARKED);
	assert_status(pair_send_pages(MESSAGE_PAGES_GIVEN, pair_heap, 1, NEVER), TOO_BIG);
	assert_int_equal(user_get(pair.c, pair_heap), 1000);
	assert_int_equal(pair.s->state, THREAD_RECEIVING);
	assert_status(pair_send_pages(MESSAGE_PAGES_LENT_READ, pair_heap, 1, NEVER), PARKED); /* lent ones may come */
	assert_ok(pair_answer(0, 0));
	window.accept = ACCEPT_GIVEN;
	assert_status(ask(pair.s, ipc_recv, pair.port, 0, user_post(pair.s, window), NEVER), PARKED);
	assert_status(pair_send_pages(MESSAGE_PAGES_GIVEN, pair_heap, 1, NEVER), PARKED);
	assert_int_equal(user_get(pair.s, pair_window), 1000);
}

static void what_was_accepted_once_is_not_accepted_without_buffers(void **state)
{
	handle_t made = make(FIRST);

	(void)state;
	be_asked(takes_two);
	assert_ok(reply(0, 0, 0));
	pair_be_served(1);
	assert_status(reply(1, made, 0), TOO_BIG);
	assert_ok(reply(0, 0, 0));
}

static void the_kinds_and_ends_of_a_tag_are_the_kernels(void **state)
{
	(void)state;
	assert_status(ask(pair.c, ipc_call, pair.channel, 1 | 1ull << TAG_KIND_BIT, 0, NEVER), BAD_ARG);
	for (unsigned bit = TAG_ENDS_BIT; bit < TAG_ENDS_BIT + 8; bit++)
		assert_status(ask(pair.c, ipc_call, pair.channel, 1 | 1ull << bit, 0, NEVER), BAD_ARG);
	pair_be_served(TAG_OP_MASK);
	assert_int_equal(pair.s->context.arg[1], TAG_OP_MASK);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, pair_start_lending, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(accept_values_that_mean_nothing_are_refused),
		STORY(a_reply_with_handles_that_nobody_asked_for_is_refused_and_may_be_made_again),
		STORY(more_handles_than_the_receiver_takes_are_refused),
		STORY(an_end_of_another_contract_is_refused_and_nothing_moves),
		STORY(the_tag_tells_which_contract_each_handle_has),
		STORY(a_call_with_handles_costs_the_caller_and_a_waiting_receiver_nothing),
		STORY(given_pages_that_nobody_asked_for_stay_with_the_giver),
		STORY(what_was_accepted_once_is_not_accepted_without_buffers),
		STORY(the_kinds_and_ends_of_a_tag_are_the_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
