/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages that are given by the fast path: never one that the same message needs, and never into a window that is not free. */
#include "tests/unit/kernel/parts_fixture.h"

enum { HEAP_PAGES = 4 };
#define GIVEN(n) tag_with_pages(3, MESSAGE_PAGES_GIVEN, n)

static uint64_t window, heap; /* the server's, the client's */

static struct ipc_buffers with_window(uint64_t pages)
{
	struct ipc_buffers b = usual;

	b.landing = window;
	b.landing_pages = pages;
	b.accept = ACCEPT_GIVEN;
	return b;
}

static struct ipc_buffers with_gift(void)
{
	struct ipc_buffers b = usual;

	b.send_pages = heap;
	return b;
}

/* The server waits for pages, the client has some. */
static int start_giving(void **state)
{
	(void)start_parts(state);
	heap = user_map(w.c, MEM_HEAP, HEAP_PAGES);
	for (unsigned i = 0; i < HEAP_PAGES; i++)
		assert_true(user_put(w.c, heap + i * PAGE_BYTES, i + 1));
	assert_status(client_calls(WITH_TEXT, usual), PARKED);
	window = user_map(w.s, MEM_LANDING, HEAP_PAGES);
	assert_status(server_answers(WITH_TEXT, with_window(HEAP_PAGES)), PARKED);
	return 0;
}

static void pages_are_given_and_given_back(void **state)
{
	struct ipc_buffers gift = with_gift(), back = with_window(HEAP_PAGES);

	(void)state;
	gift.landing = user_map(w.c, MEM_LANDING, HEAP_PAGES);
	gift.landing_pages = HEAP_PAGES;
	gift.accept = ACCEPT_GIVEN;
	back.send_pages = window;
	for (unsigned i = 0; i < 3; i++) {
		uint64_t there = gift.landing;

		assert_status(client_calls(tag_with_bytes(GIVEN(2), sizeof "hello"), gift), PARKED);
		assert_true(went_straight_to(w.s));
		assert_true(has(w.s, "hello"));
		assert_int_equal(user_get(w.s, window + PAGE_BYTES), 2);
		world_check();
		assert_status(server_answers(tag_with_bytes(GIVEN(2), sizeof "world"), back), PARKED);
		assert_true(went_straight_to(w.c));
		assert_int_equal(user_get(w.c, there + PAGE_BYTES), 2);
		world_check();
		gift.landing = gift.send_pages = there; /* where they came from and where they go */
	}
}

/* Else the answer would be written to a page that is the server's by then. */
static void a_page_is_not_given_away_with_the_place_for_the_answer_in_it(void **state)
{
	struct ipc_buffers b = with_gift();

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		b.recv_bytes = heap + PAGE_BYTES - 8 * i; /* within the page; from one to the next */
		assert_status(client_calls(GIVEN(2), b), BUSY);
		assert_int_equal(w.client->aspace.busy, 0);
		world_check();
	}
	assert_int_equal(user_get(w.c, heap + PAGE_BYTES), 2);
	assert_status(client_calls(GIVEN(2), with_gift()), PARKED);
	assert_true(went_straight_to(w.s));
}

static void a_page_is_not_given_away_with_the_bytes_that_are_sent(void **state)
{
	struct ipc_buffers b = with_gift();

	(void)state;
	b.send_bytes = heap;
	assert_status(client_calls(tag_with_bytes(GIVEN(1), BYTES_CAPACITY), b), BUSY);
	assert_int_equal(w.client->aspace.busy, 0);
	assert_int_equal(user_get(w.c, heap), 1);
}

static void nor_by_an_answer(void **state)
{
	struct ipc_buffers gift = with_gift(), b = with_window(0);

	(void)state;
	gift.landing = user_map(w.c, MEM_LANDING, 1);
	gift.landing_pages = 1;
	gift.accept = ACCEPT_GIVEN;
	assert_status(client_calls(GIVEN(1), gift), PARKED);
	b.send_pages = b.recv_bytes = window;
	assert_status(server_answers(GIVEN(1), b), BUSY);
	assert_int_equal(w.c->state, THREAD_SERVED);
	assert_int_equal(w.server->aspace.busy, 0);
	b.recv_bytes = usual.recv_bytes;
	assert_status(server_answers(GIVEN(1), b), PARKED);
	assert_int_equal(user_get(w.c, gift.landing), 1);
}

/* What described them goes, too, and is not read again. */
static void the_buffers_may_be_given_away_themselves(void **state)
{
	struct ipc_buffers b = with_gift();

	(void)state;
	assert_true(user_write(w.c, heap, &b, sizeof b));
	assert_status(ask(w.c, ipc_call, w.channel, GIVEN(1), heap, NEVER), PARKED);
	assert_true(went_straight_to(w.s));
	assert_int_equal(user_get(w.s, window + offsetof(struct ipc_buffers, send_pages)), heap);
	assert_status(server_answers(WITH_TEXT, usual), PARKED);
	assert_true(has(w.c, "world"));
	assert_status(ask(w.c, ipc_call, w.channel, 3, heap, NEVER), PARKED); /* all zeros now */
	assert_int_equal(w.c->call.message.recv.bytes, 0);
	assert_status(server_answers(WITH_TEXT, usual), TOO_BIG);
}

static void a_window_that_is_not_free_costs_who_posted_it(void **state)
{
	(void)state;
	assert_status(client_calls(GIVEN(1), with_gift()), PARKED);
	assert_status(server_answers(1, with_window(HEAP_PAGES)), PARKED); /* but the first page is there */
	assert_true(user_put(w.c, heap, 7));
	assert_status(client_calls(GIVEN(1), with_gift()), PARKED);
	assert_int_equal(w.s->context.nr, ST_BUSY);
	assert_int_equal(w.c->state, THREAD_QUEUED);
	world_check();
}

