/* SPDX-License-Identifier: BSD-2-Clause */
/* The scheduler, and the turns that kernel_leave gives. */
#include "kernel/task/switch.h"
#include "tests/unit/kernel/world.h"
#include <string.h>

static struct thread threads[4];

static int start_bare(void **state)
{
	(void)state;
	machine_start(WORLD_RAM_BYTES);
	sched_init();
	for (unsigned i = 0; i < 4; i++) {
		threads[i] = (struct thread){ .state = THREAD_NEW, .priority = 10 };
		list_init(&threads[i].link);
	}
	return 0;
}

static void the_most_urgent_runs_first_and_equals_in_turn(void **state)
{
	(void)state;
	threads[2].priority = 31;
	threads[3].priority = 0;
	for (unsigned i = 0; i < 4; i++)
		sched_ready(&threads[i]);
	assert_ptr_equal(sched_pick(), &threads[2]);
	assert_ptr_equal(sched_pick(), &threads[0]);
	assert_ptr_equal(sched_pick(), &threads[1]);
	assert_ptr_equal(sched_pick(), &threads[3]);
	assert_null(sched_pick());
}

static void a_preempted_thread_keeps_its_turn_if_some_of_it_is_left(void **state)
{
	(void)state;
	sched_ready(&threads[0]);
	sched_ready(&threads[1]);
	assert_ptr_equal(sched_pick(), &threads[0]);
	sched_preempted(&threads[0], 5);
	assert_int_equal(threads[0].slice_left_ns, 5);
	assert_ptr_equal(sched_pick(), &threads[0]);
	sched_preempted(&threads[0], 0);
	assert_int_equal(threads[0].slice_left_ns, SLICE_NS);
	assert_ptr_equal(sched_pick(), &threads[1]);
}

static void only_somebody_more_urgent_preempts(void **state)
{
	(void)state;
	assert_false(sched_would_preempt(0));
	sched_ready(&threads[0]);
	assert_false(sched_would_preempt(10));
	assert_true(sched_would_preempt(9));
	assert_false(sched_would_preempt(31));
	sched_remove(&threads[0]);
	assert_false(sched_would_preempt(0));
}

static void a_changed_priority_moves_a_ready_thread_to_its_new_queue(void **state)
{
	(void)state;
	sched_ready(&threads[0]);
	sched_ready(&threads[1]);
	sched_set_priority(&threads[1], 20);
	sched_set_priority(&threads[1], 20);
	sched_set_priority(&threads[2], 5); /* not ready: only noted */
	assert_ptr_equal(sched_pick(), &threads[1]);
	assert_ptr_equal(sched_pick(), &threads[0]);
	assert_null(sched_pick());
}

static void a_thread_that_waits_in_two_places_is_a_kernel_bug(void **state)
{
	(void)state;
	list_push_back(&threads[1].link, &threads[0].link);
	assert_panics(sched_ready(&threads[0]), "one place");
}

/* ---- through kernel_leave ---- */

static struct thread *who_runs(void)
{
	return host_leave() == HOST_RESUMED ? container_of(host_resumed, struct thread, context) : NULL;
}

static struct process *spawn_at(unsigned priority)
{
	struct process_params p = world_params("app", 20);
	struct process *made;

	p.priority_cap = priority;
	made = world_create(&p);
	assert_non_null(made);
	return made;
}

/* The supervisor waits for good, so that others run. */
static void let_the_supervisor_wait(void)
{
	struct thread *t = first_thread(supervisor);

	assert_ok(ask(t, port_create, 0));
	assert_status(ask(t, ipc_recv, t->context.arg[0], 0, 0, DEADLINE_NEVER), PARKED);
}

static void equals_take_turns_of_one_slice(void **state)
{
	struct thread *a = first_thread(spawn_at(10)), *b = first_thread(spawn_at(10));

	(void)state;
	let_the_supervisor_wait();
	assert_ptr_equal(who_runs(), a);
	assert_int_equal(host_alarm_ns, host_now_ns + SLICE_NS);
	for (unsigned i = 0; i < 6; i++) {
		host_pass_ns(SLICE_NS / 2);
		assert_ptr_equal(who_runs(), i % 2 == 0 ? a : b);
		host_pass_ns(SLICE_NS / 2);
		assert_ptr_equal(who_runs(), i % 2 == 0 ? b : a);
	}
}

