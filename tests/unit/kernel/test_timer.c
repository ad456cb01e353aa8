/* SPDX-License-Identifier: BSD-2-Clause */
/* Alarms. */
#include "kernel/task/timer.h"
#include "tests/unit/kernel/world.h"

static struct cpu cpu;
static struct alarm alarms[4];
static unsigned fired[8], fired_count;

static void note(struct alarm *a) { fired[fired_count++] = (unsigned)(a - alarms); }

static void note_and_set_again(struct alarm *a)
{
	note(a);
	if (fired_count < 3)
		alarm_set(a, a->when_ns + 10);
}

static int start(void **state)
{
	(void)state;
	timer_init();
	fired_count = 0;
	cpu = (struct cpu){ .armed_ns = UINT64_MAX };
	hal_cpu_set_local(&cpu);
	for (unsigned i = 0; i < 4; i++)
		alarm_init(&alarms[i], note);
	return 0;
}

/* The hardware's timer fires: early perhaps, never late. */
static void fire_at(uint64_t now_ns)
{
	cpu.armed_ns = UINT64_MAX;
	timer_run(now_ns);
}

static void assert_armed(uint64_t when_ns)
{
	assert_int_equal(cpu.armed_ns, when_ns);
	assert_int_equal(host_alarm_ns, when_ns);
}

static void alarms_go_off_in_the_order_of_their_times(void **state)
{
	(void)state;
	alarm_set(&alarms[0], 30);
	alarm_set(&alarms[1], 10);
	alarm_set(&alarms[2], 20);
	alarm_set(&alarms[3], 10);
	assert_armed(10);
	fire_at(9);
	assert_int_equal(fired_count, 0);
	assert_armed(10);
	fire_at(25);
	assert_int_equal(fired_count, 3);
	assert_true(fired[0] == 1 && fired[1] == 3 && fired[2] == 2);
	assert_armed(30);
}

static void an_alarm_that_is_never_is_not_set(void **state)
{
	(void)state;
	alarm_set(&alarms[0], UINT64_MAX);
	assert_int_equal(cpu.armed_ns, UINT64_MAX);
	timer_run(UINT64_MAX - 1);
	assert_int_equal(fired_count, 0);
}

/* The timer is not set for a later time before it has fired. */
static void an_alarm_may_be_set_again_whether_first_or_last(void **state)
{
	(void)state;
	alarm_set(&alarms[0], 10);
	alarm_set(&alarms[1], 20);
	alarm_set(&alarms[0], 30);
	assert_armed(10);
	fire_at(10);
	assert_armed(20);
	alarm_set(&alarms[0], 5);
	alarm_set(&alarms[0], 6);
	assert_armed(5);
	fire_at(5);
	assert_armed(6);
	alarm_set(&alarms[0], UINT64_MAX);
	fire_at(6);
	assert_armed(20);
	assert_int_equal(fired_count, 0);
}

static void a_cancelled_alarm_is_silent_and_cancelling_twice_is_harmless(void **state)
{
	(void)state;
	alarm_set(&alarms[0], 10);
	alarm_cancel(&alarms[0]);
	alarm_cancel(&alarms[0]);
	timer_run(100);
	assert_int_equal(fired_count, 0);
}

static void an_alarm_may_set_itself_while_it_goes_off(void **state)
{
	(void)state;
	alarm_init(&alarms[0], note_and_set_again);
	alarm_set(&alarms[0], 10);
	fire_at(20);
	assert_int_equal(fired_count, 2);
	assert_armed(30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(alarms_go_off_in_the_order_of_their_times, start),
		cmocka_unit_test_setup(an_alarm_that_is_never_is_not_set, start),
		cmocka_unit_test_setup(an_alarm_may_be_set_again_whether_first_or_last, start),
		cmocka_unit_test_setup(a_cancelled_alarm_is_silent_and_cancelling_twice_is_harmless, start),
		cmocka_unit_test_setup(an_alarm_may_set_itself_while_it_goes_off, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
