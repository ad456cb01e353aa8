/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast path of messages with parts: taken where it may be, and then nothing stays behind that the slow one does not
 * leave. What lies where it lay is reached without a look at the page tables.
 */
#include "tests/unit/kernel/waiting_fixture.h"
#include <string.h>

enum { CAPACITY = 64, WINDOW_PAGES = 4, HEAP_PAGES = 4 };

#define TEXT_AT   (PROGRAM_DATA + 0x100) /* what is sent */
#define ANSWER_AT (PROGRAM_DATA + 0x200) /* where is received */
#define WITH_TEXT tag_with_bytes(3, sizeof "hello")
#define GIVEN(n)  tag_with_pages(3, MESSAGE_PAGES_GIVEN, n)

static uint64_t heap; /* the client's */

static struct ipc_buffers plain(void)
{
	return (struct ipc_buffers){ .send_bytes = TEXT_AT, .recv_bytes = ANSWER_AT, .recv_capacity = CAPACITY };
}

static enum status call(uint64_t tag, struct ipc_buffers b)
{
	return ask(w.c, ipc_call, w.channel, tag, user_post(w.c, b), NEVER);
}

static enum status answer(uint64_t tag, struct ipc_buffers b)
{
	return ask(w.s, ipc_reply_recv, call_token(&w.c->call), tag, user_post(w.s, b), NEVER, w.port);
}

/* Both have sent bytes twice, so that each knows where its own lie; the server waits for more. */
static int start_with_bytes(void **state)
{
	(void)start(state);
	assert_true(user_write(w.c, TEXT_AT, "hello", sizeof "hello"));
	heap = user_map(w.c, MEM_HEAP, HEAP_PAGES);
	assert_status(ask(w.c, ipc_call, w.channel, 1, 0, NEVER), PARKED);
	assert_true(user_write(w.s, TEXT_AT, "world", sizeof "world"));
	assert_status(answer(WITH_TEXT & TAG_OP_MASK, plain()), PARKED);
	for (unsigned i = 0; i < 2; i++) {
		assert_status(call(WITH_TEXT, plain()), PARKED);
		assert_true(went_straight_to(w.s));
		assert_status(answer(WITH_TEXT, plain()), PARKED);
		assert_true(went_straight_to(w.c));
	}
	return 0;
}

static bool server_has(const char *text)
{
	char got[CAPACITY] = { 0 };

	assert_true(user_read(w.s, ANSWER_AT, got, strlen(text) + 1));
	return strcmp(got, text) == 0;
}

/* ---- it takes what the slow way held ---- */

static void what_a_call_that_may_be_repeated_held_is_let_go_by_a_fast_answer(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		assert_status(call(WITH_TEXT | TAG_IDEMPOTENT, plain()), PARKED); /* slow, and its bytes stay held */
		assert_true(w.c->call.message.send.held);
		assert_status(answer(WITH_TEXT, plain()), PARKED);
		assert_ok(w.c->context.nr);
		assert_false(w.c->call.message.send.held);
		assert_int_equal(w.client->aspace.busy, 0);
		assert_status(call(WITH_TEXT, plain()), PARKED);
		assert_true(server_has("hello"));
		assert_status(answer(WITH_TEXT, plain()), PARKED);
	}
}

/* ---- what is given is not what is held ---- */

static void let_the_server_have_a_window(void)
{
	struct ipc_buffers b = plain();

	assert_status(call(WITH_TEXT, plain()), PARKED);
	b.landing = user_map(w.s, MEM_LANDING, HEAP_PAGES);
	b.landing_pages = HEAP_PAGES;
	b.accept = ACCEPT_GIVEN;
	assert_status(answer(WITH_TEXT, b), PARKED);
}

/* Else the answer would be written to a page that is the server's by then. */
static void a_page_is_not_given_away_with_the_place_for_the_answer_in_it(void **state)
{
	struct ipc_buffers b = plain();

	(void)state;
	let_the_server_have_a_window();
	assert_true(user_put(w.c, heap, 1) && user_put(w.c, heap + PAGE_BYTES, 2));
	b.send_pages = heap;
	for (unsigned i = 0; i < 2; i++) {
		b.recv_bytes = heap + PAGE_BYTES - 8 * i; /* within the page; from one to the next */
		assert_status(call(GIVEN(2), b), BUSY);
		assert_int_equal(w.client->aspace.busy, 0);
		world_check();
	}
	assert_int_equal(user_get(w.c, heap + PAGE_BYTES), 2);
	b.recv_bytes = ANSWER_AT;
	assert_status(call(GIVEN(2), b), PARKED);
	assert_true(went_straight_to(w.s));
}

static void a_page_is_not_given_away_with_the_bytes_that_are_sent(void **state)
{
	struct ipc_buffers b = plain();

	(void)state;
	let_the_server_have_a_window();
	assert_true(user_put(w.c, heap, 1));
	b.send_pages = b.send_bytes = heap;
	assert_status(call(tag_with_bytes(GIVEN(1), CAPACITY), b), BUSY);
	assert_int_equal(w.client->aspace.busy, 0);
	assert_int_equal(user_get(w.c, heap), 1);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start_with_bytes, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(what_a_call_that_may_be_repeated_held_is_let_go_by_a_fast_answer),
		STORY(a_page_is_not_given_away_with_the_place_for_the_answer_in_it),
		STORY(a_page_is_not_given_away_with_the_bytes_that_are_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
