/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages that lend 2 MiB by their table: whatever becomes of the caller, the server and those it lends on to. */
#include "tests/unit/kernel/give_fixture.h"
#include "tests/unit/kernel/pair_fixture.h"
#include "kernel/mm/aspace.h"

enum { OP = 7, ALL = MMU_ENTRIES, LIMIT = 3000 };

static uint64_t buffer;

static uint64_t window_of(struct thread *t)
{
	t->process->aspace.frames_max = t->process->aspace.swap_max = LIMIT;
	return user_map(t, MEM_LANDING, 2 * ALL);
}

static int start(void **state)
{
	(void)pair_start(state);
	pair.client->aspace.frames_max = pair.client->aspace.swap_max = LIMIT;
	pair_window = window_of(pair.s);
	buffer = user_map(pair.c, MEM_BUFFER, 2 * ALL);
	for (unsigned i = 0; i < 3; i++)
		assert_true(user_put(pair.c, buffer + PAGE(100 * i), 1000 + i));
	return 0;
}

static enum status lend(unsigned pages, enum message_pages kind, uint64_t deadline)
{
	uint64_t b = user_post(pair.c, (struct ipc_buffers){ .send_pages = buffer });

	return ask(pair.c, ipc_call, pair.channel, tag_with_pages(OP | TAG_IDEMPOTENT, kind, pages), b, deadline);
}

static enum status take_at(uint64_t window, uint64_t deadline)
{
	struct ipc_buffers b = { .landing = window, .landing_pages = 2 * ALL - (window - pair_window) / PAGE_BYTES };

	return ask(pair.s, ipc_recv, pair.port, 0, user_post(pair.s, b), deadline);
}

static void be_held(uint64_t deadline)
{
	assert_status(lend(ALL, MESSAGE_PAGES_LENT_WRITE, deadline), PARKED);
	assert_ok(take_at(pair_window, NEVER));
	assert_true(user_put(pair.s, pair_window + PAGE(1), 5));
	world_check();
}

static uint64_t pages_here(const struct process *p) { return p->aspace.resident; }

static void two_mib_are_lent_untouched_pages_and_all_and_come_back_with_the_answer(void **state)
{
	uint64_t resident = pages_here(pair.client);

	(void)state;
	assert_status(lend(ALL, MESSAGE_PAGES_LENT_WRITE, NEVER), PARKED);
	assert_int_equal(pair.client->aspace.busy, 0); /* nothing is touched or held for it */
	assert_ok(take_at(pair_window, NEVER));
	assert_true(aspace_table_is_lent(&pair.client->aspace, buffer));
	assert_int_equal(user_get(pair.s, pair_window + PAGE(200)), 1002);
	assert_true(user_put(pair.s, pair_window + PAGE(1), 5));
	world_check();
	assert_int_equal(pages_here(pair.client), resident + 1);
	assert_ok(pair_answer(0, 0));
	assert_ok(pair.c->context.nr);
	assert_int_equal(user_get(pair.c, buffer + PAGE(1)), 5);
	assert_int_equal(pair.client->aspace.away, 0);
}

static void a_rest_of_less_than_2_mib_goes_page_by_page(void **state)
{
	(void)state;
	assert_true(user_put(pair.c, buffer + PAGE(ALL), 8));
	assert_status(lend(ALL + 2, MESSAGE_PAGES_LENT_READ, NEVER), PARKED);
	assert_int_equal(pair.client->aspace.busy, 2);
	assert_ok(take_at(pair_window, NEVER));
	assert_true(aspace_table_is_lent(&pair.client->aspace, buffer));
	assert_false(aspace_table_is_lent(&pair.client->aspace, buffer + PAGE(ALL)));
	assert_int_equal(user_get(pair.s, pair_window + PAGE(ALL)), 8);
	assert_int_equal(pair.client->aspace.away, 3);
	world_check();
	assert_ok(pair_answer(0, 0));
	assert_int_equal(pair.client->aspace.away, 0);
	assert_int_equal(user_get(pair.c, buffer + PAGE(ALL)), 8);
}

