/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths: POSIX resolution of dots, slashes and links, and its limits. */
#include "tests/unit/servers/ext2_fixture.h"

#include <stdio.h>
#include <string.h>

enum { DIR_A = 20, DIR_B = 21, FILE_F = 22, FIRST_LINK = 30 };

/* /a, /a/b, /a/b/f. */
static void build_tree(struct fixture *f)
{
	fixture_build(f, 1024);
	fixture_make_directory(f, DIR_A, EXT2_ROOT_INODE);
	fixture_make_directory(f, DIR_B, DIR_A);
	fixture_make_inode(f, FILE_F, 0x81a4, 0);
	fixture_add_entry(f, EXT2_ROOT_INODE, "a", DIR_A, EXT2_TYPE_DIRECTORY);
	fixture_add_entry(f, DIR_A, "b", DIR_B, EXT2_TYPE_DIRECTORY);
	fixture_add_entry(f, DIR_B, "f", FILE_F, EXT2_TYPE_FILE);
}

static void add_link(struct fixture *f, uint32_t directory, const char *name, uint32_t number, const char *text)
{
	fixture_make_link(f, number, text);
	fixture_add_entry(f, directory, name, number, EXT2_TYPE_LINK);
}

static enum ext2_error resolve(struct fixture *f, uint32_t start, const char *path, bool follow,
			       struct ext2_inode *inode)
{
	return ext2_path_resolve(&f->cache, &f->walk, start, path, strlen(path), follow, inode);
}

static void assert_leads(struct fixture *f, uint32_t start, const char *path, uint32_t number)
{
	struct ext2_inode inode;

	enum ext2_error error = resolve(f, start, path, true, &inode);
	if (error != EXT2_OK || inode.number != number)
		fail_msg("%s: %s, inode %u", path, ext2_error_text(error), inode.number);
}

static void assert_refused(struct fixture *f, const char *path, enum ext2_error expected)
{
	struct ext2_inode inode;

	enum ext2_error error = resolve(f, EXT2_ROOT_INODE, path, true, &inode);
	if (error != expected)
		fail_msg("%.60s: %s", path, ext2_error_text(error));
}

static void dots_and_slashes_lead_where_posix_says(void **state)
{
	struct fixture f;

	(void)state;
	build_tree(&f);
	assert_ok(fixture_mount(&f));
	assert_leads(&f, DIR_A, "/", EXT2_ROOT_INODE);
	assert_leads(&f, DIR_A, "///", EXT2_ROOT_INODE);
	assert_leads(&f, DIR_A, ".", DIR_A);
	assert_leads(&f, DIR_A, "./", DIR_A);
	assert_leads(&f, DIR_A, "..", EXT2_ROOT_INODE);
	assert_leads(&f, DIR_A, "../..", EXT2_ROOT_INODE);
	assert_leads(&f, DIR_A, "b/f", FILE_F);
	assert_leads(&f, DIR_B, "../b/../b/f", FILE_F);
	assert_leads(&f, DIR_B, "/a//b/.//f", FILE_F);
	assert_leads(&f, DIR_A, "b///", DIR_B);
	fixture_close(&f);
}

static void what_is_missing_or_no_directory_is_refused(void **state)
{
	char name[301];
	struct fixture f;

	(void)state;
	build_tree(&f);
	assert_ok(fixture_mount(&f));
	assert_refused(&f, "", EXT2_NOT_FOUND);
	assert_refused(&f, "/x", EXT2_NOT_FOUND);
	assert_refused(&f, "/x/../a", EXT2_NOT_FOUND);
	assert_refused(&f, "/a/b/f/", EXT2_NOT_DIRECTORY);
	assert_refused(&f, "/a/b/f/.", EXT2_NOT_DIRECTORY);
	assert_refused(&f, "/a/b/f/..", EXT2_NOT_DIRECTORY);
	assert_refused(&f, "/a/b/f/x", EXT2_NOT_DIRECTORY);
	struct ext2_inode inode;
	assert_error(resolve(&f, FILE_F, "x", true, &inode), NOT_DIRECTORY);
	assert_error(resolve(&f, 0, "x", true, &inode), BAD_INODE_NUMBER);
	assert_error(ext2_path_resolve(&f.cache, &f.walk, EXT2_ROOT_INODE, "a\0b", 3, true, &inode), NOT_FOUND);
	memset(name, 'n', 300);
	name[255] = '\0';
	assert_refused(&f, name, EXT2_NOT_FOUND);
	name[255] = 'n';
	name[256] = '\0';
	assert_refused(&f, name, EXT2_NAME_TOO_LONG);
	fixture_close(&f);
}

