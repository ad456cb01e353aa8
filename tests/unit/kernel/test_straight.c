/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls that go straight back to their caller, without kernel_leave, and what must not be put off by it. */
#include "kernel/abi/pager.h"
#include "tests/unit/kernel/paging_fixture.h"
#include "tests/unit/kernel/waiting_fixture.h"
#include <string.h>

enum { PAGES = 40, GARBAGE_SHIFT = 32 };

static unsigned before;

static int start_counting(void **state)
{
	before = 0;
	host_straight = 0;
	return start(state);
}

static int stop_counting(void **state)
{
	host_fast = true;
	host_safe_point_hook = NULL;
	return world_tear_down(state);
}

/* How many have gone straight back since it was asked last. */
static unsigned straight(void)
{
	unsigned n = host_straight - before;

	before = host_straight;
	return n;
}

static void fill_words(struct thread *t)
{
	world_make_running(t);
	for (unsigned k = 0; k < 6; k++)
		t->context.word[k] = 70 + k;
}

/* A buffer comes and goes; one call is refused. */
static void map_and_unmap(struct context seen[3])
{
	fill_words(w.c);
	assert_ok(ask(w.c, mem_map, MEM_BUFFER, 1, 82, 83, 84, 85));
	seen[0] = w.c->context;
	assert_ok(ask(w.c, mem_unmap, seen[0].arg[0], 1, 82, 83, 84, 85));
	seen[1] = w.c->context;
	assert_status(ask(w.c, mem_map, MEM_LANDING + 1, 1, 82, 83, 84, 85), BAD_ARG);
	seen[2] = w.c->context;
}

static void registers_are_the_same_as_by_kernel_leave(void **state)
{
	struct context fast[3], slow[3];

	(void)state;
	(void)straight();
	map_and_unmap(fast);
	assert_int_equal(straight(), 3);
	assert_true(went_straight_to(w.c));
	for (unsigned k = 0; k < 6; k++)
		assert_int_equal(fast[2].word[k], 70 + k);
	for (unsigned k = 2; k < 6; k++)
		assert_int_equal(fast[0].arg[k], 80 + k);
	assert_int_equal(fast[2].arg[0], MEM_LANDING + 1);
	begin(false);
	(void)straight();
	map_and_unmap(slow);
	assert_int_equal(straight(), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_memory_equal(&fast[i], &slow[i], sizeof fast[i]);
}

static void a_result_fills_its_register(void **state)
{
	uint64_t garbage = 0xdeadull << GARBAGE_SHIFT;

	(void)state;
	assert_ok(ask(s2, channel_create, garbage | w.port, garbage, 0));
	assert_int_equal(s2->context.arg[0] >> GARBAGE_SHIFT, 0);
	assert_ok(ask(w.c, port_create, PORT_RANK_OWN));
	assert_int_equal(w.c->context.arg[0] >> GARBAGE_SHIFT, 0);
}

static void fire(void)
{
	host_safe_point_hook = NULL;
	kernel_timer();
}

static void what_came_at_a_safe_point_is_seen_to(void **state)
{
	uint64_t at = user_map(w.c, MEM_BUFFER, PAGES);

	(void)state;
	for (unsigned i = 0; i < PAGES; i++)
		assert_true(user_put(w.c, at + i * PAGE_BYTES, i));
	(void)straight();
	host_safe_point_hook = fire;
	assert_ok(ask(w.c, mem_unmap, at, PAGES));
	assert_null(host_safe_point_hook);
	assert_int_equal(straight(), 0);
	assert_false(cpu_interrupted(this_cpu()));
}

static void who_is_stopped_has_ended_when_the_caller_goes_on(void **state)
{
	struct process *child = world_spawn("app", 5);
	handle_t handle = world_handle_of(child);

	(void)state;
	set_priority(supervisor, PRIORITY_COUNT - 1);
	(void)straight();
	assert_ok(ask(sup, process_stop, handle));
	assert_int_equal(straight(), 0);
	assert_int_equal(child->state, PROCESS_GONE);
	assert_ok(ask(sup, handle_close, handle));
}

/* The server waits; it hears that the client's end was closed. */
static void close_channel(unsigned urgency_of_server)
{
	assert_status(ask(s2, thread_exit), ENDED);
	set_priority(w.client, 10);
	set_priority(w.server, urgency_of_server);
	(void)straight();
	assert_ok(ask(w.c, handle_close, w.channel));
}

static void who_is_more_urgent_runs_first(void **state)
{
	(void)state;
	close_channel(11);
	assert_int_equal(straight(), 0);
	assert_true(went_straight_to(w.s));
	assert_int_equal(w.c->state, THREAD_READY);
}

static void who_is_as_urgent_has_its_turn(void **state)
{
	(void)state;
	close_channel(10);
	assert_int_equal(straight(), 1);
	assert_true(went_straight_to(w.c));
	assert_int_equal(w.s->state, THREAD_READY);
}

/* The frame of the status brings free memory under the mark. */
static void memory_that_runs_low_is_seen_to(void **state)
{
	uint64_t heap, at;
	struct thread *t = paging_make_small(PAGES * 2, &heap);
	struct ipc_buffers b = { .landing_pages = PAGER_RUN_MAX };
	uint32_t used = slot_used();

	(void)state;
	at = user_map(t, MEM_BUFFER, 2);
	assert_true(paging_put(t, at, 1));
	machine_leave_frames(frame_low_mark() - frame_reserve(), FRAME_FOR_USER);
	assert_int_equal(frame_free_count(), frame_low_mark());
	set_priority(supervisor, 0);
	b.landing = paging.window;
	assert_status(ask(paging.server, ipc_recv, INITIAL_HANDLE(0), 0, user_post(paging.server, b), NEVER), PARKED);
	(void)straight();
	assert_ok(ask(t, process_status, 0, at));
	assert_int_equal(straight(), 1);
	assert_int_equal(slot_used(), used);
	assert_ok(ask(t, process_status, 0, at + PAGE_BYTES));
	assert_int_equal(straight(), 0);
	assert_true(slot_used() > used);
	machine_relent();
	assert_ok(paging_answer(ST_IO_ERROR)); /* it took the first of them */
	paging_serve_all();
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start_counting, stop_counting)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STORY(registers_are_the_same_as_by_kernel_leave),
		STORY(a_result_fills_its_register),
		STORY(what_came_at_a_safe_point_is_seen_to),
		STORY(who_is_stopped_has_ended_when_the_caller_goes_on),
		STORY(who_is_more_urgent_runs_first),
		STORY(who_is_as_urgent_has_its_turn),
		cmocka_unit_test_setup_teardown(memory_that_runs_low_is_seen_to, paging_start, world_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
