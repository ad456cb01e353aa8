/* SPDX-License-Identifier: BSD-2-Clause */
/* What is given and where to: see gifts_fixture.h. */
#include "tests/unit/kernel/gifts_fixture.h"

enum { OTHER = 0xd00 }; /* where buffers are as well */

static void nothing(void)
{
	server_takes(1, gift_place());
	client_gives(GIVEN(1), gift_said());
}

static void two_pages(void)
{
	server_takes(1, gift_place());
	client_gives(GIVEN(2), gift_said());
}

/* At the usual place it says something good as well. */
static void other_buffers(void)
{
	struct ipc_buffers b = gift_said(), to = gift_place();

	assert_true(user_write(c2, PROGRAM_DATA + 0xf00, &b, sizeof b));
	assert_true(user_write(s2, PROGRAM_DATA + 0xf00, &to, sizeof to));
	b.send_pages += GIFT_AT(1);
	to.landing += GIFT_AT(1);
	server_takes_at(PROGRAM_DATA + OTHER, 1, to);
	client_gives_at(PROGRAM_DATA + OTHER, GIVEN(1), b);
}

static uint64_t any_tag;

static void another_tag(void)
{
	server_takes(1, gift_place());
	client_gives(any_tag, gift_said());
}

static void bytes_for_nobody(void)
{
	struct ipc_buffers b = gift_said();

	b.send_bytes = BYTES_AT;
	server_takes(1, gift_place());
	client_gives(tag_with_bytes(GIVEN(1), 8), b);
}

static void bytes_too(void)
{
	struct ipc_buffers b = gift_said(), to = gift_place();

	b.send_bytes = to.recv_bytes = BYTES_AT;
	to.recv_capacity = 8;
	server_takes(1, to);
	client_gives(tag_with_bytes(GIVEN(1), 8), b);
	gift_next++;
	to = gift_place();
	server_takes(tag_with_bytes(1, 8), to);
	client_gives(tag_with_bytes(GIVEN(1), 8), b);
}

static void a_place_for_the_answer(void)
{
	struct ipc_buffers b = gift_said();

	b.recv_bytes = BYTES_AT;
	b.recv_capacity = 8;
	server_takes(1, gift_place());
	client_gives(GIVEN(1), b);
	b = gift_place();
	b.send_bytes = BYTES_AT;
	server_takes(tag_with_bytes(1, 8), b);
}

static void a_window_of_ones_own(void)
{
	struct ipc_buffers b = gift_said();

	b.landing = user_map(c2, MEM_LANDING, 1);
	b.landing_pages = 1;
	server_takes(1, gift_place());
	client_gives(GIVEN(1), b);
	gift_next++;
	server_takes(1, gift_place());
	b = gift_said();
	b.accept = ACCEPT_GIVEN;
	client_gives(GIVEN(1), b);
	gift_next++;
	server_takes(1, gift_place());
	client_gives(GIVEN(1), gift_said()); /* takes nothing any more */
}

static void who_takes_nothing(void)
{
	struct ipc_buffers to = gift_place();

	to.accept = 0;
	server_takes(1, to);
	client_gives(GIVEN(1), gift_said());
}

static void who_takes_handles(void)
{
	struct ipc_buffers to = gift_place();

	to.accept |= 1;
	server_takes(1, to);
	client_gives(GIVEN(1), gift_said());
}

static void who_takes_bytes(void)
{
	struct ipc_buffers to = gift_place();

	to.recv_bytes = BYTES_AT;
	to.recv_capacity = 8;
	server_takes(1, to);
	client_gives(GIVEN(1), gift_said());
	gift_next++;
	server_takes(1, gift_place());
	client_gives(GIVEN(1), gift_said());
}

static void odd_places(void)
{
	struct ipc_buffers b = gift_said();

	b.send_pages += 8;
	server_takes(1, gift_place());
	client_gives(GIVEN(1), b);
}

static void a_window_elsewhere(uint64_t landing, uint64_t pages)
{
	struct ipc_buffers to = gift_place();

	to.landing = landing;
	to.landing_pages = pages;
	server_takes(1, to);
}

