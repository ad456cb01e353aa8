/* SPDX-License-Identifier: BSD-2-Clause */
/* Handles: closed, forged, of another type, without the right, too many; and the quota of kernel memory. */
#include "kernel/abi/message.h"
#include "kernel/object/handle.h"
#include "kernel/object/quota.h"
#include "tests/unit/kernel/world.h"

static struct handle_entry memory[HANDLE_COUNT];
static struct handle_table table;
static int object;

static int start(void **state)
{
	(void)state;
	for (unsigned i = 0; i < HANDLE_COUNT; i++)
		memory[i] = (struct handle_entry){ 0 };
	handle_table_init(&table, memory);
	return 0;
}

static handle_t install(unsigned rights)
{
	uint64_t h = UINT64_MAX;

	assert_ok(handle_install(&table, HANDLE_PORT, &object, rights, &h));
	assert_true(h <= UINT32_MAX);
	return (handle_t)h;
}

static void a_handle_names_its_object(void **state)
{
	handle_t h = install(RIGHT_RECEIVE);
	struct handle_entry *e;

	(void)state;
	assert_ok(handle_get(&table, h, HANDLE_PORT, RIGHT_RECEIVE, &e));
	assert_ptr_equal(e->object, &object);
	assert_ok(handle_get(&table, h, HANDLE_NONE, 0, &e));
}

static void the_first_handles_of_a_process_are_where_the_abi_says(void **state)
{
	(void)state;
	assert_int_equal(install(0), INITIAL_HANDLE(0));
	assert_int_equal(install(0), INITIAL_HANDLE(1));
}

static void a_table_that_ends_gives_its_memory_back_as_zero_as_it_came(void **state)
{
	static const struct handle_entry zero[HANDLE_COUNT];
	handle_t first = install(RIGHT_RECEIVE);

	(void)state;
	handle_remove(&table, first);
	handle_skip(&table, 7);
	(void)handle_put(&table, 5, HANDLE_PORT, &object, RIGHT_RECEIVE);
	assert_int_equal(table.top, 8);
	assert_ptr_equal(handle_table_end(&table), memory);
	assert_memory_equal(memory, zero, sizeof zero);
}

static void a_forged_handle_is_refused(void **state)
{
	handle_t h = install(RIGHT_RECEIVE);
	struct handle_entry *e;

	(void)state;
	assert_status(handle_get(&table, 0, HANDLE_NONE, 0, &e), BAD_HANDLE);
	assert_status(handle_get(&table, h + 1, HANDLE_NONE, 0, &e), BAD_HANDLE);
	assert_status(handle_get(&table, h + 0x100, HANDLE_NONE, 0, &e), BAD_HANDLE);
	assert_status(handle_get(&table, h | 1u << 31, HANDLE_NONE, 0, &e), BAD_HANDLE);
	assert_status(handle_get(&table, h & 0xff, HANDLE_NONE, 0, &e), BAD_HANDLE);
	assert_status(handle_get(&table, UINT32_MAX, HANDLE_NONE, 0, &e), BAD_HANDLE);
}

static void a_closed_handle_stays_closed_when_its_place_is_used_again(void **state)
{
	handle_t h = install(0), again;
	struct handle_entry *e;

	(void)state;
	handle_remove(&table, h);
	assert_status(handle_get(&table, h, HANDLE_NONE, 0, &e), BAD_HANDLE);
	again = install(0);
	assert_int_equal(again & 0xff, h & 0xff);
	assert_int_not_equal(again, h);
	assert_status(handle_get(&table, h, HANDLE_NONE, 0, &e), BAD_HANDLE);
}

static void the_wrong_type_and_the_missing_right_are_told_apart(void **state)
{
	handle_t h = install(RIGHT_RECEIVE);
	struct handle_entry *e;

	(void)state;
	assert_status(handle_get(&table, h, HANDLE_CHANNEL, RIGHT_RECEIVE, &e), BAD_HANDLE);
	assert_status(handle_get(&table, h, HANDLE_PORT, RIGHT_RECEIVE | RIGHT_MOVE, &e), NO_RIGHT);
}

