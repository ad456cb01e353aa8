/* SPDX-License-Identifier: BSD-2-Clause */
/* When what ended is started again: policy, back-off, limit (row 37 of docs/faults.md). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "servers/supervisor/restart.h"

static const uint64_t ms = 1000000;

static struct description_restart rules_of(uint32_t policy)
{
	return (struct description_restart){
		.policy = policy, .limit = 5, .backoff_ms = 100, .backoff_max_ms = 1000, .healthy_ms = 10000
	};
}

static void never_means_never(void **state)
{
	struct description_restart rules = rules_of(DESCRIPTION_RESTART_NEVER);
	struct restart_history h = { 0 };

	(void)state;
	for (enum restart_end end = RESTART_EXITED; end <= RESTART_NOT_STARTED; end++)
		assert_int_equal(restart_decide(&rules, &h, end, 5 * ms), RESTART_NO);
	assert_int_equal(h.failures, 0);
}

static void a_clean_exit_is_no_fault(void **state)
{
	struct description_restart rules = rules_of(DESCRIPTION_RESTART_FAULT);
	struct restart_history h = { 0 };

	(void)state;
	assert_int_equal(restart_decide(&rules, &h, RESTART_EXITED, ms), RESTART_NO);
	assert_int_equal(restart_decide(&rules, &h, RESTART_FAILED, ms), RESTART_LATER);
	assert_int_equal(restart_decide(&rules, &h, RESTART_KILLED, ms), RESTART_LATER);
	assert_int_equal(restart_decide(&rules, &h, RESTART_NOT_STARTED, ms), RESTART_LATER);
	rules.policy = DESCRIPTION_RESTART_ALWAYS;
	assert_int_equal(restart_decide(&rules, &h, RESTART_EXITED, ms), RESTART_LATER);
}

/* Each instance ends as soon as it was started. */
static void each_failure_in_a_row_waits_twice_as_long_up_to_the_most(void **state)
{
	static const uint64_t waits_ms[] = { 100, 200, 400, 800, 1000 };
	struct description_restart rules = rules_of(DESCRIPTION_RESTART_FAULT);
	struct restart_history h = { 0 };
	uint64_t now = 7 * ms;

	(void)state;
	for (unsigned i = 0; i < sizeof waits_ms / sizeof *waits_ms; i++) {
		h.started_ns = now;
		assert_int_equal(restart_decide(&rules, &h, RESTART_FAILED, now), RESTART_LATER);
		assert_int_equal(h.due_ns - now, waits_ms[i] * ms);
		now = h.due_ns;
	}
}

static void more_failures_in_a_row_than_the_limit_end_it(void **state)
{
	struct description_restart rules = rules_of(DESCRIPTION_RESTART_ALWAYS);
	struct restart_history h = { 0 };

	(void)state;
	for (unsigned i = 0; i < rules.limit; i++)
		assert_int_equal(restart_decide(&rules, &h, i % 2 == 0 ? RESTART_FAILED : RESTART_NOT_STARTED, ms),
				 RESTART_LATER);
	assert_int_equal(restart_decide(&rules, &h, RESTART_FAILED, ms), RESTART_GIVE_UP);
}

static void a_limit_of_0_gives_up_at_the_first_failure(void **state)
{
	struct description_restart rules = rules_of(DESCRIPTION_RESTART_ALWAYS);
	struct restart_history h = { 0 };

	(void)state;
	rules.limit = 0;
	assert_int_equal(restart_decide(&rules, &h, RESTART_FAILED, ms), RESTART_GIVE_UP);
}

static void a_healthy_life_begins_a_new_row(void **state)
{
	struct description_restart rules = rules_of(DESCRIPTION_RESTART_FAULT);
	struct restart_history h = { .started_ns = 50 * ms, .failures = rules.limit };
	uint64_t healthy = h.started_ns + rules.healthy_ms * ms;

	(void)state;
	assert_int_equal(restart_decide(&rules, &h, RESTART_FAILED, healthy), RESTART_LATER);
	assert_int_equal(h.failures, 1);
	assert_int_equal(h.due_ns - healthy, rules.backoff_ms * ms);
}

