/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was in a frame before is seen by nobody: all free memory is filled with a word that nobody writes, again and
 * again while processes live and die, and no page of a process ever holds it.
 */
#include "tests/unit/kernel/paging_fixture.h"
#include "tests/unit/kernel/random_life.h"
#include <string.h>

#define CANARY 0x5ec2e7b17d1e0ff5ull

enum { SEEDS = 4, STEPS = 1500, FILL_EVERY = 5, QUADS = PAGE_BYTES / 8 };

static unsigned pages_seen;

/* ---- filling and scanning ---- */

static void fill_free_memory(void)
{
	static paddr_t taken[HOST_RAM_MAX / PAGE_BYTES];
	paddr_t frame;
	size_t n = 0;

	while (!paddr_is_none(frame = frame_alloc(FRAME_FOR_PAGE_IN, FRAME_KERNEL))) {
		uint64_t *at = hal_frame_ptr(frame);

		for (unsigned i = 0; i < QUADS; i++)
			at[i] = CANARY;
		taken[n++] = frame;
	}
	while (n > 0)
		frame_free(taken[--n]);
}

static void look_at(const struct frame *f)
{
	const uint64_t *at = hal_frame_ptr(frame_address(f));
	bool is_zero = f->kind == FRAME_NONE && (f->flags & FRAME_ZERO);

	if (!is_zero && ((f->kind != FRAME_USER && f->kind != FRAME_BOUNCE) || f->table == 0))
		return;
	pages_seen += f->kind == FRAME_USER;
	for (unsigned i = 0; i < QUADS; i++)
		if (at[i] == CANARY || (is_zero && at[i] != 0))
			fail_msg("%s: frame %u shows what was there before, at byte %u", life_what, frame_number(f),
				 i * 8);
}

/* Every page that a process has, and those that are free and said to be zero. */
static void scan(void)
{
	for (uint32_t n = 0; n < frame_limit(); n++)
		if (host_is_ram((paddr_t){ (uint64_t)n << PAGE_SHIFT }))
			look_at(frame_by_number(n));
}

static int start_scanning(void **state)
{
	(void)state;
	pages_seen = 0;
	life_what[0] = 0;
	return 0;
}

/* ---- tests ---- */

static void whatever_processes_do_none_sees_what_another_left(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		life_begin(seed);
		for (unsigned step = 0; step < STEPS; step++) {
			if (step % FILL_EVERY == 0)
				fill_free_memory();
			life_step();
			scan();
		}
	}
	assert_true(pages_seen > SEEDS * STEPS * LIFE_PROCESSES);
}

/* All kinds of memory, page by page, one process after the other in the frames of the one before. */
static void every_kind_of_memory_comes_clean(void **state)
{
	static const enum mem_kind kinds[] = { MEM_HEAP, MEM_STACK, MEM_BUFFER };

	(void)state;
	world_start();
	for (unsigned life = 0; life < 3; life++) {
		struct process_params params = world_params("app", 20);
		struct process *p;
		struct thread *t;

		params.start = PROGRAM_DATA;
		params.start_bytes = 12; /* the rest of this page is nobody's */
		fill_free_memory();
		p = world_create(&params);
		assert_non_null(p);
		t = first_thread(p);
		scan();
		for (unsigned k = 0; k < sizeof kinds / sizeof *kinds; k++) {
			uint64_t at = user_map(t, kinds[k], 8);

			for (unsigned i = 0; i < 8; i++) {
				assert_int_equal(user_get(t, at + i * PAGE_BYTES + 8 * i), 0);
				assert_true(user_put(t, at + i * PAGE_BYTES, CANARY + 1));
			}
			scan();
		}
		world_stop(p);
	}
	assert_true(pages_seen > 3 * 24);
}

/* What goes out and comes in passes through frames that the pager sees. */
static void paging_shows_neither_the_pager_nor_the_owner_anything_else(void **state)
{
	uint64_t heap;
	struct thread *t;

	paging_start(state);
	fill_free_memory();
	t = paging_make_small(10, &heap);
	for (unsigned round = 0; round < 4; round++) {
		for (uint64_t i = 0; i < 40; i++) {
			assert_true(paging_put(t, heap + i * PAGE_BYTES + 8 * (i + 1), 1 + i));
			assert_true(paging_put(t, heap + i * PAGE_BYTES, 1000 * round + i));
			fill_free_memory();
			scan();
		}
		for (uint64_t i = 0; i < 40; i++)
			assert_int_equal(paging_get(t, heap + i * PAGE_BYTES), 1000 * round + i);
	}
	assert_true(paging.outs > 40 && paging.ins > 40);
	(void)paging_fault_in(t, heap);
	for (unsigned i = 0; i < QUADS; i++) /* the pager has an empty one now, not one that some page went out by */
		assert_int_equal(user_get(paging.server, paging.window + 8ull * i), 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start_scanning, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(whatever_processes_do_none_sees_what_another_left),
		STORY(every_kind_of_memory_comes_clean),
		STORY(paging_shows_neither_the_pager_nor_the_owner_anything_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
