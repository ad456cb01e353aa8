/* SPDX-License-Identifier: BSD-2-Clause */
/* Which page goes: used ones later, some never. */
#include "kernel/paging/victim.h"
#include "tests/unit/kernel/paging_fixture.h"

static void a_used_page_gets_a_second_chance(void **state)
{
	struct process *p = world_spawn("app", 20);
	uint64_t at = user_map(first_thread(p), MEM_BUFFER, 3);
	struct frame *f;
	struct mmu_leaf leaf;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_true(paging_put(first_thread(p), at + i * PAGE_BYTES, i));
	leaf = aspace_leaf_of(frame_record(aspace_entry(&p->aspace, at + PAGE_BYTES).frame));
	hal_mmu_clear_accessed(leaf);
	f = victim_choose(&p->aspace, false);
	assert_int_equal(aspace_address_of(f), at + PAGE_BYTES); /* the one that was not used */
	for (unsigned i = 0; i < 3; i++)
		assert_non_null(victim_choose(&p->aspace, false)); /* the second time around nobody was */
}

static void what_is_pinned_busy_lent_or_without_quota_for_swap_does_not_go(void **state)
{
	struct process *p = world_spawn("app", 20);
	struct aspace *as = &p->aspace;
	struct frame *f = NULL;

	(void)state;
	assert_true(paging_put(first_thread(p), PROGRAM_DATA, 1));
	as->pinned = true;
	assert_null(victim_choose(as, false));
	as->pinned = false;
	assert_null(victim_choose(as, true)); /* the store is full and none has a slot */
	as->swap_max = 0;
	assert_null(victim_choose(as, false));
	as->swap_max = 100;
	for (uint32_t n = 0; n < frame_limit(); n++) {
		f = frame_by_number(n);
		if (f->kind == FRAME_USER && aspace_owner_of(f) == as)
			frame_hold(f, false);
	}
	assert_null(victim_choose(as, false));
	for (uint32_t n = 0; n < frame_limit(); n++)
		if (frame_by_number(n)->kind == FRAME_USER && aspace_owner_of(frame_by_number(n)) == as)
			frame_release(frame_by_number(n), false);
	as->frames_min = as->resident;
	f = victim_choose(NULL, false);
	assert_true(f == NULL || aspace_owner_of(f) != as);
	assert_non_null(victim_choose(as, false)); /* but for its own sake its own go */
	assert_true(host_safe_points > 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, paging_start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_used_page_gets_a_second_chance),
		STORY(what_is_pinned_busy_lent_or_without_quota_for_swap_does_not_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
