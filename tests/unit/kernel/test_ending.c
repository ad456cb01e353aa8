/* SPDX-License-Identifier: BSD-2-Clause */
/* How processes end: everything comes back. */
#include "tests/unit/kernel/world.h"

static void an_exit_code_is_kept_and_one_too_large_refused(void **state)
{
	struct process *p = world_spawn("app", 20);

	(void)state;
	assert_status(ask(first_thread(p), process_exit, 126), BAD_ARG);
	assert_status(ask(first_thread(p), process_exit, UINT64_MAX), BAD_ARG);
	assert_status(ask(first_thread(p), process_exit, 125), ENDED);
	assert_int_equal(p->exit_code, 125);
	assert_int_equal(p->fault, FAULT_NONE);
	assert_int_equal(p->state, PROCESS_GONE);
	assert_ok(ask(sup, process_stop, world_handle_of(p))); /* too late to matter */
	assert_int_equal(p->fault, FAULT_NONE);
}

static void a_stopped_process_gives_everything_back(void **state)
{
	struct balance before;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct process *p = world_spawn("app", 20);
		struct thread *t = first_thread(p);

		if (i == 1)
			before = world_balance();
		(void)second_thread(p);
		(void)user_map(t, MEM_LANDING, 4);
		assert_true(user_put(t, user_map(t, MEM_HEAP, 20), 1));
		assert_ok(ask(t, port_create, 20));
		assert_ok(ask(t, channel_create, t->context.arg[0], 1, 1));
		world_check();
		world_stop(p);
	}
	world_spawn("app", 20);
	assert_balanced(before, world_balance());
}

static struct process *make_child(struct process *parent)
{
	struct process_params p = world_params("app", 20);
	struct process *child;

	assert_true(user_write(first_thread(parent), PROGRAM_DATA, &p, sizeof p));
	assert_ok(ask(first_thread(parent), process_create, PROGRAM_DATA));
	child = container_of(process_all()->prev, struct process, link);
	assert_ptr_equal(child->parent, parent);
	return child;
}

static void a_process_that_ends_takes_its_children_and_theirs_along(void **state)
{
	struct balance before;

	(void)state;
	world_stop(world_spawn("app", 20)); /* pools are warm */
	for (unsigned i = 0; i < 3; i++) {
		struct process *parent = world_spawn("app", 20);

		(void)make_child(make_child(parent));
		(void)make_child(parent);
		if (i % 2)
			assert_status(ask(first_thread(parent), process_exit, 0), ENDED);
		world_stop(parent);
		if (i == 0)
			before = world_balance();
	}
	assert_balanced(before, world_balance());
}

/* One that waits for an answer, too, and one that the supervisor lets go. */
static void a_running_child_ends_when_its_handle_is_closed(void **state)
{
	struct process *p = world_spawn("app", 20), *child = make_child(p);
	uint64_t count = world_balance().processes;

	(void)state;
	assert_ok(ask(first_thread(child), port_create, PORT_RANK_OWN));
	assert_status(ask(first_thread(child), ipc_recv, first_thread(child)->context.arg[0], 0, 0, DEADLINE_NEVER),
		      PARKED);
	assert_ok(ask(first_thread(p), handle_close, handle_at(&p->handles, 1)));
	assert_int_equal(world_balance().processes, count - 1);
	assert_ok(ask(sup, handle_close, world_handle_of(p)));
	assert_int_equal(world_balance().processes, count - 2);
}

static void a_parent_and_its_children_may_end_together(void **state)
{
	struct process *parent = world_spawn("app", 20);
	struct process_params p = world_params("app", 20);
	uint64_t count = world_balance().processes;
	struct process *child;

	(void)state;
	assert_true(user_write(first_thread(parent), PROGRAM_DATA, &p, sizeof p));
	assert_ok(ask(first_thread(parent), process_create, PROGRAM_DATA));
	child = container_of(process_all()->prev, struct process, link);
	process_condemn(child, FAULT_STOPPED, 0);
	process_condemn(child, FAULT_READ, 7); /* the first reason stays */
	process_condemn(parent, FAULT_STOPPED, 0);
	host_leave();
	assert_int_equal(world_balance().processes, count);
	assert_int_equal(parent->state, PROCESS_GONE);
}

static void destroying_what_something_refers_to_is_a_kernel_bug(void **state)
{
	struct process *p = world_spawn("app", 20);

	(void)state;
	assert_panics(process_destroy(p), "nothing refers");
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(an_exit_code_is_kept_and_one_too_large_refused),
		STORY(a_stopped_process_gives_everything_back),
		STORY(a_process_that_ends_takes_its_children_and_theirs_along),
		STORY(a_running_child_ends_when_its_handle_is_closed),
		STORY(a_parent_and_its_children_may_end_together),
		STORY(destroying_what_something_refers_to_is_a_kernel_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
