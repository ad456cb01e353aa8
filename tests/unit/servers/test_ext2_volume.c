/* SPDX-License-Identifier: BSD-2-Clause */
/* Superblock, group descriptors, inodes and the metadata cache: what is believed and what is not. */
#include "tests/unit/servers/ext2_fixture.h"

#include <string.h>

static void a_plain_volume_opens_with_each_block_size(void **state)
{
	(void)state;
	for (uint32_t block_bytes = 1024; block_bytes <= 4096; block_bytes *= 2) {
		struct fixture f;
		fixture_build(&f, block_bytes);
		assert_ok(fixture_mount(&f));
		assert_ok(ext2_volume_check(&f.cache));
		assert_int_equal(f.volume.block_bytes, block_bytes);
		assert_true(f.volume.has_types && f.volume.clean);
		assert_int_equal(f.volume.unknown_ro_compat, 0);
		fixture_close(&f);
	}
}

/* One field of the superblock set to a value that must be refused with this error. */
struct spoiled_super {
	unsigned at, bytes;
	uint32_t value;
	enum ext2_error error;
};

static void open_refuses_a_superblock_that_contradicts_itself(void **state)
{
	static const struct spoiled_super cases[] = {
		{ EXT2_SUPER_MAGIC_AT, 2, 0xef52, EXT2_NOT_EXT },
		{ EXT2_SUPER_REVISION, 4, 2, EXT2_BAD_REVISION },
		{ EXT2_SUPER_LOG_BLOCK, 4, 3, EXT2_BAD_BLOCK_SIZE },
		{ EXT2_SUPER_LOG_BLOCK, 4, 0xffffffff, EXT2_BAD_BLOCK_SIZE },
		{ EXT2_SUPER_FIRST_BLOCK, 4, 0, EXT2_BAD_GROUPS },
		{ EXT2_SUPER_FIRST_BLOCK, 4, 0xffffffff, EXT2_BAD_GROUPS },
		{ EXT2_SUPER_BLOCKS, 4, 0, EXT2_BAD_GROUPS },
		{ EXT2_SUPER_BLOCKS, 4, 1, EXT2_BAD_GROUPS },
		{ EXT2_SUPER_BLOCKS, 4, 2, EXT2_BAD_GROUPS }, /* no room for descriptors */
		{ EXT2_SUPER_BLOCKS, 4, 513, EXT2_CUT_SHORT },
		{ EXT2_SUPER_BLOCKS, 4, 8193, EXT2_CUT_SHORT },
		{ EXT2_SUPER_BLOCKS_PER_GROUP, 4, 0, EXT2_BAD_GROUPS },
		{ EXT2_SUPER_BLOCKS_PER_GROUP, 4, 8193, EXT2_BAD_GROUPS },
		{ EXT2_SUPER_BLOCKS_PER_GROUP, 4, 256, EXT2_BAD_GROUPS }, /* two groups' inodes */
		{ EXT2_SUPER_INODES_PER_GROUP, 4, 0, EXT2_BAD_GROUPS },
		{ EXT2_SUPER_INODES_PER_GROUP, 4, 65, EXT2_BAD_GROUPS },
		{ EXT2_SUPER_INODES, 4, 0, EXT2_BAD_GROUPS },
		{ EXT2_SUPER_INODES, 4, 0xffffffff, EXT2_BAD_GROUPS },
		{ EXT2_SUPER_INODE_BYTES, 2, 0, EXT2_BAD_INODE_SIZE },
		{ EXT2_SUPER_INODE_BYTES, 2, 64, EXT2_BAD_INODE_SIZE },
		{ EXT2_SUPER_INODE_BYTES, 2, 160, EXT2_BAD_INODE_SIZE },
		{ EXT2_SUPER_INODE_BYTES, 2, 2048, EXT2_BAD_INODE_SIZE },
		{ EXT2_SUPER_FIRST_INODE, 4, 2, EXT2_BAD_GROUPS },
		{ EXT2_SUPER_FIRST_INODE, 4, 65, EXT2_BAD_GROUPS },
	};
	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct fixture f;
		fixture_build(&f, 1024);
		uint8_t *at = fixture_super(&f) + cases[i].at;
		if (cases[i].bytes == 2)
			fixture_put16(at, cases[i].value);
		else
			fixture_put32(at, cases[i].value);
		enum ext2_error error = fixture_mount(&f);
		if (error != cases[i].error)
			fail_msg("case %u: %s", i, ext2_error_text(error));
		fixture_close(&f);
	}
}