static void links_are_followed_from_where_they_stand(void **state)
{
	struct ext2_inode inode;
	struct fixture f;

	(void)state;
	build_tree(&f);
	add_link(&f, DIR_A, "relative", 30, "b/f");
	add_link(&f, DIR_B, "absolute", 31, "/a/b");
	add_link(&f, EXT2_ROOT_INODE, "slashed", 32, "a/b//");
	add_link(&f, EXT2_ROOT_INODE, "bad-slash", 33, "a/b/f/");
	add_link(&f, EXT2_ROOT_INODE, "dangling", 34, "nowhere");
	add_link(&f, EXT2_ROOT_INODE, "root", 35, "/");
	assert_ok(fixture_mount(&f));
	assert_leads(&f, EXT2_ROOT_INODE, "a/relative", FILE_F);
	assert_leads(&f, DIR_B, "absolute", DIR_B);
	assert_leads(&f, DIR_B, "absolute/absolute/../relative", FILE_F);
	assert_leads(&f, DIR_B, "/slashed", DIR_B);
	assert_leads(&f, DIR_B, "/slashed/f", FILE_F);
	assert_leads(&f, DIR_B, "/slashed/..", DIR_A); /* of the directory, not of the link */
	assert_leads(&f, DIR_B, "/root/a", DIR_A);
	assert_refused(&f, "bad-slash", EXT2_NOT_DIRECTORY);
	assert_refused(&f, "a/relative/", EXT2_NOT_DIRECTORY);
	assert_refused(&f, "dangling", EXT2_NOT_FOUND);
	assert_ok(resolve(&f, DIR_A, "relative", false, &inode));
	assert_int_equal(inode.number, 30);
	assert_ok(resolve(&f, DIR_B, "absolute/absolute", false, &inode));
	assert_int_equal(inode.number, 31);
	assert_ok(resolve(&f, DIR_B, "absolute/", false, &inode)); /* the slash asks for what it leads to */
	assert_int_equal(inode.number, DIR_B);
	fixture_close(&f);
}

static void short_and_long_links_change_over_at_60_bytes(void **state)
{
	char text[1024];
	struct fixture f;

	(void)state;
	build_tree(&f);
	static const unsigned lengths[] = { 1, 59, 60, 61, 1023 };
	for (unsigned i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		char name[16], copy[1024];
		struct ext2_inode link;
		for (unsigned j = 0; j < lengths[i]; j++)
			text[j] = j == lengths[i] - 1 ? 'a' : j % 2 == lengths[i] % 2 ? '/' : '.';
		if (lengths[i] > 1 && text[0] == '/')
			text[0] = '.';
		text[lengths[i]] = '\0';
		snprintf(name, sizeof name, "l%u", lengths[i]);
		add_link(&f, EXT2_ROOT_INODE, name, FIRST_LINK + i, text);
		assert_ok(fixture_mount(&f));
		assert_ok(ext2_inode_read(&f.cache, FIRST_LINK + i, &link));
		assert_ok(ext2_link_read(&f.cache, &link, copy, lengths[i]));
		assert_memory_equal(copy, text, lengths[i]);
		assert_error(ext2_link_read(&f.cache, &link, copy, lengths[i] - 1), NO_ROOM);
	}
	fixture_close(&f);
}

static void the_41st_link_is_one_too_many(void **state)
{
	struct fixture f;

	(void)state;
	build_tree(&f);
	add_link(&f, EXT2_ROOT_INODE, "ping", 30, "pong");
	add_link(&f, EXT2_ROOT_INODE, "pong", 31, "ping");
	add_link(&f, EXT2_ROOT_INODE, "self", 32, "self/self");
	add_link(&f, EXT2_ROOT_INODE, "l", 33, "/");
	assert_ok(fixture_mount(&f));
	assert_refused(&f, "ping", EXT2_TOO_MANY_LINKS);
	assert_refused(&f, "self", EXT2_TOO_MANY_LINKS);
	char path[2 * 41 + 2] = "";
	for (unsigned i = 0; i < 40; i++)
		strcat(path, "l/");
	strcat(path, "a");
	assert_leads(&f, EXT2_ROOT_INODE, path, DIR_A);
	strcpy(path + 80, "l/a");
	assert_refused(&f, path, EXT2_TOO_MANY_LINKS);
	fixture_close(&f);
}

static void text_that_outgrows_its_limits_is_refused(void **state)
{
	static char path[EXT2_PATH_MAX + 2];
	char text[1024];
	struct fixture f;

	(void)state;
	build_tree(&f);
	memset(text, '/', 1021);
	strcpy(text + 1021, "go"); /* a link to itself that puts 1 KiB more before the rest each time */
	add_link(&f, EXT2_ROOT_INODE, "go", 30, text);
	text[1021] = 'a', text[1022] = '\0';
	add_link(&f, EXT2_ROOT_INODE, "a-link", 31, text);
	for (unsigned i = 0; i < 1022; i += 2)
		memcpy(text + i, "g/", 2);
	text[1022] = '\0';
	add_link(&f, EXT2_ROOT_INODE, "g", 32, text);
	assert_ok(fixture_mount(&f));
	memset(path, '/', EXT2_PATH_MAX + 1);
	assert_leads(&f, DIR_A, "/a-link", DIR_A);
	assert_refused(&f, path, EXT2_NAME_TOO_LONG);
	path[EXT2_PATH_MAX] = '\0';
	assert_leads(&f, DIR_A, path, EXT2_ROOT_INODE);
	assert_refused(&f, "go", EXT2_TOO_MANY_LINKS);
	assert_refused(&f, "g", EXT2_NAME_TOO_LONG);
	fixture_close(&f);
}

