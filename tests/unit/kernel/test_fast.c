/* SPDX-License-Identifier: BSD-2-Clause */
/* The fast path: taken where it may be, and never to be told from the slow one but by its speed. */
#include "tests/unit/kernel/waiting_fixture.h"
#include <string.h>

static void a_plain_call_and_reply_go_straight_across(void **state)
{
	struct thread *bystander = first_thread(world_spawn("app", 20)); /* as urgent, and its turn */

	(void)state;
	assert_int_equal(bystander->priority, w.c->priority);
	assert_status(ask(w.c, ipc_call, w.channel, 3, 0, NEVER), PARKED);
	assert_true(went_straight_to(w.s));
	assert_int_equal(host_active_root.v, w.server->aspace.root.v);
	world_check();
	assert_status(ask(w.s, ipc_reply_recv, w.s->context.arg[2], 4, 0, NEVER, w.port), PARKED);
	assert_true(went_straight_to(w.c));
	assert_int_equal(host_active_root.v, w.client->aspace.root.v);
}

/* The same conversation both ways; what the two sides see must not differ in any register. */
static void converse(struct context seen[6])
{
	for (unsigned i = 0; i < 3; i++) {
		for (unsigned k = 0; k < 6; k++)
			w.c->context.word[k] = 1000 * i + k;
		assert_status(ask(w.c, ipc_call, w.channel,
				  tag_make((uint16_t)(10 + i)) | (i == 1 ? TAG_IDEMPOTENT : 0), 0, NEVER),
			      PARKED);
		seen[2 * i] = w.s->context;
		for (unsigned k = 0; k < 6; k++)
			w.s->context.word[k] += 7;
		assert_status(ask(w.s, ipc_reply_recv, w.s->context.arg[2], 20 + i, 0, NEVER, w.port), PARKED);
		seen[2 * i + 1] = w.c->context;
	}
}

static void both_paths_leave_the_same_registers(void **state)
{
	struct context fast[6], slow[6];

	(void)state;
	converse(fast);
	begin(false);
	converse(slow);
	for (unsigned i = 0; i < 6; i++) {
		assert_memory_equal(fast[i].word, slow[i].word, sizeof fast[i].word);
		assert_memory_equal(fast[i].arg, slow[i].arg, sizeof fast[i].arg);
		assert_int_equal(fast[i].nr, slow[i].nr);
		assert_int_equal(fast[i].pc, slow[i].pc);
	}
}

static void somebody_more_urgent_goes_first(void **state)
{
	struct process *urgent;

	(void)state;
	set_priority(w.server, 20);
	assert_status(ask(w.c, ipc_call, w.channel, 3, 0, NEVER), PARKED);
	assert_true(went_straight_to(w.s));
	urgent = world_spawn("app", 20);
	set_priority(urgent, 15);
	assert_status(ask(w.s, ipc_reply_recv, w.s->context.arg[2], 4, 0, NEVER, w.port), PARKED);
	assert_false(went_straight_to(w.c));
	assert_int_equal(w.c->state, THREAD_READY);
	assert_ok(w.c->context.nr);
}

static void a_call_that_makes_its_server_more_urgent_is_not_fast(void **state)
{
	(void)state;
	set_priority(w.client, 15);
	assert_status(ask(w.c, ipc_call, w.channel, 3, 0, NEVER), PARKED);
	assert_int_equal(w.s->priority, 15);
	assert_status(ask(w.s, ipc_reply_recv, w.s->context.arg[2], 4, 0, NEVER, w.port), PARKED);
	assert_int_equal(w.s->priority, 10);
	assert_ok(w.c->context.nr);
}

static void what_waits_at_the_port_is_not_overlooked(void **state)
{
	(void)state;
	assert_status(ask(w.c, ipc_call, w.channel, 3, 0, NEVER), PARKED);
	assert_ok(ask(c2, ipc_notify, w.channel, 0, 1));
	assert_ok(ask(w.s, ipc_reply_recv, w.s->context.arg[2], 4, 0, NEVER, w.port));
	assert_int_equal(tag_kind(w.s->context.arg[1]), MESSAGE_KIND_NOTIFY);
	assert_ok(w.c->context.nr);
}

static void a_stale_token_an_unknown_handle_and_a_deadline_take_the_slow_path(void **state)
{
	uint64_t first;

	(void)state;
	assert_status(ask(w.c, ipc_call, w.channel + 1, 3, 0, NEVER), BAD_HANDLE);
	assert_status(ask(w.c, ipc_call, w.channel, TAG_UNUSED, 0, NEVER), BAD_ARG);
	assert_status(ask(w.c, ipc_call, w.channel, 3, 0, NEVER), PARKED);
	first = w.s->context.arg[2];
	assert_status(ask(w.s, ipc_reply_recv, first + (1ull << 32), 4, 0, NEVER, w.port), PARKED);
	assert_int_equal(w.c->state, THREAD_SERVED);
	assert_int_equal(w.s->state, THREAD_RECEIVING);
	assert_status(ask(s2, ipc_reply, first, 5, 0), OK);
	assert_status(ask(w.c, ipc_call, w.channel, 3, 0, host_now_ns + 10), PARKED);
	host_pass_ns(10);
	host_leave();
	assert_int_equal(w.c->context.nr, ST_TIMED_OUT);
}

