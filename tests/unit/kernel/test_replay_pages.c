/* SPDX-License-Identifier: BSD-2-Clause */
/* Idempotent calls with pages: lent again to the next server, but only when nobody can reach them for the dead one. */
#include "tests/unit/kernel/pair_fixture.h"

enum { OP = 7, PAGES = 2 };

static struct process *third;

static enum status lend(uint64_t deadline)
{
	uint64_t b = user_post(pair.c, (struct ipc_buffers){ .send_pages = pair_heap });

	return ask(pair.c, ipc_call, pair.channel, tag_with_pages(OP | TAG_IDEMPOTENT, MESSAGE_PAGES_LENT_WRITE, PAGES),
		   b, deadline);
}

static enum status take(uint64_t deadline)
{
	uint64_t b = user_post(pair.s,
			       (struct ipc_buffers){ .landing = pair_window, .landing_pages = PAIR_WINDOW_PAGES });

	return ask(pair.s, ipc_recv, pair.port, 0, b, deadline);
}

static void succeed(void)
{
	pair_start_successor();
	pair_window = user_map(pair.s, MEM_LANDING, PAIR_WINDOW_PAGES);
	assert_ok(take(0));
	assert_int_equal(pair.s->context.word[0], INHERITED);
}

/* The server has the pages, and has written into the first. */
static void be_held(uint64_t deadline)
{
	assert_status(lend(deadline), PARKED);
	assert_ok(take(0));
	assert_true(user_put(pair.s, pair_window, 5));
}

static void assert_lent_again(uint64_t first)
{
	assert_ok(take(0));
	assert_int_equal(tag_pages(pair.s->context.arg[1]), PAGES);
	assert_int_equal(user_get(pair.s, pair_window), first);
	assert_int_equal(user_get(pair.s, pair_window + PAGE_BYTES), 1001);
	assert_int_equal(pair.client->aspace.away, PAGES);
	world_check();
	assert_true(user_put(pair.s, pair_window, 6));
	assert_ok(pair_answer(0, 0));
	assert_ok(pair.c->context.nr);
	assert_int_equal(user_get(pair.c, pair_heap), 6);
	assert_int_equal(pair.client->aspace.away, 0);
	assert_int_equal(pair.client->aspace.busy, 0);
}

/* ---- one borrower ---- */

static void lent_pages_are_home_and_held_between_two_servers(void **state)
{
	struct thread *second = second_thread(pair.client);

	(void)state;
	be_held(NEVER);
	world_stop(pair.server);
	assert_int_equal(pair.client->aspace.away, 0);
	assert_int_equal(pair.client->aspace.busy, PAGES);
	assert_int_equal(user_get(second, pair_heap), 5);
	assert_status(ask(second, mem_unmap, pair_heap, 1), BUSY);
	world_check();
	succeed();
	assert_lent_again(5);
}

static void pages_lent_for_reading_come_again_as_they_are(void **state)
{
	uint64_t b = user_post(pair.c, (struct ipc_buffers){ .send_pages = pair_heap });

	(void)state;
	assert_status(ask(pair.c, ipc_call, pair.channel,
			  tag_with_pages(OP | TAG_IDEMPOTENT, MESSAGE_PAGES_LENT_READ, PAGES), b, NEVER),
		      PARKED);
	assert_ok(take(0));
	world_stop(pair.server);
	succeed();
	assert_ok(take(0));
	assert_int_equal(user_get(pair.s, pair_window), 1000);
	assert_false(user_put(pair.s, pair_window, 1));
	assert_int_equal(pair.server->fault, FAULT_WRITE);
	assert_int_equal(pair.c->context.nr, ST_INTERRUPTED); /* the second that died with it */
	assert_int_equal(user_get(pair.c, pair_heap), 1000);
}

static void a_deadline_between_two_servers_leaves_the_pages_home(void **state)
{
	(void)state;
	be_held(host_now_ns + 100);
	world_stop(pair.server);
	host_pass_ns(100);
	host_leave();
	assert_int_equal(pair.c->context.nr, ST_TIMED_OUT);
	assert_int_equal(pair.client->aspace.busy, 0);
	assert_int_equal(user_get(pair.c, pair_heap), 5);
	succeed();
	assert_status(take(0), TIMED_OUT);
}

static void a_client_stopped_between_two_servers_gives_its_pages_back(void **state)
{
	(void)state;
	be_held(NEVER);
	world_stop(pair.server);
	world_stop(pair.client);
	pair_start_successor();
	pair_window = user_map(pair.s, MEM_LANDING, PAIR_WINDOW_PAGES);
	assert_status(take(0), TIMED_OUT);
}

/* The forfeited pages went with the dead server: nothing is left to deliver. */
static void a_deadline_that_passed_with_the_dead_server_forfeits_and_nothing_comes_again(void **state)
{
	(void)state;
	be_held(host_now_ns + 100);
	host_pass_ns(100);
	host_leave();
	assert_int_equal(pair.c->context.nr, ST_TIMED_OUT);
	world_stop(pair.server);
	assert_int_equal(pair.client->aspace.away, 0);
	assert_int_equal(user_get(pair.c, pair_heap), 0);
	succeed();
	assert_status(take(0), TIMED_OUT);
}

