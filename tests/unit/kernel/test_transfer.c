/* SPDX-License-Identifier: BSD-2-Clause */
/* What a message carries: pages lent and given, handles moved; and loans that outlive somebody. */
#include "kernel/abi/message.h"
#include "tests/unit/kernel/world.h"
#include <string.h>

static struct pair w;
static uint64_t window, heap; /* the server's, the client's */

enum { WINDOW_PAGES = 8, HEAP_PAGES = 8 };
#define NEVER DEADLINE_NEVER

static int start(void **state)
{
	(void)state;
	world_start();
	w = world_pair("app", "app");
	window = user_map(w.s, MEM_LANDING, WINDOW_PAGES);
	heap = user_map(w.c, MEM_HEAP, HEAP_PAGES);
	for (unsigned i = 0; i < HEAP_PAGES; i++)
		assert_true(user_put(w.c, heap + i * PAGE_BYTES, 1000 + i));
	return 0;
}

static int finish(void **state)
{
	(void)state;
	world_check();
	return 0;
}

static uint64_t token(void) { return w.s->context.arg[2]; }

static enum status receive(void)
{
	return ask(w.s, ipc_recv, w.port, 0, user_post(w.s, (struct ipc_buffers){ .landing = window, .landing_pages = WINDOW_PAGES }), NEVER);
}

static enum status send_pages(enum message_pages kind, uint64_t at, uint64_t pages, uint64_t deadline)
{
	uint64_t b = user_post(w.c, (struct ipc_buffers){ .send_pages = at });

	return ask(w.c, ipc_call, w.channel, tag_with_pages(1, kind, pages), b, deadline);
}

static void lend(enum message_pages kind, uint64_t pages)
{
	assert_status(send_pages(kind, heap, pages, NEVER), PARKED);
	assert_ok(receive());
}

static void lent_pages_are_written_by_the_server_and_come_back_with_the_reply(void **state)
{
	(void)state;
	lend(MESSAGE_PAGES_LENT_WRITE, 3);
	assert_int_equal(tag_pages(w.s->context.arg[1]), 3);
	assert_int_equal(user_get(w.s, window + PAGE_BYTES), 1001);
	assert_true(user_put(w.s, window + PAGE_BYTES, 77));
	world_check();
	assert_int_equal(w.client->aspace.away, 3);
	assert_ok(ask(w.s, ipc_reply, token(), 0, 0));
	assert_int_equal(user_get(w.c, heap + PAGE_BYTES), 77);
	assert_false(user_read(w.s, window, &(uint64_t){ 0 }, 8));
	assert_int_equal(w.server->fault, FAULT_READ); /* a borrower that looks again ends */
}

static void a_client_that_touches_what_it_lent_ends(void **state)
{
	struct thread *second = second_thread(w.client);

	(void)state;
	lend(MESSAGE_PAGES_LENT_READ, 1);
	assert_false(user_put(second, heap, 1));
	assert_int_equal(w.client->fault, FAULT_LENT_PAGE);
	assert_int_equal(w.client->state, PROCESS_ENDING); /* its other thread's call is still held */
	assert_int_equal(user_get(w.s, window), 1000);
	assert_ok(ask(w.s, ipc_reply, token(), 0, 0));
	assert_int_equal(w.client->state, PROCESS_GONE);
}

static void a_page_lent_for_reading_kills_who_writes_it(void **state)
{
	(void)state;
	lend(MESSAGE_PAGES_LENT_READ, 1);
	assert_false(user_put(w.s, window, 1));
	assert_int_equal(w.server->fault, FAULT_WRITE);
	assert_int_equal(w.server->fault_address, window);
	assert_int_equal(w.c->context.nr, ST_INTERRUPTED);
	assert_int_equal(user_get(w.c, heap), 1000); /* the loan is back */
}

static void a_server_that_dies_with_a_loan_out_gives_it_back_as_it_is(void **state)
{
	(void)state;
	lend(MESSAGE_PAGES_LENT_WRITE, 2);
	assert_true(user_put(w.s, window, 5));
	world_stop(w.server);
	assert_int_equal(w.c->context.nr, ST_INTERRUPTED);
	assert_int_equal(user_get(w.c, heap), 5);
	assert_int_equal(user_get(w.c, heap + PAGE_BYTES), 1001);
	assert_int_equal(w.client->aspace.away, 0);
}

static void a_client_stopped_with_a_loan_out_waits_for_it(void **state)
{
	(void)state;
	lend(MESSAGE_PAGES_LENT_WRITE, 2);
	assert_ok(ask(first_thread(supervisor), process_stop, world_handle_of(w.client)));
	assert_int_equal(w.client->state, PROCESS_ENDING);
	assert_int_equal(user_get(w.s, window), 1000);
	world_check();
	assert_ok(ask(w.s, ipc_reply, token(), 0, 0));
	assert_int_equal(w.client->state, PROCESS_GONE);
}

