/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls about the caller itself: ports, channels, memory, log. */
#include "tests/unit/kernel/world.h"

static void a_port_of_ones_own_rank_is_for_oneself_and_any_other_for_a_child(void **state)
{
	static const uint64_t others[] = { 1, 19, 21, RANK_BELOW - 1, RANK_BELOW };
	struct thread *t = first_thread(world_spawn("app", 20));

	(void)state;
	assert_ok(ask(t, port_create, 20));
	assert_status(ask(t, ipc_recv, t->context.arg[0], 0, 0, 0), TIMED_OUT);
	assert_ok(ask(t, port_create, PORT_RANK_OWN));
	assert_status(ask(t, ipc_recv, t->context.arg[0], 0, 0, 0), TIMED_OUT);
	for (unsigned i = 0; i < array_length(others); i++) {
		handle_t port;

		assert_ok(ask(t, port_create, others[i]));
		port = (handle_t)t->context.arg[0];
		assert_status(ask(t, ipc_recv, port, 0, 0, 0), NO_RIGHT);
		assert_status(ask(t, ipc_reply_recv, 0, 0, 0, 0, port), NO_RIGHT);
	}
}

static void a_rank_that_no_port_can_have_is_refused(void **state)
{
	struct thread *t = first_thread(world_spawn("app", 1));

	(void)state;
	assert_status(ask(t, port_create, 0), BAD_RANK); /* the supervisor's */
	assert_status(ask(t, port_create, RANK_BELOW), BAD_RANK);
	assert_status(ask(t, port_create, 1ull << 32), BAD_RANK);
	assert_status(ask(t, port_create, PORT_RANK_OWN - 1), BAD_RANK);
	assert_ok(ask(sup, port_create, 0));
	assert_status(ask(sup, port_create, RANK_BELOW), BAD_RANK);
}

static void ports_and_channels_end_with_the_quota_and_with_the_table(void **state)
{
	struct process *p = world_spawn("poor", 20);
	struct thread *t = first_thread(p);
	handle_t port;
	unsigned n = 0;

	(void)state;
	assert_ok(ask(t, port_create, 20));
	port = (handle_t)t->context.arg[0];
	while (ask(t, channel_create, port, 1, 1) == ST_OK)
		n++;
	assert_status(ask(t, channel_create, port, 1, 1), NO_MEMORY);
	while (ask(t, port_create, 20) == ST_OK)
		n++;
	assert_int_equal(t->context.nr, ST_NO_MEMORY);
	world_check();
	p = world_spawn("app", 20);
	t = first_thread(p);
	p->quota.max_bytes = 1 << 20;
	assert_ok(ask(t, port_create, 20));
	port = (handle_t)t->context.arg[0];
	for (n = 0; ask(t, channel_create, port, 1, 1) == ST_OK; n++)
		;
	assert_int_equal(n, HANDLE_COUNT - 2);
	assert_status(ask(t, channel_create, port, 1, 1), NO_HANDLE);
	assert_status(ask(t, port_create, 20), NO_HANDLE);
}

static void kernel_memory_that_runs_out_is_an_error_and_loses_nothing(void **state)
{
	struct process *p = world_spawn("app", 20);
	struct thread *t = first_thread(p);
	handle_t port;
	uint32_t used;

	(void)state;
	p->quota.max_bytes = 1 << 20;
	assert_ok(ask(t, port_create, 20));
	port = (handle_t)t->context.arg[0];
	machine_exhaust(FRAME_FOR_KERNEL);
	while (ask(t, channel_create, port, 1, 1) == ST_OK)
		;
	assert_int_equal(t->context.nr, ST_NO_MEMORY);
	while (ask(t, port_create, 20) == ST_OK)
		;
	assert_int_equal(t->context.nr, ST_NO_MEMORY);
	used = p->quota.used_bytes;
	assert_status(ask(t, port_create, 20), NO_MEMORY);
	assert_int_equal(p->quota.used_bytes, used);
	machine_relent();
}

static void memory_of_each_kind_is_mapped_and_unmapped(void **state)
{
	struct thread *t = first_thread(world_spawn("app", 20));
	uint64_t stack, buffer;

	(void)state;
	assert_status(ask(t, mem_map, 4, 1), BAD_ARG);
	assert_status(ask(t, mem_map, UINT64_MAX, 1), BAD_ARG);
	assert_status(ask(t, mem_map, MEM_HEAP, 0), BAD_ARG);
	assert_status(ask(t, mem_map, MEM_HEAP, 801), NO_MEMORY);
	stack = user_map(t, MEM_STACK, 2);
	buffer = user_map(t, MEM_BUFFER, 2);
	assert_true(user_put(t, stack, 1) && user_put(t, buffer, 2));
	assert_ok(ask(t, mem_unmap, stack, 2));
	assert_status(ask(t, mem_unmap, stack, 2), BAD_ARG);
	assert_status(ask(t, mem_unmap, PROGRAM_TEXT, 1), BAD_ARG);
	assert_status(ask(t, mem_unmap, 1ull << 63, 1), BAD_ARG);
	assert_status(ask(t, mem_unmap, UINT64_MAX, UINT64_MAX), BAD_ARG);
	assert_false(user_put(t, stack, 1));
}

static void a_stack_that_overflows_is_named_so(void **state)
{
	struct process *p = world_spawn("app", 20);
	uint64_t stack = user_map(first_thread(p), MEM_STACK, 1);

	(void)state;
	assert_false(user_put(first_thread(p), stack - 8, 1));
	assert_int_equal(p->fault, FAULT_STACK_OVERFLOW);
}

static void a_line_in_the_log_is_under_the_programs_name(void **state)
{
	struct thread *t = first_thread(world_spawn("app", 20));

	(void)state;
	assert_true(user_write(t, PROGRAM_DATA, "line\n", 5));
	assert_ok(ask(t, log_write, PROGRAM_DATA, 5));
	assert_true(host_console_has("app: line?\n"));
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_port_of_ones_own_rank_is_for_oneself_and_any_other_for_a_child),
		STORY(a_rank_that_no_port_can_have_is_refused),
		STORY(ports_and_channels_end_with_the_quota_and_with_the_table),
		STORY(kernel_memory_that_runs_out_is_an_error_and_loses_nothing),
		STORY(memory_of_each_kind_is_mapped_and_unmapped),
		STORY(a_stack_that_overflows_is_named_so),
		STORY(a_line_in_the_log_is_under_the_programs_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
