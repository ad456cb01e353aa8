/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole images made by mke2fs and e2fsck, compared name by name and byte by byte
 * with the folders that they were made from; and images that must be refused.
 * Argument: the folder that make_ext2_images.py filled.
 */
#define _GNU_SOURCE
#include "tests/unit/servers/ext2_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, IO_BYTES = 1 << 16 };

static const char *images_folder;

/* One comparison: the image, and the folder it was made from. */
struct comparison {
	struct fixture f;
	char root[512];
	unsigned files, names;
	unsigned depth_seen; /* bit d: a data block was found at map depth d */
};

static uint8_t from_image[IO_BYTES], from_folder[IO_BYTES];

static void compare_data(struct comparison *c, int fd, uint64_t offset, uint64_t device_offset, uint64_t bytes)
{
	while (bytes > 0) {
		size_t part = bytes < IO_BYTES ? (size_t)bytes : IO_BYTES;
		assert_int_equal(pread(c->f.fd, from_image, part, (off_t)device_offset), part);
		assert_int_equal(pread(fd, from_folder, part, (off_t)offset), part);
		assert_memory_equal(from_image, from_folder, part);
		offset += part;
		device_offset += part;
		bytes -= part;
	}
}

/* What the image calls a hole must read as zeros: a hole there too, or data that is zero. */
static void compare_hole(int fd, uint64_t offset, uint64_t bytes)
{
	uint64_t end = offset + bytes;
	off_t data;

	while (offset < end && (data = lseek(fd, (off_t)offset, SEEK_DATA)) >= 0 && (uint64_t)data < end) {
		offset = (uint64_t)data;
		size_t part = end - offset < IO_BYTES ? (size_t)(end - offset) : IO_BYTES;
		assert_int_equal(pread(fd, from_folder, part, (off_t)offset), part);
		for (size_t i = 0; i < part; i++)
			assert_int_equal(from_folder[i], 0);
		offset += part;
	}
}

static unsigned depth_of(const struct ext2_volume *volume, uint64_t block)
{
	uint64_t n = volume->block_bytes / 4;

	return block < 12 ? 0 : block < 12 + n ? 1 : block < 12 + n + n * n ? 2 : 3;
}

static void compare_file(struct comparison *c, const char *path, const struct ext2_inode *inode)
{
	const struct ext2_volume *volume = &c->f.volume;
	uint64_t blocks = ext2_inode_blocks(volume, inode);
	struct ext2_run run;

	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	for (uint64_t block = 0; block < blocks; block += run.blocks) {
		assert_ok(ext2_map_run(&c->f.cache, inode, block, UINT32_MAX, &run));
		assert_in_range(run.blocks, 1, blocks - block);
		uint64_t offset = block << volume->block_shift;
		uint64_t bytes = (uint64_t)run.blocks << volume->block_shift;
		if (bytes > inode->size_bytes - offset)
			bytes = inode->size_bytes - offset;
		if (run.first_block == 0) {
			compare_hole(fd, offset, bytes);
			continue;
		}
		compare_data(c, fd, offset, (uint64_t)run.first_block << volume->block_shift, bytes);
		c->depth_seen |= 1u << depth_of(volume, block);
	}
	close(fd);
}

static void compare_link(struct comparison *c, const char *path, const struct ext2_inode *inode)
{
	char expected[PATH_BYTES], text[PATH_BYTES];

	ssize_t bytes = readlink(path, expected, sizeof expected);
	assert_int_equal(inode->size_bytes, bytes);
	assert_ok(ext2_link_read(&c->f.cache, inode, text, sizeof text));
	assert_memory_equal(text, expected, (size_t)bytes);
}

static enum ext2_type type_of(mode_t mode)
{
	return S_ISREG(mode)    ? EXT2_TYPE_FILE
	       : S_ISDIR(mode)  ? EXT2_TYPE_DIRECTORY
	       : S_ISLNK(mode)  ? EXT2_TYPE_LINK
	       : S_ISFIFO(mode) ? EXT2_TYPE_FIFO
				: EXT2_TYPE_UNKNOWN;
}