static void a_window_at_nothing(void) { a_window_elsewhere(gift_window + GIFT_AT(GIFT_PAGES), 1); }
static void a_window_in_data(void) { a_window_elsewhere(user_map(s2, MEM_HEAP, 1), 1); }
static void a_window_unaligned(void) { a_window_elsewhere(gift_window + 8, 1); }
static void a_window_too_long(void) { a_window_elsewhere(gift_window, GIFT_PAGES + 1); }
static void a_window_taken(void)
{
	a_window_elsewhere(gift_window, 1);
	client_gives(GIVEN(1), gift_said());
}
static void no_window(void)
{
	a_window_elsewhere(gift_window + GIFT_AT(gift_next), 0);
	client_gives(GIVEN(1), gift_said());
}

/* The page that says what is given goes with it; whoever has it then may write there. */
static void the_buffers_themselves(void)
{
	uint64_t at = gift_heap + GIFT_AT(GIFT_PAGES - 1);
	struct ipc_buffers b = gift_said(), bait = gift_said();

	for (unsigned i = 0; i < 2; i++, gift_next++) { /* by there: known now */
		b = gift_said();
		server_takes(1, gift_place());
		client_gives_at(at, GIVEN(1), b);
	}
	b.send_pages = at;
	server_takes(1, gift_place());
	client_gives_at(at, GIVEN(1), b);
	bait.send_pages = gift_heap + GIFT_AT(gift_next + 1);
	assert_true(user_write(s2, gift_window + GIFT_AT(gift_next), &bait, sizeof bait));
	gift_next++;
	server_takes(1, gift_place());
	gift_note("given", ask(w.c, ipc_call, w.channel, GIVEN(1), at, NEVER)); /* all zeros: of page 0 */
}

/* The same, unmapped; and the server's. */
static void buffers_that_went(void)
{
	uint64_t at = user_map(w.s, MEM_HEAP, 1);

	for (unsigned i = 0; i < 2; i++, gift_next++) {
		server_takes_at(at, 1, gift_place());
		client_gives(GIVEN(1), gift_said());
	}
	gift_note("unmapped", ask(s2, mem_unmap, at, 1));
	gift_note("answered", ask(w.s, ipc_reply_recv, call_token(&w.c->call), 1, at, NEVER, w.port));
}

static void what_may_be_repeated(void)
{
	struct ipc_buffers b = gift_said(), to = gift_place();

	b.send_bytes = to.recv_bytes = BYTES_AT;
	to.recv_capacity = 8;
	server_takes(1, to);
	client_gives(tag_with_bytes(1 | TAG_IDEMPOTENT, 8), b);
	server_takes(1, gift_place());
}

static void a_deadline(void)
{
	uint64_t at = PROGRAM_DATA + 0xf00;
	struct ipc_buffers to = gift_place();

	assert_true(user_write(w.s, at, &to, sizeof to));
	gift_note("answered", ask(w.s, ipc_reply, call_token(&w.c->call), 1, 0));
	gift_note("received", ask(w.s, ipc_recv, w.port, 0, at, host_now_ns + 1000));
	client_gives(GIVEN(1), gift_said());
	host_pass_ns(1000);
	(void)host_leave();
}

static void the_same_way_however_it_goes(void **state)
{
	static const uint64_t tags[] = { 3,
					 3 | 3ull << TAG_PAGES_KIND_BIT,
					 3 | 1ull << TAG_PAGES_BIT,
					 3 | 3ull << TAG_PAGES_KIND_BIT | 3ull << TAG_PAGES_BIT,
					 3 | 3ull << TAG_PAGES_KIND_BIT | (MESSAGE_PAGES_MAX + 1ull) << TAG_PAGES_BIT,
					 3 | 1ull << TAG_PAGES_KIND_BIT | 1ull << TAG_PAGES_BIT,
					 3 | 2ull << TAG_PAGES_KIND_BIT | 1ull << TAG_PAGES_BIT };
	static void (*const stories[])(void) = { nothing,
						 two_pages,
						 other_buffers,
						 bytes_for_nobody,
						 bytes_too,
						 a_place_for_the_answer,
						 a_window_of_ones_own,
						 who_takes_nothing,
						 who_takes_handles,
						 who_takes_bytes,
						 odd_places,
						 a_window_at_nothing,
						 a_window_in_data,
						 a_window_unaligned,
						 a_window_too_long,
						 a_window_taken,
						 no_window,
						 the_buffers_themselves,
						 buffers_that_went,
						 what_may_be_repeated,
						 a_deadline };

	(void)state;
	for (unsigned i = 0; i < array_length(stories); i++)
		live_twice(stories[i], i);
	for (unsigned i = 0; i < array_length(tags); i++) {
		any_tag = tags[i];
		live_twice(another_tag, 100 + i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_same_way_however_it_goes) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
