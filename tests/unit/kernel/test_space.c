/* SPDX-License-Identifier: BSD-2-Clause */
/* What the CPU keeps cached of address spaces, and that nothing stale is used again: hal/x86_64/mmu_space.c over hal/host/host_tlb.c. */
#include "hal/x86_64/mmu_space.h"
#include "kernel/mm/slot.h"
#include "kernel/paging/policy.h"
#include "tests/unit/kernel/space_fixture.h"

enum { BASE = 0x10000000, SPACES = 2 * HOST_TAGS, RW = MMU_READ | MMU_WRITE };

static struct aspace spaces[SPACES];

/* A machine with so many tags and so many spaces with a written page each, the first of them active. */
static void make_spaces(unsigned count, unsigned tags)
{
	uint32_t slot;
	void *content;

	machine_start(4 << 20);
	slot_store_size(1000);
	host_tlb_reset(tags);
	for (unsigned i = 0; i < count; i++) {
		assert_ok(aspace_init(&spaces[i], i + 10));
		spaces[i].frames_max = spaces[i].swap_max = 20;
		assert_ok(aspace_add_region(&spaces[i], REGION_HEAP, BASE, 1, RW));
		assert_int_equal(aspace_touch(&spaces[i], BASE, RW, &slot), TOUCH_OK);
		assert_ok(aspace_fill(&spaces[i], BASE, 0, &content));
		*(uint64_t *)content = i;
	}
	hal_mmu_activate(&spaces[0].space);
}

static bool reads(unsigned i, uint64_t *value)
{
	struct trap_info info;

	hal_mmu_activate(&spaces[i].space);
	return host_user_read(spaces[i].root, BASE, value, sizeof *value, &info);
}

/* Takes the page's mapping away behind the kernel's back: only what is cached is left. */
static void forget_entry(struct aspace *as)
{
	struct mmu_leaf leaf;

	assert_true(aspace_find(as, BASE, &leaf));
	hal_mmu_write(leaf, (struct mmu_entry){ .kind = MMU_ABSENT });
}

static void a_space_keeps_its_translations_while_others_run(void **state)
{
	uint64_t value;

	(void)state;
	make_spaces(2, HOST_TAGS);
	assert_true(reads(0, &value) && reads(1, &value));
	forget_entry(&spaces[0]);
	assert_true(reads(0, &value)); /* from the cache */
	assert_int_equal(value, 0);
	assert_int_equal(host_drops, 0);
	assert_non_null(host_tlb_stale());
}

static void without_tags_every_switch_drops_them(void **state)
{
	uint64_t value;

	(void)state;
	make_spaces(2, 0);
	assert_true(reads(0, &value) && reads(1, &value));
	forget_entry(&spaces[0]);
	assert_false(reads(0, &value));
	assert_null(host_tlb_stale());
}

static void a_page_of_a_space_that_is_not_active_is_dropped_too(void **state)
{
	uint64_t value;

	(void)state;
	make_spaces(2, HOST_TAGS);
	assert_true(reads(0, &value) && reads(1, &value));
	assert_ok(aspace_remove(&spaces[0], BASE, 1));
	assert_true(reads(1, &value)); /* and nothing else is */
	assert_int_equal(host_drops, 0);
	assert_false(reads(0, &value));
}

static void everything_of_a_space_is_dropped_active_or_not(void **state)
{
	uint64_t value;

	(void)state;
	for (unsigned active = 0; active < 2; active++) {
		make_spaces(2, HOST_TAGS);
		assert_true(reads(0, &value) && reads(1, &value) && reads(active, &value));
		forget_entry(&spaces[0]);
		hal_mmu_invalidate_all(&spaces[0].space);
		assert_false(reads(0, &value));
		assert_true(reads(1, &value));
	}
}

/* One invlpg drops all that is cached of upper tables; a tag's end drops it as well. */
static void no_entry_for_a_table_that_moved_stays_cached(void **state)
{
	struct mmu_leaf leaf;
	uint64_t value, *directory, was;

	(void)state;
	for (unsigned active = 0; active < 2; active++) {
		make_spaces(2, HOST_TAGS);
		assert_true(reads(0, &value) && reads(active, &value));
		assert_true(aspace_find(&spaces[0], BASE, &leaf));
		directory = hal_frame_ptr(spaces[0].root);
		directory = hal_frame_ptr((paddr_t){ directory[0] & ~0xfffull });
		directory = hal_frame_ptr((paddr_t){ directory[0] & ~0xfffull });
		was = directory[BASE >> 21];
		assert_int_equal(was & ~0xfffull, leaf.table.v);
		directory[BASE >> 21] = 0;
		if (active == 0)
			assert_non_null(host_tlb_stale());
		hal_mmu_invalidate(&spaces[0].space, (vaddr_t){ BASE });
		hal_mmu_activate(&spaces[0].space);
		assert_null(host_tlb_stale());
		directory[BASE >> 21] = was;
	}
}

