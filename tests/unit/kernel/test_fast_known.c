/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known of a message's pages (test_fast_bytes_what.c says what it is good for) is forgotten when one of them has
 * gone, whichever it was and however it went, and was never known if the message was refused.
 */
#include "kernel/paging/policy.h"
#include "tests/unit/kernel/parts_fixture.h"
#include <string.h>

static bool holds(struct thread *t, uint64_t at, const char *text)
{
	char got[BYTES_CAPACITY] = { 0 };

	assert_true(user_read(t, at, got, strlen(text) + 1));
	return strcmp(got, text) == 0;
}

enum { END = PAGE_BYTES - 3 }; /* what begins there lies in two pages */

static void what_lies_in_two_pages_is_known_like_any_other(void **state)
{
	struct ipc_buffers far = usual, there = usual;

	(void)state;
	far.send_bytes = PROGRAM_DATA + 3 * PAGE_BYTES + END;
	far.recv_bytes = PROGRAM_DATA + 4 * PAGE_BYTES + END;
	there.recv_bytes = PROGRAM_DATA + PAGE_BYTES + END;
	assert_true(user_write(w.c, far.send_bytes, "other", sizeof "other"));
	for (unsigned i = 0; i < 3; i++) {
		assert_status(client_calls(WITH_TEXT, far), PARKED);
		assert_int_equal(was_known(), i != 0);
		assert_true(holds(w.s, i == 0 ? usual.recv_bytes : there.recv_bytes, "other"));
		assert_status(server_answers(WITH_TEXT, there), PARKED);
		assert_int_equal(was_known(), i != 0);
		assert_true(holds(w.c, far.recv_bytes, "world"));
		world_check();
	}
}

/* A table's last page and the next one's first: where the one page is does not say where the other is. */
static void what_lies_in_two_tables_is_looked_for_each_time(void **state)
{
	struct ipc_buffers far = usual;
	uint64_t heap;

	(void)state;
	w.client->aspace.frames_max = 2 * MMU_ENTRIES;
	heap = user_map(w.c, MEM_HEAP, MMU_ENTRIES + 1);
	far.send_bytes = (heap | (TABLE_BYTES - 1)) - 2;
	assert_true(user_write(w.c, far.send_bytes, "other", sizeof "other"));
	for (unsigned i = 0; i < 2; i++) {
		assert_status(client_calls(WITH_TEXT, far), PARKED);
		assert_false(was_known());
		assert_true(has(w.s, "other"));
		assert_status(server_answers(WITH_TEXT, usual), PARKED);
	}
}

static void what_lands_is_written_and_its_pages_say_so(void **state)
{
	struct ipc_buffers b = usual;

	for (unsigned far = 0; far < 2; far++) {
		(void)start_parts(state);
		b.recv_bytes = user_map(w.c, MEM_HEAP, 2) + far * END;
		for (unsigned i = 0; i < 2; i++) {
			converse(b, usual);
			assert_true(aspace_entry(&w.client->aspace, b.recv_bytes).dirty);
			assert_int_equal(aspace_entry(&w.client->aspace, b.recv_bytes + PAGE_BYTES).dirty, far);
		}
		assert_false(aspace_entry(&w.client->aspace, PROGRAM_DATA + 4 * PAGE_BYTES).dirty);
	}
}

/* Whoever offered a window and does not any more gets nothing there. */
static void a_window_is_offered_once(void **state)
{
	struct ipc_buffers b = usual;

	(void)state;
	b.landing = user_map(w.c, MEM_LANDING, 1);
	for (unsigned i = 0; i < 2; i++) {
		b.landing_pages = 1;
		b.accept = i == 0 ? 0 : ACCEPT_GIVEN;
		converse(b, usual);
		assert_int_equal(w.c->call.message.landing_pages, 1);
		converse(usual, usual);
		assert_int_equal(w.c->call.message.landing_pages | w.c->call.message.accept, 0);
	}
}

/* ---- what was refused is not known ---- */

static void a_refused_message_makes_nothing_known(void **state)
{
	struct ipc_buffers far = usual, b = usual;

	(void)state;
	far.send_bytes = PROGRAM_DATA + 4 * PAGE_BYTES - 3;
	far.send_pages = PROGRAM_DATA;
	assert_true(user_write(w.c, far.send_bytes, "other", sizeof "other"));
	assert_status(client_calls(tag_with_pages(WITH_TEXT, MESSAGE_PAGES_GIVEN, 1), far), NOT_FLIPPABLE);
	assert_status(client_calls(WITH_TEXT, far), PARKED);
	assert_true(has(w.s, "other"));
	assert_status(server_answers(WITH_TEXT, usual), PARKED);

	b.recv_bytes = user_map(w.c, MEM_HEAP, 1);
	converse(b, usual);
	converse(b, usual);
	assert_ok(ask(c2, mem_unmap, b.recv_bytes, 1));
	b.recv_capacity = MESSAGE_BYTES_MAX + 1;
	assert_status(client_calls(WITH_TEXT, b), BAD_ARG);
	b.recv_capacity = BYTES_CAPACITY;
	assert_status(client_calls(WITH_TEXT, b), ENDED);
	assert_int_equal(w.client->fault, FAULT_BAD_RANGE);
}

/* ---- pages that go: where the buffers are, what is sent, where it receives ---- */

enum { POSTED, SENT, SENT_LAST, RECEIVED, RECEIVED_LAST, ROLES };
static uint64_t heap;
static bool in_two; /* what is sent, and where it receives, lies in two pages */

static bool matters(unsigned role) { return in_two || (role != SENT_LAST && role != RECEIVED_LAST); }

static enum status call_from_heap(void)
{
	return ask(w.c, ipc_call, w.channel, WITH_TEXT, heap + POSTED * PAGE_BYTES, NEVER);
}