/* Every name of the listing is in the folder, and there are as many: then they are the same. */
static void compare_listing(struct comparison *c, const char *path, const struct ext2_inode *inode)
{
	struct ext2_cursor cursor = { 0 };
	struct ext2_entry entry;
	unsigned listed = 0, expected = 0;
	enum ext2_error error;
	struct stat stat;

	DIR *folder = opendir(path);
	assert_non_null(folder);
	while (readdir(folder))
		expected++;
	while ((error = ext2_directory_next(&c->f.cache, inode, &cursor, &entry)) == EXT2_OK) {
		if (inode->number == EXT2_ROOT_INODE && strcmp(entry.name, "lost+found") == 0)
			continue;
		if (fstatat(dirfd(folder), entry.name, &stat, AT_SYMLINK_NOFOLLOW) != 0)
			fail_msg("%s has no \"%s\"", path, entry.name);
		assert_int_equal(entry.type, c->f.volume.has_types ? type_of(stat.st_mode) : EXT2_TYPE_UNKNOWN);
		listed++;
	}
	assert_error(error, END);
	assert_int_equal(listed, expected);
	closedir(folder);
	c->names += listed;
}

static void compare_path(struct comparison *c, const char *path)
{
	const char *inside = path + strlen(c->root);
	struct ext2_inode inode;
	struct stat stat;

	assert_int_equal(lstat(path, &stat), 0);
	enum ext2_error error = ext2_path_resolve(&c->f.cache, &c->f.walk, EXT2_ROOT_INODE, *inside ? inside : "/",
						  *inside ? strlen(inside) : 1, false, &inode);
	if (error != EXT2_OK)
		fail_msg("%s: %s", path, ext2_error_text(error));
	assert_int_equal(inode.mode & 0xf000, stat.st_mode & S_IFMT);
	c->files++;
	if (*inside) { /* mke2fs makes the root itself, with modes and times of its own */
		assert_int_equal(inode.mode, stat.st_mode);
		assert_int_equal(inode.uid, stat.st_uid);
		assert_int_equal(inode.gid, stat.st_gid);
		assert_int_equal(inode.mtime_s, stat.st_mtime);
	}
	if (inode.type != EXT2_TYPE_DIRECTORY)
		assert_int_equal(inode.links, stat.st_nlink);
	if (inode.type == EXT2_TYPE_FILE)
		assert_int_equal(inode.size_bytes, stat.st_size);
	if (inode.type == EXT2_TYPE_FILE)
		compare_file(c, path, &inode);
	else if (inode.type == EXT2_TYPE_LINK)
		compare_link(c, path, &inode);
	else if (inode.type == EXT2_TYPE_DIRECTORY)
		compare_listing(c, path, &inode);
}

static void compare_tree(struct comparison *c, char *path)
{
	size_t end = strlen(path);
	struct dirent *entry;
	struct stat stat;

	compare_path(c, path);
	if (lstat(path, &stat) != 0 || !S_ISDIR(stat.st_mode))
		return;
	DIR *folder = opendir(path);
	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		assert_true((size_t)snprintf(path + end, PATH_BYTES - end, "/%s", entry->d_name) < PATH_BYTES - end);
		compare_tree(c, path);
		path[end] = '\0';
	}
	closedir(folder);
}

static void compare_image(struct comparison *c, const char *image, const char *tree)
{
	static char path[PATH_BYTES];

	*c = (struct comparison){ 0 };
	snprintf(c->root, sizeof c->root, "%s/%s", images_folder, tree);
	strcpy(path, c->root);
	fixture_open_image(&c->f, images_folder, image, false);
	enum ext2_error error = fixture_mount(&c->f);
	if (error != EXT2_OK)
		fail_msg("%s: %s", image, ext2_error_text(error));
	assert_ok(ext2_volume_check(&c->f.cache));
	compare_tree(c, path);
}

static struct comparison comparison;

static void images_of_each_block_size_hold_what_was_put_in(void **state)
{
	static const char *const images[][2] = {
		{ "plain-1024", "tree-1024" },  { "plain-2048", "tree-2048" },  { "plain-4096", "tree-4096" },
		{ "hashed-1024", "tree-1024" }, { "hashed-2048", "tree-2048" }, { "hashed-4096", "tree-4096" },
	};
	(void)state;
	for (unsigned i = 0; i < sizeof images / sizeof images[0]; i++) {
		compare_image(&comparison, images[i][0], images[i][1]);
		assert_int_equal(comparison.depth_seen, 0xf); /* direct to triple-indirect */
		assert_in_range(comparison.names, 1400, 2000);
		fixture_close(&comparison.f);
	}
}