static void open_names_each_feature_that_it_lacks(void **state)
{
	struct fixture f;

	(void)state;
	fixture_build(&f, 1024);
	for (unsigned bit = 0; bit < 32; bit++) {
		uint32_t feature = (uint32_t)1 << bit;
		fixture_put32(fixture_super(&f) + EXT2_SUPER_INCOMPAT, feature);
		enum ext2_error error = fixture_mount(&f);
		if (feature == EXT2_INCOMPAT_FILETYPE || feature == EXT2_INCOMPAT_FLEX_BG)
			assert_ok(error);
		else
			assert_in_range(error, EXT2_HAS_EXTENTS, EXT2_NEEDS_RECOVERY);
	}
	fixture_put32(fixture_super(&f) + EXT2_SUPER_INCOMPAT, EXT2_INCOMPAT_EXTENTS | EXT2_INCOMPAT_RECOVER);
	assert_error(fixture_mount(&f), HAS_EXTENTS);
	fixture_close(&f);
}

static void a_read_only_feature_that_is_unknown_is_reported_and_read_over(void **state)
{
	struct fixture f;

	(void)state;
	fixture_build(&f, 1024);
	fixture_put32(fixture_super(&f) + EXT2_SUPER_RO_COMPAT, 0x40000003);
	fixture_put16(fixture_super(&f) + EXT2_SUPER_STATE, 2);
	assert_ok(fixture_mount(&f));
	assert_int_equal(f.volume.unknown_ro_compat, 0x40000000);
	assert_false(f.volume.clean);
	fixture_close(&f);
}

static void revision_0_has_its_fixed_inodes_whatever_the_later_fields_say(void **state)
{
	struct fixture f;

	(void)state;
	fixture_build(&f, 1024);
	fixture_put32(fixture_super(&f) + EXT2_SUPER_REVISION, 0);
	fixture_put16(fixture_super(&f) + EXT2_SUPER_INODE_BYTES, 0);
	fixture_put32(fixture_super(&f) + EXT2_SUPER_FIRST_INODE, 0);
	assert_ok(fixture_mount(&f));
	assert_int_equal(f.volume.inode_bytes, 128);
	assert_int_equal(f.volume.first_inode, 11);
	fixture_close(&f);
}

static void check_refuses_a_descriptor_whose_table_leaves_the_volume(void **state)
{
	static const uint32_t tables[] = { 0, 1, 505, 512, 0xffffffff }; /* the table is 8 blocks long */
	struct fixture f;

	(void)state;
	fixture_build(&f, 1024);
	assert_ok(fixture_mount(&f));
	for (unsigned i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		fixture_put32(fixture_block(&f, 2) + EXT2_GROUP_INODE_TABLE, tables[i]);
		ext2_cache_init(&f.cache, &f.volume, f.buffers, FIXTURE_CACHE_SLOTS);
		assert_error(ext2_volume_check(&f.cache), BAD_DESCRIPTOR);
	}
	fixture_close(&f);
}

static void check_refuses_a_root_that_is_a_file(void **state)
{
	struct fixture f;

	(void)state;
	fixture_build(&f, 1024);
	fixture_make_inode(&f, EXT2_ROOT_INODE, 0x81a4, 0);
	assert_ok(fixture_mount(&f));
	assert_error(ext2_volume_check(&f.cache), BAD_ROOT);
	fixture_close(&f);
}

static void a_device_error_is_passed_on_and_not_cached(void **state)
{
	struct ext2_inode inode;
	struct fixture f;

	(void)state;
	fixture_build(&f, 1024);
	f.fail_at_bytes = 1024;
	assert_error(fixture_mount(&f), IO);
	f.fail_at_bytes = 5 * 1024;
	assert_ok(fixture_mount(&f));
	assert_error(ext2_inode_read(&f.cache, EXT2_ROOT_INODE, &inode), IO);
	f.fail_at_bytes = UINT64_MAX;
	assert_ok(ext2_inode_read(&f.cache, EXT2_ROOT_INODE, &inode));
	fixture_close(&f);
}

static void the_cache_keeps_what_was_used_last(void **state)
{
	const uint8_t *data;
	struct fixture f;

	(void)state;
	fixture_build(&f, 1024);
	assert_ok(fixture_mount(&f));
	for (uint32_t block = 100; block < 100 + FIXTURE_CACHE_SLOTS; block++) {
		fixture_block(&f, block)[7] = (uint8_t)block;
		assert_ok(ext2_cache_get(&f.cache, block, &data));
	}
	unsigned reads = f.reads;
	assert_ok(ext2_cache_get(&f.cache, 100, &data)); /* now 101 is the oldest */
	assert_int_equal(data[7], 100);
	assert_int_equal(f.reads, reads);
	assert_ok(ext2_cache_get(&f.cache, 200, &data));
	assert_ok(ext2_cache_get(&f.cache, 100, &data));
	assert_int_equal(f.reads, reads + 1);
	assert_ok(ext2_cache_get(&f.cache, 101, &data));
	assert_int_equal(data[7], 101);
	assert_int_equal(f.reads, reads + 2);
	fixture_close(&f);
}

