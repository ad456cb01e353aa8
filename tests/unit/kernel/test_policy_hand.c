/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the hand looks: at frames that may be pages which go, and past all others without a look at each. */
#include "kernel/paging/policy.h"
#include "tests/unit/kernel/space_fixture.h"

enum { PAGES = 80 };
static const uint64_t BASE = LAYOUT_AREA_BASE;

static uint64_t page(unsigned i) { return BASE + i * PAGE_BYTES; }
static struct frame *frame(unsigned i) { return frame_record(space_frame_at(page(i))); }

static void make(unsigned count)
{
	space_add(BASE, PAGES, MMU_READ | MMU_WRITE);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(aspace_touch(&space, page(i), MMU_WRITE, &space_slot), TOUCH_OK);
}

static bool looks_at(const struct frame *f)
{
	return frame_pages[frame_number(f) / FRAME_PAGES_EACH] >> frame_number(f) % FRAME_PAGES_EACH & 1;
}

static int start(void **state)
{
	int failed = space_start(state);

	policy_init();
	return failed;
}

static void what_is_pinned_stays_until_its_frame_is_another_page(void **state)
{
	struct frame *f;

	(void)state;
	make(1);
	f = frame(0);
	assert_true(looks_at(f));
	assert_false(looks_at(frame_table(f)));
	space.pinned = true;
	assert_null(world_victim(NULL));
	assert_false(looks_at(f));
	space.pinned = false;
	assert_null(world_victim(NULL)); /* nobody asks again */
	assert_ok(aspace_remove(&space, BASE, PAGES));
	make(1);
	assert_ptr_equal(frame(0), f);
	assert_ptr_equal(world_victim(NULL), f);
}

static void a_page_that_went_is_passed_by_until_the_frame_is_a_page_again(void **state)
{
	struct frame *f;
	uint32_t slot = world_slot();

	(void)state;
	make(1);
	f = frame(0);
	aspace_evict(f, slot);
	frame_become(frame_address(f), FRAME_BOUNCE);
	assert_true(slot_settle(slot));
	assert_true(looks_at(f));
	assert_null(world_victim(NULL));
	assert_false(looks_at(f));
	aspace_install(frame_address(f), slot, false);
	assert_ptr_equal(frame(0), f);
	assert_ptr_equal(world_victim(NULL), f);
}

enum { BETWEEN = FRAME_PAGES_EACH / 4, FAR = 4 };

/* Pages with frames of the kernel's between them, in the order of their frames: those are more than the hand sees at once. */
static void pages_far_from_each_other_go_one_after_the_other(void **state)
{
	paddr_t kernels[FAR][BETWEEN];
	uint32_t before = 0, first = 0;

	(void)state;
	make(0);
	for (unsigned i = 0; i < FAR; i++) {
		assert_int_equal(aspace_touch(&space, page(i), MMU_WRITE, &space_slot), TOUCH_OK);
		(void)hal_mmu_take_accessed(aspace_leaf_at(&space, page(i)));
		for (unsigned k = 0; k < BETWEEN; k++)
			kernels[i][k] = frame_alloc(FRAME_FOR_KERNEL, FRAME_KERNEL);
	}
	for (unsigned i = 0; i < FAR; i++) {
		uint32_t now = frame_number(world_victim(NULL));

		assert_true(now > before);
		before = now;
		first = i == 0 ? now : first;
	}
	assert_true(before - first > FRAME_PAGES_EACH / 2);
	for (unsigned i = 0; i < FAR * BETWEEN; i++)
		frame_free(kernels[i / BETWEEN][i % BETWEEN]);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, space_finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(what_is_pinned_stays_until_its_frame_is_another_page),
		STORY(a_page_that_went_is_passed_by_until_the_frame_is_a_page_again),
		STORY(pages_far_from_each_other_go_one_after_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