/* Each look at a page that is not active costs a tag; those of before come back only when nothing is cached under them. */
static void a_tag_is_used_again_only_after_everything_was_dropped(void **state)
{
	uint64_t value;

	(void)state;
	make_spaces(3, HOST_TAGS);
	for (unsigned round = 0; round < 5 * HOST_TAGS; round++) {
		unsigned i = round % 3;

		assert_true(reads(i, &value));
		assert_int_equal(value, i);
		hal_mmu_invalidate(&spaces[(i + 1) % 3].space, (vaddr_t){ BASE });
		assert_null(host_tlb_stale());
	}
	assert_in_range(host_drops, 1, 5 * HOST_TAGS * (HOST_TAGS + 1) / (HOST_TAGS - 3));
}

/* A space that is loaded gets a fresh tag: until another is loaded, the CPU goes on caching under the old one. */
static void a_tag_that_was_loaded_when_it_was_given_back_is_not_clean(void **state)
{
	uint64_t value;

	(void)state;
	make_spaces(2, 3);
	hal_mmu_renew(&spaces[1].space); /* none is clean then */
	assert_true(reads(0, &value));
	hal_mmu_renew(&spaces[0].space);
	host_tlb_speculate();
	for (unsigned i = 0; i < 3; i++) {
		hal_mmu_renew(&spaces[1].space);
		assert_true(reads(1, &value));
		assert_int_equal(value, 1);
	}
}

static void a_loaded_space_that_stays_is_loaded_with_its_fresh_tag(void **state)
{
	uint64_t value;

	(void)state;
	for (unsigned tags = 0; tags <= HOST_TAGS; tags += HOST_TAGS) {
		make_spaces(2, tags);
		assert_true(reads(0, &value));
		forget_entry(&spaces[0]);
		hal_mmu_renew(&spaces[0].space);
		assert_non_null(host_tlb_stale());
		hal_mmu_stay(&spaces[1].space); /* is not loaded */
		assert_non_null(host_tlb_stale());
		hal_mmu_stay(&spaces[0].space);
		assert_null(host_tlb_stale());
		assert_true(reads(1, &value));
	}
}

static void a_space_made_after_another_ended_sees_nothing_of_it(void **state)
{
	uint64_t value;

	(void)state;
	for (unsigned round = 0; round < 3 * HOST_TAGS; round++) {
		if (round == 0)
			make_spaces(1, HOST_TAGS);
		assert_true(reads(0, &value));
		hal_mmu_activate_kernel();
		aspace_destroy(&spaces[0]);
		assert_ok(aspace_init(&spaces[0], 10));
		assert_false(reads(0, &value));
		spaces[0].frames_max = spaces[0].swap_max = 20;
		assert_ok(aspace_add_region(&spaces[0], REGION_HEAP, BASE, 1, RW));
		assert_int_equal(aspace_touch(&spaces[0], BASE, RW, &(uint32_t){ 0 }), TOUCH_OK);
	}
}

/* Else a page that is used all the time would look unused, and go out first. */
static void the_clock_sees_the_next_use_of_a_page(void **state)
{
	uint64_t value;

	(void)state;
	make_spaces(2, HOST_TAGS);
	assert_true(reads(0, &value) && reads(1, &value));
	assert_non_null(world_victim(NULL)); /* has been round once: both pages look unused */
	for (unsigned i = 0; i < 2; i++) {
		assert_false(aspace_entry(&spaces[i], BASE).accessed);
		assert_true(reads(i, &value));
		assert_true(aspace_entry(&spaces[i], BASE).accessed);
	}
}

static void more_spaces_than_tags_still_never_mix(void **state)
{
	uint64_t value;

	(void)state;
	make_spaces(SPACES, HOST_TAGS);
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < SPACES; i++) {
			assert_true(reads(i, &value));
			assert_int_equal(value, i);
			hal_mmu_invalidate(&spaces[SPACES - 1 - i].space, (vaddr_t){ BASE });
		}
	forget_entry(&spaces[SPACES - 1]); /* it has none: its translations are gone when others have run */
	assert_true(reads(0, &value));
	assert_false(reads(SPACES - 1, &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_space_keeps_its_translations_while_others_run),
		cmocka_unit_test(without_tags_every_switch_drops_them),
		cmocka_unit_test(a_page_of_a_space_that_is_not_active_is_dropped_too),
		cmocka_unit_test(everything_of_a_space_is_dropped_active_or_not),
		cmocka_unit_test(no_entry_for_a_table_that_moved_stays_cached),
		cmocka_unit_test(a_tag_is_used_again_only_after_everything_was_dropped),
		cmocka_unit_test(a_tag_that_was_loaded_when_it_was_given_back_is_not_clean),
		cmocka_unit_test(a_loaded_space_that_stays_is_loaded_with_its_fresh_tag),
		cmocka_unit_test(a_space_made_after_another_ended_sees_nothing_of_it),
		cmocka_unit_test(the_clock_sees_the_next_use_of_a_page),
		cmocka_unit_test(more_spaces_than_tags_still_never_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
