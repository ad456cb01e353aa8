/* SPDX-License-Identifier: BSD-2-Clause */
/* Quick calls and waits: short where they may be, and never to be told from the slow way but by their speed. */
#include "tests/unit/kernel/waiting_fixture.h"
#include <string.h>

/* ---- calls that end where they began ---- */

static void the_time_is_told_at_once_and_nothing_else_changes(void **state)
{
	struct context before;
	unsigned answers;

	(void)state;
	world_make_running(w.c);
	for (unsigned k = 0; k < 6; k++)
		w.c->context.word[k] = 70 + k;
	before = w.c->context;
	before.nr = ST_OK;
	before.pc = PROGRAM_STUB;
	before.by_syscall = 1;
	before.arg[0] = host_now_ns += 1234;
	for (unsigned k = 1; k < 6; k++)
		before.arg[k] = 80 + k;
	answers = host_answers;
	assert_ok(ask(w.c, clock_now, 0, 81, 82, 83, 84, 85));
	assert_int_equal(host_answers, answers + 1);
	assert_true(went_straight_to(w.c));
	assert_memory_equal(&w.c->context, &before, sizeof before);
}

static void a_quick_call_that_is_denied_or_strays_is_not_quick(void **state)
{
	unsigned answers = host_answers;

	(void)state;
	w.client->allowed_calls = ~(1ull << SYS_clock_now);
	assert_status(ask(w.c, clock_now), ENDED);
	assert_int_equal(w.client->fault, FAULT_CALL_DENIED);
	world_make_running(s2);
	s2->context.nr = SYS_clock_now;
	s2->context.pc = PROGRAM_TEXT + PROGRAM_STUB_BYTES + 1;
	host_syscall(&s2->context);
	assert_int_equal(w.server->fault, FAULT_STRAY_SYSCALL);
	assert_int_equal(host_answers, answers);
}

/* ---- notifications and waits ---- */

/* The server waits, the client has a port of its own, and the server knows its channel. */
static uint32_t client_id;
static handle_t client_port;

static void give_client_a_port(void)
{
	assert_ok(ask(w.c, port_create, PORT_RANK_OWN));
	client_port = (handle_t)w.c->context.arg[0];
	client_id = ((const struct channel *)w.client->handles.entries[INITIAL_HANDLE(0) & 0xff].object)->id;
}

static void assert_quick(struct thread *t, handle_t h, uint64_t id, uint64_t bits, bool quick);

/* A port's first wait is slow. */
static void give_client_a_port_that_was_waited_at(void)
{
	give_client_a_port();
	assert_status(ask(w.c, ipc_recv, client_port, 0, 0, NEVER), PARKED);
	assert_quick(s2, w.port, client_id, 1, true);
}

static void assert_quick(struct thread *t, handle_t h, uint64_t id, uint64_t bits, bool quick)
{
	unsigned answers = host_answers;

	assert_ok(ask(t, ipc_notify, h, id, bits));
	assert_int_equal(host_answers, answers + quick);
}

static void fill(struct thread *t)
{
	world_make_running(t);
	for (unsigned k = 0; k < 6; k++)
		t->context.word[k] = 900 + k;
}

/* Both ways, words and all. */
static void ping_pong(struct context seen[4])
{
	give_client_a_port();
	for (unsigned i = 0; i < 2; i++) {
		fill(w.c);
		assert_ok(ask(w.c, ipc_notify, w.channel, 7, 5));
		seen[2 * i] = w.c->context;
		assert_status(ask(w.c, ipc_recv, client_port, 0, 0, NEVER), PARKED);
		seen[2 * i + 1] = w.s->context;
		world_check();
		fill(w.s);
		assert_ok(ask(w.s, ipc_notify, w.port, client_id, 3));
		assert_status(ask(w.s, ipc_recv, w.port, 0, 0, NEVER), PARKED);
		assert_int_equal(w.c->context.word[0], 3);
		assert_int_equal(w.c->context.arg[0], w.channel);
	}
}

static void notifications_go_back_and_forth_alike_on_both_paths(void **state)
{
	struct context fast[4], slow[4];
	unsigned answers = host_answers;

	(void)state;
	ping_pong(fast);
	assert_int_equal(host_answers, answers + 4);
	begin(false);
	ping_pong(slow);
	for (unsigned i = 0; i < 4; i++)
		assert_memory_equal(&fast[i], &slow[i], sizeof fast[i]);
}

static void who_is_notified_is_ready_and_the_other_goes_on(void **state)
{
	(void)state;
	assert_quick(w.c, w.channel, 0, 5, true);
	assert_true(went_straight_to(w.c));
	assert_int_equal(w.s->state, THREAD_READY);
	assert_int_equal(w.s->context.word[0], 5);
	assert_int_equal(w.s->context.arg[0], PAIR_BADGE);
	assert_int_equal(tag_kind(w.s->context.arg[1]), MESSAGE_KIND_NOTIFY);
	assert_quick(w.c, w.channel, 0, 1, false); /* nobody waits any more */
	assert_quick(w.c, w.channel, 0, 4, true);  /* they merge */
	assert_ok(ask(w.s, ipc_recv, w.port, 0, 0, NEVER));
	assert_int_equal(w.s->context.word[0], 5);
}

