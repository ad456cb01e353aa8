/* SPDX-License-Identifier: BSD-2-Clause */
/* What a message carries: pages lent and given; and loans that outlive somebody. */
#include "tests/unit/kernel/pair_fixture.h"

static enum status receive(void)
{
	uint64_t b = user_post(pair.s, (struct ipc_buffers){ .landing = pair_window,
							     .landing_pages = PAIR_WINDOW_PAGES,
							     .accept = ACCEPT_GIVEN });

	return ask(pair.s, ipc_recv, pair.port, 0, b, NEVER);
}

static void lend(enum message_pages kind, uint64_t pages)
{
	assert_status(pair_send_pages(kind, pair_heap, pages, NEVER), PARKED);
	assert_ok(receive());
}

static void lent_pages_are_written_by_the_server_and_come_back_with_the_reply(void **state)
{
	(void)state;
	lend(MESSAGE_PAGES_LENT_WRITE, 3);
	assert_int_equal(tag_pages(pair.s->context.arg[1]), 3);
	assert_int_equal(user_get(pair.s, pair_window + PAGE_BYTES), 1001);
	assert_true(user_put(pair.s, pair_window + PAGE_BYTES, 77));
	world_check();
	assert_int_equal(pair.client->aspace.away, 3);
	assert_ok(ask(pair.s, ipc_reply, pair_token(), 0, 0));
	assert_int_equal(user_get(pair.c, pair_heap + PAGE_BYTES), 77);
	assert_false(user_read(pair.s, pair_window, &(uint64_t){ 0 }, 8));
	assert_int_equal(pair.server->fault, FAULT_READ); /* a borrower that looks again ends */
}

static void a_client_that_touches_what_it_lent_ends(void **state)
{
	struct thread *second = second_thread(pair.client);

	(void)state;
	lend(MESSAGE_PAGES_LENT_READ, 1);
	assert_false(user_put(second, pair_heap, 1));
	assert_int_equal(pair.client->fault, FAULT_LENT_PAGE);
	assert_int_equal(pair.client->state, PROCESS_ENDING); /* its other thread's call is still held */
	assert_int_equal(user_get(pair.s, pair_window), 1000);
	assert_ok(ask(pair.s, ipc_reply, pair_token(), 0, 0));
	assert_int_equal(pair.client->state, PROCESS_GONE);
}

static void a_page_lent_for_reading_kills_who_writes_it(void **state)
{
	(void)state;
	lend(MESSAGE_PAGES_LENT_READ, 1);
	assert_false(user_put(pair.s, pair_window, 1));
	assert_int_equal(pair.server->fault, FAULT_WRITE);
	assert_int_equal(pair.server->fault_address, pair_window);
	assert_int_equal(pair.c->context.nr, ST_INTERRUPTED);
	assert_int_equal(user_get(pair.c, pair_heap), 1000); /* the loan is back */
}

static void a_server_that_dies_with_a_loan_out_gives_it_back_as_it_is(void **state)
{
	(void)state;
	lend(MESSAGE_PAGES_LENT_WRITE, 2);
	assert_true(user_put(pair.s, pair_window, 5));
	world_stop(pair.server);
	assert_int_equal(pair.c->context.nr, ST_INTERRUPTED);
	assert_int_equal(user_get(pair.c, pair_heap), 5);
	assert_int_equal(user_get(pair.c, pair_heap + PAGE_BYTES), 1001);
	assert_int_equal(pair.client->aspace.away, 0);
}

static void a_client_stopped_with_a_loan_out_waits_for_it(void **state)
{
	(void)state;
	lend(MESSAGE_PAGES_LENT_WRITE, 2);
	assert_ok(ask(first_thread(supervisor), process_stop, world_handle_of(pair.client)));
	assert_int_equal(pair.client->state, PROCESS_ENDING);
	assert_int_equal(user_get(pair.s, pair_window), 1000);
	world_check();
	assert_ok(ask(pair.s, ipc_reply, pair_token(), 0, 0));
	assert_int_equal(pair.client->state, PROCESS_GONE);
}