static void a_life_just_too_short_does_not(void **state)
{
	struct description_restart rules = rules_of(DESCRIPTION_RESTART_FAULT);
	struct restart_history h = { .started_ns = 50 * ms, .failures = rules.limit };

	(void)state;
	assert_int_equal(restart_decide(&rules, &h, RESTART_FAILED, h.started_ns + rules.healthy_ms * ms - 1),
			 RESTART_GIVE_UP);
}

/* Its last life was long ago and long; that says nothing of now. */
static void what_cannot_be_started_did_not_live(void **state)
{
	struct description_restart rules = rules_of(DESCRIPTION_RESTART_FAULT);
	struct restart_history h = { .started_ns = 0, .failures = rules.limit };

	(void)state;
	assert_int_equal(restart_decide(&rules, &h, RESTART_NOT_STARTED, 2 * rules.healthy_ms * ms), RESTART_GIVE_UP);
}

static void to_be_killed_is_no_failure(void **state)
{
	struct description_restart rules = rules_of(DESCRIPTION_RESTART_FAULT);
	struct restart_history h = { 0 };

	(void)state;
	for (unsigned i = 0; i < 3 * rules.limit; i++) {
		assert_int_equal(restart_decide(&rules, &h, RESTART_KILLED, ms), RESTART_LATER);
		assert_int_equal(h.due_ns, ms + rules.backoff_ms * ms);
	}
	assert_int_equal(h.failures, 0);
}

static void the_longest_waits_do_not_wrap(void **state)
{
	struct description_restart rules = rules_of(DESCRIPTION_RESTART_FAULT);
	struct restart_history h = { .failures = UINT32_MAX - 2 };

	(void)state;
	rules.limit = UINT32_MAX;
	rules.backoff_ms = rules.backoff_max_ms = UINT32_MAX;
	assert_int_equal(restart_decide(&rules, &h, RESTART_FAILED, 0), RESTART_LATER);
	assert_int_equal(h.due_ns, UINT32_MAX * ms);
	rules.backoff_ms = 0;
	rules.backoff_max_ms = 1000;
	assert_int_equal(restart_decide(&rules, &h, RESTART_KILLED, 0), RESTART_LATER);
	assert_int_equal(h.due_ns, 0);
}

/* Not its failure: however long memory is short, it is tried again, a while later each time. */
static void what_gets_no_memory_is_tried_on_and_on(void **state)
{
	struct description_restart rules = rules_of(DESCRIPTION_RESTART_ALWAYS);
	struct restart_history h = { 0 };

	(void)state;
	for (unsigned i = 0; i < 3 * rules.limit; i++) {
		assert_int_equal(restart_decide(&rules, &h, RESTART_NO_MEMORY, i * ms), RESTART_LATER);
		assert_in_range(h.due_ns - i * ms, rules.backoff_ms * ms + 1, rules.backoff_max_ms * ms);
		assert_int_equal(h.failures, 0);
	}
	assert_int_equal(restart_decide(&rules, &h, RESTART_FAILED, ms), RESTART_LATER);
	assert_int_equal(h.failures, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_means_never),
		cmocka_unit_test(a_clean_exit_is_no_fault),
		cmocka_unit_test(each_failure_in_a_row_waits_twice_as_long_up_to_the_most),
		cmocka_unit_test(more_failures_in_a_row_than_the_limit_end_it),
		cmocka_unit_test(a_limit_of_0_gives_up_at_the_first_failure),
		cmocka_unit_test(a_healthy_life_begins_a_new_row),
		cmocka_unit_test(a_life_just_too_short_does_not),
		cmocka_unit_test(what_cannot_be_started_did_not_live),
		cmocka_unit_test(to_be_killed_is_no_failure),
		cmocka_unit_test(what_gets_no_memory_is_tried_on_and_on),
		cmocka_unit_test(the_longest_waits_do_not_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
