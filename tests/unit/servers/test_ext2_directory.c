/* SPDX-License-Identifier: BSD-2-Clause */
/* Directories: search and listing agree, resume anywhere, and refuse records that lie. */
#include "tests/unit/servers/ext2_fixture.h"

#include <stdlib.h>
#include <string.h>

static void mount(struct fixture *f, struct ext2_inode *root)
{
	assert_ok(fixture_mount(f));
	assert_ok(ext2_inode_read(&f->cache, EXT2_ROOT_INODE, root));
}

/* The root with three files, "b" among them deleted the way ext2 does it in the middle of a block. */
static void build_three(struct fixture *f, struct ext2_inode *root)
{
	fixture_build(f, 1024);
	fixture_add_entry(f, EXT2_ROOT_INODE, "a", 21, EXT2_TYPE_FILE);
	fixture_put32(fixture_add_entry(f, EXT2_ROOT_INODE, "b", 22, EXT2_TYPE_FILE), 0);
	fixture_add_entry(f, EXT2_ROOT_INODE, "long-name", 23, EXT2_TYPE_LINK);
	mount(f, root);
}

static void a_name_is_found_whole_and_only_if_it_is_used(void **state)
{
	struct ext2_inode root;
	uint32_t number = 0;
	struct fixture f;

	(void)state;
	build_three(&f, &root);
	assert_ok(ext2_directory_find(&f.cache, &root, "long-name", 9, &number));
	assert_int_equal(number, 23);
	assert_ok(ext2_directory_find(&f.cache, &root, "..", 2, &number));
	assert_int_equal(number, EXT2_ROOT_INODE);
	assert_error(ext2_directory_find(&f.cache, &root, "long-nam", 8, &number), NOT_FOUND);
	assert_error(ext2_directory_find(&f.cache, &root, "long-name2", 10, &number), NOT_FOUND);
	assert_error(ext2_directory_find(&f.cache, &root, "b", 1, &number), NOT_FOUND);
	assert_error(ext2_directory_find(&f.cache, &root, "", 0, &number), NOT_FOUND);
	fixture_close(&f);
}

static void names_may_have_255_bytes_and_no_more(void **state)
{
	char name[257];
	struct ext2_inode root;
	struct ext2_entry entry;
	struct ext2_cursor cursor = { .position = 24 };
	uint32_t number = 0;
	struct fixture f;

	(void)state;
	memset(name, 'n', 256);
	name[255] = '\0';
	fixture_build(&f, 1024);
	fixture_add_entry(&f, EXT2_ROOT_INODE, name, 21, EXT2_TYPE_FILE);
	mount(&f, &root);
	assert_ok(ext2_directory_find(&f.cache, &root, name, 255, &number));
	assert_ok(ext2_directory_next(&f.cache, &root, &cursor, &entry));
	assert_string_equal(entry.name, name);
	name[255] = 'n';
	assert_error(ext2_directory_find(&f.cache, &root, name, 256, &number), NAME_TOO_LONG);
	fixture_close(&f);
}

static void a_listing_gives_every_used_name_once_and_then_ends(void **state)
{
	static const char *const names[] = { ".", "..", "a", "long-name" };
	struct ext2_cursor cursor = { 0 };
	struct ext2_inode root;
	struct ext2_entry entry;
	struct fixture f;

	(void)state;
	build_three(&f, &root);
	for (unsigned i = 0; i < 4; i++) {
		assert_ok(ext2_directory_next(&f.cache, &root, &cursor, &entry));
		assert_string_equal(entry.name, names[i]);
		assert_int_equal(entry.name_bytes, strlen(names[i]));
	}
	assert_int_equal(entry.type, EXT2_TYPE_LINK);
	assert_error(ext2_directory_next(&f.cache, &root, &cursor, &entry), END);
	assert_error(ext2_directory_next(&f.cache, &root, &cursor, &entry), END);
	fixture_close(&f);
}

static void a_listing_resumes_at_any_position_on_a_whole_record(void **state)
{
	struct ext2_inode root;
	struct ext2_entry entry;
	struct fixture f;

	(void)state;
	build_three(&f, &root);
	for (uint64_t position = 0; position < 1100; position++) {
		struct ext2_cursor cursor;
		ext2_cursor_seek(&cursor, position);
		enum ext2_error error = ext2_directory_next(&f.cache, &root, &cursor, &entry);
		const char *expected = position == 0    ? "."
				       : position <= 12 ? ".."
				       : position <= 24 ? "a"
				       : position <= 48 ? "long-name"
							: NULL;
		if (expected == NULL) {
			assert_error(error, END);
			continue;
		}
		assert_ok(error);
		assert_string_equal(entry.name, expected);
	}
	struct ext2_cursor cursor;
	ext2_cursor_seek(&cursor, UINT64_MAX);
	assert_error(ext2_directory_next(&f.cache, &root, &cursor, &entry), END);
	fixture_close(&f);
}