static void a_caller_whose_deadline_passes_forfeits_its_loan(void **state)
{
	uint32_t resident;

	(void)state;
	assert_status(pair_send_pages(MESSAGE_PAGES_LENT_WRITE, pair_heap, 2, host_now_ns + 10), PARKED);
	assert_ok(receive());
	resident = pair.client->aspace.resident;
	host_pass_ns(10);
	host_leave();
	assert_int_equal(pair.c->context.nr, ST_TIMED_OUT);
	assert_int_equal(pair.client->aspace.resident, resident);
	assert_int_equal(user_get(pair.c, pair_heap), 0); /* a fresh page in its place */
	assert_int_equal(user_get(pair.s, pair_window), 1000);
	world_check();
	assert_status(ask(pair.s, ipc_reply, pair_token(), 0, 0), STALE);
	assert_int_equal(pair.client->aspace.away, 0);
	assert_int_equal(aspace_entry(&pair.server->aspace, pair_window).kind, MMU_ABSENT);
}

static void a_forfeiter_that_ends_waits_for_the_borrower(void **state)
{
	handle_t h = world_handle_of(pair.client);

	(void)state;
	assert_status(pair_send_pages(MESSAGE_PAGES_LENT_WRITE, pair_heap, 2, host_now_ns + 10), PARKED);
	assert_ok(receive());
	host_pass_ns(10);
	host_leave();
	assert_ok(ask(first_thread(supervisor), process_stop, h));
	assert_int_equal(pair.client->state, PROCESS_ENDING);
	world_check();
	world_stop(pair.server);
	assert_int_equal(pair.client->state, PROCESS_GONE);
}

/* The server is another one then, and has no window yet. */
static struct process *make_third(void)
{
	struct process *third = pair_make_third();

	pair_window = user_map(pair.s, MEM_LANDING, PAIR_WINDOW_PAGES);
	return third;
}

static void third_receives(struct thread *t)
{
	uint64_t its = user_map(t, MEM_LANDING, 1);

	assert_ok(ask(t, ipc_recv, INITIAL_HANDLE(0), 0,
		      user_post(t, (struct ipc_buffers){ .landing = its, .landing_pages = 1 }), NEVER));
}

static enum status lend_on(struct thread *s, uint64_t deadline)
{
	uint64_t b = user_post(s, (struct ipc_buffers){ .send_pages = pair_window });

	return ask(s, ipc_call, INITIAL_HANDLE(1), tag_with_pages(2, MESSAGE_PAGES_LENT_WRITE, 1), b, deadline);
}

static void a_loan_that_was_lent_on_cannot_be_returned_until_it_is_back(void **state)
{
	struct process *third = make_third();
	struct thread *second = second_thread(pair.server);
	uint64_t first;

	(void)state;
	lend(MESSAGE_PAGES_LENT_WRITE, 1);
	first = pair_token();
	assert_status(lend_on(second, NEVER), PARKED);
	third_receives(first_thread(third));
	assert_status(ask(pair.s, ipc_reply, first, 0, 0), BUSY);
	world_check();
	assert_ok(ask(first_thread(third), ipc_reply, first_thread(third)->context.arg[2], 0, 0));
	assert_ok(ask(pair.s, ipc_reply, first, 0, 0));
	assert_int_equal(user_get(pair.c, pair_heap), 1000);
}

static void a_loan_lent_on_and_forfeited_keeps_its_first_lender_until_dropped(void **state)
{
	struct process *third = make_third();
	handle_t h = world_handle_of(pair.client);
	uint64_t first;

	(void)state;
	lend(MESSAGE_PAGES_LENT_WRITE, 1);
	first = pair_token();
	assert_status(lend_on(pair.s, host_now_ns + 10), PARKED);
	third_receives(first_thread(third));
	host_pass_ns(10);
	host_leave();
	assert_int_equal(pair.s->context.nr, ST_TIMED_OUT);
	assert_ok(ask(pair.s, ipc_reply, first, 0, 0));
	assert_int_equal(pair.c->context.nr, ST_OK);
	assert_int_equal(pair.client->aspace.away, 1);
	world_check();
	assert_ok(ask(first_thread(supervisor), process_stop, h));
	world_stop(pair.server);
	assert_int_equal(pair.client->state, PROCESS_ENDING); /* the third still has its page */
	world_stop(third);
	assert_int_equal(pair.client->state, PROCESS_GONE);
}

