/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose vector registers are where, and who has to ask for them. What they hold follows their thread in any case. */
#include "tests/unit/kernel/waiting_fixture.h"
#include <string.h>

enum { TURNS_UNASKED = 64, MORE_TURNS = 300 /* than a counter of 8 bits counts */ };

/* Its turn: does it have its registers without asking? */
static bool has_them(struct thread *t)
{
	world_make_running(t);
	return !host_vector_traps;
}

static void ask_for_them(struct thread *t)
{
	static const struct trap_info closed = { .fault = FAULT_NONE };

	assert_true(host_vector_traps);
	assert_int_equal(host_trap(&t->context, &closed), HOST_RESUMED);
	assert_ptr_equal(this_cpu()->running, t);
	assert_false(host_vector_traps);
}

/* It computes, asking if it has to. */
static void fill(struct thread *t, int value)
{
	if (!has_them(t))
		ask_for_them(t);
	memset(host_vector_registers, value, sizeof host_vector_registers);
}

static void assert_filled(int value)
{
	for (unsigned i = 0; i < sizeof host_vector_registers; i++)
		assert_int_equal(host_vector_registers[i], value);
}

static void who_used_them_gets_them_unasked_for_64_turns_and_asks_again(void **state)
{
	(void)state;
	assert_false(has_them(w.c));
	for (unsigned life = 0; life < 2; life++) {
		fill(w.c, 0x11);
		for (unsigned turn = 0; turn < TURNS_UNASKED; turn++) {
			assert_false(has_them(c2)); /* who never asked gets none */
			assert_true(has_them(w.c));
			assert_filled(0x11);
		}
		assert_false(has_them(c2));
		assert_false(has_them(w.c));
		ask_for_them(w.c);
		assert_filled(0x11);
	}
}

static void two_that_both_use_them_pay_no_trap_and_no_write_of_cr0(void **state)
{
	unsigned writes;

	(void)state;
	fill(w.c, 0x11);
	fill(c2, 0x22);
	writes = host_vector_traps_set;
	for (unsigned turn = 0; turn < TURNS_UNASKED; turn++) {
		assert_true(has_them(w.c));
		assert_filled(0x11);
		assert_true(has_them(c2));
		assert_filled(0x22);
	}
	assert_int_equal(host_vector_traps_set, writes);
}

/* Once across and back by the fast path, both sides using them. */
static void cross(int client_value, int server_value)
{
	assert_status(ask(w.c, ipc_call, w.channel, 3, 0, NEVER), PARKED);
	assert_true(went_straight_to(w.s));
	assert_false(host_vector_traps);
	assert_filled(server_value);
	assert_status(ask(w.s, ipc_reply_recv, w.s->context.arg[2], 4, 0, NEVER, w.port), PARKED);
	assert_true(went_straight_to(w.c));
	assert_false(host_vector_traps);
	assert_filled(client_value);
}

static void begin_to_compute(void)
{
	fill(w.c, 0x11);
	assert_status(ask(w.c, ipc_call, w.channel, 3, 0, NEVER), PARKED);
	fill(w.s, 0x22);
	assert_status(ask(w.s, ipc_reply_recv, w.s->context.arg[2], 4, 0, NEVER, w.port), PARKED);
}

static void both_sides_of_the_fast_path_keep_theirs_unasked_for_a_while(void **state)
{
	(void)state;
	begin_to_compute();
	for (unsigned turn = 1; turn < TURNS_UNASKED; turn++)
		cross(0x11, 0x22);
	assert_status(ask(w.c, ipc_call, w.channel, 3, 0, NEVER), PARKED);
	assert_false(host_vector_traps); /* the server's last */
	assert_status(ask(w.s, ipc_reply_recv, w.s->context.arg[2], 4, 0, NEVER, w.port), PARKED);
	assert_true(went_straight_to(w.c));
	assert_true(host_vector_traps); /* the client had its last when it began */
	assert_int_equal(w.c->special, 0);
	ask_for_them(w.c);
	assert_filled(0x11);
}

static void a_thread_in_a_dead_ones_place_finds_none_of_its_values(void **state)
{
	const struct thread *dead = c2;
	struct thread *heir;

	(void)state;
	fill(c2, 0x77);
	assert_int_equal(has_them(w.c), !host_vector_lazy); /* if so, the others are saved meanwhile */
	assert_status(ask(c2, thread_exit), ENDED);
	heir = second_thread(w.client);
	assert_ptr_equal(heir, dead);
	if (!has_them(heir))
		ask_for_them(heir);
	assert_filled(0);
}

/* ---- a CPU where closed registers are not safe ---- */

static int start_eager(void **state)
{
	host_vector_lazy = false;
	return start(state);
}

static int end_eager(void **state)
{
	int result = world_tear_down(state);

	host_vector_lazy = true;
	return result;
}

static void where_closed_ones_are_not_safe_everybody_always_has_his_own(void **state)
{
	(void)state;
	assert_true(has_them(w.c));
	assert_filled(0);
	fill(w.c, 0x11);
	assert_true(has_them(c2));
	assert_filled(0); /* not what is another's */
	for (unsigned turn = 0; turn < MORE_TURNS; turn++) {
		assert_true(has_them(sup)); /* who never uses them, too */
		assert_filled(0);
		assert_true(has_them(w.c));
		assert_filled(0x11);
	}
}

static void there_they_cross_with_the_fast_path_for_ever_and_cr0_stays_as_it_is(void **state)
{
	unsigned writes = host_vector_traps_set;

	(void)state;
	begin_to_compute();
	for (unsigned turn = 0; turn < MORE_TURNS; turn++)
		cross(0x11, 0x22);
	assert_int_equal(host_vector_traps_set, writes);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, world_tear_down)
#define EAGER(name) cmocka_unit_test_setup_teardown(name, start_eager, end_eager)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(who_used_them_gets_them_unasked_for_64_turns_and_asks_again),
		STORY(two_that_both_use_them_pay_no_trap_and_no_write_of_cr0),
		STORY(both_sides_of_the_fast_path_keep_theirs_unasked_for_a_while),
		STORY(a_thread_in_a_dead_ones_place_finds_none_of_its_values),
		EAGER(where_closed_ones_are_not_safe_everybody_always_has_his_own),
		EAGER(there_they_cross_with_the_fast_path_for_ever_and_cr0_stays_as_it_is),
		EAGER(a_thread_in_a_dead_ones_place_finds_none_of_its_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