static void a_link_whose_text_is_damaged_is_refused(void **state)
{
	char text[101] = "";
	struct ext2_inode inode;
	struct fixture f;

	(void)state;
	build_tree(&f);
	memset(text, '/', 100);
	add_link(&f, EXT2_ROOT_INODE, "zero", 30, "a/b");
	fixture_inode(&f, 30)[EXT2_INODE_MAP + 1] = 0;
	add_link(&f, EXT2_ROOT_INODE, "hole", 31, text);
	fixture_set_pointer(&f, 31, 0, 0);
	add_link(&f, EXT2_ROOT_INODE, "outside", 32, text);
	fixture_set_pointer(&f, 32, 0, 512);
	add_link(&f, EXT2_ROOT_INODE, "slow-zero", 33, text);
	fixture_block(&f, ext2_le32(fixture_inode(&f, 33) + EXT2_INODE_MAP))[99] = 0;
	assert_ok(fixture_mount(&f));
	assert_refused(&f, "zero", EXT2_BAD_LINK);
	assert_refused(&f, "hole", EXT2_BAD_LINK);
	assert_refused(&f, "outside", EXT2_BAD_BLOCK);
	assert_refused(&f, "slow-zero", EXT2_BAD_LINK);
	assert_ok(ext2_inode_read(&f.cache, FILE_F, &inode));
	assert_error(ext2_link_read(&f.cache, &inode, text, 100), NOT_LINK);
	fixture_close(&f);
}

static void a_directory_inside_itself_ends_with_the_path(void **state)
{
	static char path[EXT2_PATH_MAX + 1];
	struct fixture f;

	(void)state;
	build_tree(&f);
	fixture_add_entry(&f, DIR_A, "me", DIR_A, EXT2_TYPE_DIRECTORY);
	fixture_put32(fixture_block(&f, ext2_le32(fixture_inode(&f, DIR_B) + EXT2_INODE_MAP)) + 12, DIR_B);
	assert_ok(fixture_mount(&f));
	strcpy(path, "a");
	for (unsigned i = 0; i < 1300; i++)
		strcat(path, "/me");
	assert_leads(&f, EXT2_ROOT_INODE, path, DIR_A);
	assert_leads(&f, DIR_B, "../../..", DIR_B); /* ".." that leads nowhere */
	fixture_close(&f);
}

static void searching_directories_without_end_is_refused(void **state)
{
	static char path[EXT2_PATH_MAX + 1];
	struct fixture f;

	(void)state;
	build_tree(&f);
	/* 268 blocks that are all the same one, through an indirect block that repeats it. */
	uint32_t same = ext2_le32(fixture_inode(&f, DIR_A) + EXT2_INODE_MAP), pointers = fixture_new_block(&f);
	fixture_add_entry(&f, DIR_A, "me", DIR_A, EXT2_TYPE_DIRECTORY);
	fixture_put32(fixture_inode(&f, DIR_A) + EXT2_INODE_SIZE, 268 * 1024);
	for (unsigned i = 1; i < 12; i++)
		fixture_set_pointer(&f, DIR_A, i, same);
	fixture_set_pointer(&f, DIR_A, 12, pointers);
	for (unsigned i = 0; i < 256; i++)
		fixture_put32(fixture_block(&f, pointers) + (size_t)i * 4, same);
	assert_ok(fixture_mount(&f));
	strcpy(path, "a");
	for (unsigned i = 0; i < EXT2_PATH_SEARCH_BLOCKS / 268; i++)
		strcat(path, "/me");
	assert_leads(&f, EXT2_ROOT_INODE, path, DIR_A);
	assert_refused(&f, strcat(path, "/me"), EXT2_TOO_MUCH_WORK);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dots_and_slashes_lead_where_posix_says),
		cmocka_unit_test(what_is_missing_or_no_directory_is_refused),
		cmocka_unit_test(links_are_followed_from_where_they_stand),
		cmocka_unit_test(short_and_long_links_change_over_at_60_bytes),
		cmocka_unit_test(the_41st_link_is_one_too_many),
		cmocka_unit_test(text_that_outgrows_its_limits_is_refused),
		cmocka_unit_test(a_link_whose_text_is_damaged_is_refused),
		cmocka_unit_test(a_directory_inside_itself_ends_with_the_path),
		cmocka_unit_test(searching_directories_without_end_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