static void know_the_heap(void)
{
	struct ipc_buffers b = usual;

	heap = user_map(w.c, MEM_HEAP, ROLES);
	b.send_bytes = heap + SENT * PAGE_BYTES + (in_two ? END : 0);
	b.recv_bytes = heap + RECEIVED * PAGE_BYTES + (in_two ? END : 0);
	assert_true(user_write(w.c, heap + POSTED * PAGE_BYTES, &b, sizeof b));
	assert_true(user_write(w.c, b.send_bytes, "heap!", sizeof "heap!"));
	for (unsigned i = 0; i < 2; i++) {
		assert_status(call_from_heap(), PARKED);
		assert_true(has(w.s, "heap!"));
		assert_status(server_answers(WITH_TEXT, usual), PARKED);
	}
}

static void a_page_that_was_unmapped_is_no_buffer(void **state)
{
	for (unsigned i = 0; i < 2 * ROLES; i++) {
		unsigned role = i / 2;

		in_two = i % 2;
		if (!matters(role))
			continue;
		(void)start_parts(state);
		know_the_heap();
		assert_ok(ask(c2, mem_unmap, heap + role * PAGE_BYTES, 1));
		assert_status(call_from_heap(), ENDED);
		assert_int_equal(w.client->fault, FAULT_BAD_RANGE);
		world_check();
	}
}

/* The client's other thread lets the server have a page; what it was lent it still has. */
static uint64_t let_go(uint64_t at, enum message_pages kind)
{
	struct ipc_buffers window = usual;
	uint64_t b;

	assert_status(ask(c2, ipc_call, w.channel, 1, 0, NEVER), PARKED);
	window.landing = user_map(w.s, MEM_LANDING, 1);
	window.landing_pages = 1;
	window.accept = ACCEPT_GIVEN;
	b = user_post(w.s, window);
	assert_status(ask(w.s, ipc_reply_recv, call_token(&c2->call), 1, b, NEVER, w.port), PARKED);
	b = user_post(c2, (struct ipc_buffers){ .send_pages = at });
	assert_status(ask(c2, ipc_call, w.channel, tag_with_pages(1, kind, 1), b, NEVER), PARKED);
	b = user_post(w.s, usual);
	if (kind == MESSAGE_PAGES_GIVEN)
		assert_status(ask(w.s, ipc_reply_recv, call_token(&c2->call), 1, b, NEVER, w.port), PARKED);
	else
		assert_status(ask(w.s, ipc_recv, w.port, 0, b, NEVER), PARKED);
	return window.landing;
}

/* Where it was there are zeros when it is touched again. */
static void a_page_that_was_given_away_is_another_one(void **state)
{
	uint64_t theirs;

	(void)state;
	in_two = false;
	know_the_heap();
	theirs = let_go(heap + SENT * PAGE_BYTES, MESSAGE_PAGES_GIVEN);
	assert_status(call_from_heap(), PARKED);
	assert_true(has(w.s, "") && holds(w.s, theirs, "heap!"));
	assert_status(server_answers(WITH_TEXT, usual), PARKED);
	know_the_heap();
	assert_true(user_write(w.c, heap + RECEIVED * PAGE_BYTES, "given", sizeof "given"));
	theirs = let_go(heap + RECEIVED * PAGE_BYTES, MESSAGE_PAGES_GIVEN);
	assert_status(call_from_heap(), PARKED);
	assert_status(server_answers(WITH_TEXT, usual), PARKED);
	assert_true(holds(w.c, heap + RECEIVED * PAGE_BYTES, "world"));
	assert_status(call_from_heap(), PARKED);
	assert_true(holds(w.s, theirs, "given"));
	assert_status(server_answers(WITH_TEXT, usual), PARKED);
	know_the_heap();
	(void)let_go(heap + POSTED * PAGE_BYTES, MESSAGE_PAGES_GIVEN);
	assert_status(call_from_heap(), ENDED); /* six bytes at 0 */
	assert_int_equal(w.client->fault, FAULT_BAD_RANGE);
}

static void a_page_that_is_lent_is_no_buffer(void **state)
{
	for (unsigned i = 0; i < 2 * ROLES; i++) {
		unsigned role = i / 2;

		in_two = i % 2;
		if (!matters(role))
			continue;
		(void)start_parts(state);
		know_the_heap();
		(void)let_go(heap + role * PAGE_BYTES, MESSAGE_PAGES_LENT_WRITE);
		assert_status(call_from_heap(), ENDED);
		assert_int_equal(w.client->fault, FAULT_BAD_RANGE);
		world_check();
	}
}

/* The clock saw that a page was not used; then it was. */
static void a_known_page_is_marked_as_used(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		(void)start_parts(state);
		in_two = i;
		know_the_heap();
		assert_non_null(world_victim(&w.client->aspace));
		for (unsigned role = 0; role < ROLES; role++)
			assert_false(aspace_entry(&w.client->aspace, heap + role * PAGE_BYTES).accessed);
		assert_status(call_from_heap(), PARKED);
		for (unsigned role = 0; role < ROLES; role++)
			assert_int_equal(aspace_entry(&w.client->aspace, heap + role * PAGE_BYTES).accessed,
					 matters(role));
	}
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start_parts, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(what_lies_in_two_pages_is_known_like_any_other),
		STORY(what_lies_in_two_tables_is_looked_for_each_time),
		STORY(what_lands_is_written_and_its_pages_say_so),
		STORY(a_window_is_offered_once),
		STORY(a_refused_message_makes_nothing_known),
		STORY(a_page_that_was_unmapped_is_no_buffer),
		STORY(a_page_that_was_given_away_is_another_one),
		STORY(a_page_that_is_lent_is_no_buffer),
		STORY(a_known_page_is_marked_as_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
