/* SPDX-License-Identifier: BSD-2-Clause */
/* Every call with every bad argument, every trap, every stray entry: a program's faults are its own. */
#include "tests/unit/kernel/pair_fixture.h"

static enum status raw(struct thread *t, uint64_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	return world_ask(t, nr, (uint64_t[6]){ a, b, c, d });
}

/* A fresh program makes a call and ends by this fault. */
static struct process *assert_ends(enum fault fault, uint64_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	struct process *p = world_spawn("app", 20);

	if (raw(first_thread(p), nr, a, b, c, d) != ST_ENDED || p->fault != fault)
		fail_msg("call %lu(%lx %lx %lx %lx): fault %d, wanted %d", nr, a, b, c, d, p->fault, fault);
	assert_int_equal(p->fault_call, (uint32_t)nr);
	assert_int_equal(p->state, PROCESS_GONE);
	return p;
}

static void a_call_number_outside_the_table_ends_the_caller(void **state)
{
	static const uint64_t bad[] = { SYS_COUNT, SYS_COUNT + 1, 63, 64, 65, 255, 1ull << 32, UINT64_MAX };

	(void)state;
	for (unsigned i = 0; i < array_length(bad); i++)
		assert_ok(ask(first_thread(supervisor), handle_close,
			      world_handle_of(assert_ends(FAULT_BAD_CALL, bad[i], 0, 0, 0, 0))));
}

static void a_call_that_the_manifest_does_not_allow_ends_the_caller(void **state)
{
	(void)state;
	for (unsigned nr = 0; nr < SYS_COUNT; nr++) {
		struct process *p = world_spawn("app", 20);

		p->allowed_calls = ~(1ull << nr);
		p->call_stub_bytes = nr == SYS_ipc_call ? 0 : p->stub_bytes; /* as apply_manifest has it */
		p->reply_recv_stub_bytes = nr == SYS_ipc_reply_recv ? 0 : p->stub_bytes;
		assert_status(raw(first_thread(p), nr, 0, 0, 0, 0), ENDED);
		assert_int_equal(p->fault, FAULT_CALL_DENIED);
		assert_int_equal(p->fault_address, nr);
		assert_ok(ask(first_thread(supervisor), handle_close, world_handle_of(p)));
	}
}

static void a_call_from_outside_the_stubs_ends_the_caller(void **state)
{
	static const uint64_t bad[] = { PROGRAM_TEXT,     PROGRAM_TEXT + PROGRAM_STUB_BYTES + 1,
					PROGRAM_TEXT - 1, 0,
					PROGRAM_DATA,     UINT64_MAX };

	(void)state;
	for (unsigned i = 0; i < array_length(bad); i++) {
		struct process *p = world_spawn("app", 20);
		struct thread *t = first_thread(p);

		world_make_running(t);
		t->context.nr = SYS_clock_now;
		t->context.pc = bad[i];
		host_syscall(&t->context);
		assert_int_equal(p->fault, FAULT_STRAY_SYSCALL);
		assert_int_equal(p->fault_address, bad[i]);
		assert_ok(ask(first_thread(supervisor), handle_close, world_handle_of(p)));
	}
}

static void the_stubs_own_edges_are_allowed(void **state)
{
	struct thread *t = pair.c;

	(void)state;
	for (uint64_t pc = PROGRAM_TEXT + 1; pc <= PROGRAM_TEXT + PROGRAM_STUB_BYTES; pc += PROGRAM_STUB_BYTES - 1) {
		world_make_running(t);
		t->context.nr = SYS_clock_now;
		t->context.pc = pc;
		assert_int_equal(host_syscall(&t->context), HOST_RESUMED);
		assert_ok(t->context.nr);
		assert_int_equal(t->context.arg[0], host_now_ns);
	}
}

/* Ranges that no call may be given, whatever it wants of them. `bytes` is what the call looks at. */
static const uint64_t hostile[] = {
	0,
	1,
	0x1000,
	PROGRAM_TEXT - 1,
	LAYOUT_AREA_BASE,
	LAYOUT_USER_END - 1,
	LAYOUT_USER_END,
	0x00007fffffffffff,
	0x0000800000000000,
	0x0008000000000000,
	0xffff7fffffffffff,
	0xffff800000000000,
	0xffffffff80000000,
	UINT64_MAX - 7,
	UINT64_MAX,
	PROGRAM_DATA + PROGRAM_DATA_PAGES *PAGE_BYTES - 1, /* straddles into nothing */
};