static void a_caller_whose_deadline_passes_forfeits_its_loan(void **state)
{
	uint32_t resident;

	(void)state;
	assert_status(send_pages(MESSAGE_PAGES_LENT_WRITE, heap, 2, host_now_ns + 10), PARKED);
	assert_ok(receive());
	resident = w.client->aspace.resident;
	host_pass_ns(10);
	host_leave();
	assert_int_equal(w.c->context.nr, ST_TIMED_OUT);
	assert_int_equal(w.client->aspace.resident, resident);
	assert_int_equal(user_get(w.c, heap), 0); /* a fresh page in its place */
	assert_int_equal(user_get(w.s, window), 1000);
	world_check();
	assert_status(ask(w.s, ipc_reply, token(), 0, 0), STALE);
	assert_int_equal(w.client->aspace.away, 0);
	assert_int_equal(aspace_entry(&w.server->aspace, window).kind, MMU_ABSENT);
}

static void a_forfeiter_that_ends_waits_for_the_borrower(void **state)
{
	handle_t h = world_handle_of(w.client);

	(void)state;
	assert_status(send_pages(MESSAGE_PAGES_LENT_WRITE, heap, 2, host_now_ns + 10), PARKED);
	assert_ok(receive());
	host_pass_ns(10);
	host_leave();
	assert_ok(ask(first_thread(supervisor), process_stop, h));
	assert_int_equal(w.client->state, PROCESS_ENDING);
	world_check();
	world_stop(w.server);
	assert_int_equal(w.client->state, PROCESS_GONE);
}

/* A third process, ranked below the server, to which the server's handle 1 leads. */
static struct process *make_third(void)
{
	struct thread *t = first_thread(supervisor);
	struct process_params p = world_params("app", 5);
	handle_t port, channel;
	struct process *third;

	assert_ok(ask(t, port_create, 5));
	port = (handle_t)t->context.arg[0];
	assert_ok(ask(t, channel_create, port, 1, 1));
	channel = (handle_t)t->context.arg[0];
	p.handle_count = 1;
	p.handles[0] = port;
	third = world_create(&p);
	world_stop(w.server);
	p = world_params("app", 10);
	p.handle_count = 2;
	p.handles[0] = w.made_port;
	p.handles[1] = channel;
	w.server = world_create(&p);
	w.s = first_thread(w.server);
	window = user_map(w.s, MEM_LANDING, WINDOW_PAGES);
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
	uint64_t b = user_post(s, (struct ipc_buffers){ .send_pages = window });

	return ask(s, ipc_call, INITIAL_HANDLE(1), tag_with_pages(2, MESSAGE_PAGES_LENT_WRITE, 1), b, deadline);
}

static void a_loan_that_was_lent_on_cannot_be_returned_until_it_is_back(void **state)
{
	struct process *third = make_third();
	struct thread *second = second_thread(w.server);
	uint64_t first;

	(void)state;
	lend(MESSAGE_PAGES_LENT_WRITE, 1);
	first = token();
	assert_status(lend_on(second, NEVER), PARKED);
	third_receives(first_thread(third));
	assert_status(ask(w.s, ipc_reply, first, 0, 0), BUSY);
	world_check();
	assert_ok(ask(first_thread(third), ipc_reply, first_thread(third)->context.arg[2], 0, 0));
	assert_ok(ask(w.s, ipc_reply, first, 0, 0));
	assert_int_equal(user_get(w.c, heap), 1000);
}

static void a_loan_lent_on_and_forfeited_keeps_its_first_lender_until_dropped(void **state)
{
	struct process *third = make_third();
	handle_t h = world_handle_of(w.client);
	uint64_t first;

	(void)state;
	lend(MESSAGE_PAGES_LENT_WRITE, 1);
	first = token();
	assert_status(lend_on(w.s, host_now_ns + 10), PARKED);
	third_receives(first_thread(third));
	host_pass_ns(10);
	host_leave();
	assert_int_equal(w.s->context.nr, ST_TIMED_OUT);
	assert_ok(ask(w.s, ipc_reply, first, 0, 0));
	assert_int_equal(w.c->context.nr, ST_OK);
	assert_int_equal(w.client->aspace.away, 1);
	world_check();
	assert_ok(ask(first_thread(supervisor), process_stop, h));
	world_stop(w.server);
	assert_int_equal(w.client->state, PROCESS_ENDING); /* the third still has its page */
	world_stop(third);
	assert_int_equal(w.client->state, PROCESS_GONE);
}