static void a_window_that_is_too_small_costs_who_sends(void **state)
{
	(void)state;
	assert_status(client_calls(GIVEN(1), with_gift()), PARKED);
	assert_status(server_answers(1, usual), PARKED);
	assert_status(client_calls(GIVEN(1), with_gift()), TOO_BIG);
	assert_int_equal(w.client->aspace.busy, 0);
	assert_int_equal(w.s->state, THREAD_RECEIVING);
	assert_status(client_calls(tag_with_pages(3, MESSAGE_PAGES_LENT_READ, 1), with_gift()), TOO_BIG);
}

static void what_is_lent_goes_the_slow_way(void **state)
{
	(void)state;
	assert_status(client_calls(tag_with_pages(3, MESSAGE_PAGES_LENT_WRITE, 1), with_gift()), PARKED);
	assert_non_null(w.c->call.loan);
	assert_true(user_put(w.s, window, 99));
	assert_status(server_answers(WITH_TEXT, usual), PARKED);
	assert_int_equal(user_get(w.c, heap), 99);
}

/* ---- one gift after the other, by the same buffers ---- */

static struct ipc_buffers only_pages(uint64_t at) { return (struct ipc_buffers){ .send_pages = at }; }
static struct ipc_buffers only_window(void)
{
	return (struct ipc_buffers){ .landing = window, .landing_pages = HEAP_PAGES, .accept = ACCEPT_GIVEN };
}

/* Both know where they say it. */
static void get_used_to_gifts(void)
{
	assert_status(client_calls(1, usual), PARKED);
	for (unsigned i = 0; i < 2; i++) {
		assert_status(server_answers(1, only_window()), PARKED);
		assert_true(user_put(w.c, heap, 100 + i));
		assert_status(client_calls(GIVEN(1), only_pages(heap)), PARKED);
		assert_int_equal(user_get(w.s, window), 100 + i);
		assert_ok(ask(w.s, mem_unmap, window, HEAP_PAGES));
		window = user_map(w.s, MEM_LANDING, HEAP_PAGES);
	}
	assert_status(server_answers(1, only_window()), PARKED);
}

static void what_is_no_page_of_ones_own_is_not_given(void **state)
{
	static const uint64_t odd[] = { 0,
					8,
					PROGRAM_DATA,
					LAYOUT_USER_END - PAGE_BYTES,
					LAYOUT_USER_END,
					1ull << 47,
					UINT64_MAX << PAGE_SHIFT,
					UINT64_MAX };

	(void)state;
	for (unsigned i = 0; i < 2 * array_length(odd); i++) {
		uint64_t at = odd[i / 2];

		(void)start_giving(state);
		get_used_to_gifts();
		assert_int_equal(client_calls(GIVEN(1 + i % 2), only_pages(at)),
				 at % PAGE_BYTES != 0 ? ST_BAD_ARG : ST_NOT_FLIPPABLE);
		assert_int_equal(w.s->state, THREAD_RECEIVING);
		world_check();
	}
}

static void what_a_call_that_may_be_repeated_held_is_let_go_by_a_fast_answer(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct ipc_buffers waiting = i == 1 ? only_window() : usual;

		assert_status(client_calls(WITH_TEXT | TAG_IDEMPOTENT, usual), PARKED);
		assert_true(w.c->call.message.send.held); /* it went the slow way */
		assert_status(server_answers(i == 0 ? WITH_TEXT : 1, waiting), PARKED);
		assert_int_equal(w.client->aspace.busy, 0);
		if (i != 1)
			continue;
		waiting.landing += PAGE_BYTES;
		assert_status(client_calls(1, usual), PARKED);
		assert_status(server_answers(1, usual), PARKED);
	}
}

/* It waits for the server: by then its process may be doing something else. */
static void a_gift_that_waited_is_its_givers_no_more(void **state)
{
	struct ipc_buffers b = with_gift();

	(void)state;
	assert_status(client_calls(1, usual), PARKED);
	assert_ok(ask(w.s, ipc_reply, call_token(&w.c->call), 1, 0)); /* now nobody waits */
	assert_status(client_calls(GIVEN(1), b), PARKED);
	assert_int_equal(w.c->state, THREAD_QUEUED);
	(void)user_map(c2, MEM_BUFFER, 1); /* the CPU knows the client's pages */
	b = with_window(HEAP_PAGES);
	assert_ok(ask(w.s, ipc_recv, w.port, 0, user_post(w.s, b), NEVER));
	assert_int_equal(user_get(w.s, window), 1);
	world_make_running(c2);
	assert_null(host_tlb_stale());
	assert_int_equal(user_get(c2, heap), 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start_giving, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(pages_are_given_and_given_back),
		STORY(a_page_is_not_given_away_with_the_place_for_the_answer_in_it),
		STORY(a_page_is_not_given_away_with_the_bytes_that_are_sent),
		STORY(nor_by_an_answer),
		STORY(the_buffers_may_be_given_away_themselves),
		STORY(a_window_that_is_not_free_costs_who_posted_it),
		STORY(a_window_that_is_too_small_costs_who_sends),
		STORY(what_is_lent_goes_the_slow_way),
		STORY(what_is_no_page_of_ones_own_is_not_given),
		STORY(what_a_call_that_may_be_repeated_held_is_let_go_by_a_fast_answer),
		STORY(a_gift_that_waited_is_its_givers_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
