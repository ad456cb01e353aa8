/* SPDX-License-Identifier: BSD-2-Clause */
/* Priority inheritance: as urgent as the most urgent call held or waiting, through chains, and no longer. */
#include "kernel/abi/message.h"
#include "tests/unit/kernel/world.h"

#define NEVER DEADLINE_NEVER

static handle_t ports[3], channels[3][2];

/* A port of a rank, and clients' ends of it. */
static void make_port(unsigned i, uint32_t rank)
{
	assert_ok(ask(sup, port_create, rank));
	ports[i] = (handle_t)sup->context.arg[0];
	for (unsigned k = 0; k < 2; k++) {
		assert_ok(ask(sup, channel_create, ports[i], 1, 1));
		channels[i][k] = (handle_t)sup->context.arg[0];
	}
}

static struct thread *make(uint32_t rank, unsigned priority, handle_t a, handle_t b)
{
	struct process_params p = world_params("app", rank);
	struct process *made;

	p.priority_cap = priority;
	p.handle_count = (a != 0 ? 1u : 0u) + (b != 0 ? 1u : 0u);
	p.handles[0] = a;
	p.handles[1] = b;
	made = world_create(&p);
	assert_non_null(made);
	made->base_priority = priority; /* above what the manifest allows */
	process_set_boost(made, 0);
	return first_thread(made);
}

static int start(void **state)
{
	(void)state;
	world_start();
	make_port(0, 5);
	make_port(1, 10);
	return 0;
}

static enum status call(struct thread *t, unsigned handle)
{
	return ask(t, ipc_call, INITIAL_HANDLE(handle), 1, 0, NEVER);
}
static enum status receive(struct thread *t) { return ask(t, ipc_recv, INITIAL_HANDLE(0), 0, 0, NEVER); }
static enum status reply(struct thread *t, const struct thread *caller)
{
	return ask(t, ipc_reply, call_token(&caller->call), 0, 0);
}

static void a_server_runs_at_the_most_urgent_call_that_waits(void **state)
{
	struct thread *s = make(10, 3, ports[1], 0), *a = make(20, 8, channels[1][0], 0),
		      *b = make(20, 12, channels[1][1], 0);

	(void)state;
	assert_status(call(a, 0), PARKED);
	assert_int_equal(s->priority, 8);
	assert_status(call(b, 0), PARKED);
	assert_int_equal(s->priority, 12);
	assert_ok(receive(s)); /* the more urgent one comes first */
	assert_int_equal(b->state, THREAD_SERVED);
	assert_int_equal(s->priority, 12);
	assert_ok(reply(s, b));
	assert_int_equal(s->priority, 8);
	assert_ok(receive(s));
	assert_ok(reply(s, a));
	assert_int_equal(s->priority, 3);
}

static void a_less_urgent_call_changes_nothing(void **state)
{
	struct thread *s = make(10, 9, ports[1], 0), *a = make(20, 2, channels[1][0], 0);

	(void)state;
	assert_status(call(a, 0), PARKED);
	assert_int_equal(s->priority, 9);
	assert_ok(receive(s));
	assert_ok(reply(s, a));
	assert_int_equal(s->priority, 9);
}

static void urgency_goes_through_a_chain_and_moves_a_queued_call_up(void **state)
{
	struct thread *low = make(5, 1, ports[0], 0), *mid = make(10, 2, ports[1], channels[0][0]);
	struct thread *other = make(20, 4, channels[0][1], 0), *high = make(20, 20, channels[1][0], 0);

	(void)state;
	assert_status(call(other, 0), PARKED);
	assert_status(call(mid, 1), PARKED); /* behind the other */
	assert_int_equal(low->priority, 4);
	assert_status(call(high, 0), PARKED);
	assert_int_equal(mid->priority, 20);
	assert_int_equal(low->priority, 20);
	assert_ok(receive(low));
	assert_int_equal(mid->state, THREAD_SERVED); /* it moved up */
	assert_ok(reply(low, mid));
	assert_int_equal(low->priority, 4);
	assert_int_equal(mid->priority, 20);
}

static void a_caller_that_gives_up_takes_its_urgency_along(void **state)
{
	struct thread *s = make(10, 3, ports[1], 0), *a = make(20, 15, channels[1][0], 0);

	(void)state;
	assert_status(ask(a, ipc_call, INITIAL_HANDLE(0), 1, 0, host_now_ns + 10), PARKED);
	assert_int_equal(s->priority, 15);
	host_pass_ns(10);
	host_leave();
	assert_int_equal(s->priority, 3);
	assert_status(call(a, 0), PARKED);
	world_stop(a->process);
	assert_int_equal(s->priority, 3);
}

static void an_inversion_lasts_no_longer_than_the_call(void **state)
{
	struct thread *s = make(10, 3, ports[1], 0), *high = make(20, 25, channels[1][0], 0),
		      *spinner = make(20, 10, 0, 0);

	(void)state;
	assert_status(receive(s), PARKED);
	assert_ok(ask(sup, port_create, 0));
	assert_status(ask(sup, ipc_recv, sup->context.arg[0], 0, 0, NEVER), PARKED);
	assert_status(call(high, 0), PARKED);
	assert_int_equal(host_leave(), HOST_RESUMED);
	assert_ptr_equal(host_resumed, &s->context); /* before the spinner, which is more urgent than s by itself */
	assert_ok(reply(s, high));
	assert_int_equal(host_leave(), HOST_RESUMED);
	assert_ptr_equal(host_resumed, &high->context);
	assert_status(ask(high, thread_exit), ENDED);
	assert_ptr_equal(host_resumed, &spinner->context);
}

static void every_thread_of_a_server_is_raised_also_one_made_later(void **state)
{
	struct thread *s = make(10, 3, ports[1], 0), *a = make(20, 15, channels[1][0], 0);
	struct thread *second = second_thread(s->process), *third;

	(void)state;
	assert_status(call(a, 0), PARKED);
	assert_int_equal(second->priority, 15);
	third = second_thread(s->process);
	assert_int_equal(third->priority, 15);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_server_runs_at_the_most_urgent_call_that_waits),
		STORY(a_less_urgent_call_changes_nothing),
		STORY(urgency_goes_through_a_chain_and_moves_a_queued_call_up),
		STORY(a_caller_that_gives_up_takes_its_urgency_along),
		STORY(an_inversion_lasts_no_longer_than_the_call),
		STORY(every_thread_of_a_server_is_raised_also_one_made_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