/* The call is made again, and its pages are made for it. */
static void what_cannot_go_by_its_table_goes_page_by_page(void **state)
{
	(void)state;
	pair.client->aspace.busy_max = 2 * ALL;
	assert_status(lend(ALL, MESSAGE_PAGES_LENT_WRITE, NEVER), PARKED);
	assert_status(take_at(pair_window + PAGE(1), NEVER), PARKED); /* beside the grid of 2 MiB */
	assert_status(world_go_on(pair.c), PARKED);
	assert_int_equal(pair.s->context.nr, ST_OK);
	assert_false(aspace_table_is_lent(&pair.client->aspace, buffer));
	assert_int_equal(pair.client->aspace.away, ALL);
	assert_int_equal(user_get(pair.s, pair_window + PAGE(201)), 1002);
	world_check();
	assert_ok(pair_answer(0, 0));
	assert_ok(pair.c->context.nr);
	assert_int_equal(user_get(pair.c, buffer + PAGE(200)), 1002);
	be_held(NEVER); /* the next one goes by its table again */
	assert_true(aspace_table_is_lent(&pair.client->aspace, buffer));
	assert_ok(pair_answer(0, 0));
}

static void into_a_pinned_process_pages_go_one_by_one_and_a_receiver_that_waits_gets_them(void **state)
{
	(void)state;
	pair.client->aspace.busy_max = 2 * ALL;
	pair.server->aspace.pinned = true;
	assert_status(take_at(pair_window, NEVER), PARKED);
	assert_status(lend(ALL, MESSAGE_PAGES_LENT_READ, NEVER), PARKED);
	assert_int_equal(pair.s->context.nr, ST_OK);
	assert_int_equal(pair.client->aspace.away, ALL);
	pair.server->aspace.pinned = false;
	assert_ok(pair_answer(0, 0));
}

static void what_can_go_neither_way_is_refused_and_changes_nothing(void **state)
{
	struct frame *f = frame_record(aspace_entry(&pair.client->aspace, buffer).frame);

	(void)state;
	assert_status(take_at(pair_window, NEVER), PARKED);
	frame_hold(f, true);
	assert_status(lend(ALL, MESSAGE_PAGES_LENT_READ, NEVER), NO_MEMORY); /* more pages than it may hold */
	pair.client->aspace.busy_max = 2 * ALL;
	assert_status(lend(ALL, MESSAGE_PAGES_LENT_READ, NEVER), BUSY);
	frame_release(f, true);
	world_check();
	assert_int_equal(pair.client->aspace.busy + pair.client->aspace.away, 0);
	assert_status(lend(ALL, MESSAGE_PAGES_LENT_READ, NEVER), PARKED);
	assert_true(aspace_table_is_lent(&pair.client->aspace, buffer));
	assert_ok(pair_answer(0, 0));
}

static void two_mib_lent_for_reading_kill_who_writes_them(void **state)
{
	struct thread *second = second_thread(pair.client);

	(void)state;
	assert_status(lend(ALL, MESSAGE_PAGES_LENT_READ, NEVER), PARKED);
	assert_ok(take_at(pair_window, NEVER));
	assert_int_equal(user_get(pair.s, pair_window), 1000);
	assert_int_equal(user_get(pair.s, pair_window + PAGE(7)), 0);
	assert_false(user_put(pair.s, pair_window, 1));
	assert_int_equal(pair.server->fault, FAULT_WRITE);
	assert_int_equal(pair.client->aspace.away, 0);
	assert_int_equal(user_get(second, buffer), 1000);
}

static void a_client_that_touches_2_mib_that_it_lent_ends_and_waits_for_them(void **state)
{
	struct thread *second = second_thread(pair.client);

	(void)state;
	be_held(NEVER);
	assert_false(user_put(second, buffer + PAGE(9), 1));
	assert_int_equal(pair.client->fault, FAULT_LENT_PAGE);
	assert_int_equal(pair.client->state, PROCESS_ENDING);
	world_check();
	assert_ok(pair_answer(0, 0));
	assert_int_equal(pair.client->state, PROCESS_GONE);
}

