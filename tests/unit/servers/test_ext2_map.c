/* SPDX-License-Identifier: BSD-2-Clause */
/* Block maps: every level, every border between two levels, holes, runs, and pointers that lie. */
#include "tests/unit/servers/ext2_fixture.h"

#include <string.h>

enum { N = 256 }; /* pointers in a block of 1 KiB */

static void start(struct fixture *f, struct ext2_inode *inode, uint64_t blocks)
{
	fixture_build(f, 1024);
	fixture_make_inode(f, FIXTURE_FILE, 0x81a4, blocks * 1024);
	assert_ok(fixture_mount(f));
	assert_ok(ext2_inode_read(&f->cache, FIXTURE_FILE, inode));
}

static void set_map(struct ext2_inode *inode, unsigned slot, uint32_t block)
{
	fixture_put32(inode->map + (size_t)slot * 4, block);
}

static void assert_run(struct fixture *f, const struct ext2_inode *inode, uint64_t at, uint32_t max, uint32_t first,
		       uint32_t blocks)
{
	struct ext2_run run = { 77, 77 };

	assert_ok(ext2_map_run(&f->cache, inode, at, max, &run));
	assert_int_equal(run.first_block, first);
	assert_int_equal(run.blocks, blocks);
}

static void direct_blocks_come_in_runs_that_end_where_the_disk_jumps(void **state)
{
	struct ext2_inode inode;
	struct fixture f;

	(void)state;
	start(&f, &inode, 12);
	static const uint32_t blocks[12] = { 50, 51, 52, 60, 61, 0, 0, 70, 69, 68, 100, 101 };
	for (unsigned i = 0; i < 12; i++)
		set_map(&inode, i, blocks[i]);
	assert_run(&f, &inode, 0, 99, 50, 3);
	assert_run(&f, &inode, 1, 99, 51, 2);
	assert_run(&f, &inode, 0, 2, 50, 2);
	assert_run(&f, &inode, 3, 99, 60, 2);
	assert_run(&f, &inode, 5, 99, 0, 2);
	assert_run(&f, &inode, 7, 99, 70, 1);
	assert_run(&f, &inode, 8, 99, 69, 1);
	assert_run(&f, &inode, 10, 99, 100, 2);
	fixture_close(&f);
}

static void a_run_ends_with_the_file(void **state)
{
	struct ext2_inode inode;
	struct ext2_run run;
	struct fixture f;

	(void)state;
	start(&f, &inode, 3);
	for (unsigned i = 0; i < 12; i++)
		set_map(&inode, i, 50 + i);
	assert_run(&f, &inode, 0, 99, 50, 3);
	inode.size_bytes = 3 * 1024 + 1;
	assert_run(&f, &inode, 0, 99, 50, 4);
	assert_error(ext2_map_run(&f.cache, &inode, 4, 1, &run), PAST_END);
	assert_error(ext2_map_run(&f.cache, &inode, UINT64_MAX, 1, &run), PAST_END);
	inode.size_bytes = 0;
	assert_error(ext2_map_run(&f.cache, &inode, 0, 1, &run), PAST_END);
	fixture_close(&f);
}

/* A chain of `depth` pointer blocks below slot, all pointing on at the same index; returns what it ends in.
 */
static void hang_chain(struct fixture *f, struct ext2_inode *inode, unsigned depth, unsigned index, uint32_t data)
{
	uint32_t block = fixture_new_block(f);

	set_map(inode, 11 + depth, block);
	for (; depth > 1; depth--) {
		uint32_t next = fixture_new_block(f);
		fixture_put32(fixture_block(f, block) + (size_t)index * 4, next);
		block = next;
	}
	fixture_put32(fixture_block(f, block) + (size_t)index * 4, data);
}

static void each_level_begins_and_ends_where_the_format_says(void **state)
{
	static const uint64_t begin[] = { 0, 12, 12 + N, 12 + N + N * N, 12 + N + N * N + (uint64_t)N * N * N };
	struct ext2_inode inode;
	struct ext2_run run;
	struct fixture f;

	(void)state;
	for (unsigned depth = 1; depth <= 3; depth++) {
		start(&f, &inode, begin[4]);
		hang_chain(&f, &inode, depth, 0, 100); /* the level's first block */
		assert_run(&f, &inode, begin[depth], 1, 100, 1);
		assert_run(&f, &inode, begin[depth] - 1, 1, 0, 1);
		hang_chain(&f, &inode, depth, N - 1, 300); /* and its last */
		assert_run(&f, &inode, begin[depth + 1] - 1, 9, 300, 1);
		assert_run(&f, &inode, begin[depth], 1, 0, 1);
		fixture_close(&f);
	}
	start(&f, &inode, begin[4]);
	assert_int_equal(ext2_map_blocks_max(&f.volume), begin[4]);
	assert_error(ext2_map_run(&f.cache, &inode, begin[4], 1, &run), PAST_END);
	fixture_close(&f);
}

