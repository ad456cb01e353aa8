/* SPDX-License-Identifier: BSD-2-Clause */
/* Claims: user ranges are proved before the kernel touches them. */
#include "kernel/abi/layout.h"
#include "kernel/mm/claim.h"
#include "kernel/paging/policy.h"
#include "tests/unit/kernel/give_fixture.h"
#include "tests/unit/kernel/random_life.h"
#include <string.h>

#define BASE LAYOUT_HEAP_BASE
enum { PAGES = 4 };

static struct aspace as;
static struct claim c;
static uint64_t address;
static uint32_t slot;

static int start(void **state)
{
	(void)state;
	machine_start(4 << 20);
	assert_ok(aspace_init(&as, 1));
	as.frames_max = 100;
	as.busy_max = 4;
	assert_ok(aspace_add_region(&as, REGION_BUFFER, BASE, PAGES, MMU_READ | MMU_WRITE));
	assert_ok(aspace_add_region(&as, REGION_IMAGE, LAYOUT_IMAGE_BASE, 1, MMU_READ));
	return 0;
}

static void a_range_that_wraps_or_leaves_user_space_is_no_claim(void **state)
{
	(void)state;
	assert_false(claim_make(&c, &as, UINT64_MAX, 2, false));
	assert_false(claim_make(&c, &as, LAYOUT_USER_END, 1, false));
	assert_false(claim_make(&c, &as, LAYOUT_USER_END - 1, 2, false));
	assert_false(claim_make(&c, &as, 1ull << 47, 1, false));
	assert_false(claim_make(&c, &as, BASE, UINT64_MAX, false));
	assert_true(claim_make(&c, &as, LAYOUT_USER_END - 1, 1, false));
}

static void a_claim_of_no_bytes_is_good_wherever_it_points(void **state)
{
	static const uint64_t bad[] = { 0, 1, LAYOUT_USER_END, 1ull << 63, UINT64_MAX };

	(void)state;
	for (unsigned i = 0; i < array_length(bad); i++) {
		assert_true(claim_make(&c, &as, bad[i], 0, true));
		assert_int_equal(claim_resolve(&c, &address, &slot), TOUCH_OK);
		claim_hold(&c);
		claim_release(&c);
	}
	assert_int_equal(as.resident + as.busy, 0);
}

static void resolving_stops_at_the_first_page_that_is_not_there(void **state)
{
	(void)state;
	assert_true(claim_make(&c, &as, BASE + 3 * PAGE_BYTES + 10, PAGE_BYTES, true));
	assert_int_equal(claim_resolve(&c, &address, &slot), TOUCH_UNMAPPED);
	assert_int_equal(address, BASE + 4 * PAGE_BYTES);
	assert_true(claim_make(&c, &as, LAYOUT_IMAGE_BASE, 1, true));
	assert_int_equal(claim_resolve(&c, &address, &slot), TOUCH_DENIED);
}

static void bytes_cross_pages_whole_and_mark_them_used(void **state)
{
	uint8_t out[2 * PAGE_BYTES + 2], in[sizeof out];

	(void)state;
	for (size_t i = 0; i < sizeof out; i++)
		out[i] = (uint8_t)(i * 7);
	assert_true(claim_make(&c, &as, BASE + PAGE_BYTES - 1, sizeof out, true));
	assert_int_equal(claim_resolve(&c, &address, &slot), TOUCH_OK);
	claim_write(&c, 0, out, sizeof out);
	assert_true(aspace_entry(&as, BASE).dirty && aspace_entry(&as, BASE + 3 * PAGE_BYTES).dirty);
	assert_true(claim_make(&c, &as, BASE + PAGE_BYTES - 1, sizeof in, false));
	assert_int_equal(claim_resolve(&c, &address, &slot), TOUCH_OK);
	claim_read(&c, 0, in, sizeof in);
	assert_memory_equal(in, out, sizeof in);
	claim_read(&c, 1, in, 5);
	assert_memory_equal(in, out + 1, 5);
}

static void reading_leaves_a_page_clean(void **state)
{
	uint8_t byte;

	(void)state;
	assert_true(claim_make(&c, &as, BASE, 1, false));
	assert_int_equal(claim_resolve(&c, &address, &slot), TOUCH_OK);
	claim_read(&c, 0, &byte, 1);
	assert_false(aspace_entry(&as, BASE).dirty);
	assert_true(aspace_entry(&as, BASE).accessed);
}