static void a_caller_whose_thread_is_dead_or_replaced_is_not_answered(void **state)
{
	uint64_t token;

	(void)state;
	assert_status(ask(w.c, ipc_call, w.channel, 3, 0, NEVER), PARKED);
	token = w.s->context.arg[2];
	assert_status(ask(c2, process_exit, 0), ENDED);
	assert_int_equal(w.c->state, THREAD_ORPHANED);
	assert_status(ask(w.s, ipc_reply_recv, token, 4, 0, NEVER, w.port), OK); /* it hears of the closed channel */
	assert_int_equal(w.client->state, PROCESS_GONE);
	assert_status(ask(w.s, ipc_reply_recv, token, 4, 0, NEVER, w.port), PARKED);
}

static void a_pair_does_not_keep_the_cpu_beyond_its_turn(void **state)
{
	(void)state;
	world_make_running(w.c);
	for (unsigned i = 0; i < 4; i++) {
		host_pass_ns(SLICE_NS / 4);
		assert_status(ask(w.c, ipc_call, w.channel, 3, 0, NEVER), PARKED);
		assert_status(ask(w.s, ipc_reply_recv, w.s->context.arg[2], 4, 0, NEVER, w.port), PARKED);
	}
	host_pass_ns(SLICE_NS);
	host_leave();
	assert_true(this_cpu()->running != w.c);
	assert_true(this_cpu()->running != w.s);
}

/* ---- where nothing but one condition is missing ---- */

/* A process that the supervisor serves itself, at a port of its own. */
static struct thread *client_of_the_supervisor(handle_t *port)
{
	struct process_params params = world_params("app", 20);
	struct thread *client;

	set_priority(supervisor, w.c->priority);
	assert_ok(ask(sup, port_create, PORT_RANK_OWN));
	*port = (handle_t)sup->context.arg[0];
	assert_ok(ask(sup, channel_create, *port, PAIR_BADGE, 1));
	params.handles[params.handle_count++] = (handle_t)sup->context.arg[0];
	client = first_thread(world_create(&params));
	assert_status(ask(sup, ipc_recv, *port, 0, 0, NEVER), PARKED);
	assert_status(ask(client, ipc_call, INITIAL_HANDLE(0), 1, 0, NEVER), PARKED);
	return client;
}

/* Who made a port and gave it to a server has a handle to it still, and would get the server's calls. */
static void who_answers_does_not_wait_where_another_serves(void **state)
{
	handle_t own;
	struct thread *client = client_of_the_supervisor(&own);

	(void)state;
	assert_status(ask(sup, ipc_reply_recv, sup->context.arg[2], 2, 0, NEVER, own), PARKED);
	assert_status(ask(client, ipc_call, INITIAL_HANDLE(0), 3, 0, NEVER), PARKED);
	assert_true(went_straight_to(sup));
	assert_status(ask(w.c, ipc_call, w.channel, 3, 0, NEVER), PARKED); /* now nobody waits there */
	assert_status(ask(sup, ipc_reply_recv, sup->context.arg[2], 4, 0, NEVER, w.made_port), NO_RIGHT);
	assert_int_equal(client->state, THREAD_SERVED);
	assert_status(ask(sup, ipc_reply_recv, call_token(&client->call), 4, 0, NEVER, own), PARKED);
	assert_true(went_straight_to(client));
	assert_status(ask(w.s, ipc_reply_recv, w.s->context.arg[2], 4, 0, NEVER, w.port), PARKED);
	assert_true(went_straight_to(w.c));
}

/* Its other thread hears what there is, waits alone and gives up: what is at the port does not keep anybody from the fast path. */
static void hear_all(void)
{
	while (ask(s2, ipc_recv, w.port, 0, 0, host_now_ns + 10) == ST_OK)
		;
	host_pass_ns(10);
	host_leave();
	assert_int_equal(s2->context.nr, ST_TIMED_OUT);
}

static void a_closed_channel_ends_with_the_answer_to_its_last_call(void **state)
{
	const struct channel *channel = w.client->handles.entries[INITIAL_HANDLE(0) & 0xff].object;
	const struct port *port = channel->port;
	uint32_t id = channel->id;

	(void)state;
	assert_status(ask(w.c, ipc_call, w.channel, 3, 0, NEVER), PARKED);
	hear_all();
	assert_status(ask(w.s, ipc_reply_recv, w.s->context.arg[2], 4, 0, NEVER, w.port), PARKED);
	assert_true(went_straight_to(w.c)); /* while it is open */
	assert_status(ask(w.c, ipc_call, w.channel, 3, 0, NEVER), PARKED);
	assert_ok(ask(c2, handle_close, w.channel));
	hear_all();
	assert_ptr_equal(channel_find(port, id), channel);
	assert_status(ask(w.s, ipc_reply_recv, w.s->context.arg[2], 4, 0, NEVER, w.port), PARKED);
	assert_null(channel_find(port, id));
	assert_ok(w.c->context.nr);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_plain_call_and_reply_go_straight_across),
		STORY(both_paths_leave_the_same_registers),
		STORY(somebody_more_urgent_goes_first),
		STORY(a_call_that_makes_its_server_more_urgent_is_not_fast),
		STORY(what_waits_at_the_port_is_not_overlooked),
		STORY(a_stale_token_an_unknown_handle_and_a_deadline_take_the_slow_path),
		STORY(a_caller_whose_thread_is_dead_or_replaced_is_not_answered),
		STORY(a_pair_does_not_keep_the_cpu_beyond_its_turn),
		STORY(who_answers_does_not_wait_where_another_serves),
		STORY(a_closed_channel_ends_with_the_answer_to_its_last_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