static void a_missing_subtree_is_one_hole_up_to_its_end(void **state)
{
	const uint64_t triple = 12 + N + N * N;
	struct ext2_inode inode;
	struct fixture f;

	(void)state;
	start(&f, &inode, triple + (uint64_t)N * N * N);
	assert_run(&f, &inode, 12, UINT32_MAX, 0, N);
	assert_run(&f, &inode, 13, UINT32_MAX, 0, N - 1);
	assert_run(&f, &inode, 12 + N, UINT32_MAX, 0, N * N);
	assert_run(&f, &inode, triple + 5, UINT32_MAX, 0, N * N * N - 5);
	assert_run(&f, &inode, triple + 5, 10, 0, 10);
	hang_chain(&f, &inode, 3, 2, 100);
	assert_run(&f, &inode, triple, UINT32_MAX, 0, N * N);
	assert_run(&f, &inode, triple + 2 * N * N, UINT32_MAX, 0, N);
	assert_run(&f, &inode, triple + 2 * N * N + 2 * N, UINT32_MAX, 0, 2);
	assert_run(&f, &inode, triple + 2 * N * N + 2 * N + 2, UINT32_MAX, 100, 1);
	assert_run(&f, &inode, triple + 2 * N * N + 2 * N + 3, UINT32_MAX, 0, N - 3);
	fixture_close(&f);
}

static void a_pointer_outside_the_volume_is_refused_at_each_level(void **state)
{
	static const uint32_t bad[] = { 1, 512, 0xffffffff };
	static const uint64_t begin[] = { 0, 12, 12 + N, 12 + N + N * N };
	struct ext2_inode inode;
	struct ext2_run run;
	struct fixture f;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		start(&f, &inode, begin[3] + 1);
		set_map(&inode, 0, bad[i]);
		assert_error(ext2_map_run(&f.cache, &inode, 0, 1, &run), BAD_BLOCK);
		for (unsigned depth = 1; depth <= 3; depth++) {
			hang_chain(&f, &inode, depth, 0, bad[i]);
			assert_error(ext2_map_run(&f.cache, &inode, begin[depth], 1, &run), BAD_BLOCK);
			set_map(&inode, 11 + depth, bad[i]);
			assert_error(ext2_map_run(&f.cache, &inode, begin[depth], 1, &run), BAD_BLOCK);
		}
		fixture_close(&f);
	}
}

static void a_run_stops_before_the_end_of_the_volume(void **state)
{
	struct ext2_inode inode;
	struct ext2_run run;
	struct fixture f;

	(void)state;
	start(&f, &inode, 12);
	for (unsigned i = 0; i < 12; i++)
		set_map(&inode, i, 508 + i);
	assert_run(&f, &inode, 0, 99, 508, 4);
	assert_error(ext2_map_run(&f.cache, &inode, 4, 1, &run), BAD_BLOCK);
	set_map(&inode, 0, 0xffffffff); /* whose successor would be 0 */
	set_map(&inode, 1, 0);
	assert_error(ext2_map_run(&f.cache, &inode, 0, 2, &run), BAD_BLOCK);
	fixture_close(&f);
}

static void pointers_in_a_circle_cost_three_reads(void **state)
{
	struct ext2_inode inode;
	struct fixture f;

	(void)state;
	start(&f, &inode, 12 + N + N * N + 1);
	uint32_t self = fixture_new_block(&f);
	for (unsigned i = 0; i < N; i++)
		fixture_put32(fixture_block(&f, self) + (size_t)i * 4, self);
	set_map(&inode, 14, self);
	unsigned reads = f.reads;
	assert_run(&f, &inode, 12 + N + N * N, 9, self, 1);
	assert_in_range(f.reads - reads, 1, 3);
	fixture_close(&f);
}

static void what_has_no_blocks_has_no_map(void **state)
{
	struct ext2_inode inode;
	struct ext2_run run;
	struct fixture f;

	(void)state;
	start(&f, &inode, 1);
	set_map(&inode, 0, 50);
	static const enum ext2_type types[] = { EXT2_TYPE_CHARACTER, EXT2_TYPE_BLOCK, EXT2_TYPE_FIFO,
						EXT2_TYPE_SOCKET };
	for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++) {
		inode.type = types[i];
		assert_error(ext2_map_run(&f.cache, &inode, 0, 1, &run), NO_DATA);
	}
	inode.type = EXT2_TYPE_LINK;
	inode.size_bytes = 59;
	assert_error(ext2_map_run(&f.cache, &inode, 0, 1, &run), NO_DATA);
	inode.size_bytes = 60;
	assert_run(&f, &inode, 0, 1, 50, 1);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(direct_blocks_come_in_runs_that_end_where_the_disk_jumps),
		cmocka_unit_test(a_run_ends_with_the_file),
		cmocka_unit_test(each_level_begins_and_ends_where_the_format_says),
		cmocka_unit_test(a_missing_subtree_is_one_hole_up_to_its_end),
		cmocka_unit_test(a_pointer_outside_the_volume_is_refused_at_each_level),
		cmocka_unit_test(a_run_stops_before_the_end_of_the_volume),
		cmocka_unit_test(pointers_in_a_circle_cost_three_reads),
		cmocka_unit_test(what_has_no_blocks_has_no_map),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