static void a_failed_read_costs_the_cache_the_slot_that_it_overwrote(void **state)
{
	const uint8_t *data;
	struct fixture f;

	(void)state;
	fixture_build(&f, 1024);
	assert_ok(fixture_mount(&f));
	for (uint32_t block = 100; block < 100 + FIXTURE_CACHE_SLOTS; block++)
		assert_ok(ext2_cache_get(&f.cache, block, &data));
	f.fail_at_bytes = 200 * 1024;
	assert_error(ext2_cache_get(&f.cache, 200, &data), IO);
	for (uint32_t block = 100; block < 100 + FIXTURE_CACHE_SLOTS; block++) {
		assert_ok(ext2_cache_get(&f.cache, block, &data));
		assert_int_equal(data[0], 0);
	}
	fixture_close(&f);
}

static void the_cache_reads_no_block_outside_the_volume(void **state)
{
	static const uint32_t blocks[] = { 0, 1, 512, 0xffffffff };
	const uint8_t *data;
	struct fixture f;

	(void)state;
	fixture_build(&f, 1024);
	assert_ok(fixture_mount(&f));
	unsigned reads = f.reads;
	for (unsigned i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
		assert_error(ext2_cache_get(&f.cache, blocks[i], &data), BAD_BLOCK);
	assert_int_equal(f.reads, reads);
	fixture_close(&f);
}

static void inode_numbers_that_are_reserved_or_too_large_are_refused(void **state)
{
	static const uint32_t numbers[] = { 0, 1, 3, 10, FIXTURE_INODES + 1, 0xffffffff };
	struct ext2_inode inode;
	struct fixture f;

	(void)state;
	fixture_build(&f, 1024);
	assert_ok(fixture_mount(&f));
	for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		assert_error(ext2_inode_read(&f.cache, numbers[i], &inode), BAD_INODE_NUMBER);
	fixture_make_inode(&f, FIXTURE_INODES, 0x81a4, 7);
	assert_ok(ext2_inode_read(&f.cache, FIXTURE_INODES, &inode));
	assert_int_equal(inode.size_bytes, 7);
	fixture_close(&f);
}

/* An inode of this mode, size and flags is read with this error. */
struct made_inode {
	unsigned mode;
	uint64_t size_bytes;
	uint32_t flags;
	enum ext2_error error;
};

static void an_inode_is_checked_for_type_size_and_flags(void **state)
{
	const uint64_t map_bytes = (12 + 256 + 65536 + 16777216) * UINT64_C(1024);
	const struct made_inode cases[] = {
		{ 0x0000, 0, 0, EXT2_BAD_INODE },
		{ 0x31a4, 0, 0, EXT2_BAD_INODE },
		{ 0xf1a4, 0, 0, EXT2_BAD_INODE },
		{ 0x81a4, map_bytes, 0, EXT2_OK },
		{ 0x81a4, map_bytes + 1, 0, EXT2_BAD_SIZE },
		{ 0x81a4, UINT64_MAX, 0, EXT2_BAD_SIZE },
		{ 0x41ed, 0, 0, EXT2_BAD_SIZE },
		{ 0x41ed, 1025, 0, EXT2_BAD_SIZE },
		{ 0x41ed, 511 * 1024, 0, EXT2_OK },
		{ 0x41ed, 512 * 1024, 0, EXT2_BAD_SIZE },
		{ 0xa1ff, 0, 0, EXT2_BAD_SIZE },
		{ 0xa1ff, 1023, 0, EXT2_OK },
		{ 0xa1ff, 1024, 0, EXT2_BAD_SIZE },
		{ 0x11a4, 5, 0, EXT2_OK },
		{ 0x81a4, 5, 0x80000, EXT2_HAS_EXTENTS },
		{ 0x81a4, 5, 0x10000000, EXT2_HAS_INLINE_DATA },
		{ 0x81a4, 5, 0x800, EXT2_HAS_ENCRYPT },
		{ 0x41ed, 1024, 0x1000, EXT2_OK },
	};
	struct ext2_inode inode;

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct fixture f;
		fixture_build(&f, 1024);
		fixture_make_inode(&f, FIXTURE_FILE, cases[i].mode, cases[i].size_bytes);
		fixture_put32(fixture_inode(&f, FIXTURE_FILE) + EXT2_INODE_FLAGS, cases[i].flags);
		assert_ok(fixture_mount(&f));
		enum ext2_error error = ext2_inode_read(&f.cache, FIXTURE_FILE, &inode);
		if (error != cases[i].error)
			fail_msg("case %u: %s", i, ext2_error_text(error));
		fixture_close(&f);
	}
}