static void images_with_other_features_hold_what_was_put_in(void **state)
{
	static const char *const images[] = { "revision-0", "no-types",  "groups",     "inode-1024", "flex",
					      "journal",    "checksums", "small-1024", "small-4096" };
	(void)state;
	for (unsigned i = 0; i < sizeof images / sizeof images[0]; i++) {
		compare_image(&comparison, images[i], "tree-small");
		assert_in_range(comparison.names, 120, 200);
		fixture_close(&comparison.f);
	}
}

static void links_of_an_image_resolve_as_the_host_resolves_them(void **state)
{
	static const struct {
		const char *path;
		enum ext2_error error;
		const char *same_as;
	} cases[] = {
		{ "/links/relative", EXT2_OK, "/dense-1" },
		{ "/links/absolute", EXT2_OK, "/dense-1" },
		{ "/links/to-directory", EXT2_OK, "/empty" },
		{ "/links/to-directory/../dense-1", EXT2_OK, "/dense-1" },
		{ "/links/length-1000/relative", EXT2_OK, "/dense-1" },
		{ "/links/chain-40", EXT2_OK, "/links/relative-end" },
		{ "/links/chain-41", EXT2_TOO_MANY_LINKS, NULL },
		{ "/links/loop-a", EXT2_TOO_MANY_LINKS, NULL },
		{ "/links/dangling", EXT2_NOT_FOUND, NULL },
	};
	struct ext2_inode one, other;

	(void)state;
	fixture_open_image(&comparison.f, images_folder, "hashed-4096", false);
	struct fixture *f = &comparison.f;
	assert_ok(fixture_mount(f));
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		enum ext2_error error = ext2_path_resolve(&f->cache, &f->walk, EXT2_ROOT_INODE, cases[i].path,
							  strlen(cases[i].path), true, &one);
		if (error != cases[i].error)
			fail_msg("%s: %s", cases[i].path, ext2_error_text(error));
		if (error != EXT2_OK)
			continue;
		assert_ok(ext2_path_resolve(&f->cache, &f->walk, EXT2_ROOT_INODE, cases[i].same_as,
					    strlen(cases[i].same_as), true, &other));
		assert_int_equal(one.number, other.number);
	}
	fixture_close(f);
}

static void images_that_cannot_be_read_are_refused_by_name(void **state)
{
	static const struct {
		const char *image;
		enum ext2_error error;
	} cases[] = {
		{ "ext4", EXT2_HAS_EXTENTS },
		{ "has-extent", EXT2_HAS_EXTENTS },
		{ "has-64bit", EXT2_HAS_64BIT },
		{ "has-inline_data", EXT2_HAS_INLINE_DATA },
		{ "has-encrypt", EXT2_HAS_ENCRYPT },
		{ "has-compression", EXT2_HAS_COMPRESSION },
		{ "has-journal_dev", EXT2_HAS_JOURNAL_DEV },
		{ "has-meta_bg", EXT2_HAS_META_BG },
		{ "has-mmp", EXT2_HAS_MMP },
		{ "has-ea_inode", EXT2_HAS_EA_INODE },
		{ "has-dirdata", EXT2_HAS_DIRDATA },
		{ "has-metadata_csum_seed", EXT2_HAS_CSUM_SEED },
		{ "has-large_dir", EXT2_HAS_LARGEDIR },
		{ "has-casefold", EXT2_HAS_CASEFOLD },
		{ "has-needs_recovery", EXT2_NEEDS_RECOVERY },
		{ "has-FEATURE_I30", EXT2_HAS_UNKNOWN },
		{ "has-FEATURE_R30", EXT2_OK }, /* one that only a writer must know */
		{ "cut", EXT2_CUT_SHORT },
		{ "zeros", EXT2_NOT_EXT },
		{ "tiny", EXT2_NOT_EXT },
	};
	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		fixture_open_image(&comparison.f, images_folder, cases[i].image, false);
		enum ext2_error error = fixture_mount(&comparison.f);
		if (error != cases[i].error)
			fail_msg("%s: %s", cases[i].image, ext2_error_text(error));
		fixture_close(&comparison.f);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(images_of_each_block_size_hold_what_was_put_in),
		cmocka_unit_test(images_with_other_features_hold_what_was_put_in),
		cmocka_unit_test(links_of_an_image_resolve_as_the_host_resolves_them),
		cmocka_unit_test(images_that_cannot_be_read_are_refused_by_name),
	};
	if (argc != 2) {
		fprintf(stderr, "usage: %s FOLDER (filled by make_ext2_images.py)\n", argv[0]);
		return 2;
	}
	images_folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
