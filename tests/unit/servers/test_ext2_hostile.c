/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Row 43: hostile images. The metadata of small images (exactly the blocks that
 * an honest walk reads) is damaged at random, thousands of times, and walked
 * again: every call must return, with an error or with data, without a read
 * outside the device (ext2_fixture.c checks), undefined behaviour (the
 * sanitizers check) or more work than the device's size explains.
 * Argument: the folder that make_ext2_images.py filled. Seeds are fixed.
 */
#include "tests/unit/servers/ext2_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 6000, SECONDS_MAX = 5, DEPTH_MAX = 12, CALLS_MAX = 4000, HITS_MAX = 8 };

static const char *images_folder;

/* xorshift64*: repeatable on every machine. */
static uint64_t random_state;

static uint32_t random_below(uint32_t limit)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (uint32_t)(random_state * UINT64_C(0x2545f4914f6cdd1d) >> 33) % limit;
}

/* What one walk of an image came to. */
struct walk {
	struct fixture *f;
	unsigned calls;
	unsigned results[EXT2_ERROR_COUNT];
};

/* No call may read more often than the volume has blocks, but for the few that a map takes. */
static enum ext2_error note(struct walk *w, unsigned reads_before, enum ext2_error error)
{
	uint64_t sectors = w->f->size_bytes / EXT2_SECTOR_BYTES;

	assert_true((unsigned)error < EXT2_ERROR_COUNT);
	assert_true(w->f->reads - reads_before <= 5 * sectors);
	w->results[error]++;
	w->calls++;
	return error;
}

static void walk_file(struct walk *w, const struct ext2_inode *inode)
{
	uint64_t blocks = ext2_inode_blocks(&w->f->volume, inode);
	struct ext2_run run = { 0 };

	for (uint64_t block = 0; block < blocks && w->calls < CALLS_MAX; block += run.blocks) {
		unsigned reads = w->f->reads;
		if (note(w, reads, ext2_map_run(&w->f->cache, inode, block, UINT32_MAX, &run)) != EXT2_OK)
			return;
		assert_true(run.blocks >= 1 && run.blocks <= blocks - block);
		assert_true(run.first_block == 0 || (uint64_t)run.first_block + run.blocks <= w->f->volume.blocks);
		assert_true(((uint64_t)w->f->volume.blocks << w->f->volume.block_shift) <= w->f->size_bytes);
	}
}

static void walk_link(struct walk *w, uint32_t directory, const struct ext2_inode *inode, const char *name)
{
	static char text[EXT2_BLOCK_BYTES_MAX];
	struct ext2_inode target;
	unsigned reads = w->f->reads;

	(void)note(w, reads, ext2_link_read(&w->f->cache, inode, text, sizeof text));
	(void)note(w, w->f->reads,
		   ext2_path_resolve(&w->f->cache, &w->f->walk, directory, name, strlen(name), true, &target));
}

static void walk_directory(struct walk *w, uint32_t number, unsigned depth)
{
	struct ext2_inode directory, inode;
	struct ext2_cursor cursor;
	struct ext2_entry entry;
	unsigned reads = w->f->reads;

	if (note(w, reads, ext2_inode_read(&w->f->cache, number, &directory)) != EXT2_OK ||
	    directory.type != EXT2_TYPE_DIRECTORY)
		return;
	ext2_cursor_seek(&cursor, depth == 0 ? 0 : random_below(64)); /* now and then inside a record */
	while (w->calls < CALLS_MAX) {
		reads = w->f->reads;
		if (note(w, reads, ext2_directory_next(&w->f->cache, &directory, &cursor, &entry)) != EXT2_OK)
			return;
		assert_true(strlen(entry.name) == entry.name_bytes && strchr(entry.name, '/') == NULL);
		if (strcmp(entry.name, ".") == 0 || strcmp(entry.name, "..") == 0)
			continue;
		if (ext2_inode_read(&w->f->cache, entry.inode_number, &inode) != EXT2_OK)
			continue;
		if (inode.type == EXT2_TYPE_DIRECTORY && depth < DEPTH_MAX)
			walk_directory(w, inode.number, depth + 1);
		else if (inode.type == EXT2_TYPE_LINK)
			walk_link(w, number, &inode, entry.name);
		else
			walk_file(w, &inode);
	}
}