static void an_inode_without_links_is_not_in_use(void **state)
{
	struct ext2_inode inode;
	struct fixture f;

	(void)state;
	fixture_build(&f, 1024);
	fixture_make_inode(&f, FIXTURE_FILE, 0x81a4, 0);
	fixture_put16(fixture_inode(&f, FIXTURE_FILE) + EXT2_INODE_LINKS, 0);
	assert_ok(fixture_mount(&f));
	assert_error(ext2_inode_read(&f.cache, FIXTURE_FILE, &inode), BAD_INODE);
	fixture_close(&f);
}

static void owners_and_times_have_their_high_parts(void **state)
{
	struct ext2_inode inode;
	struct fixture f;

	(void)state;
	fixture_build(&f, 1024);
	fixture_put16(fixture_super(&f) + EXT2_SUPER_INODE_BYTES, 256);
	uint8_t *raw = fixture_inode(&f, 2 * FIXTURE_FILE - 1); /* the table's slots are twice as large */
	fixture_put16(raw + EXT2_INODE_MODE, 0x81a4);
	fixture_put16(raw + EXT2_INODE_LINKS, 3);
	fixture_put16(raw + EXT2_INODE_UID, 0x5678);
	fixture_put16(raw + EXT2_INODE_UID_HIGH, 0x1234);
	fixture_put16(raw + EXT2_INODE_GID_HIGH, 1);
	fixture_put32(raw + EXT2_INODE_ATIME, 0xffffffff);
	fixture_put32(raw + EXT2_INODE_CTIME, 0x80000000);
	fixture_put32(raw + EXT2_INODE_MTIME, 5);
	fixture_put16(raw + EXT2_INODE_EXTRA_BYTES, 12); /* ctime and mtime have more bits, atime has not */
	fixture_put32(raw + EXT2_INODE_ATIME_EXTRA, 3);
	fixture_put32(raw + EXT2_INODE_CTIME_EXTRA, 0xfffffffd);
	fixture_put32(raw + EXT2_INODE_MTIME_EXTRA, 3);
	assert_ok(fixture_mount(&f));
	assert_ok(ext2_inode_read(&f.cache, FIXTURE_FILE, &inode));
	assert_int_equal(inode.uid, 0x12345678);
	assert_int_equal(inode.gid, 0x10000);
	assert_int_equal(inode.links, 3);
	assert_true(inode.atime_s == -1);
	assert_true(inode.ctime_s == 0x80000000); /* 2038-01-19, beyond 31 bits */
	assert_true(inode.mtime_s == 5 + (INT64_C(3) << 32));

	/* More than the inode has room for is not believed: then there are none of these fields. */
	fixture_put16(raw + EXT2_INODE_EXTRA_BYTES, 129);
	assert_ok(fixture_mount(&f));
	assert_ok(ext2_inode_read(&f.cache, FIXTURE_FILE, &inode));
	assert_true(inode.mtime_s == 5);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_volume_opens_with_each_block_size),
		cmocka_unit_test(open_refuses_a_superblock_that_contradicts_itself),
		cmocka_unit_test(open_names_each_feature_that_it_lacks),
		cmocka_unit_test(a_read_only_feature_that_is_unknown_is_reported_and_read_over),
		cmocka_unit_test(revision_0_has_its_fixed_inodes_whatever_the_later_fields_say),
		cmocka_unit_test(check_refuses_a_descriptor_whose_table_leaves_the_volume),
		cmocka_unit_test(check_refuses_a_root_that_is_a_file),
		cmocka_unit_test(a_device_error_is_passed_on_and_not_cached),
		cmocka_unit_test(the_cache_keeps_what_was_used_last),
		cmocka_unit_test(a_failed_read_costs_the_cache_the_slot_that_it_overwrote),
		cmocka_unit_test(the_cache_reads_no_block_outside_the_volume),
		cmocka_unit_test(inode_numbers_that_are_reserved_or_too_large_are_refused),
		cmocka_unit_test(an_inode_is_checked_for_type_size_and_flags),
		cmocka_unit_test(an_inode_without_links_is_not_in_use),
		cmocka_unit_test(owners_and_times_have_their_high_parts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