/* The alarm has gone off when the server is stopped, and the kernel has seen neither: the call ends once, its pages are home. */
static void a_deadline_at_the_very_moment_of_the_servers_death_ends_the_call_once(void **state)
{
	handle_t h = world_handle_of(pair.server);

	(void)state;
	be_held(host_now_ns + 100);
	world_make_running(sup);
	host_pass_ns(100);
	assert_int_equal(pair.c->state, THREAD_SERVED);
	assert_ok(ask(sup, process_stop, h));
	assert_int_equal(pair.c->context.nr, ST_TIMED_OUT);
	assert_int_equal(pair.client->aspace.away, 0);
	assert_int_equal(pair.client->aspace.busy, 0);
	assert_ok(ask(sup, handle_close, h));
	succeed();
	assert_status(take(0), TIMED_OUT);
}

/* The same for an answer that brings pages home: whoever is first has it, and nothing is lost. */
static void an_answer_at_the_very_moment_of_the_deadline_brings_the_pages_home_or_forfeits_them(void **state)
{
	(void)state;
	be_held(host_now_ns + 100);
	host_pass_ns(100);
	assert_ok(pair_answer(0, 0));
	assert_int_equal(pair.c->context.nr, ST_OK);
	assert_int_equal(user_get(pair.c, pair_heap), 5);
	be_held(host_now_ns + 100);
	host_pass_ns(100);
	host_leave();
	assert_int_equal(pair.c->context.nr, ST_TIMED_OUT);
	assert_status(pair_answer(0, 0), STALE);
	assert_int_equal(pair.client->aspace.away, 0);
	assert_int_equal(user_get(pair.c, pair_heap), 0);
}

/* Its other threads hold all that it may hold; these pages were asked for before that, and stay where they are. */
static void a_caller_that_may_hold_no_more_has_its_call_made_again(void **state)
{
	(void)state;
	be_held(NEVER);
	pair.client->aspace.busy_max = PAGES - 1;
	world_stop(pair.server);
	assert_int_equal(pair.client->aspace.busy, PAGES);
	assert_int_equal(pair.c->state, THREAD_QUEUED);

	succeed();
	assert_lent_again(5);
}

/* ---- pages that were lent on ---- */

static struct thread *lend_on(struct thread *by, uint64_t deadline)
{
	struct thread *t = first_thread(third);
	uint64_t its = user_map(t, MEM_LANDING, 1), b;

	b = user_post(by, (struct ipc_buffers){ .send_pages = pair_window });
	assert_status(ask(by, ipc_call, INITIAL_HANDLE(1), tag_with_pages(2, MESSAGE_PAGES_LENT_WRITE, 1), b, deadline),
		      PARKED);
	assert_ok(ask(t, ipc_recv, INITIAL_HANDLE(0), 0,
		      user_post(t, (struct ipc_buffers){ .landing = its, .landing_pages = 1 }), NEVER));
	assert_true(user_put(t, its, 9));
	return t;
}

static void make_third(void)
{
	third = pair_make_third();
	pair_window = user_map(pair.s, MEM_LANDING, PAIR_WINDOW_PAGES);
}

/* What the dead server had asked for is still being done to these pages. Its successor is there, and even waits. */
static void a_call_waits_for_whoever_works_on_its_pages_for_the_dead_server(void **state)
{
	struct process *dying;
	struct thread *t;

	(void)state;
	make_third();
	dying = pair.server;
	be_held(NEVER);
	t = lend_on(second_thread(dying), NEVER);
	assert_ok(ask(sup, process_stop, world_handle_of(dying)));
	assert_int_equal(dying->state, PROCESS_ENDING);
	succeed();
	assert_status(take(NEVER), PARKED);
	assert_int_equal(pair.client->aspace.away, PAGES);
	world_check();
	assert_ok(ask(t, ipc_reply, t->context.arg[2], 0, 0));
	assert_int_equal(dying->state, PROCESS_GONE);
	assert_int_equal(pair.s->state, THREAD_READY); /* it was handed over at once */
	assert_int_equal(tag_op(pair.s->context.arg[1]), OP);
	assert_int_equal(user_get(pair.s, pair_window), 9);
	assert_ok(pair_answer(0, 0));
	assert_ok(pair.c->context.nr);
}

/* The dead server gave up waiting: somebody may write into that page for ever, so it can't be lent again. */
static void a_page_that_was_lent_on_and_forfeited_interrupts_the_call(void **state)
{
	struct thread *t;

	(void)state;
	make_third();
	be_held(NEVER);
	t = lend_on(pair.s, host_now_ns + 10);
	host_pass_ns(10);
	host_leave();
	assert_int_equal(pair.s->context.nr, ST_TIMED_OUT);
	world_stop(pair.server);
	assert_int_equal(pair.c->context.nr, ST_INTERRUPTED);
	world_check();
	assert_int_equal(user_get(pair.c, pair_heap), 0); /* a fresh one */
	assert_int_equal(user_get(pair.c, pair_heap + PAGE_BYTES), 1001);
	assert_status(ask(t, ipc_reply, t->context.arg[2], 0, 0), STALE);
	assert_int_equal(pair.client->aspace.away, 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, pair_start_lending, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(lent_pages_are_home_and_held_between_two_servers),
		STORY(pages_lent_for_reading_come_again_as_they_are),
		STORY(a_deadline_between_two_servers_leaves_the_pages_home),
		STORY(a_client_stopped_between_two_servers_gives_its_pages_back),
		STORY(a_deadline_that_passed_with_the_dead_server_forfeits_and_nothing_comes_again),
		STORY(a_deadline_at_the_very_moment_of_the_servers_death_ends_the_call_once),
		STORY(an_answer_at_the_very_moment_of_the_deadline_brings_the_pages_home_or_forfeits_them),
		STORY(a_caller_that_may_hold_no_more_has_its_call_made_again),
		STORY(a_call_waits_for_whoever_works_on_its_pages_for_the_dead_server),
		STORY(a_page_that_was_lent_on_and_forfeited_interrupts_the_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