static void given_pages_change_owners_in_a_call_and_in_a_reply(void **state)
{
	uint64_t mine = user_map(pair.c, MEM_LANDING, 2), b;

	(void)state;
	b = user_post(pair.c,
		      (struct ipc_buffers){
			      .send_pages = pair_heap, .landing = mine, .landing_pages = 2, .accept = ACCEPT_GIVEN });
	assert_status(ask(pair.c, ipc_call, pair.channel, tag_with_pages(1, MESSAGE_PAGES_GIVEN, 2), b, NEVER), PARKED);
	assert_ok(receive());
	assert_int_equal(user_get(pair.s, pair_window), 1000);
	assert_true(user_put(pair.s, pair_window, 5));
	world_check();
	b = user_post(pair.s, (struct ipc_buffers){ .send_pages = pair_window });
	assert_ok(ask(pair.s, ipc_reply, pair_token(), tag_with_pages(0, MESSAGE_PAGES_GIVEN, 2), b));
	assert_int_equal(user_get(pair.c, mine), 5);
	assert_int_equal(user_get(pair.c, mine + PAGE_BYTES), 1001);
	assert_int_equal(user_get(pair.c, pair_heap), 0);
	assert_ok(ask(pair.c, mem_unmap, mine, 2));
}

/* Two threads of the client wait for pages at one window: the second answer finds it full. */
static void an_answer_that_the_clients_own_window_keeps_out_changes_no_badge(void **state)
{
	struct thread *second = second_thread(pair.client);
	uint64_t mine = user_map(pair.c, MEM_LANDING, 1), give = user_map(pair.s, MEM_BUFFER, 2), b, token;
	struct ipc_buffers at = { .landing = mine, .landing_pages = 1, .accept = ACCEPT_GIVEN };
	uint64_t tag = tag_with_pages(0, MESSAGE_PAGES_GIVEN, 1) | TAG_SET_BADGE;

	(void)state;
	assert_true(user_put(pair.s, give, 1) && user_put(pair.s, give + PAGE_BYTES, 2));
	assert_status(ask(pair.c, ipc_call, pair.channel, 1, user_post(pair.c, at), NEVER), PARKED);
	assert_status(ask(second, ipc_call, pair.channel, 2, user_post(second, at), NEVER), PARKED);
	assert_ok(pair_receive());
	token = pair_token();
	assert_ok(pair_receive());
	b = user_post(pair.s, (struct ipc_buffers){ .send_pages = give });
	assert_ok(ask(pair.s, ipc_reply, token, tag, b, 0, 0, 0x77));
	b = user_post(pair.s, (struct ipc_buffers){ .send_pages = give + PAGE_BYTES });
	assert_ok(ask(pair.s, ipc_reply, call_token(&second->call), tag, b, 0, 0, 0x88));
	assert_ok(pair.c->context.nr);
	assert_int_equal(second->context.nr, ST_BUSY);
	assert_int_equal(user_get(pair.s, give + PAGE_BYTES), 2); /* and the page is still the server's */
	pair_be_served(3);
	assert_int_equal(pair.s->context.arg[0], 0x77);
}

/* Not only when somebody receives, nor by what the receiver takes. */
static void what_could_never_be_given_is_refused_at_once(void **state)
{
	static const uint64_t bad[] = { PROGRAM_TEXT, PROGRAM_DATA,     0, LAYOUT_USER_END - PAGE_BYTES,
					1ull << 63,   UINT64_MAX - 4095 };

	(void)state;
	for (unsigned i = 0; i < array_length(bad); i++)
		assert_status(pair_send_pages(MESSAGE_PAGES_GIVEN, bad[i], 1, NEVER), NOT_FLIPPABLE);
	assert_status(pair_send_pages(MESSAGE_PAGES_GIVEN, pair_heap, PAIR_HEAP_PAGES + 1, NEVER), NOT_FLIPPABLE);
	assert_status(pair_send_pages(MESSAGE_PAGES_GIVEN, pair_heap, 1, NEVER), PARKED);
}