static void unknown_and_absent_types_are_told_as_unknown(void **state)
{
	struct ext2_cursor cursor = { .position = 24 };
	struct ext2_inode root;
	struct ext2_entry entry;
	struct fixture f;

	(void)state;
	fixture_build(&f, 1024);
	uint8_t *record = fixture_add_entry(&f, EXT2_ROOT_INODE, "a", 21, 99);
	mount(&f, &root);
	assert_ok(ext2_directory_next(&f.cache, &root, &cursor, &entry));
	assert_int_equal(entry.type, EXT2_TYPE_UNKNOWN);

	/* Without the feature the byte is the high half of the name's length. */
	fixture_put32(fixture_super(&f) + EXT2_SUPER_INCOMPAT, 0);
	mount(&f, &root);
	cursor = (struct ext2_cursor){ .position = 24, .at_record = true };
	assert_error(ext2_directory_next(&f.cache, &root, &cursor, &entry), BAD_DIRECTORY);
	record[EXT2_ENTRY_TYPE] = 0;
	mount(&f, &root);
	assert_ok(ext2_directory_next(&f.cache, &root, &cursor, &entry));
	assert_string_equal(entry.name, "a");
	fixture_close(&f);
}

/* One field of the record of "victim" set to a value; search and listing must both say this. */
struct spoiled_record {
	unsigned at, bytes;
	uint32_t value;
	enum ext2_error error;
};

static void a_malformed_record_is_refused_by_search_and_listing(void **state)
{
	static const struct spoiled_record cases[] = {
		{ EXT2_ENTRY_RECORD_BYTES, 2, 0, EXT2_BAD_DIRECTORY },
		{ EXT2_ENTRY_RECORD_BYTES, 2, 8, EXT2_BAD_DIRECTORY },
		{ EXT2_ENTRY_RECORD_BYTES, 2, 12, EXT2_BAD_DIRECTORY }, /* "victim" needs 14 */
		{ EXT2_ENTRY_RECORD_BYTES, 2, 18, EXT2_BAD_DIRECTORY },
		{ EXT2_ENTRY_RECORD_BYTES, 2, 1004, EXT2_BAD_DIRECTORY },
		{ EXT2_ENTRY_RECORD_BYTES, 2, 0xffff, EXT2_BAD_DIRECTORY },
		{ EXT2_ENTRY_RECORD_BYTES, 2, 992, EXT2_BAD_DIRECTORY }, /* leaves 8 bytes, too few for a record */
		{ EXT2_ENTRY_NAME_BYTES, 1, 0, EXT2_BAD_DIRECTORY },
		{ EXT2_ENTRY_NAME, 1, 0, EXT2_BAD_DIRECTORY },
		{ EXT2_ENTRY_NAME + 5, 1, '/', EXT2_BAD_DIRECTORY },
		{ EXT2_ENTRY_INODE, 4, 1, EXT2_BAD_INODE_NUMBER },
		{ EXT2_ENTRY_INODE, 4, 7, EXT2_BAD_INODE_NUMBER },
		{ EXT2_ENTRY_INODE, 4, FIXTURE_INODES + 1, EXT2_BAD_INODE_NUMBER },
		{ EXT2_ENTRY_INODE, 4, 0xffffffff, EXT2_BAD_INODE_NUMBER },
	};
	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct ext2_cursor cursor = { 0 };
		struct ext2_inode root;
		struct ext2_entry entry;
		uint32_t number;
		struct fixture f;

		fixture_build(&f, 1024);
		uint8_t *record = fixture_add_entry(&f, EXT2_ROOT_INODE, "victim", 21, EXT2_TYPE_FILE);
		for (unsigned byte = 0; byte < cases[i].bytes; byte++)
			record[cases[i].at + byte] = (uint8_t)(cases[i].value >> (8 * byte));
		mount(&f, &root);
		enum ext2_error found = ext2_directory_find(&f.cache, &root, "absent", 6, &number);
		enum ext2_error listed = EXT2_OK;
		for (unsigned step = 0; step < 5 && listed == EXT2_OK; step++)
			listed = ext2_directory_next(&f.cache, &root, &cursor, &entry);
		if (found != cases[i].error || listed != cases[i].error)
			fail_msg("case %u: %s, %s", i, ext2_error_text(found), ext2_error_text(listed));
		fixture_close(&f);
	}
}

static void a_record_length_that_is_no_multiple_of_4_is_refused(void **state)
{
	struct ext2_inode root;
	uint32_t number;
	struct fixture f;

	(void)state;
	fixture_build(&f, 1024);
	uint8_t *record = fixture_add_entry(&f, EXT2_ROOT_INODE, "victim", 21, EXT2_TYPE_FILE);
	fixture_put16(record + EXT2_ENTRY_RECORD_BYTES, 18);
	fixture_put16(record + 18 + EXT2_ENTRY_RECORD_BYTES, 1024 - 24 - 18);
	mount(&f, &root);
	assert_error(ext2_directory_find(&f.cache, &root, "absent", 6, &number), BAD_DIRECTORY);
	fixture_close(&f);
}

