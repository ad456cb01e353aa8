/* SPDX-License-Identifier: BSD-2-Clause */
/* Which pages go: the clock's rounds, clusters, quotas, slots that are taken back. */
#include "kernel/paging/policy.h"
#include "tests/unit/kernel/space_fixture.h"

enum { PAGES = 24, RUN = 8, SLOTS = 1000 };
static const uint64_t BASE = LAYOUT_AREA_BASE + TABLE_BYTES - 12 * PAGE_BYTES; /* a table ends in the middle */

static uint64_t page(unsigned i) { return BASE + i * PAGE_BYTES; }
static struct mmu_leaf leaf(unsigned i) { return aspace_leaf_at(&space, page(i)); }
static struct frame *frame(unsigned i) { return frame_record(space_frame_at(page(i))); }
static void use(unsigned i, bool write) { hal_mmu_set_used(leaf(i), write); }
static void leave_unused(unsigned i) { (void)hal_mmu_take_accessed(leaf(i)); }

static void put_out(unsigned i)
{
	paddr_t old = space_frame_at(page(i));
	uint32_t slot = frame_record(old)->slot;

	if (slot == SLOT_NONE)
		slot = world_slot();
	else
		slot_reuse(slot);
	aspace_evict(frame_record(old), slot);
	frame_free(old);
	assert_true(slot_settle(slot));
}

static void bring_in(unsigned i, bool ahead)
{
	uint32_t slot = aspace_entry(&space, page(i)).slot;

	aspace_install(frame_alloc(FRAME_FOR_PAGE_IN, FRAME_BOUNCE), slot, ahead);
}

/* The page was out and is in again: clean, with a slot. */
static void store(unsigned i)
{
	put_out(i);
	bring_in(i, false);
}

/* Pages in RAM, written; no hand has passed yet. */
static void make(unsigned count)
{
	space_add(BASE, PAGES, MMU_READ | MMU_WRITE);
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(aspace_touch(&space, page(i), MMU_WRITE, &space_slot), TOUCH_OK);
		use(i, true);
	}
}

static unsigned number(const struct frame *f) { return (unsigned)((aspace_address_of(f) - BASE) / PAGE_BYTES); }

/* The clock's next victim alone. */
static unsigned victim(bool store_full)
{
	struct frame *f;

	assert_int_equal(policy_victims(&space, store_full, 1, &f), 1);
	return number(f);
}

static void expect_run(unsigned first, unsigned count)
{
	struct frame *out[RUN];

	assert_int_equal(policy_victims(NULL, false, RUN, out), count);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(number(out[i]), first + i);
}

static int start(void **state)
{
	int failed = space_start(state);

	policy_init();
	return failed;
}

static void a_used_page_gets_a_second_chance(void **state)
{
	(void)state;
	make(3);
	leave_unused(1);
	assert_int_equal(victim(false), 1);
	for (unsigned i = 0; i < 3; i++)
		assert_false(aspace_entry(&space, page(victim(false))).accessed);
}

/* Pages 0 and 1 are found used, then used again; 2 and 3 once; 4 never, so each turn of the hand ends there. */
static void make_hot(void)
{
	make(5);
	leave_unused(4);
	assert_int_equal(victim(false), 4);
	use(0, true);
	use(1, true);
	assert_int_equal(victim(false), 4);
}

static void what_is_used_again_stays_longer_than_what_was_touched_once(void **state)
{
	(void)state;
	make_hot();
	for (unsigned i = 2; i < 5; i++) {
		assert_int_equal(victim(false), i);
		put_out(i);
	}
	assert_in_range(victim(false), 0, 1); /* nothing else is left */
}