static void given_pages_change_owners_in_a_call_and_in_a_reply(void **state)
{
	uint64_t mine = user_map(w.c, MEM_LANDING, 2), b;

	(void)state;
	b = user_post(w.c, (struct ipc_buffers){ .send_pages = heap, .landing = mine, .landing_pages = 2 });
	assert_status(ask(w.c, ipc_call, w.channel, tag_with_pages(1, MESSAGE_PAGES_GIVEN, 2), b, NEVER), PARKED);
	assert_ok(receive());
	assert_int_equal(user_get(w.s, window), 1000);
	assert_true(user_put(w.s, window, 5));
	world_check();
	b = user_post(w.s, (struct ipc_buffers){ .send_pages = window });
	assert_ok(ask(w.s, ipc_reply, token(), tag_with_pages(0, MESSAGE_PAGES_GIVEN, 2), b));
	assert_int_equal(user_get(w.c, mine), 5);
	assert_int_equal(user_get(w.c, mine + PAGE_BYTES), 1001);
	assert_int_equal(user_get(w.c, heap), 0);
	assert_ok(ask(w.c, mem_unmap, mine, 2));
}

static void what_cannot_leave_costs_the_sender_and_stays(void **state)
{
	static const uint64_t bad[] = { PROGRAM_TEXT, PROGRAM_CONSTANTS, 0, LAYOUT_USER_END - PAGE_BYTES, 1ull << 63, UINT64_MAX - 4095 };

	(void)state;
	assert_status(receive(), PARKED);
	for (unsigned i = 0; i < array_length(bad); i++)
		assert_status(send_pages(MESSAGE_PAGES_LENT_WRITE, bad[i], 1, NEVER), NOT_FLIPPABLE);
	assert_status(send_pages(MESSAGE_PAGES_LENT_WRITE, heap, HEAP_PAGES + 1, NEVER), NOT_FLIPPABLE);
	assert_status(send_pages(MESSAGE_PAGES_LENT_WRITE, heap + 1, 1, NEVER), BAD_ARG);
	assert_status(send_pages(MESSAGE_PAGES_GIVEN, PROGRAM_DATA, 1, NEVER), NOT_FLIPPABLE);
	assert_int_equal(w.s->state, THREAD_RECEIVING);
	assert_int_equal(w.client->aspace.busy, 0);
	assert_int_equal(user_get(w.c, heap), 1000);
}

static void a_page_that_is_listed_twice_is_refused(void **state)
{
	uint64_t b = user_post(w.c, (struct ipc_buffers){ .send_pages = heap, .send_bytes = heap });

	(void)state;
	assert_status(receive(), PARKED);
	assert_status(ask(w.c, ipc_call, w.channel, tag_with_bytes(tag_with_pages(1, MESSAGE_PAGES_LENT_WRITE, 1), 8), b, NEVER), TOO_BIG);
	b = user_post(w.c, (struct ipc_buffers){ .send_pages = heap, .recv_bytes = heap, .recv_capacity = 8 });
	assert_status(ask(w.c, ipc_call, w.channel, tag_with_pages(1, MESSAGE_PAGES_LENT_WRITE, 1), b, NEVER), BUSY);
}

static void more_pages_than_the_window_or_the_receivers_quota_are_refused(void **state)
{
	(void)state;
	heap = user_map(w.c, MEM_BUFFER, WINDOW_PAGES + 1);
	assert_status(receive(), PARKED);
	assert_status(send_pages(MESSAGE_PAGES_LENT_READ, heap, WINDOW_PAGES + 1, NEVER), TOO_BIG);
	w.server->aspace.frames_max = w.server->aspace.resident + w.server->aspace.tables;
	assert_status(send_pages(MESSAGE_PAGES_GIVEN, heap, 1, NEVER), TOO_BIG);
	assert_int_equal(w.s->state, THREAD_RECEIVING);
}

static void a_pinned_process_lends_but_does_not_give(void **state)
{
	(void)state;
	w.client->aspace.pinned = true;
	assert_status(receive(), PARKED);
	assert_status(send_pages(MESSAGE_PAGES_GIVEN, heap, 1, NEVER), NOT_FLIPPABLE);
	assert_status(send_pages(MESSAGE_PAGES_LENT_WRITE, heap, 1, NEVER), PARKED);
	assert_ok(ask(w.s, ipc_reply, token(), 0, 0));
	w.client->aspace.pinned = false;
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, finish)

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
		STORY(what_cannot_leave_costs_the_sender_and_stays),
		STORY(a_page_that_is_listed_twice_is_refused),
		STORY(more_pages_than_the_window_or_the_receivers_quota_are_refused),
		STORY(a_pinned_process_lends_but_does_not_give),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
