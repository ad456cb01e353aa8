/* SPDX-License-Identifier: BSD-2-Clause */
/* The fast ways of bytes: who may take them, which call is answered, and where the server waits then. */
#include "tests/unit/kernel/bytes_fixture.h"
#include <string.h>

/* ---- who they are ---- */

static void who_waited_with_a_deadline_forgets_it(void **state)
{
	(void)state;
	assert_status(call(BYTES), PARKED);
	assert_ok(ask(w.s, ipc_reply, call_token(&w.c->call), 4, 0));
	assert_status(ask(w.s, ipc_recv, w.port, 0, server.at, host_now_ns + 10), PARKED);
	assert_status(call(BYTES), PARKED);
	host_pass_ns(10);
	host_leave();
	assert_int_equal(w.c->state, THREAD_SERVED);
	assert_ok(w.s->context.nr);
	assert_status(answer(BYTES), PARKED);
	assert_ok(w.c->context.nr);
}

static void use_vectors(struct thread *t, int value)
{
	static const struct trap_info closed = { .fault = FAULT_NONE };

	world_make_running(t);
	if (host_vector_traps)
		assert_int_equal(host_trap(&t->context, &closed), HOST_RESUMED);
	memset(host_vector_registers, value, sizeof host_vector_registers);
}

static void vector_registers_go_with_their_thread(void **state)
{
	(void)state;
	use_vectors(w.c, 0x11);
	assert_status(call(BYTES), PARKED);
	assert_true(host_vector_traps); /* the server never asked */
	world_check();
	use_vectors(w.s, 0x22);
	assert_status(answer(BYTES), PARKED);
	assert_false(host_vector_traps);
	assert_int_equal(host_vector_registers[7], 0x11);
	assert_status(call(BYTES), PARKED);
	assert_false(host_vector_traps);
	assert_int_equal(host_vector_registers[7], 0x22);
	world_check();
	world_make_running(sup);
}

static void who_is_more_urgent_goes_first(void **state)
{
	struct process *urgent = world_spawn("app", 20);

	(void)state;
	set_priority(urgent, 15);
	set_priority(w.server, 20);
	assert_status(call(BYTES), PARKED);
	assert_straight(w.s);
	assert_status(answer(BYTES), PARKED);
	assert_false(went_straight_to(w.c));
	assert_int_equal(w.c->state, THREAD_READY);
	assert_ok(w.c->context.nr);
}

static void fire_the_timer(void)
{
	host_now_ns += 100;
	kernel_timer();
}

/* Where there are safe points on the way. */
static void who_became_urgent_on_the_way_goes_first(void **state)
{
	struct process *urgent = world_spawn("app", 20);
	struct thread *t = first_thread(urgent);
	handle_t port;

	(void)state;
	assert_ok(ask(t, port_create, PORT_RANK_OWN));
	port = (handle_t)t->context.arg[0];
	set_priority(urgent, 15);
	for (unsigned i = 0; i < 2; i++) {
		assert_status(ask(t, ipc_recv, port, 0, 0, host_now_ns + 50), PARKED);
		world_make_running(i == 0 ? w.c : w.s);
		host_safe_point_hook = fire_the_timer;
		assert_status(i == 0 ? call(BYTES) : answer(BYTES), PARKED);
		host_safe_point_hook = NULL;
		assert_ptr_equal(this_cpu()->running, t);
		assert_int_equal(t->context.nr, ST_TIMED_OUT);
		assert_int_equal((i == 0 ? w.s : w.c)->state, THREAD_READY);
		assert_ok((i == 0 ? w.s : w.c)->context.nr);
		assert_false(cpu_interrupted(this_cpu()));
	}
}

static void a_call_that_makes_its_server_more_urgent_is_slow(void **state)
{
	(void)state;
	set_priority(w.client, 15);
	assert_status(call(BYTES), PARKED);
	assert_int_equal(w.s->priority, 15);
	assert_status(answer(BYTES), PARKED);
	assert_int_equal(w.s->priority, 10);
	assert_ok(w.c->context.nr);
}

static void what_waits_at_the_port_comes_first(void **state)
{
	(void)state;
	assert_status(call(BYTES), PARKED);
	assert_ok(ask(c2, ipc_notify, w.channel, 0, 1));
	assert_ok(answer(BYTES));
	assert_int_equal(tag_kind(w.s->context.arg[1]), MESSAGE_KIND_NOTIFY);
	assert_ok(w.c->context.nr);
}

/* ---- which call it is ---- */

static void a_token_of_another_call_answers_nobody(void **state)
{
	(void)state;
	assert_status(call(BYTES), PARKED);
	assert_status(answer_token(call_token(&w.c->call) + (1ull << CALL_NUMBER_BITS), BYTES), PARKED);
	assert_int_equal(w.c->state, THREAD_SERVED);
	assert_int_equal(w.s->state, THREAD_RECEIVING);
}

/* The token is right, and was this thread's, but the call is with another
 * instance by now. */
static void a_token_of_a_call_that_another_server_holds_answers_nobody(void **state)
{
	uint64_t token;

	(void)state;
	assert_status(call(BYTES), PARKED);
	token = call_token(&w.c->call);
	w.c->call.server = supervisor; /* as if */
	assert_status(answer_token(token, BYTES), PARKED);
	assert_int_equal(w.c->state, THREAD_SERVED);
	w.c->call.server = w.server;
	assert_status(ask(s2, ipc_reply, token, 4, 0), OK);
	assert_ok(w.c->context.nr);
}