static void what_cannot_leave_costs_the_sender_and_stays(void **state)
{
	static const uint64_t bad[] = { PROGRAM_TEXT, PROGRAM_CONSTANTS, 0, LAYOUT_USER_END - PAGE_BYTES,
					1ull << 63,   UINT64_MAX - 4095 };

	(void)state;
	assert_status(receive(), PARKED);
	for (unsigned i = 0; i < array_length(bad); i++)
		assert_status(pair_send_pages(MESSAGE_PAGES_LENT_WRITE, bad[i], 1, NEVER), NOT_FLIPPABLE);
	assert_status(pair_send_pages(MESSAGE_PAGES_LENT_WRITE, pair_heap, PAIR_HEAP_PAGES + 1, NEVER), NOT_FLIPPABLE);
	assert_status(pair_send_pages(MESSAGE_PAGES_LENT_WRITE, pair_heap + 1, 1, NEVER), BAD_ARG);
	assert_status(pair_send_pages(MESSAGE_PAGES_GIVEN, PROGRAM_DATA, 1, NEVER), NOT_FLIPPABLE);
	assert_int_equal(pair.s->state, THREAD_RECEIVING);
	assert_int_equal(pair.client->aspace.busy, 0);
	assert_int_equal(user_get(pair.c, pair_heap), 1000);
}

static void a_page_that_is_listed_twice_is_refused(void **state)
{
	uint64_t b = user_post(pair.c, (struct ipc_buffers){ .send_pages = pair_heap, .send_bytes = pair_heap });

	(void)state;
	assert_status(receive(), PARKED);
	assert_status(ask(pair.c, ipc_call, pair.channel,
			  tag_with_bytes(tag_with_pages(1, MESSAGE_PAGES_LENT_WRITE, 1), 8), b, NEVER),
		      TOO_BIG);
	b = user_post(pair.c,
		      (struct ipc_buffers){ .send_pages = pair_heap, .recv_bytes = pair_heap, .recv_capacity = 8 });
	assert_status(ask(pair.c, ipc_call, pair.channel, tag_with_pages(1, MESSAGE_PAGES_LENT_WRITE, 1), b, NEVER),
		      BUSY);
}

static void more_pages_than_the_window_or_the_receivers_quota_are_refused(void **state)
{
	(void)state;
	pair_heap = user_map(pair.c, MEM_BUFFER, PAIR_WINDOW_PAGES + 1);
	assert_true(user_put(pair.c, pair_heap, 1));
	assert_status(receive(), PARKED);
	assert_status(pair_send_pages(MESSAGE_PAGES_LENT_READ, pair_heap, PAIR_WINDOW_PAGES + 1, NEVER), TOO_BIG);
	pair.server->aspace.frames_max = pair.server->aspace.resident + pair.server->aspace.tables;
	assert_status(pair_send_pages(MESSAGE_PAGES_GIVEN, pair_heap, 1, NEVER), TOO_BIG);
	assert_int_equal(pair.s->state, THREAD_RECEIVING);
}

static void a_pinned_process_lends_but_does_not_give(void **state)
{
	(void)state;
	pair.client->aspace.pinned = true;
	assert_status(receive(), PARKED);
	assert_status(pair_send_pages(MESSAGE_PAGES_GIVEN, pair_heap, 1, NEVER), NOT_FLIPPABLE);
	assert_status(pair_send_pages(MESSAGE_PAGES_LENT_WRITE, pair_heap, 1, NEVER), PARKED);
	assert_ok(ask(pair.s, ipc_reply, pair_token(), 0, 0));
	pair.client->aspace.pinned = false;
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, pair_start_lending, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(lent_pages_are_written_by_the_server_and_come_back_with_the_reply),
		STORY(a_client_that_touches_what_it_lent_ends),
		STORY(a_page_lent_for_reading_kills_who_writes_it),
		STORY(a_server_that_dies_with_a_loan_out_gives_it_back_as_it_is),
		STORY(a_client_stopped_with_a_loan_out_waits_for_it),
		STORY(a_caller_whose_deadline_passes_forfeits_its_loan),
		STORY(a_forfeiter_that_ends_waits_for_the_borrower),
		STORY(a_loan_that_was_lent_on_cannot_be_returned_until_it_is_back),
		STORY(a_loan_lent_on_and_forfeited_keeps_its_first_lender_until_dropped),
		STORY(given_pages_change_owners_in_a_call_and_in_a_reply),
		STORY(an_answer_that_the_clients_own_window_keeps_out_changes_no_badge),
		STORY(what_could_never_be_given_is_refused_at_once),
		STORY(what_cannot_leave_costs_the_sender_and_stays),
		STORY(a_page_that_is_listed_twice_is_refused),
		STORY(more_pages_than_the_window_or_the_receivers_quota_are_refused),
		STORY(a_pinned_process_lends_but_does_not_give),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