static void a_copy_goes_from_claim_to_claim_at_any_offset(void **state)
{
	struct claim to;
	char text[] = "straddles", back[sizeof text];

	(void)state;
	assert_true(claim_make(&c, &as, BASE + PAGE_BYTES - 3, sizeof text, true));
	assert_true(claim_make(&to, &as, BASE + 3 * PAGE_BYTES - 6, sizeof text, true));
	assert_int_equal(claim_resolve(&c, &address, &slot), TOUCH_OK);
	assert_int_equal(claim_resolve(&to, &address, &slot), TOUCH_OK);
	claim_write(&c, 0, text, sizeof text);
	claim_copy(&to, &c, sizeof text);
	claim_read(&to, 0, back, sizeof back);
	assert_string_equal(back, text);
}

static void held_pages_are_busy_until_released_and_no_longer(void **state)
{
	const struct frame *f;

	(void)state;
	assert_true(claim_make(&c, &as, BASE + 100, 2 * PAGE_BYTES, false));
	assert_int_equal(claim_resolve(&c, &address, &slot), TOUCH_OK);
	claim_hold(&c);
	assert_int_equal(as.busy, 3);
	f = frame_record(aspace_entry(&as, BASE + 2 * PAGE_BYTES).frame);
	assert_int_equal(f->busy, 1);
	assert_status(aspace_remove(&as, BASE, PAGES), BUSY);
	claim_release(&c);
	claim_release(&c);
	assert_int_equal(as.busy + f->busy, 0);
	assert_ok(aspace_remove(&as, BASE, PAGES));
}

static void a_range_within_one_page_is_known_until_a_translation_is_dropped(void **state)
{
	(void)state;
	assert_true(claim_make(&c, &as, BASE + 2 * PAGE_BYTES, 1, true));
	assert_int_equal(claim_resolve(&c, &address, &slot), TOUCH_OK);
	assert_true(claim_make(&c, &as, BASE + 10, 20, true));
	assert_false(claim_is_known(&c, BASE + 10, 20));
	assert_int_equal(claim_resolve(&c, &address, &slot), TOUCH_OK);
	assert_true(claim_is_known(&c, BASE + 10, 20));
	assert_ptr_equal(c.at, (char *)hal_frame_ptr(aspace_entry(&as, BASE).frame) + 10);
	assert_false(claim_is_known(&c, BASE + 11, 20) || claim_is_known(&c, BASE + 10, 21));
	assert_ok(aspace_remove(&as, BASE + 2 * PAGE_BYTES, 1)); /* any of the space's may be the one */
	assert_false(claim_is_known(&c, BASE + 10, 20));
}

static void a_range_of_two_pages_is_known_and_has_no_one_place(void **state)
{
	(void)state;
	assert_true(claim_make(&c, &as, BASE + PAGE_BYTES - 1, 2, true));
	assert_int_equal(claim_resolve(&c, &address, &slot), TOUCH_OK);
	assert_true(claim_is_known(&c, BASE + PAGE_BYTES - 1, 2));
	assert_null(c.frame);
}

static void a_byte_beyond_the_claim_or_an_unproved_claim_is_a_kernel_bug(void **state)
{
	uint8_t byte = 0;

	(void)state;
	assert_true(claim_make(&c, &as, BASE, 10, false));
	assert_int_equal(claim_resolve(&c, &address, &slot), TOUCH_OK);
	assert_panics(claim_read(&c, 10, &byte, 1), "I-CLAIM");
	assert_panics(claim_write(&c, 0, &byte, 1), "I-CLAIM");
	assert_panics(claim_copy(&c, &c, 1), "I-CLAIM");
	assert_true(claim_make(&c, &as, LAYOUT_AREA_BASE, 1, false));
	assert_panics(claim_read(&c, 0, &byte, 1), "I-CLAIM");
	assert_panics((void)claim_hold(&c), "I-CLAIM");
}

/* ---- whatever takes a page out of its place ---- */

static void go_out(void) { slot_settle(give_evict(&giver, BUFFER)); }
static void be_given(void) { assert_ok(give(&giver, BUFFER, &taker, WINDOW, 1)); }
static void be_given_with_all_its_table(void) { assert_ok(give(&giver, BUFFER, &taker, WINDOW, MMU_ENTRIES)); }

static void be_lent(void)
{
	assert_ok(aspace_prepare_landing(&taker, WINDOW, 1));
	aspace_lend(&giver, BUFFER, &taker, WINDOW, 1, false);
	assert_true(aspace_return(&taker, WINDOW, &giver, BUFFER, 1)); /* the same page again, but nobody looks */
}

static void be_looked_at_by_the_clock(void)
{
	policy_init();
	assert_non_null(world_victim(&giver));
	assert_false(aspace_entry(&giver, BUFFER).accessed);
}

