/* SPDX-License-Identifier: BSD-2-Clause */
/* Pools of kernel objects. */
#include "kernel/mm/pool.h"
#include "kernel/mm/frame.h"
#include "tests/unit/kernel/world.h"
#include <string.h>

struct thing {
	uint64_t words[25];
};

static struct pool pool;

static int start(void **state)
{
	(void)state;
	machine_start(4 << 20);
	pool_init(&pool, "thing", sizeof(struct thing));
	return 0;
}

static void an_object_is_zero_and_found_by_its_index(void **state)
{
	static const struct thing zero;
	uint32_t index;
	struct thing *t = pool_alloc(&pool, &index);

	(void)state;
	assert_memory_equal(t, &zero, sizeof zero);
	assert_ptr_equal(pool_at(&pool, index), t);
	assert_null(pool_at(&pool, pool.made));
	assert_null(pool_at(&pool, UINT32_MAX));
	assert_int_equal(pool.used, 1);
}

static void objects_do_not_overlap_and_keep_their_index(void **state)
{
	struct thing *things[100];
	uint32_t index[100];

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		things[i] = pool_alloc(&pool, &index[i]);
		memset(things[i], (int)i, sizeof *things[i]);
	}
	for (unsigned i = 0; i < 100; i++) {
		assert_ptr_equal(pool_at(&pool, index[i]), things[i]);
		assert_int_equal(((uint8_t *)things[i])[sizeof *things[i] - 1], i);
	}
}

static void a_freed_object_is_the_next_one_made_and_is_zero_again(void **state)
{
	static const struct thing zero;
	uint32_t first, again;
	struct thing *t = pool_alloc(&pool, &first), *u;

	(void)state;
	memset(t, 0x77, sizeof *t);
	pool_free(&pool, t, first);
	u = pool_alloc(&pool, &again);
	assert_ptr_equal(u, t);
	assert_int_equal(again, first);
	assert_memory_equal(u, &zero, sizeof zero);
}

static void an_object_freed_under_another_index_is_a_kernel_bug(void **state)
{
	uint32_t index;
	struct thing *t = pool_alloc(&pool, &index);

	(void)state;
	assert_panics(pool_free(&pool, t, index + 1), "freed where it was made");
}

static void an_object_larger_than_a_frame_is_a_kernel_bug(void **state)
{
	(void)state;
	assert_panics(pool_init(&pool, "huge", PAGE_BYTES + 1), "fits a frame");
}

/* Two frames are needed for the first object: a directory and a frame of objects. */
static void each_failing_allocation_is_an_error_and_loses_nothing(void **state)
{
	uint32_t index;

	(void)state;
	for (uint64_t n = 0; n < 2; n++) {
		machine_leave_frames(n, FRAME_FOR_KERNEL);
		assert_null(pool_alloc(&pool, &index));
		assert_int_equal(pool.used + pool.made, 0);
		machine_relent();
	}
	machine_leave_frames(1, FRAME_FOR_KERNEL); /* the directory was kept */
	assert_non_null(pool_alloc(&pool, &index));
	machine_relent();
}

static void a_pool_has_a_limit(void **state)
{
	struct pool pages;

	(void)state;
	pool_init(&pages, "page", PAGE_BYTES);
	pages.made = POOL_DIRECTORIES * POOL_POINTERS;
	assert_null(pool_alloc(&pages, &(uint32_t){ 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_object_is_zero_and_found_by_its_index, start),
		cmocka_unit_test_setup(objects_do_not_overlap_and_keep_their_index, start),
		cmocka_unit_test_setup(a_freed_object_is_the_next_one_made_and_is_zero_again, start),
		cmocka_unit_test_setup(an_object_freed_under_another_index_is_a_kernel_bug, start),
		cmocka_unit_test_setup(an_object_larger_than_a_frame_is_a_kernel_bug, start),
		cmocka_unit_test_setup(each_failing_allocation_is_an_error_and_loses_nothing, start),
		cmocka_unit_test_setup(a_pool_has_a_limit, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
