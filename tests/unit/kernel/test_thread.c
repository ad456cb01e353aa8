/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: every pair of states against a table written out here, and their making. */
#include "tests/unit/kernel/world.h"
#include <string.h>

/* Rows: from. Columns: to, in the order of enum thread_state. */
static const char *const expected[THREAD_STATES] = {
	/*                    NEW READY RUNNING QUEUED SERVED RECEIVING PAGING STARVED ORPHANED DEAD */
	[THREAD_NEW] = /*      */ "- Y - - - - - - - Y", [THREAD_READY] = /*    */ "- - Y - - - - - - Y",
	[THREAD_RUNNING] = /*  */ "- Y - Y Y Y Y Y - Y", [THREAD_QUEUED] = /*   */ "- Y - - Y - - - - Y",
	[THREAD_SERVED] = /*   */ "- Y Y Y - - - - Y Y", [THREAD_RECEIVING] = /**/ "- Y Y - - - - - - Y",
	[THREAD_PAGING] = /*   */ "- Y - - - - - - - Y", [THREAD_STARVED] = /*  */ "- Y - - - - - - - Y",
	[THREAD_ORPHANED] = /* */ "- - - - - - - - - Y", [THREAD_DEAD] = /*     */ "- - - - - - - - - -",
};

static void every_pair_of_states_is_legal_or_not_as_the_life_cycle_says(void **state)
{
	(void)state;
	for (unsigned from = 0; from < THREAD_STATES; from++)
		for (unsigned to = 0; to < THREAD_STATES; to++)
			if (thread_may_become(from, to) != (expected[from][2 * to] == 'Y'))
				fail_msg("%s -> %s", thread_state_name(from), thread_state_name(to));
}

static void an_illegal_step_is_a_kernel_bug_and_a_legal_one_is_taken(void **state)
{
	struct thread t;

	(void)state;
	for (unsigned from = 0; from < THREAD_STATES; from++) {
		for (unsigned to = 0; to < THREAD_STATES; to++) {
			t.state = from;
			if (expected[from][2 * to] == 'Y') {
				thread_set_state(&t, to);
				assert_int_equal(t.state, to);
			} else {
				assert_panics(thread_set_state(&t, to), "life cycle");
				assert_int_equal(t.state, from);
			}
		}
	}
}

static void a_new_thread_starts_where_it_was_told_and_costs_its_process(void **state)
{
	struct process *p = world_spawn("app", 20);
	uint32_t before = p->quota.used_bytes;
	struct thread *t;

	(void)state;
	assert_ok(ask(first_thread(p), thread_create, 0x401234, 0x405678, 99, 0x403000));
	t = container_of(p->threads.prev, struct thread, of_process);
	assert_int_equal(t->context.pc, 0x401234);
	assert_int_equal(t->context.sp, 0x405678);
	assert_int_equal(t->context.arg[0], 99);
	assert_int_equal(t->context.tls, 0x403000);
	assert_int_equal(t->state, THREAD_READY);
	assert_int_equal(t->priority, process_priority(p));
	assert_int_equal(p->quota.used_bytes, before + thread_bytes());
	assert_status(ask(t, thread_exit), ENDED);
	assert_int_equal(p->quota.used_bytes, before);
	world_check();
}

static void an_entry_stack_or_tls_outside_of_user_space_is_refused(void **state)
{
	struct thread *t = first_thread(world_spawn("app", 20));

	(void)state;
	assert_status(ask(t, thread_create, LAYOUT_USER_END, 0), BAD_ARG);
	assert_status(ask(t, thread_create, 0, LAYOUT_USER_END), BAD_ARG);
	assert_status(ask(t, thread_create, 0, 0, 0, 1ull << 63), BAD_ARG);
	assert_int_equal(t->process->thread_count, 1);
}

static void threads_end_with_the_quota(void **state)
{
	struct process *p = world_spawn("poor", 20);
	unsigned n = 1;

	(void)state;
	while (ask(first_thread(p), thread_create, PROGRAM_TEXT, PROGRAM_DATA) == ST_OK)
		n++;
	assert_int_equal(n, p->quota.max_bytes / thread_bytes());
	assert_int_equal(p->thread_count, n);
	world_check();
}

static void threads_end_with_the_kernels_memory(void **state)
{
	struct process *p = world_spawn("app", 20);
	uint32_t used;
	unsigned n = 0;

	(void)state;
	machine_exhaust(FRAME_FOR_KERNEL);
	while (ask(first_thread(p), thread_create, PROGRAM_TEXT, PROGRAM_DATA) == ST_OK)
		n++; /* those for which the pool has room */
	used = p->quota.used_bytes;
	assert_status(ask(first_thread(p), thread_create, PROGRAM_TEXT, PROGRAM_DATA), NO_MEMORY);
	assert_int_equal(p->quota.used_bytes, used);
	assert_int_equal(p->thread_count, n + 1);
	machine_relent();
	world_check();
}

static void the_last_thread_to_exit_ends_its_process_with_code_0(void **state)
{
	struct process *p = world_spawn("app", 20);
	struct thread *t = first_thread(p), *u = second_thread(p);

	(void)state;
	assert_status(ask(t, thread_exit), ENDED);
	assert_int_equal(p->state, PROCESS_RUNNING);
	assert_status(ask(u, thread_exit), ENDED);
	assert_int_equal(p->state, PROCESS_GONE);
	assert_int_equal(p->fault, FAULT_NONE);
	assert_int_equal(p->exit_code, 0);
}

/* What a program's instruction does that needs the vector registers. */
static uint8_t see_vectors(struct thread *t)
{
	static const struct trap_info closed = { .fault = FAULT_NONE };

	world_make_running(t);
	if (host_vector_traps) {
		assert_int_equal(host_trap(&t->context, &closed), HOST_RESUMED);
		world_make_running(t);
	}
	assert_false(host_vector_traps);
	return host_vector_registers[5];
}

/* A thread that has not used them yet. */
static void use_vectors(struct thread *t, int value)
{
	assert_int_equal(see_vectors(t), 0);
	memset(host_vector_registers, value, sizeof host_vector_registers);
}

static void vector_registers_are_each_threads_own(void **state)
{
	struct process *p = world_spawn("app", 20);
	struct thread *t = first_thread(p), *u = second_thread(p);

	(void)state;
	use_vectors(t, 0x11);
	use_vectors(u, 0x22);
	assert_status(ask(u, ipc_recv, 0, 0, 0, 0), BAD_HANDLE);
	assert_ok(ask(u, mem_map, MEM_BUFFER, 1));
	assert_int_equal(see_vectors(t), 0x11);
	assert_status(ask(t, thread_exit), ENDED); /* its state dies with it: nothing is saved into a freed thread */
	assert_int_equal(see_vectors(u), 0x22);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_pair_of_states_is_legal_or_not_as_the_life_cycle_says, world_set_up),
		cmocka_unit_test_setup(an_illegal_step_is_a_kernel_bug_and_a_legal_one_is_taken, world_set_up),
		cmocka_unit_test_setup(a_new_thread_starts_where_it_was_told_and_costs_its_process, world_set_up),
		cmocka_unit_test_setup(an_entry_stack_or_tls_outside_of_user_space_is_refused, world_set_up),
		cmocka_unit_test_setup(threads_end_with_the_quota, world_set_up),
		cmocka_unit_test_setup(threads_end_with_the_kernels_memory, world_set_up),
		cmocka_unit_test_setup(the_last_thread_to_exit_ends_its_process_with_code_0, world_set_up),
		cmocka_unit_test_setup(vector_registers_are_each_threads_own, world_set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
