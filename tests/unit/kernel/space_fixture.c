/* SPDX-License-Identifier: BSD-2-Clause */
/* See space_fixture.h. */
#include "tests/unit/kernel/space_fixture.h"

struct aspace space;
uint32_t space_slot;

int space_start(void **state)
{
	(void)state;
	machine_start(4 << 20);
	slot_store_size(1000);
	assert_ok(aspace_init(&space, 1));
	space.frames_max = 100;
	space.swap_max = 100;
	space.busy_max = 20;
	return 0;
}

int space_finish(void **state)
{
	(void)state;
	aspace_destroy(&space);
	assert_int_equal(frame_count(FRAME_USER) + frame_count(FRAME_TABLE), 0);
	assert_int_equal(aspace_promised(), 0);
	assert_int_equal(slot_used(), 0);
	return 0;
}

void space_add(uint64_t at, uint64_t pages, unsigned prot)
{
	assert_ok(aspace_add_region(&space, REGION_BUFFER, at, pages, prot));
}

paddr_t space_frame_at(uint64_t va) { return aspace_entry(&space, va).frame; }