static void walk_image(struct walk *w, struct fixture *f)
{
	static const char *const paths[] = { "/a/b/c/up", "/slow/c/../../b/c/up/.", "/fast/", "/a/119-absent" };
	struct ext2_inode inode;

	w->f = f;
	w->calls = 0;
	if (note(w, f->reads, fixture_mount(f)) != EXT2_OK ||
	    note(w, f->reads, ext2_volume_check(&f->cache)) != EXT2_OK)
		return;
	walk_directory(w, EXT2_ROOT_INODE, 0);
	for (unsigned i = 0; i < sizeof paths / sizeof paths[0]; i++)
		(void)note(w, f->reads,
			   ext2_path_resolve(&f->cache, &f->walk, EXT2_ROOT_INODE, paths[i], strlen(paths[i]), true,
					     &inode));
}

/* A position in the metadata: in the superblock's fields, or elsewhere and rather at the beginning of a
 * sector. */
static uint64_t pick_position(const struct fixture *f, const uint32_t *sectors, uint32_t sector_count, bool in_super)
{
	if (in_super)
		return EXT2_SUPER_OFFSET + random_below(104);
	uint64_t position = (uint64_t)sectors[random_below(sector_count)] * EXT2_SECTOR_BYTES;
	return position + random_below(random_below(2) ? EXT2_SECTOR_BYTES : 64) % (f->size_bytes - position);
}

static void damage(uint8_t *at)
{
	static const uint8_t favourites[] = { 0x00, 0x01, 0x7f, 0x80, 0xff, '/', 0x0c, 0x02 };

	switch (random_below(3)) {
	case 0:
		*at ^= (uint8_t)(1u << random_below(8));
		break;
	case 1:
		*at = favourites[random_below(sizeof favourites)];
		break;
	default:
		*at = (uint8_t)random_below(256);
	}
}

/* The sectors that an honest walk reads: all metadata in use and nothing else. */
static uint32_t find_metadata(struct fixture *f, uint32_t *sectors)
{
	struct walk w = { 0 };
	uint32_t count = 0;

	f->seen = calloc(1, f->size_bytes / EXT2_SECTOR_BYTES);
	assert_non_null(f->seen);
	walk_image(&w, f);
	for (uint32_t sector = 0; sector < f->size_bytes / EXT2_SECTOR_BYTES; sector++)
		if (f->seen[sector])
			sectors[count++] = sector;
	free(f->seen);
	f->seen = NULL;
	assert_int_equal(w.results[EXT2_NOT_FOUND], 1); /* the walk met no damage where there is none */
	for (unsigned error = EXT2_IO; error < EXT2_ERROR_COUNT; error++)
		assert_int_equal(w.results[error], 0);
	return count;
}

static void damage_and_walk(const char *image, uint64_t seed)
{
	static uint32_t sectors[8192];
	struct walk w = { 0 };
	struct fixture f;
	unsigned rounds = 0, error_kinds = 0;

	random_state = seed;
	fixture_open_image(&f, images_folder, image, true);
	uint8_t *original = malloc(f.size_bytes);
	assert_non_null(original);
	memcpy(original, f.bytes, f.size_bytes);
	uint32_t sector_count = find_metadata(&f, sectors);

	for (time_t end = time(NULL) + SECONDS_MAX; rounds < ROUNDS && time(NULL) < end; rounds++) {
		uint64_t hits[HITS_MAX];
		unsigned hit_count = 1 + random_below(HITS_MAX);
		bool in_super = random_below(4) == 0; /* mostly refused at once: few rounds, or nothing else is seen */
		for (unsigned i = 0; i < hit_count; i++) {
			hits[i] = pick_position(&f, sectors, sector_count, in_super);
			damage(f.bytes + hits[i]);
		}
		walk_image(&w, &f);
		for (unsigned i = 0; i < hit_count; i++)
			f.bytes[hits[i]] = original[hits[i]];
	}
	for (unsigned error = EXT2_IO; error < EXT2_ERROR_COUNT; error++)
		error_kinds += w.results[error] > 0;
	print_message("%s: %u rounds, %u kinds of damage met\n", image, rounds, error_kinds);
	assert_memory_equal(f.bytes, original, f.size_bytes);
	assert_true(error_kinds >= 20); /* the damage reaches every part, not only the superblock */
	assert_true(rounds >= 500);
	free(original);
	fixture_close(&f);
}

static void a_damaged_image_of_1_kib_blocks_gives_errors_or_data(void **state)
{
	(void)state;
	damage_and_walk("small-1024", 43);
}

static void a_damaged_image_of_4_kib_blocks_gives_errors_or_data(void **state)
{
	(void)state;
	damage_and_walk("small-4096", 4343);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_damaged_image_of_1_kib_blocks_gives_errors_or_data),
		cmocka_unit_test(a_damaged_image_of_4_kib_blocks_gives_errors_or_data),
	};
	if (argc != 2) {
		fprintf(stderr, "usage: %s FOLDER (filled by make_ext2_images.py)\n", argv[0]);
		return 2;
	}
	images_folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
