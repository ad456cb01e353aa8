/* SPDX-License-Identifier: BSD-2-Clause */
/* Leaf tables side by side that move at once: where a run of them ends. */
#include "tests/unit/kernel/give_fixture.h"

#define EDGE ((BUFFER / DIRECTORY_BYTES + 1) * DIRECTORY_BYTES) /* the next table has another directory */

/* 4 MiB with a page in each half. */
static void fill(uint64_t at)
{
	give_put(&giver, at, 7);
	give_put(&giver, at + TABLE_BYTES, 8);
}

static void has_arrived(uint64_t at)
{
	assert_int_equal(give_get(&taker, at), 7);
	assert_int_equal(give_get(&taker, at + TABLE_BYTES), 8);
}

/* The zero that stands behind the last entry of a directory that is made for this. */
static uint64_t *behind(struct aspace *as, uint64_t at)
{
	paddr_t directory = aspace_directory(as, at, true), next = frame_alloc_zeroed(FRAME_FOR_KERNEL, FRAME_KERNEL);

	assert_int_equal(next.v, directory.v + PAGE_BYTES);
	return hal_frame_ptr(next);
}

static void a_run_from_two_directories_arrives(void **state)
{
	uint64_t *bait;

	(void)state;
	assert_ok(aspace_add_region(&giver, REGION_BUFFER, EDGE - TABLE_BYTES, GIVE_PAGES, RW));
	bait = behind(&giver, EDGE - TABLE_BYTES);
	fill(EDGE - TABLE_BYTES);
	*bait = *(uint64_t *)hal_frame_ptr(aspace_directory(&giver, EDGE, false));
	assert_ok(give(&giver, EDGE - TABLE_BYTES, &taker, WINDOW, GIVE_PAGES));
	has_arrived(WINDOW);
	assert_null(give_table(&giver, EDGE));
}

static void a_run_to_two_directories_arrives(void **state)
{
	(void)state;
	assert_ok(aspace_add_region(&taker, REGION_LANDING, EDGE - TABLE_BYTES, GIVE_PAGES, RW));
	(void)behind(&taker, EDGE - TABLE_BYTES);
	fill(BUFFER);
	assert_ok(give(&giver, BUFFER, &taker, EDGE - TABLE_BYTES, GIVE_PAGES));
	has_arrived(EDGE - TABLE_BYTES);
	assert_null(give_table(&giver, BUFFER));
}

/* What lies behind the buffer is another region, whose tables do not move. */
static void a_run_ends_with_its_region(void **state)
{
	uint64_t at = BUFFER + PAGE(GIVE_PAGES);

	(void)state;
	assert_ok(aspace_add_region(&giver, REGION_HEAP, at, MMU_ENTRIES, RW));
	fill(at - TABLE_BYTES);
	assert_status(give(&giver, at - TABLE_BYTES, &taker, WINDOW, GIVE_PAGES), NOT_FLIPPABLE);
	assert_int_equal(give_get(&giver, at - TABLE_BYTES), 7);
	assert_int_equal(give_get(&giver, at), 8);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, give_start, give_finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_run_from_two_directories_arrives),
		STORY(a_run_to_two_directories_arrives),
		STORY(a_run_ends_with_its_region),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