static void a_full_table_says_so_and_a_freed_place_can_be_used(void **state)
{
	uint64_t last = 0;

	(void)state;
	for (unsigned i = 1; i < HANDLE_COUNT; i++)
		last = install(0);
	assert_int_equal(handle_free_count(&table), 0);
	assert_status(handle_install(&table, HANDLE_PORT, &object, 0, &last), NO_HANDLE);
	handle_remove(&table, (handle_t)last);
	assert_int_equal(handle_free_count(&table), 1);
	install(0);
}

static void counting_free_places_stops_early(void **state)
{
	(void)state;
	assert_int_equal(handle_free_count(&table), MESSAGE_HANDLES_MAX + 1);
}

static void a_walk_meets_the_used_places_only(void **state)
{
	handle_t h = install(0);

	(void)state;
	assert_int_equal(handle_at(&table, 1), h);
	assert_int_equal(handle_at(&table, 2), 0);
}

/* Does the fast path's one comparison say what handle_get says? */
static void assert_found_alike(handle_t h)
{
	struct handle_entry *e;
	void *found;

	assert_int_equal(handle_find(&table, h, HANDLE_CALLABLE, &found),
			 handle_get(&table, h, HANDLE_CHANNEL, RIGHT_CALL, &e) == ST_OK);
	assert_int_equal(handle_find(&table, h, HANDLE_RECEIVABLE, &found),
			 handle_get(&table, h, HANDLE_PORT, RIGHT_RECEIVE, &e) == ST_OK);
}

static void one_comparison_finds_what_all_checks_find(void **state)
{
	static const struct {
		enum handle_type type;
		unsigned rights;
	} kinds[] = { { HANDLE_CHANNEL, RIGHT_CALL | RIGHT_MOVE },
		      { HANDLE_CHANNEL, RIGHT_MOVE },
		      { HANDLE_PORT, RIGHT_RECEIVE | RIGHT_MAKE },
		      { HANDLE_PORT, RIGHT_MAKE },
		      { HANDLE_DEVICE, 0xff },
		      { HANDLE_PROCESS, 0xff } };
	handle_t h;

	(void)state;
	for (uint32_t i = 0; i < HANDLE_COUNT; i++) /* of a table that nobody has used */
		for (uint32_t k = 0; k < HANDLE_COUNT; k++)
			assert_found_alike(k << HANDLE_INDEX_BITS | i);
	for (unsigned i = 1; i < HANDLE_COUNT; i++) {
		h = handle_put(&table, i, kinds[i % array_length(kinds)].type, &object,
			       kinds[i % array_length(kinds)].rights);
		if (i % 7 == 0)
			handle_remove(&table, h);
		for (unsigned a = 0; a < 32; a++)
			for (unsigned b = 0; b <= a; b++) /* one and two bits wrong */
				assert_found_alike(h ^ (1u << a) ^ (a == b ? 0 : 1u << b));
		for (unsigned a = 0; a < HANDLE_COUNT; a++)
			assert_found_alike(h ^ a);
	}
	for (unsigned i = 0; i < HANDLE_COUNT; i++)
		for (uint32_t top = 0; top < 1u << 24; top += 0x10001)
			assert_found_alike(top << HANDLE_INDEX_BITS | i);
}

static void a_quota_is_never_exceeded(void **state)
{
	struct quota q = { .max_bytes = 100 };

	(void)state;
	assert_true(quota_charge(&q, 60));
	assert_false(quota_charge(&q, 41));
	assert_false(quota_charge(&q, UINT32_MAX));
	assert_true(quota_charge(&q, 40));
	quota_refund(&q, 100);
	assert_int_equal(q.used_bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_handle_names_its_object, start),
		cmocka_unit_test_setup(the_first_handles_of_a_process_are_where_the_abi_says, start),
		cmocka_unit_test_setup(a_table_that_ends_gives_its_memory_back_as_zero_as_it_came, start),
		cmocka_unit_test_setup(a_forged_handle_is_refused, start),
		cmocka_unit_test_setup(a_closed_handle_stays_closed_when_its_place_is_used_again, start),
		cmocka_unit_test_setup(the_wrong_type_and_the_missing_right_are_told_apart, start),
		cmocka_unit_test_setup(a_full_table_says_so_and_a_freed_place_can_be_used, start),
		cmocka_unit_test_setup(counting_free_places_stops_early, start),
		cmocka_unit_test_setup(a_walk_meets_the_used_places_only, start),
		cmocka_unit_test_setup(one_comparison_finds_what_all_checks_find, start),
		cmocka_unit_test_setup(a_quota_is_never_exceeded, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