static void a_deadline_forfeits_2_mib_and_the_answer_frees_them(void **state)
{
	(void)state;
	be_held(host_now_ns + 100);
	host_pass_ns(100);
	host_leave();
	assert_int_equal(pair.c->context.nr, ST_TIMED_OUT);
	assert_int_equal(user_get(pair.c, buffer), 0); /* fresh memory in its place */
	assert_int_equal(user_get(pair.s, pair_window), 1000);
	assert_int_equal(pair.client->aspace.away, 1);
	world_check();
	assert_status(pair_answer(0, 0), STALE);
	assert_int_equal(pair.client->aspace.away + pair.client->aspace.reserved, 0);
}

static void a_forfeiter_that_ends_waits_for_who_has_its_2_mib(void **state)
{
	handle_t h = world_handle_of(pair.client);

	(void)state;
	be_held(host_now_ns + 100);
	host_pass_ns(100);
	host_leave();
	assert_ok(ask(sup, process_stop, h));
	assert_int_equal(pair.client->state, PROCESS_ENDING);
	world_check();
	world_stop(pair.server);
	assert_int_equal(pair.client->state, PROCESS_GONE);
}

static void succeed(void)
{
	pair_start_successor();
	pair_window = window_of(pair.s);
	assert_ok(take_at(pair_window, 0));
	assert_int_equal(pair.s->context.word[0], INHERITED);
}

static void two_mib_are_home_between_two_servers_and_lent_again(void **state)
{
	(void)state;
	be_held(NEVER);
	world_stop(pair.server);
	assert_int_equal(pair.client->aspace.away, 0);
	assert_int_equal(pair.c->state, THREAD_QUEUED);
	world_check();
	succeed();
	assert_ok(take_at(pair_window, 0));
	assert_int_equal(user_get(pair.s, pair_window + PAGE(1)), 5);
	assert_true(aspace_table_is_lent(&pair.client->aspace, buffer));
	assert_ok(pair_answer(0, 0));
	assert_ok(pair.c->context.nr);
}

/* The second server cannot have the table, so the call starts again; it has seen the first one die all the same. */
static void a_call_that_starts_again_has_seen_as_many_servers_die(void **state)
{
	(void)state;
	pair.client->aspace.busy_max = 2 * ALL;
	be_held(NEVER);
	world_stop(pair.server);
	succeed();
	assert_status(take_at(pair_window + PAGE(1), NEVER), PARKED);
	assert_status(world_go_on(pair.c), PARKED);
	assert_int_equal(pair.s->context.nr, ST_OK);
	assert_false(aspace_table_is_lent(&pair.client->aspace, buffer));
	world_stop(pair.server);
	assert_int_equal(pair.c->context.nr, ST_INTERRUPTED);
	succeed();
	assert_status(take_at(pair_window, 0), TIMED_OUT); /* a third one never sees it */
	be_held(NEVER);                                    /* the next call of the thread begins anew */
	world_stop(pair.server);
	assert_int_equal(pair.c->state, THREAD_QUEUED);
}

/* What is outside and cannot be had is not made up: neither for the program nor for what the kernel does for it. */
static void a_page_that_is_lost_ends_the_borrower_that_needs_it(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		uint32_t slot;

		(void)start(state);
		slot_store_size(10);
		slot = give_evict(&pair.client->aspace, buffer + PAGE(100));
		assert_true(slot_settle(slot));
		be_held(NEVER);
		slot_lose(slot);
		assert_int_equal(user_get(pair.s, pair_window + PAGE(200)), 1002);
		if (i == 0)
			assert_false(user_put(pair.s, pair_window + PAGE(100), 1));
		else
			assert_status(ask(pair.s, log_write, pair_window + PAGE(100), 8), ENDED);
		assert_int_equal(pair.server->fault, FAULT_PAGE_IO);
		world_check();
		if (i == 0)
			(void)world_tear_down(state);
	}
}

/* ---- lent on ---- */

static struct process *third;
static struct thread *t3;
static uint64_t third_window;

/* The server is another one then. It holds 2 MiB of the client's. */
static void be_three(void)
{
	third = pair_make_third();
	t3 = first_thread(third);
	third_window = window_of(t3);
	pair_window = window_of(pair.s);
	be_held(NEVER);
}