/* The cache's only buffer is an allocation of its own here: a byte read past it is seen. */
static void nothing_is_read_past_the_block_for_its_last_record(void **state)
{
	uint8_t(*buffer)[EXT2_BLOCK_BYTES_MAX] = malloc(sizeof *buffer);
	struct ext2_inode root;
	uint32_t number;
	struct fixture f;

	(void)state;
	assert_non_null(buffer);
	for (unsigned rest = 4; rest <= 12; rest += 4) {
		fixture_build(&f, 4096);
		uint8_t *record = fixture_add_entry(&f, EXT2_ROOT_INODE, "victim", 21, EXT2_TYPE_FILE);
		fixture_put16(record + EXT2_ENTRY_RECORD_BYTES, 4096 - 24 - rest);
		if (rest == 12)
			memcpy(record + 4096 - 24 - 12,
			       "\x15\0\0\0\x0c\0\x05\x01"
			       "abcd",
			       12);
		assert_ok(fixture_mount(&f));
		ext2_cache_init(&f.cache, &f.volume, buffer, 1);
		assert_ok(ext2_inode_read(&f.cache, EXT2_ROOT_INODE, &root));
		assert_error(ext2_directory_find(&f.cache, &root, "absent", 6, &number), BAD_DIRECTORY);
		assert_error(ext2_directory_find(&f.cache, &root, "abcde", 5, &number), BAD_DIRECTORY);
		fixture_close(&f);
	}
	free(buffer);
}

static void a_hole_in_a_directory_is_refused(void **state)
{
	struct ext2_cursor cursor = { .position = 1024 };
	struct ext2_inode root;
	struct ext2_entry entry;
	uint32_t number;
	struct fixture f;

	(void)state;
	fixture_build(&f, 1024);
	fixture_put32(fixture_inode(&f, EXT2_ROOT_INODE) + EXT2_INODE_SIZE, 2048);
	mount(&f, &root);
	assert_error(ext2_directory_next(&f.cache, &root, &cursor, &entry), BAD_DIRECTORY);
	assert_error(ext2_directory_find(&f.cache, &root, "absent", 6, &number), BAD_DIRECTORY);
	fixture_close(&f);
}

/* [P] Indexed Directory: an inner node is one unused record over the whole block. */
static void blocks_of_a_hash_tree_look_empty(void **state)
{
	struct ext2_cursor cursor = { .position = 12 };
	struct ext2_inode root;
	struct ext2_entry entry;
	uint32_t number;
	struct fixture f;

	(void)state;
	fixture_build(&f, 1024);
	uint32_t node = fixture_new_block(&f), leaf = fixture_new_block(&f);
	fixture_put32(fixture_inode(&f, EXT2_ROOT_INODE) + EXT2_INODE_SIZE, 3072);
	fixture_set_pointer(&f, EXT2_ROOT_INODE, 1, node);
	fixture_set_pointer(&f, EXT2_ROOT_INODE, 2, leaf);
	memset(fixture_block(&f, node) + 8, 0xff, 1016);
	fixture_put16(fixture_block(&f, node) + EXT2_ENTRY_RECORD_BYTES, 1024);
	memcpy(fixture_block(&f, leaf), "\x15\0\0\0\0\x04\x04\x01leaf", 12);
	mount(&f, &root);
	assert_ok(ext2_directory_find(&f.cache, &root, "leaf", 4, &number));
	assert_int_equal(number, 21);
	assert_ok(ext2_directory_next(&f.cache, &root, &cursor, &entry));
	assert_ok(ext2_directory_next(&f.cache, &root, &cursor, &entry));
	assert_string_equal(entry.name, "leaf");
	assert_error(ext2_directory_next(&f.cache, &root, &cursor, &entry), END);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_found_whole_and_only_if_it_is_used),
		cmocka_unit_test(names_may_have_255_bytes_and_no_more),
		cmocka_unit_test(a_listing_gives_every_used_name_once_and_then_ends),
		cmocka_unit_test(a_listing_resumes_at_any_position_on_a_whole_record),
		cmocka_unit_test(unknown_and_absent_types_are_told_as_unknown),
		cmocka_unit_test(a_malformed_record_is_refused_by_search_and_listing),
		cmocka_unit_test(a_record_length_that_is_no_multiple_of_4_is_refused),
		cmocka_unit_test(nothing_is_read_past_the_block_for_its_last_record),
		cmocka_unit_test(a_hole_in_a_directory_is_refused),
		cmocka_unit_test(blocks_of_a_hash_tree_look_empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
