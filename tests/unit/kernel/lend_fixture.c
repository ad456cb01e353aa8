/* SPDX-License-Identifier: BSD-2-Clause */
/* See lend_fixture.h. */
#include "tests/unit/kernel/lend_fixture.h"

struct aspace third;

int lend_start(void **state)
{
	(void)give_start(state);
	assert_ok(aspace_init(&third, 3));
	third.frames_max = third.swap_max = GIVE_FRAMES;
	assert_ok(aspace_add_region(&third, REGION_LANDING, WINDOW, GIVE_PAGES, RW));
	return 0;
}

void lend_check(void)
{
	world_check_space(&giver);
	world_check_space(&taker);
	world_check_space(&third);
	assert_int_equal(aspace_promised(), giver.committed + taker.committed + third.committed);
	assert_null(host_tlb_stale());
}

int lend_finish(void **state)
{
	lend_check();
	hal_mmu_activate_kernel();
	aspace_destroy(&third);
	return give_finish(state);
}

bool may_lend(struct aspace *from, uint64_t at, struct aspace *to, uint64_t there, bool write)
{
	return aspace_may_lend_tables(from, at, to, there, 1, write);
}

void look(struct aspace *a, struct aspace *b)
{
	hal_mmu_activate(&a->space);
	host_tlb_speculate();
	hal_mmu_activate(&b->space);
	host_tlb_speculate();
}

void lend(struct aspace *from, uint64_t at, struct aspace *to, uint64_t there, bool write)
{
	look(to, from);
	assert_true(may_lend(from, at, to, there, write));
	aspace_lend_table(from, at, to, there, write);
	look(from, to);
	lend_check();
}

bool take_back(struct aspace *borrower, uint64_t there, struct aspace *lender, uint64_t at)
{
	bool complete;

	look(lender, borrower);
	assert_true(aspace_is_idle(borrower, there, ALL));
	complete = aspace_return(borrower, there, lender, at, ALL);
	look(borrower, lender);
	lend_check();
	return complete;
}

void lend_evict(struct aspace *as, uint64_t at) { assert_true(slot_settle(give_evict(as, at))); }
