/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads of one process that call each other, over a port that the process made for itself. */
#include "kernel/abi/message.h"
#include "tests/unit/kernel/world.h"

#define NEVER DEADLINE_NEVER
enum { OP = 7 };

static struct process *self;
static struct thread *caller, *server;
static handle_t port, channel;

static int start(void **state)
{
	(void)state;
	world_start();
	self = world_spawn("app", 20);
	caller = first_thread(self);
	server = second_thread(self);
	assert_ok(ask(caller, port_create, PORT_RANK_OWN));
	port = (handle_t)caller->context.arg[0];
	assert_ok(ask(caller, channel_create, port, 5, 1));
	channel = (handle_t)caller->context.arg[0];
	return 0;
}

static void be_served(void)
{
	assert_status(ask(caller, ipc_call, channel, OP, 0, NEVER), PARKED);
	assert_ok(ask(server, ipc_recv, port, 0, 0, NEVER));
	assert_int_equal(server->context.arg[0], 5);
}

static void threads_of_one_process_call_each_other(void **state)
{
	(void)state;
	caller->context.word[3] = 33;
	be_served();
	assert_int_equal(server->context.word[3], 33);
	world_check();
	assert_ok(ask(server, ipc_reply, server->context.arg[2], 9, 0));
	assert_int_equal(caller->context.arg[1], 9);
	supervisor->base_priority = 0;
	process_set_boost(supervisor, 0);
	for (unsigned i = 0; i < 3; i++) { /* from the second on by the fast path */
		assert_status(ask(server, ipc_recv, port, 0, 0, NEVER), PARKED);
		assert_status(ask(caller, ipc_call, channel, OP, 0, NEVER), PARKED);
		assert_int_equal(caller->state, THREAD_SERVED);
		assert_ok(ask(server, ipc_reply, server->context.arg[2], i, 0));
		assert_int_equal(caller->context.arg[1], i);
	}
}

static void bytes_go_from_thread_to_thread_and_pages_do_not(void **state)
{
	uint64_t from = user_map(caller, MEM_BUFFER, 1), to = user_map(server, MEM_BUFFER, 1), b;

	(void)state;
	assert_true(user_put(caller, from, 1234));
	b = user_post(server, (struct ipc_buffers){ .recv_bytes = to, .recv_capacity = 8 });
	assert_status(ask(server, ipc_recv, port, 0, b, NEVER), PARKED);
	b = user_post(caller, (struct ipc_buffers){ .send_bytes = from });
	assert_status(ask(caller, ipc_call, channel, tag_with_bytes(OP, 8), b, NEVER), PARKED);
	assert_int_equal(user_get(server, to), 1234);
	assert_ok(ask(server, ipc_reply, server->context.arg[2], 0, 0));
	to = user_map(server, MEM_LANDING, 1);
	b = user_post(server, (struct ipc_buffers){ .landing = to, .landing_pages = 1, .accept = ACCEPT_GIVEN });
	assert_status(ask(server, ipc_recv, port, 0, b, NEVER), PARKED);
	b = user_post(caller, (struct ipc_buffers){ .send_pages = from });
	for (unsigned kind = MESSAGE_PAGES_LENT_READ; kind <= MESSAGE_PAGES_GIVEN; kind++)
		assert_status(ask(caller, ipc_call, channel, tag_with_pages(OP, kind, 1), b, NEVER), NOT_FLIPPABLE);
	assert_int_equal(server->state, THREAD_RECEIVING);
	assert_int_equal(user_get(caller, from), 1234);
}

/* Nobody else could answer: a process does not outlive its threads because one waits for another. */
static void a_process_that_ends_while_it_calls_itself_is_gone_at_once(void **state)
{
	struct thread *queued = second_thread(self);
	handle_t h = world_handle_of(self);

	(void)state;
	be_served();
	assert_status(ask(queued, ipc_call, channel, OP, 0, NEVER), PARKED);
	assert_ok(ask(sup, process_stop, h));
	assert_int_equal(self->state, PROCESS_GONE);
	assert_ok(ask(sup, handle_close, h));
}

static void a_thread_that_calls_itself_waits_for_its_deadline(void **state)
{
	(void)state;
	assert_status(ask(caller, ipc_call, channel, OP, 0, host_now_ns + 10), PARKED);
	host_pass_ns(10);
	host_leave();
	assert_int_equal(caller->context.nr, ST_TIMED_OUT);
}

/* What somebody urgent asked has been answered; what it asks itself would keep it urgent for ever. */
static void a_process_does_not_keep_an_urgency_by_calling_itself(void **state)
{
	struct thread *queued = second_thread(self);

	(void)state;
	process_set_boost(self, 20); /* as by a call that it holds */
	be_served();
	assert_status(ask(queued, ipc_call, channel, OP, 0, NEVER), PARKED);
	assert_int_equal(process_priority(self), 20);
	assert_ok(ask(server, ipc_recv, port, 0, 0, NEVER));
	assert_ok(ask(server, ipc_reply, server->context.arg[2], 0, 0));
	assert_int_equal(caller->call.priority, 20);
	assert_int_equal(process_priority(self), 10);
}

static void only_a_port_made_for_oneself_may_be_called_by_who_receives_there(void **state)
{
	struct pair w = world_pair("app", "app");

	(void)state;
	assert_ok(ask(w.s, channel_create, w.port, 1, 1)); /* the supervisor's: another instance may receive there */
	assert_status(ask(w.s, ipc_call, w.s->context.arg[0], OP, 0, NEVER), NO_RIGHT);
	assert_ok(ask(w.c, port_create, 19));
	assert_ok(ask(w.c, channel_create, w.c->context.arg[0], 1, 1)); /* for a child, which is ranked below */
	assert_status(ask(w.c, ipc_call, w.c->context.arg[0], OP, 0, host_now_ns + 10), PARKED);
	host_pass_ns(10);
	host_leave();
}

/* With its last handle the port ends: the handle to the channel leads nowhere. */
static void a_port_that_is_closed_ends_what_waits_there(void **state)
{
	(void)state;
	assert_status(ask(caller, ipc_call, channel, OP, 0, NEVER), PARKED);
	assert_ok(ask(server, handle_close, port));
	assert_int_equal(caller->context.nr, ST_PEER_GONE);
	assert_status(ask(caller, ipc_call, channel, OP, 0, NEVER), PEER_GONE);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(threads_of_one_process_call_each_other),
		STORY(bytes_go_from_thread_to_thread_and_pages_do_not),
		STORY(a_process_that_ends_while_it_calls_itself_is_gone_at_once),
		STORY(a_thread_that_calls_itself_waits_for_its_deadline),
		STORY(a_process_does_not_keep_an_urgency_by_calling_itself),
		STORY(only_a_port_made_for_oneself_may_be_called_by_who_receives_there),
		STORY(a_port_that_is_closed_ends_what_waits_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