static void a_page_that_went_is_not_known(void **state)
{
	static void (*const goes[])(void) = { go_out, be_given, be_given_with_all_its_table, be_lent,
					      be_looked_at_by_the_clock };

	for (unsigned i = 0; i < array_length(goes); i++) {
		(void)give_start(state);
		give_put(&giver, BUFFER, 5);
		assert_true(claim_make(&c, &giver, BUFFER, 8, true));
		assert_int_equal(claim_resolve(&c, &address, &slot), TOUCH_OK);
		assert_true(claim_is_known(&c, BUFFER, 8));
		goes[i]();
		assert_false(claim_is_known(&c, BUFFER, 8));
		(void)give_finish(state);
	}
}

/* For reading, within a page, what became of the rest of the space is nothing to it; what became of the page is. */
static void a_page_to_be_read_is_known_where_it_is_whatever_else_was_dropped(void **state)
{
	static const struct {
		void (*go)(void);
		bool known;
	} cases[] = { { go_out, false },
		      { be_given, false },
		      { be_given_with_all_its_table, false },
		      { be_lent, true },
		      { be_looked_at_by_the_clock, true } };

	for (unsigned i = 0; i < array_length(cases); i++) {
		(void)give_start(state);
		give_put(&giver, BUFFER, 5);
		give_put(&giver, BUFFER + PAGE_BYTES, 6);
		assert_true(claim_make(&c, &giver, BUFFER, 8, false));
		assert_int_equal(claim_resolve(&c, &address, &slot), TOUCH_OK);
		slot_settle(give_evict(&giver, BUFFER + PAGE_BYTES));
		assert_true(claim_is_known(&c, BUFFER, 8));
		assert_false(claim_is_known(&c, BUFFER, 9) || claim_is_known(&c, BUFFER + 8, 8));
		cases[i].go();
		assert_int_equal(claim_is_known(&c, BUFFER, 8), cases[i].known);
		if (cases[i].known)
			assert_true(aspace_entry(&giver, BUFFER).accessed);
		(void)give_finish(state);
	}
}

/* What the kernel writes by the place that it remembers is a write, though it marks nothing then. */
static void a_remembered_place_is_marked_for_what_is_done_there(void **state)
{
	(void)state;
	for (unsigned write = 0; write < 2; write++) {
		assert_true(claim_make(&c, &as, BASE + 2 * PAGE_BYTES - 1, 2, write != 0));
		assert_int_equal(claim_resolve(&c, &address, &slot), TOUCH_OK);
		for (unsigned i = 1; i < 3; i++) {
			assert_int_equal(aspace_entry(&as, BASE + i * PAGE_BYTES).dirty, write != 0);
			assert_true(aspace_entry(&as, BASE + i * PAGE_BYTES).accessed);
		}
	}
	assert_ok(aspace_remove(&as, BASE, PAGES));
	assert_ok(aspace_add_region(&as, REGION_BUFFER, BASE, PAGES, MMU_READ | MMU_WRITE));
	for (unsigned write = 0; write < 2; write++) {
		assert_true(claim_make(&c, &as, BASE + write * PAGE_BYTES, 8, write != 0));
		assert_int_equal(claim_resolve(&c, &address, &slot), TOUCH_OK);
		assert_int_equal(aspace_entry(&as, c.base).dirty, write != 0);
	}
}

/* Two claims on one page are one reason to keep its table, and each is one of the space's. */
static void a_page_is_held_as_often_as_it_is_claimed(void **state)
{
	struct claim other;
	const struct frame *table;

	(void)state;
	assert_true(claim_make(&c, &as, BASE, 8, true) && claim_make(&other, &as, BASE + 100, 8, false));
	assert_int_equal(claim_resolve(&c, &address, &slot), TOUCH_OK);
	assert_int_equal(claim_resolve(&other, &address, &slot), TOUCH_OK);
	table = frame_record(aspace_leaf_at(&as, BASE).table);
	claim_hold(&c);
	claim_hold(&other);
	assert_true(c.held && other.held && as.busy == 2 && table->fixed == 1);
	claim_release(&c);
	assert_true(!c.held && as.busy == 1 && table->fixed == 1);
	claim_release(&other);
	assert_true(!other.held && as.busy == 0 && table->fixed == 0);
}

/* ---- from space to space ---- */

enum { SEEDS = 60, AROUND = 6 };
static uint8_t model[AROUND * PAGE_BYTES], sent[AROUND * PAGE_BYTES], seen[AROUND * PAGE_BYTES];

static void prove(struct claim *claim, struct aspace *space, uint64_t at, uint64_t bytes, bool write)
{
	assert_true(claim_make(claim, space, at, bytes, write));
	assert_int_equal(claim_resolve(claim, &address, &slot), TOUCH_OK);
}

