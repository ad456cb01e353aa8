/* SPDX-License-Identifier: BSD-2-Clause */
/* One page that is given: it moves as soon as it is proved, so each limit has to be asked before. */
#include "kernel/mm/aspace_give.h"
#include "tests/unit/kernel/give_fixture.h"

static void one_page_is_not_given_beyond_the_receivers_limit_of_frames(void **state)
{
	(void)state;
	give_put(&giver, BUFFER, 7);
	give_put(&giver, BUFFER + PAGE(1), 8);
	taker.frames_max = taker.resident + taker.tables;
	assert_status(give(&giver, BUFFER, &taker, WINDOW, 1), TOO_BIG);
	for (unsigned i = 0; i < 8 && give_get(&giver, BUFFER) == 7; i++) { /* page tables cost frames, too */
		taker.frames_max++;
		if (give(&giver, BUFFER, &taker, WINDOW, 1) == ST_OK)
			break;
		assert_int_equal(taker.resident, 0);
		assert_true(taker.tables <= taker.frames_max);
		give_check();
	}
	assert_int_equal(taker.resident, 1);
	assert_true(taker.resident + taker.tables <= taker.frames_max);
	assert_status(give(&giver, BUFFER + PAGE(1), &taker, WINDOW + PAGE(1), 1), TOO_BIG);
	assert_int_equal(give_get(&giver, BUFFER + PAGE(1)), 8);
	give_check();
	taker.frames_max = GIVE_FRAMES;
}

static void one_page_is_not_given_beyond_what_the_receiver_may_be_promised(void **state)
{
	(void)state;
	give_put(&taker, BUFFER, 1);       /* so that the directories are there */
	for (unsigned i = 0; i < 2; i++) { /* then their table is there, too */
		give_put(&giver, BUFFER + PAGE(i), 7);
		taker.frames_max = 100;
		taker.swap_max = (uint32_t)taker.committed - taker.frames_max;
		assert_status(give(&giver, BUFFER + PAGE(i), &taker, WINDOW + PAGE(i), 1), TOO_BIG);
		assert_int_equal(give_get(&giver, BUFFER + PAGE(i)), 7);
		taker.swap_max++;
		assert_ok(give(&giver, BUFFER + PAGE(i), &taker, WINDOW + PAGE(i), 1));
	}
	taker.frames_max = taker.swap_max = GIVE_FRAMES;
}

static void one_page_is_not_given_that_nobody_could_keep_the_promise_of(void **state)
{
	uint64_t heap = LAYOUT_HEAP_BASE, left;

	(void)state;
	give_put(&giver, BUFFER + PAGE(1), 1);
	assert_ok(give(&giver, BUFFER + PAGE(1), &taker, WINDOW + PAGE(1), 1));
	give_put(&giver, BUFFER, 7);
	giver.frames_max = giver.swap_max = 1 << 20;
	while ((left = aspace_promise_limit() - aspace_promised()) != 0) {
		left = left < 100 ? left : 100;
		assert_ok(aspace_add_region(&giver, REGION_HEAP, heap, left, RW));
		heap += PAGE(100);
	}
	assert_status(give(&giver, BUFFER, &taker, WINDOW, 1), NO_MEMORY);
	assert_int_equal(give_get(&giver, BUFFER), 7);
	assert_ok(aspace_remove(&giver, heap - PAGE(100), left == 0 ? 1 : left));
	give_check();
}

/* As the fast path gives it, without a look at where its table is. */
static void a_page_is_not_given_from_a_table_that_left(void **state)
{
	(void)state;
	give_put(&giver, BUFFER + PAGE(1), 8);
	for (unsigned i = 0; i < 2; i++) {
		give_put(&giver, BUFFER, 7);
		assert_ok(give(&giver, BUFFER, &taker, WINDOW + PAGE(MMU_ENTRIES + i), 1));
	}
	assert_ok(give(&giver, BUFFER, &taker, WINDOW, MMU_ENTRIES));
	assert_false(aspace_give_page(&giver, BUFFER + PAGE(1), &taker, WINDOW + PAGE(MMU_ENTRIES + 2), NULL));
	assert_int_equal(give_get(&taker, WINDOW + PAGE(1)), 8);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, give_start, give_finish)

static void copies_outside_change_hands_with_pages_that_are_in_ram(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		give_put(&giver, BUFFER + PAGE(i), i);
		assert_true(slot_settle(give_evict(&giver, BUFFER + PAGE(i))));
	}
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(give_get(&giver, BUFFER + PAGE(i)), i);
	assert_int_equal(giver.stored, 3);
	assert_ok(give(&giver, BUFFER, &taker, WINDOW + PAGE(1), 1));
	assert_int_equal(taker.stored, 1);
	give_put(&giver, BUFFER, 0);
	assert_ok(give(&giver, BUFFER, &taker, WINDOW + PAGE(MMU_ENTRIES), MMU_ENTRIES));
	assert_int_equal(giver.stored, 0);
	assert_int_equal(taker.stored, 3);
	give_check();
	assert_ok(aspace_remove(&taker, WINDOW, GIVE_PAGES));
	assert_int_equal(taker.stored + slot_used(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(one_page_is_not_given_beyond_the_receivers_limit_of_frames),
		STORY(one_page_is_not_given_beyond_what_the_receiver_may_be_promised),
		STORY(one_page_is_not_given_that_nobody_could_keep_the_promise_of),
		STORY(a_page_is_not_given_from_a_table_that_left),
		STORY(copies_outside_change_hands_with_pages_that_are_in_ram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