static void a_more_urgent_receiver_runs_at_once(void **state)
{
	(void)state;
	set_priority(w.server, 20);
	assert_quick(w.c, w.channel, 0, 5, false);
	assert_int_equal(w.c->state, THREAD_READY);
}

static void who_waits_behind_another_is_told_the_next(void **state)
{
	(void)state;
	assert_status(ask(s2, ipc_recv, w.port, 0, 0, NEVER), PARKED);
	assert_quick(w.c, w.channel, 0, 1, false);
	assert_int_equal(w.s->context.word[0], 1);
	assert_quick(w.c, w.channel, 0, 2, false);
	assert_int_equal(s2->context.word[0], 2);
}

static void a_receiver_that_was_notified_forgets_its_deadline(void **state)
{
	(void)state;
	assert_quick(w.c, w.channel, 0, 1, true);
	assert_status(ask(w.s, ipc_recv, w.port, 0, 0, host_now_ns + 10), PARKED);
	assert_quick(w.c, w.channel, 0, 1, false);
	host_pass_ns(10);
	host_leave();
	assert_ok(w.s->context.nr);
}

static void notifications_that_are_refused_change_nothing(void **state)
{
	(void)state;
	give_client_a_port();
	assert_status(ask(w.c, ipc_notify, w.channel, 0, NOTIFY_CLOSED), BAD_ARG);
	assert_status(ask(w.c, ipc_notify, w.channel + (1 << HANDLE_INDEX_BITS), 0, 1), BAD_HANDLE);
	assert_quick(w.c, w.channel, 0, 0, false); /* of no bits nobody hears */
	assert_int_equal(w.s->state, THREAD_RECEIVING);
	assert_status(ask(s2, ipc_notify, w.port, client_id + 1, 1), PEER_GONE);
	assert_status(ask(s2, ipc_notify, w.port, client_id | 1ull << 32, 1), PEER_GONE);
	assert_ok(ask(s2, port_create, PORT_RANK_OWN));
	assert_status(ask(s2, ipc_notify, (handle_t)s2->context.arg[0], client_id, 1), PEER_GONE);
	assert_ok(ask(w.c, handle_close, w.channel));
	assert_status(ask(s2, ipc_notify, w.port, client_id, 1), PEER_GONE);
}

static void bits_from_before_it_had_a_port_are_told_too(void **state)
{
	(void)state;
	client_id = ((const struct channel *)w.client->handles.entries[INITIAL_HANDLE(0) & 0xff].object)->id;
	assert_quick(s2, w.port, client_id, 8, false);
	give_client_a_port();
	assert_status(ask(w.c, ipc_recv, client_port, 0, 0, NEVER), PARKED);
	assert_quick(s2, w.port, client_id, 1, false);
	assert_int_equal(w.c->context.word[0], 9);
}

static void who_waits_makes_way_for_the_most_urgent(void **state)
{
	struct process *urgent = world_spawn("app", 20), *next = world_spawn("app", 20);
	unsigned declined;

	(void)state;
	give_client_a_port_that_was_waited_at();
	set_priority(urgent, 15);
	set_priority(next, 12);
	declined = host_declined;
	assert_status(ask(w.c, ipc_recv, client_port, 0, 0, NEVER), PARKED);
	assert_int_equal(host_declined, declined);
	assert_true(went_straight_to(first_thread(urgent)));
	assert_int_equal(host_active_root.v, urgent->aspace.root.v);
	assert_int_equal(host_tls, first_thread(urgent)->context.tls);
}

static void with_nobody_ready_the_cpu_is_idle(void **state)
{
	uint32_t ready;

	(void)state;
	give_client_a_port_that_was_waited_at();
	world_make_running(w.c);
	ready = sched_occupied;
	sched_occupied = 0; /* as if */
	assert_status(ask(w.c, ipc_recv, client_port, 0, 0, NEVER), PARKED);
	assert_null(this_cpu()->running);
	sched_occupied = ready;
}

static void a_wait_where_something_is_or_nobody_may_is_not_fast(void **state)
{
	struct port *port;
	void *object;

	(void)state;
	give_client_a_port();
	assert_true(handle_find(&w.server->handles, w.port, HANDLE_RECEIVABLE, &object));
	port = object;
	assert_status(ask(s2, ipc_recv, w.port + 1, 0, 0, NEVER), BAD_HANDLE);
	port->server = w.client;
	assert_status(ask(s2, ipc_recv, w.port, 0, 0, NEVER), NO_RIGHT);
	port->server = w.server;
	assert_status(ask(s2, ipc_recv, w.port, 0, 0, NEVER), PARKED); /* behind the first */
	assert_ok(ask(w.c, ipc_notify, w.channel, 0, 1));
	assert_ok(w.s->context.nr);
	assert_int_equal(s2->state, THREAD_RECEIVING);
	w.server->allowed_calls = ~(1ull << SYS_ipc_recv);
	assert_status(ask(w.s, ipc_recv, w.port, 0, 0, NEVER), ENDED);
	assert_int_equal(w.server->fault, FAULT_CALL_DENIED);
}