static void all_of(struct aspace *space, uint64_t at, uint8_t *bytes, bool write)
{
	struct claim all;

	prove(&all, space, at, sizeof model, write);
	if (write)
		claim_write(&all, 0, bytes, sizeof model);
	else
		claim_read(&all, 0, bytes, sizeof model);
}

/* Whether of one table or of two, from and to any byte of a page: what is sent arrives, and nothing beside it changes. */
static void bytes_arrive_from_any_place_at_any_place(void **state)
{
	static const uint64_t places[] = { BUFFER, BUFFER + TABLE_BYTES - 3 * PAGE_BYTES };
	struct claim to;

	life_any_state = 77;
	for (unsigned i = 0; i < SEEDS; i++) {
		uint64_t from_page = places[life_any(2)], to_page = places[life_any(2)],
			 bytes = life_any(4 * PAGE_BYTES);
		uint64_t from = life_any(2) ? life_any(PAGE_BYTES) : 0,
			 there = life_any(2) ? life_any(PAGE_BYTES) : from;

		(void)give_start(state);
		for (unsigned k = AROUND; k-- > 0;) { /* no frame follows the one of the page before */
			give_put(&giver, from_page + k * PAGE_BYTES, 0);
			give_put(&taker, to_page + k * PAGE_BYTES, 0);
		}
		for (unsigned k = 0; k < sizeof model; k++) {
			sent[k] = (uint8_t)(k * 7 + i);
			model[k] = (uint8_t)(k * 3);
		}
		all_of(&giver, from_page, sent, true);
		all_of(&taker, to_page, model, true);
		prove(&c, &giver, from_page + from, bytes + life_any(100), false);
		prove(&to, &taker, to_page + there, bytes + life_any(2 * PAGE_BYTES - 100), true);
		claim_copy(&to, &c, bytes);
		memcpy(model + there, sent + from, bytes);
		all_of(&taker, to_page, seen, false);
		assert_memory_equal(seen, model, sizeof model);
		all_of(&giver, from_page, seen, false);
		assert_memory_equal(seen, sent, sizeof sent);
		(void)give_finish(state);
	}
}

/* Each table counts its own; and as often as interrupts are let in, so many are held or let go at most. */
static void pages_of_two_tables_are_held_in_each(void **state)
{
	enum { FIRST = 100, SECOND = 30 };
	uint64_t at = BUFFER + TABLE_BYTES - FIRST * PAGE_BYTES;
	unsigned safe_points;

	(void)give_start(state);
	prove(&c, &giver, at, (FIRST + SECOND) * PAGE_BYTES, true);
	for (unsigned on = 2; on-- > 0;) {
		safe_points = host_safe_points;
		if (on)
			claim_hold(&c);
		else
			claim_release(&c);
		assert_true((host_safe_points - safe_points) * 64 >= FIRST + SECOND);
		assert_int_equal(giver.busy, on * (FIRST + SECOND));
		assert_int_equal(give_table(&giver, at)->fixed, on * FIRST);
		assert_int_equal(give_table(&giver, BUFFER + TABLE_BYTES)->fixed, on * SECOND);
		for (unsigned i = 0; i < FIRST + SECOND; i++)
			assert_int_equal(frame_record(aspace_entry(&giver, at + i * PAGE_BYTES).frame)->busy, on);
	}
	(void)give_finish(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_range_that_wraps_or_leaves_user_space_is_no_claim, start),
		cmocka_unit_test_setup(a_claim_of_no_bytes_is_good_wherever_it_points, start),
		cmocka_unit_test_setup(resolving_stops_at_the_first_page_that_is_not_there, start),
		cmocka_unit_test_setup(bytes_cross_pages_whole_and_mark_them_used, start),
		cmocka_unit_test_setup(reading_leaves_a_page_clean, start),
		cmocka_unit_test_setup(a_copy_goes_from_claim_to_claim_at_any_offset, start),
		cmocka_unit_test_setup(held_pages_are_busy_until_released_and_no_longer, start),
		cmocka_unit_test_setup(a_range_within_one_page_is_known_until_a_translation_is_dropped, start),
		cmocka_unit_test_setup(a_range_of_two_pages_is_known_and_has_no_one_place, start),
		cmocka_unit_test(a_page_that_went_is_not_known),
		cmocka_unit_test(a_page_to_be_read_is_known_where_it_is_whatever_else_was_dropped),
		cmocka_unit_test_setup(a_remembered_place_is_marked_for_what_is_done_there, start),
		cmocka_unit_test_setup(a_page_is_held_as_often_as_it_is_claimed, start),
		cmocka_unit_test(bytes_arrive_from_any_place_at_any_place),
		cmocka_unit_test(pages_of_two_tables_are_held_in_each),
		cmocka_unit_test_setup(a_byte_beyond_the_claim_or_an_unproved_claim_is_a_kernel_bug, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