static void each_call(uint64_t nr, uint64_t a, uint64_t b, unsigned place, uint64_t d)
{
	for (unsigned i = 0; i < array_length(hostile); i++) {
		uint64_t args[4] = { a, b, 0, d };
		struct process *p;

		args[place] = hostile[i];
		if (nr == SYS_ipc_call || nr == SYS_ipc_recv || nr == SYS_ipc_reply || nr == SYS_ipc_reply_recv) {
			if (hostile[i] == 0) /* no buffers at all */
				continue;
		}
		p = assert_ends(FAULT_BAD_RANGE, nr, args[0], args[1], args[2], args[3]);
		assert_ok(ask(first_thread(supervisor), handle_close, world_handle_of(p)));
	}
}

static void every_hostile_pointer_of_a_simple_call_ends_the_caller(void **state)
{
	(void)state;
	each_call(SYS_log_write, 0, 8, 0, 0);
	each_call(SYS_process_create, 0, 0, 0, 0);
}

/* Calls that need a handle first: the supervisor's end is not wanted, so each is made by a fresh server or client. */
static enum fault fault_of_call(uint64_t nr, uint64_t pointer)
{
	struct pair v = world_pair("app", "app");
	struct process *p = nr == SYS_ipc_call ? v.client : v.server;
	handle_t h = nr == SYS_ipc_call ? v.channel : v.port;
	enum fault fault;

	if (nr == SYS_ipc_reply)
		(void)ask(first_thread(p), ipc_reply, 0, 0, pointer);
	else if (nr == SYS_ipc_reply_recv)
		(void)ask(first_thread(p), ipc_reply_recv, 0, 0, pointer, DEADLINE_NEVER, h);
	else
		(void)raw(first_thread(p), nr, h, 0, pointer, DEADLINE_NEVER);
	fault = p->fault;
	world_stop(v.client);
	world_stop(v.server);
	assert_ok(ask(first_thread(supervisor), handle_close, v.made_port));
	return fault;
}

static void every_hostile_buffer_descriptor_ends_the_caller(void **state)
{
	static const uint64_t calls[] = { SYS_ipc_call, SYS_ipc_recv, SYS_ipc_reply, SYS_ipc_reply_recv };

	(void)state;
	for (unsigned n = 0; n < array_length(calls); n++)
		for (unsigned i = 1; i < array_length(hostile); i++)
			assert_int_equal(fault_of_call(calls[n], hostile[i]), FAULT_BAD_RANGE);
}

/* Each field of the descriptor in turn. */
static void every_hostile_range_in_a_descriptor_ends_the_caller(void **state)
{
	(void)state;
	for (unsigned i = 0; i < array_length(hostile); i++) {
		const struct ipc_buffers bad[] = {
			{ .send_bytes = hostile[i] },
			{ .recv_bytes = hostile[i], .recv_capacity = 8 },
			{ .landing = hostile[i], .landing_pages = 1 },
		};

		for (unsigned k = 0; k < array_length(bad); k++) {
			struct pair v = world_pair("app", "app");
			uint64_t tag = k == 0 ? tag_with_bytes(1, 8) : 1;

			assert_status(ask(v.c, ipc_call, v.channel, tag, user_post(v.c, bad[k]), DEADLINE_NEVER),
				      ENDED);
			assert_int_equal(v.client->fault, FAULT_BAD_RANGE);
			world_stop(v.client);
			world_stop(v.server);
			assert_ok(ask(first_thread(supervisor), handle_close, v.made_port));
		}
	}
}

static void a_buffer_to_be_written_in_read_only_memory_ends_the_caller(void **state)
{
	uint64_t b = user_post(pair.c, (struct ipc_buffers){ .recv_bytes = PROGRAM_CONSTANTS, .recv_capacity = 8 });

	(void)state;
	assert_status(ask(pair.c, ipc_call, pair.channel, 1, b, DEADLINE_NEVER), ENDED);
	assert_int_equal(pair.client->fault, FAULT_BAD_RANGE);
	assert_int_equal(pair.client->fault_address, PROGRAM_CONSTANTS);
}