static void a_caller_who_is_gone_is_not_answered(void **state)
{
	uint64_t token;

	(void)state;
	assert_status(call(BYTES), PARKED);
	token = call_token(&w.c->call);
	assert_status(ask(c2, process_exit, 0), ENDED);
	assert_int_equal(w.c->state, THREAD_ORPHANED);
	while (ask(s2, ipc_recv, w.port, 0, 0, host_now_ns + 10) == ST_OK) /* the port is quiet again */
		;
	host_pass_ns(10);
	host_leave();
	assert_status(answer_token(token, BYTES), PARKED);
	assert_int_equal(w.s->state, THREAD_RECEIVING);
	assert_int_equal(w.client->state, PROCESS_GONE);
}

static void lent_pages_go_home_with_the_answer(void **state)
{
	uint64_t page = user_map(c2, MEM_BUFFER, 1);

	(void)state;
	assert_true(user_put(c2, page, 55));
	client.b.send_pages = page;
	say(&client);
	server.b.landing = user_map(s2, MEM_LANDING, 1);
	server.b.landing_pages = 1;
	say(&server);
	assert_status(call(BYTES), PARKED);
	assert_status(answer(BYTES), PARKED);
	assert_status(ask(w.c, ipc_call, w.channel, tag_with_pages(3, MESSAGE_PAGES_LENT_WRITE, 1), client.at, NEVER),
		      PARKED);
	server.b.landing_pages = 0;
	say(&server);
	assert_status(answer(0), PARKED);
	assert_ok(w.c->context.nr);
	assert_int_equal(w.client->aspace.away, 0);
	assert_int_equal(user_get(c2, page), 55);
}

/* ---- where it waits ---- */

static void who_answers_does_not_wait_where_another_serves(void **state)
{
	void *object;

	(void)state;
	assert_status(call(BYTES), PARKED);
	assert_true(handle_find(&w.server->handles, w.port, HANDLE_RECEIVABLE, &object));
	((struct port *)object)->server = supervisor;
	assert_status(answer(BYTES), NO_RIGHT);
	assert_int_equal(w.c->state, THREAD_SERVED);
	((struct port *)object)->server = w.server;
	assert_status(answer(BYTES), PARKED);
	assert_straight(w.c);
}

static void a_closed_channel_ends_with_the_answer_to_its_last_call(void **state)
{
	const struct channel *channel = w.client->handles.entries[INITIAL_HANDLE(0) & 0xff].object;
	const struct port *port = channel->port;
	uint32_t id = channel->id;

	(void)state;
	assert_status(call(BYTES), PARKED);
	assert_ok(ask(c2, handle_close, w.channel));
	while (ask(s2, ipc_recv, w.port, 0, 0, host_now_ns + 10) == ST_OK)
		;
	host_pass_ns(10);
	host_leave();
	assert_ptr_equal(channel_find(port, id), channel);
	assert_status(answer(BYTES), PARKED);
	assert_null(channel_find(port, id));
	assert_ok(w.c->context.nr);
}

static void a_stray_call_ends_its_process(void **state)
{
	(void)state;
	world_make_running(w.c);
	w.c->context.nr = SYS_ipc_call;
	memcpy(w.c->context.arg, (uint64_t[6]){ w.channel, tag_with_bytes(3, BYTES), client.at, NEVER },
	       sizeof w.c->context.arg);
	w.c->context.pc = PROGRAM_TEXT + PROGRAM_STUB_BYTES + 1;
	host_syscall(&w.c->context);
	assert_int_equal(w.client->fault, FAULT_STRAY_SYSCALL);
	assert_int_equal(tag_kind(w.s->context.arg[1]), MESSAGE_KIND_NOTIFY);
}

static void a_stray_answer_ends_its_process(void **state)
{
	(void)state;
	assert_status(call(BYTES), PARKED);
	world_make_running(w.s);
	w.s->context.nr = SYS_ipc_reply_recv;
	memcpy(w.s->context.arg,
	       (uint64_t[6]){ call_token(&w.c->call), tag_with_bytes(4, BYTES), server.at, NEVER, w.port },
	       sizeof w.s->context.arg);
	w.s->context.pc = PROGRAM_TEXT + PROGRAM_STUB_BYTES + 1;
	host_syscall(&w.s->context);
	assert_int_equal(w.server->fault, FAULT_STRAY_SYSCALL);
	assert_int_equal(w.c->context.nr, ST_INTERRUPTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(who_waited_with_a_deadline_forgets_it),
		STORY(vector_registers_go_with_their_thread),
		STORY(who_is_more_urgent_goes_first),
		cmocka_unit_test_setup_teardown(who_became_urgent_on_the_way_goes_first, start_across, world_tear_down),
		STORY(a_call_that_makes_its_server_more_urgent_is_slow),
		STORY(what_waits_at_the_port_comes_first),
		STORY(a_token_of_another_call_answers_nobody),
		STORY(a_token_of_a_call_that_another_server_holds_answers_nobody),
		STORY(a_caller_who_is_gone_is_not_answered),
		STORY(lent_pages_go_home_with_the_answer),
		STORY(who_answers_does_not_wait_where_another_serves),
		STORY(a_closed_channel_ends_with_the_answer_to_its_last_call),
		STORY(a_stray_call_ends_its_process),
		STORY(a_stray_answer_ends_its_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