static void lend_on(struct thread *by, unsigned at, unsigned pages, uint64_t deadline)
{
	uint64_t b = user_post(by, (struct ipc_buffers){ .send_pages = pair_window + PAGE(at) });

	assert_status(
		ask(by, ipc_call, INITIAL_HANDLE(1), tag_with_pages(2, MESSAGE_PAGES_LENT_WRITE, pages), b, deadline),
		PARKED);
	b = user_post(t3, (struct ipc_buffers){ .landing = third_window, .landing_pages = ALL });
	assert_ok(ask(t3, ipc_recv, INITIAL_HANDLE(0), 0, b, NEVER));
	assert_true(user_put(t3, third_window, 9));
	world_check();
}

static void a_borrower_lends_on_all_or_a_page_and_answers_when_it_is_back(void **state)
{
	struct thread *second;
	uint64_t first;

	(void)state;
	be_three();
	first = pair_token();
	second = second_thread(pair.server);
	for (unsigned pages = 1; pages <= ALL; pages += ALL - 1) {
		lend_on(second, 0, pages, NEVER);
		assert_status(ask(pair.s, ipc_reply, first, 0, 0), BUSY);
		assert_ok(ask(t3, ipc_reply, t3->context.arg[2], 0, 0));
		assert_int_equal(user_get(pair.s, pair_window), 9);
	}
	assert_ok(ask(pair.s, ipc_reply, first, 0, 0));
	assert_int_equal(user_get(pair.c, buffer), 9);
	world_check();
}

static void what_was_lent_on_and_forfeited_is_not_lent_again_to_the_next_server(void **state)
{
	(void)state;
	for (unsigned pages = 1; pages <= ALL; pages += ALL - 1) {
		be_three();
		lend_on(pair.s, 0, pages, host_now_ns + 10);
		host_pass_ns(10);
		host_leave();
		assert_int_equal(pair.s->context.nr, ST_TIMED_OUT);
		world_check();
		world_stop(pair.server);
		assert_int_equal(pair.c->context.nr, ST_INTERRUPTED);
		assert_int_equal(pair.client->aspace.away, 1); /* what the third still has */
		assert_int_equal(user_get(pair.c, buffer), 0);
		world_check();
		assert_status(ask(t3, ipc_reply, t3->context.arg[2], 0, 0), STALE);
		assert_int_equal(pair.client->aspace.away, 0);
		if (pages == ALL)
			break;
		(void)world_tear_down(state);
		(void)start(state);
	}
}

/* The middle one is stopped, then both others: nothing is lost, and nobody goes before what it paid for is free. */
static void all_three_end_from_the_middle_with_2_mib_lent_on(void **state)
{
	struct process *middle;
	handle_t h;

	(void)state;
	be_three();
	middle = pair.server;
	h = world_handle_of(middle);
	lend_on(pair.s, 0, ALL, NEVER);
	assert_ok(ask(sup, process_stop, h));
	assert_int_equal(middle->state, PROCESS_ENDING);
	world_check();
	h = world_handle_of(pair.client);
	assert_ok(ask(sup, process_stop, h));
	world_check();
	world_stop(third);
	assert_int_equal(middle->state, PROCESS_GONE);
	assert_int_equal(pair.client->state, PROCESS_GONE);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(two_mib_are_lent_untouched_pages_and_all_and_come_back_with_the_answer),
		STORY(a_rest_of_less_than_2_mib_goes_page_by_page),
		STORY(what_cannot_go_by_its_table_goes_page_by_page),
		STORY(into_a_pinned_process_pages_go_one_by_one_and_a_receiver_that_waits_gets_them),
		STORY(what_can_go_neither_way_is_refused_and_changes_nothing),
		STORY(two_mib_lent_for_reading_kill_who_writes_them),
		STORY(a_client_that_touches_2_mib_that_it_lent_ends_and_waits_for_them),
		STORY(a_deadline_forfeits_2_mib_and_the_answer_frees_them),
		STORY(a_forfeiter_that_ends_waits_for_who_has_its_2_mib),
		STORY(two_mib_are_home_between_two_servers_and_lent_again),
		STORY(a_call_that_starts_again_has_seen_as_many_servers_die),
		STORY(a_page_that_is_lost_ends_the_borrower_that_needs_it),
		STORY(a_borrower_lends_on_all_or_a_page_and_answers_when_it_is_back),
		STORY(what_was_lent_on_and_forfeited_is_not_lent_again_to_the_next_server),
		STORY(all_three_end_from_the_middle_with_2_mib_lent_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