static void memory_that_was_unmapped_is_a_bad_range(void **state)
{
	uint64_t at = user_map(pair.c, MEM_BUFFER, 1);

	(void)state;
	assert_true(user_put(pair.c, at, 1));
	assert_ok(ask(pair.c, log_write, at, 8));
	assert_ok(ask(pair.c, mem_unmap, at, 1));
	assert_status(ask(pair.c, log_write, at, 8), ENDED);
	assert_int_equal(pair.client->fault, FAULT_BAD_RANGE);
}

static void a_length_of_0_with_a_bad_pointer_is_not_looked_at(void **state)
{
	(void)state;
	for (unsigned i = 0; i < array_length(hostile); i++)
		assert_ok(ask(pair.c, log_write, hostile[i], 0));
	assert_status(ask(pair.c, log_write, PROGRAM_DATA, 257), BAD_ARG);
}

static void a_descriptor_with_absurd_sizes_is_refused_without_looking(void **state)
{
	uint64_t b = user_post(pair.c, (struct ipc_buffers){ .recv_bytes = PROGRAM_DATA, .recv_capacity = UINT64_MAX });

	(void)state;
	assert_status(ask(pair.c, ipc_call, pair.channel, 1, b, DEADLINE_NEVER), BAD_ARG);
	b = user_post(pair.c,
		      (struct ipc_buffers){ .landing = user_map(pair.c, MEM_LANDING, 1), .landing_pages = UINT64_MAX });
	assert_status(ask(pair.c, ipc_call, pair.channel, 1, b, DEADLINE_NEVER), ENDED);
}

static void unknown_handles_are_an_error_in_every_call_that_takes_one(void **state)
{
	static const uint64_t calls[] = { SYS_ipc_call,     SYS_ipc_recv,     SYS_ipc_notify,     SYS_channel_create,
					  SYS_handle_close, SYS_process_stop, SYS_process_status, SYS_irq_ack,
					  SYS_device_map,   SYS_device_io,    SYS_dma_map,        SYS_dma_unmap };
	static const uint64_t handles[] = { 0, 1, 0xff, 0x1ff, 0x80000101, UINT32_MAX };

	(void)state;
	for (unsigned n = 0; n < array_length(calls); n++)
		for (unsigned i = 0; i < array_length(handles); i++) {
			if (handles[i] == 0 && calls[n] == SYS_process_status) /* the caller itself */
				continue;
			if (raw(pair.c, calls[n], handles[i], 0, 0, 0) != ST_BAD_HANDLE)
				fail_msg("call %lu, handle %lx: status %lu", calls[n], handles[i], pair.c->context.nr);
		}
	assert_status(ask(pair.s, ipc_reply_recv, 0, 0, 0, 0, 0), BAD_HANDLE);
}

/* ---- exceptions ---- */

static enum fault fault_of_trap(struct trap_info info)
{
	struct process *p = world_spawn("app", 20);
	struct thread *t = first_thread(p);
	enum fault fault;

	world_make_running(t);
	t->context.pc = 0x401111;
	host_trap(&t->context, &info);
	assert_int_equal(p->state, PROCESS_GONE);
	assert_int_equal(p->fault_pc, 0x401111);
	fault = p->fault;
	assert_ok(ask(first_thread(supervisor), handle_close, world_handle_of(p)));
	return fault;
}

static void every_exception_ends_its_process_under_its_name(void **state)
{
	static const enum fault faults[] = {
		FAULT_ILLEGAL,  FAULT_PRIVILEGED, FAULT_DIVIDE,    FAULT_BREAKPOINT, FAULT_DEBUG,
		FAULT_OVERFLOW, FAULT_FLOAT,      FAULT_ALIGNMENT, FAULT_HARDWARE,
	};

	(void)state;
	for (unsigned i = 0; i < array_length(faults); i++)
		assert_int_equal(fault_of_trap((struct trap_info){ faults[i], 0 }), faults[i]);
}