static void a_spinner_starves_nobody_above_it(void **state)
{
	struct thread *spinner = first_thread(spawn_at(5)), *urgent = first_thread(spawn_at(6));
	struct process *p = urgent->process;

	(void)state;
	assert_ok(ask(urgent, port_create, p->rank));
	let_the_supervisor_wait();
	assert_status(ask(urgent, ipc_recv, urgent->context.arg[0], 0, 0, host_now_ns + 1000), PARKED);
	assert_ptr_equal(who_runs(), spinner);
	assert_true(host_alarm_ns <= host_now_ns + 1000);
	host_pass_ns(1000);
	assert_ptr_equal(who_runs(), urgent);
	assert_int_equal(urgent->context.nr, ST_TIMED_OUT);
	host_pass_ns(100 * (uint64_t)SLICE_NS);
	assert_ptr_equal(who_runs(), urgent); /* its turns never go to the less urgent */
}

/* A timer that fires in the middle of a turn, for somebody less urgent, is set again for the turn's end. */
static void a_turn_ends_in_time_whatever_fires_before(void **state)
{
	struct thread *a = first_thread(spawn_at(10)), *b = first_thread(spawn_at(10)),
		      *late = first_thread(spawn_at(5));

	uint64_t deadline = host_now_ns + SLICE_NS / 4, turn_end;

	(void)state;
	assert_ok(ask(late, port_create, late->process->rank));
	assert_status(ask(late, ipc_recv, late->context.arg[0], 0, 0, deadline), PARKED);
	let_the_supervisor_wait();
	assert_ptr_equal(who_runs(), a);
	turn_end = host_now_ns + SLICE_NS;
	while (host_now_ns < deadline) {
		assert_in_range(host_alarm_ns, host_now_ns + 1, deadline);
		host_pass_ns(host_alarm_ns - host_now_ns);
		assert_ptr_equal(who_runs(), a);
	}
	assert_int_equal(late->state, THREAD_READY);
	assert_int_equal(host_alarm_ns, turn_end);
	host_pass_ns(turn_end - host_now_ns);
	assert_ptr_equal(who_runs(), b);
}

static void nobody_ready_is_idle_until_an_interrupt(void **state)
{
	(void)state;
	let_the_supervisor_wait();
	assert_int_equal(host_leave(), HOST_IDLE);
	assert_null(switch_who_runs());
}

static bool take_the_alarm(void)
{
	host_pass_ns(host_alarm_ns - host_now_ns);
	return true;
}

static void an_alarm_wakes_an_idle_machine(void **state)
{
	struct thread *t = first_thread(supervisor);

	(void)state;
	assert_ok(ask(t, port_create, 0));
	host_idle_hook = take_the_alarm;
	assert_status(ask(t, ipc_recv, t->context.arg[0], 0, 0, host_now_ns + 5000), TIMED_OUT);
	assert_int_equal(host_now_ns, 1000005000);
	assert_true(this_cpu()->idle_cycles > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_most_urgent_runs_first_and_equals_in_turn, start_bare),
		cmocka_unit_test_setup(a_preempted_thread_keeps_its_turn_if_some_of_it_is_left, start_bare),
		cmocka_unit_test_setup(only_somebody_more_urgent_preempts, start_bare),
		cmocka_unit_test_setup(a_changed_priority_moves_a_ready_thread_to_its_new_queue, start_bare),
		cmocka_unit_test_setup(a_thread_that_waits_in_two_places_is_a_kernel_bug, start_bare),
		cmocka_unit_test_setup(equals_take_turns_of_one_slice, world_set_up),
		cmocka_unit_test_setup(a_spinner_starves_nobody_above_it, world_set_up),
		cmocka_unit_test_setup(a_turn_ends_in_time_whatever_fires_before, world_set_up),
		cmocka_unit_test_setup(nobody_ready_is_idle_until_an_interrupt, world_set_up),
		cmocka_unit_test_setup(an_alarm_wakes_an_idle_machine, world_set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