static void whose_turn_follows_a_wait_gets_no_more_than_is_left_of_it(void **state)
{
	struct process *urgent = world_spawn("app", 20);

	(void)state;
	give_client_a_port_that_was_waited_at();
	set_priority(urgent, 15);
	first_thread(urgent)->slice_left_ns = 77;
	this_cpu()->armed_ns = host_now_ns + 1000;
	assert_status(ask(w.c, ipc_recv, client_port, 0, 0, NEVER), PARKED);
	assert_int_equal(this_cpu()->slice_end_ns, host_now_ns + 77);
	assert_int_equal(this_cpu()->armed_ns, host_now_ns + 77);
}

/* Its vectors come back with the thread that a wait makes way for, and who has them in use does not wait by this way. */
static void vectors_follow_who_runs(void **state)
{
	struct trap_info use = { .fault = FAULT_NONE };
	unsigned declined;

	(void)state;
	give_client_a_port_that_was_waited_at();
	assert_quick(w.c, w.channel, 0, 1, true);
	world_make_running(w.s);
	host_trap(&w.s->context, &use);
	host_vector_registers[0] = 0x5e;
	declined = host_declined;
	assert_status(ask(w.s, ipc_recv, w.port, 0, 0, NEVER), PARKED);
	assert_int_equal(host_declined, declined + 1);
	assert_quick(w.c, w.channel, 0, 1, false);
	set_priority(w.server, 20);
	sched_remove(s2);
	thread_set_state(s2, THREAD_RUNNING); /* out of the way */
	assert_status(ask(w.c, ipc_recv, client_port, 0, 0, NEVER), PARKED);
	assert_true(went_straight_to(w.s));
	assert_true(this_cpu()->vectors_open);
	assert_int_equal(host_vector_registers[0], 0x5e);
	sched_ready(s2);
	world_make_running(first_thread(supervisor)); /* they are closed for the next test */
}

/* Where all else would be quick. */
static void what_may_not_be_is_found_out_where_all_else_is_quick(void **state)
{
	struct port *port;
	void *object;

	(void)state;
	give_client_a_port_that_was_waited_at();
	assert_true(handle_find(&w.client->handles, client_port, HANDLE_RECEIVABLE, &object));
	port = object;
	port->server = w.server;
	assert_status(ask(w.c, ipc_recv, client_port, 0, 0, NEVER), NO_RIGHT);
	port->server = w.client;
	assert_quick(w.c, w.channel, 0, 1, true);
	assert_ok(ask(w.c, handle_close, w.channel));
	assert_status(ask(s2, ipc_notify, w.port, client_id, 1), PEER_GONE);
	w.client->allowed_calls = ~(1ull << SYS_ipc_recv);
	assert_status(ask(w.c, ipc_recv, client_port, 0, 0, NEVER), ENDED);
	assert_int_equal(w.client->fault, FAULT_CALL_DENIED);
}

static void a_notification_that_the_manifest_does_not_allow_ends_who_makes_it(void **state)
{
	(void)state;
	w.client->allowed_calls = ~(1ull << SYS_ipc_notify);
	assert_status(ask(w.c, ipc_notify, w.channel, 0, 1), ENDED);
	assert_int_equal(w.client->fault, FAULT_CALL_DENIED);
	assert_int_equal(w.s->context.word[0] & 1, 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(notifications_go_back_and_forth_alike_on_both_paths),
		STORY(who_is_notified_is_ready_and_the_other_goes_on),
		STORY(a_more_urgent_receiver_runs_at_once),
		STORY(who_waits_behind_another_is_told_the_next),
		STORY(a_receiver_that_was_notified_forgets_its_deadline),
		STORY(notifications_that_are_refused_change_nothing),
		STORY(bits_from_before_it_had_a_port_are_told_too),
		STORY(who_waits_makes_way_for_the_most_urgent),
		STORY(with_nobody_ready_the_cpu_is_idle),
		STORY(vectors_follow_who_runs),
		STORY(a_wait_where_something_is_or_nobody_may_is_not_fast),
		STORY(whose_turn_follows_a_wait_gets_no_more_than_is_left_of_it),
		STORY(what_may_not_be_is_found_out_where_all_else_is_quick),
		STORY(a_notification_that_the_manifest_does_not_allow_ends_who_makes_it),
		STORY(the_time_is_told_at_once_and_nothing_else_changes),
		STORY(a_quick_call_that_is_denied_or_strays_is_not_quick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