static void a_bad_access_ends_its_process_under_its_name(void **state)
{
	(void)state;
	assert_int_equal(fault_of_trap((struct trap_info){ FAULT_READ, 0 }), FAULT_READ);
	assert_int_equal(fault_of_trap((struct trap_info){ FAULT_WRITE, 8 }), FAULT_WRITE);
	assert_int_equal(fault_of_trap((struct trap_info){ FAULT_EXECUTE, PROGRAM_DATA }), FAULT_EXECUTE);
	assert_int_equal(fault_of_trap((struct trap_info){ FAULT_WRITE, PROGRAM_TEXT }), FAULT_WRITE);
	assert_int_equal(fault_of_trap((struct trap_info){ FAULT_READ, 0xffffffff80000000 }), FAULT_READ);
	assert_int_equal(fault_of_trap((struct trap_info){ FAULT_WRITE, LAYOUT_STACK_TOP - 5 * PAGE_BYTES }),
			 FAULT_STACK_OVERFLOW);
	assert_int_equal(fault_of_trap((struct trap_info){ FAULT_EXECUTE, LAYOUT_STACK_TOP - 5 * PAGE_BYTES }),
			 FAULT_EXECUTE);
	assert_int_equal(fault_of_trap((struct trap_info){ FAULT_READ, LAYOUT_STACK_TOP }), FAULT_READ);
}

static void code_is_executable_and_nothing_else_is(void **state)
{
	(void)state;
	assert_true(user_fetch(pair.c, PROGRAM_TEXT));
	assert_false(user_fetch(pair.c, PROGRAM_DATA));
	assert_int_equal(pair.client->fault, FAULT_EXECUTE);
	assert_false(user_put(pair.s, PROGRAM_TEXT, 0));
	assert_int_equal(pair.server->fault, FAULT_WRITE);
}

static void memory_grows_on_demand_zero_by_zero(void **state)
{
	uint32_t before = pair.client->aspace.resident;

	(void)state;
	assert_int_equal(user_get(pair.c, PROGRAM_DATA + PAGE_BYTES), 0);
	assert_int_equal(pair.client->aspace.resident, before + 1);
	assert_true(user_put(pair.c, LAYOUT_STACK_TOP - 8, 1));
}

static void an_end_is_logged_with_its_reason(void **state)
{
	(void)state;
	assert_false(user_put(pair.c, 0x1234, 0));
	assert_true(host_console_has("process app ended: it wrote an address that is not writable (address 1234"));
}

static void an_nmi_is_counted(void **state)
{
	uint64_t before = this_cpu()->nmi_count;

	(void)state;
	kernel_nmi();
	assert_int_equal(this_cpu()->nmi_count, before + 1);
}

static void registers_that_nobody_names_are_kept(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 6; i++)
		pair.c->context.word[i] = 55 + i;
	pair.c->context.sp = 0x1234560;
	assert_ok(ask(pair.c, clock_now, 1, 2, 3, 4, 5, 6));
	assert_int_equal(pair.c->context.arg[1], 2);
	assert_int_equal(pair.c->context.arg[5], 6);
	assert_int_equal(pair.c->context.word[3], 58);
	assert_int_equal(pair.c->context.sp, 0x1234560);
	assert_status(ask(pair.c, mem_map, 99, 7), BAD_ARG);
	assert_int_equal(pair.c->context.arg[1], 7);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, pair_start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_call_number_outside_the_table_ends_the_caller),
		STORY(a_call_that_the_manifest_does_not_allow_ends_the_caller),
		STORY(a_call_from_outside_the_stubs_ends_the_caller),
		STORY(the_stubs_own_edges_are_allowed),
		STORY(every_hostile_pointer_of_a_simple_call_ends_the_caller),
		STORY(every_hostile_buffer_descriptor_ends_the_caller),
		STORY(every_hostile_range_in_a_descriptor_ends_the_caller),
		STORY(a_buffer_to_be_written_in_read_only_memory_ends_the_caller),
		STORY(memory_that_was_unmapped_is_a_bad_range),
		STORY(a_length_of_0_with_a_bad_pointer_is_not_looked_at),
		STORY(a_descriptor_with_absurd_sizes_is_refused_without_looking),
		STORY(unknown_handles_are_an_error_in_every_call_that_takes_one),
		STORY(every_exception_ends_its_process_under_its_name),
		STORY(a_bad_access_ends_its_process_under_its_name),
		STORY(code_is_executable_and_nothing_else_is),
		STORY(memory_grows_on_demand_zero_by_zero),
		STORY(an_end_is_logged_with_its_reason),
		STORY(an_nmi_is_counted),
		STORY(registers_that_nobody_names_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