/* A scan by others is no fault of its own. */
static void the_hot_pages_of_a_space_age_when_it_has_its_share_of_faults(void **state)
{
	(void)state;
	make_hot();
	put_out(2);
	put_out(3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(victim(false), 4);
	space.faults += 100;
	assert_int_equal(victim(false), 4); /* in this turn they do */
	assert_int_equal(victim(false), 0);
	assert_int_equal(victim(false), 1);
}

static void hot_pages_of_who_does_nothing_age_too_in_the_end(void **state)
{
	unsigned turns = 0;

	(void)state;
	make_hot();
	put_out(2);
	put_out(3);
	while (victim(false) == 4)
		turns++;
	assert_in_range(turns, 8, 12); /* four times the pages in RAM, and two turns of the hand */
}

/* Both were used once, at the same time. */
static void clean_goes_before_dirty_of_equal_age(void **state)
{
	(void)state;
	make(2);
	store(0);
	store(1);
	use(0, true);
	assert_int_equal(victim(false), 1);
	put_out(1);
	assert_int_equal(victim(false), 0);
}

static void a_victim_brings_its_cold_neighbours_above(void **state)
{
	(void)state;
	make(12); /* up to the end of the first table */
	for (unsigned i = 0; i < 12; i++)
		leave_unused(i);
	expect_run(0, RUN);
	policy_init();
	use(3, false);
	expect_run(0, 3); /* used */
	policy_init();
	leave_unused(3);
	frame_hold(frame(2), false);
	expect_run(0, 2); /* a blocked call needs it */
	frame_release(frame(2), false);
	policy_init();
	store(1);
	leave_unused(1);
	expect_run(0, 1); /* it would go without being written */
	policy_init();
	put_out(1);
	expect_run(0, 1); /* out already */
}

static void a_run_ends_with_its_table(void **state)
{
	(void)state;
	make(PAGES);
	for (unsigned i = 9; i < PAGES; i++)
		leave_unused(i);
	expect_run(9, 3);
	policy_init();
	for (unsigned i = 9; i < 12; i++)
		use(i, false);
	expect_run(12, RUN);
}

/* A clean page with a copy outside goes without being written: whatever is near it. */
static void a_clean_page_with_a_slot_goes_alone(void **state)
{
	(void)state;
	make(4);
	for (unsigned i = 0; i < 4; i++) {
		store(i);
		leave_unused(i);
	}
	hal_mmu_set_used(leaf(1), true);
	leave_unused(1);
	expect_run(number(frame_by_number(frame_number(frame(0)))), 1);
}

static void a_run_stops_at_the_quota_of_swap_and_at_the_resident_minimum(void **state)
{
	(void)state;
	make(10);
	for (unsigned i = 0; i < 10; i++)
		leave_unused(i);
	space.swap_max = 3;
	expect_run(0, 3);
	policy_init();
	space.swap_max = 100;
	space.frames_min = 5;
	expect_run(0, 5);
	space.frames_min = 10;
	assert_null(world_victim(NULL));
	assert_non_null(world_victim(&space)); /* but for its own sake its own go */
}

static void what_is_pinned_busy_lent_or_without_quota_for_swap_does_not_go(void **state)
{
	(void)state;
	make(1);
	space.pinned = true;
	assert_null(world_victim(&space));
	space.pinned = false; /* which no space that was made so becomes */
	frame_pages[frame_number(frame(0)) / FRAME_PAGES_EACH] |= 1ull << frame_number(frame(0)) % FRAME_PAGES_EACH;
	space.swap_max = 0;
	assert_null(world_victim(&space));
	space.swap_max = 100;
	frame_hold(frame(0), false);
	assert_null(world_victim(&space));
	frame_release(frame(0), false);
	frame_hold(frame(0), true);
	assert_null(world_victim(&space));
	frame_release(frame(0), true);
	frame(0)->flags |= FRAME_LENT;
	assert_null(world_victim(&space));
	frame(0)->flags &= (uint8_t)~FRAME_LENT;
	assert_non_null(world_victim(&space));
	assert_true(host_safe_points > 0);
}

/* ---- slots ---- */

/* A copy of a page in RAM counts as much as one of a page that is out. */
static void a_clean_page_in_ram_counts_against_the_quota_of_swap(void **state)
{
	(void)state;
	make(3);
	store(0);
	put_out(1);
	assert_int_equal(aspace_slots(&space), 2);
	assert_int_equal(space.stored, 1);
	leave_unused(2);
	leave_unused(0);
	space.swap_max = 2;
	frame_hold(frame(0), false);
	assert_null(world_victim(&space)); /* page 2 was not used, but would need a third */
	frame_release(frame(0), false);
	assert_int_equal(victim(false), 0);
	put_out(0);
	assert_int_equal(aspace_slots(&space), 2);
}

static void fill_store(unsigned but)
{
	for (unsigned n = slot_total() - slot_used() - but; n > 0; n--)
		assert_int_not_equal(world_slot(), SLOT_NONE);
}

static void empty_store(void)
{
	for (uint32_t slot = 0; slot < SLOTS && slot_used() > aspace_slots(&space); slot++)
		if (slot_at(slot)->state == SLOT_LEAVING && slot_settle(slot))
			slot_release(slot);
}

static void a_used_page_gives_up_its_slot_when_slots_are_scarce(void **state)
{
	(void)state;
	make(2);
	store(0);
	leave_unused(1);
	assert_int_equal(victim(false), 1);
	assert_int_equal(space.stored, 1); /* there are plenty */
	policy_init();
	use(0, false);
	leave_unused(1);
	fill_store(10);
	assert_int_equal(victim(false), 1);
	assert_int_equal(space.stored, 0);
	assert_int_equal(slot_total() - slot_used(), 11);
	empty_store();
}

static void a_space_near_its_quota_gives_up_slots_of_its_own(void **state)
{
	(void)state;
	make(2);
	store(0);
	leave_unused(1);
	space.swap_max = 1;
	(void)victim(false);
	assert_int_equal(space.stored, 0);
}

/* Another's clean pages hold every slot: who needs one gets it. */
static void when_the_store_is_full_slots_of_pages_in_ram_are_taken_back(void **state)
{
	struct aspace other;
	struct frame *f;

	(void)state;
	make(3);
	store(0);
	store(1);
	fill_store(0);
	assert_ok(aspace_init(&other, 2));
	other.frames_max = other.swap_max = 100;
	assert_ok(aspace_add_region(&other, REGION_BUFFER, BASE, 1, MMU_READ | MMU_WRITE));
	assert_int_equal(aspace_touch(&other, BASE, MMU_WRITE, &space_slot), TOUCH_OK);
	assert_int_equal(policy_victims(&other, true, RUN, &f), 1);
	assert_ptr_equal(aspace_mapper_of(f), &other);
	assert_int_equal(space.stored, 0);
	assert_int_equal(slot_total() - slot_used(), 2);
	fill_store(0);
	assert_int_equal(policy_victims(&other, true, RUN, &f), 0); /* none is left to take */
	aspace_destroy(&other);
	empty_store();
}

static void with_a_full_store_only_what_has_a_slot_goes(void **state)
{
	struct frame *f;

	(void)state;
	make(3);
	store(1);
	assert_int_equal(victim(true), 1);
	put_out(1);
	assert_int_equal(policy_victims(&space, true, 1, &f), 0);
	assert_int_equal(policy_victims(&space, false, 1, &f), 1);
}

/* ---- */

static void what_goes_is_counted_as_written_or_as_dropped(void **state)
{
	uint32_t slot;
	paddr_t old;

	(void)state;
	make(2);
	put_out(0);
	assert_int_equal(paging_counts.out, 1);
	bring_in(0, false);
	assert_int_equal(paging_counts.in, 1);
	slot = frame(0)->slot;
	old = space_frame_at(page(0));
	aspace_evict(frame(0), slot);
	frame_free(old);
	assert_int_equal(paging_counts.dropped, 1);
	assert_int_equal(paging_counts.out, 1);
	assert_int_equal(space.stored, 0);
	assert_int_equal(space.faults_zero, 2);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, space_finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_used_page_gets_a_second_chance),
		STORY(what_is_used_again_stays_longer_than_what_was_touched_once),
		STORY(the_hot_pages_of_a_space_age_when_it_has_its_share_of_faults),
		STORY(hot_pages_of_who_does_nothing_age_too_in_the_end),
		STORY(clean_goes_before_dirty_of_equal_age),
		STORY(a_victim_brings_its_cold_neighbours_above),
		STORY(a_run_ends_with_its_table),
		STORY(a_clean_page_with_a_slot_goes_alone),
		STORY(a_run_stops_at_the_quota_of_swap_and_at_the_resident_minimum),
		STORY(what_is_pinned_busy_lent_or_without_quota_for_swap_does_not_go),
		STORY(a_clean_page_in_ram_counts_against_the_quota_of_swap),
		STORY(a_used_page_gives_up_its_slot_when_slots_are_scarce),
		STORY(a_space_near_its_quota_gives_up_slots_of_its_own),
		STORY(when_the_store_is_full_slots_of_pages_in_ram_are_taken_back),
		STORY(with_a_full_store_only_what_has_a_slot_goes),
		STORY(what_goes_is_counted_as_written_or_as_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
