/* SPDX-License-Identifier: BSD-2-Clause */
/* The disk in memory: see ext2_fixture.h. */
#define _GNU_SOURCE
#include "tests/unit/servers/ext2_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DISK_BLOCKS = 512, ROOT_DIRECTORY_MODE = 0x41ed };

static enum ext2_error read_device(void *context, uint64_t offset_bytes, void *buffer, size_t bytes)
{
	struct fixture *f = context;

	assert_true(offset_bytes % EXT2_SECTOR_BYTES == 0 && bytes % EXT2_SECTOR_BYTES == 0 && bytes > 0);
	assert_true(bytes <= f->size_bytes && offset_bytes <= f->size_bytes - bytes);
	f->reads++;
	if (offset_bytes == f->fail_at_bytes) {
		memset(buffer, 0xee, bytes); /* a transfer that fails may have begun */
		return EXT2_IO;
	}
	if (f->seen)
		memset(f->seen + offset_bytes / EXT2_SECTOR_BYTES, 1, bytes / EXT2_SECTOR_BYTES);
	if (f->fd < 0)
		memcpy(buffer, f->bytes + offset_bytes, bytes);
	else
		assert_int_equal(pread(f->fd, buffer, bytes, (off_t)offset_bytes), bytes);
	return EXT2_OK;
}

static void init(struct fixture *f)
{
	*f = (struct fixture){ .fd = -1, .fail_at_bytes = UINT64_MAX };
	f->buffers = calloc(FIXTURE_CACHE_SLOTS, sizeof f->buffers[0]);
	assert_non_null(f->buffers);
}

void fixture_close(struct fixture *f)
{
	if (f->fd >= 0)
		close(f->fd);
	free(f->bytes);
	free(f->seen);
	free(f->buffers);
}

enum ext2_error fixture_mount(struct fixture *f)
{
	struct ext2_device device = { .read = read_device, .context = f, .bytes = f->size_bytes };

	ext2_cache_init(&f->cache, &f->volume, f->buffers, FIXTURE_CACHE_SLOTS);
	return ext2_volume_open(&f->volume, &device, f->buffers[0]);
}

void fixture_open_image(struct fixture *f, const char *folder, const char *name, bool in_memory)
{
	char path[512];
	struct stat stat;

	init(f);
	snprintf(path, sizeof path, "%s/%s.img", folder, name);
	f->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0 || fstat(f->fd, &stat) != 0)
		fail_msg("%s cannot be opened: were the images made? (make_ext2_images.py)", path);
	f->size_bytes = (uint64_t)stat.st_size;
	if (!in_memory)
		return;
	f->bytes = malloc(f->size_bytes);
	assert_non_null(f->bytes);
	assert_int_equal(pread(f->fd, f->bytes, f->size_bytes, 0), f->size_bytes);
	close(f->fd);
	f->fd = -1;
}

void fixture_put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

void fixture_put32(uint8_t *at, uint64_t value)
{
	fixture_put16(at, (unsigned)(value & 0xffff));
	fixture_put16(at + 2, (unsigned)(value >> 16 & 0xffff));
}

/* By arithmetic of its own, not the code's under test: block size and table are where fixture_build put them.
 */
static uint32_t block_bytes_of(struct fixture *f) { return (uint32_t)(f->size_bytes / DISK_BLOCKS); }

uint8_t *fixture_super(struct fixture *f) { return f->bytes + EXT2_SUPER_OFFSET; }

uint8_t *fixture_block(struct fixture *f, uint32_t block)
{
	assert_true(block < DISK_BLOCKS);
	return f->bytes + (size_t)block * block_bytes_of(f);
}

uint8_t *fixture_inode(struct fixture *f, uint32_t number)
{
	assert_true(number >= 1 && number <= FIXTURE_INODES);
	return fixture_block(f, 5) + (size_t)(number - 1) * EXT2_OLD_INODE_BYTES;
}

uint32_t fixture_new_block(struct fixture *f) { return f->next_block++; }

void fixture_build(struct fixture *f, uint32_t block_bytes)
{
	init(f);
	f->size_bytes = (uint64_t)block_bytes * DISK_BLOCKS;
	f->bytes = calloc(1, f->size_bytes);
	assert_non_null(f->bytes);
	f->next_block = 20;

	uint8_t *super = fixture_super(f);
	uint32_t first_block = block_bytes == 1024;
	fixture_put32(super + EXT2_SUPER_INODES, FIXTURE_INODES);
	fixture_put32(super + EXT2_SUPER_BLOCKS, DISK_BLOCKS);
	fixture_put32(super + EXT2_SUPER_FIRST_BLOCK, first_block);
	fixture_put32(super + EXT2_SUPER_LOG_BLOCK, block_bytes / 2048);
	fixture_put32(super + EXT2_SUPER_BLOCKS_PER_GROUP, 8 * block_bytes);
	fixture_put32(super + EXT2_SUPER_INODES_PER_GROUP, FIXTURE_INODES);
	fixture_put16(super + EXT2_SUPER_MAGIC_AT, EXT2_SUPER_MAGIC);
	fixture_put16(super + EXT2_SUPER_STATE, 1);
	fixture_put32(super + EXT2_SUPER_REVISION, 1);
	fixture_put32(super + EXT2_SUPER_FIRST_INODE, 11);
	fixture_put16(super + EXT2_SUPER_INODE_BYTES, EXT2_OLD_INODE_BYTES);
	fixture_put32(super + EXT2_SUPER_INCOMPAT, EXT2_INCOMPAT_FILETYPE);
	fixture_put32(fixture_block(f, first_block + 1) + EXT2_GROUP_INODE_TABLE, 5);
	fixture_make_directory(f, EXT2_ROOT_INODE, EXT2_ROOT_INODE);
}

void fixture_make_inode(struct fixture *f, uint32_t number, unsigned mode, uint64_t size_bytes)
{
	uint8_t *inode = fixture_inode(f, number);

	memset(inode, 0, EXT2_OLD_INODE_BYTES);
	fixture_put16(inode + EXT2_INODE_MODE, mode);
	fixture_put16(inode + EXT2_INODE_LINKS, 1);
	fixture_put32(inode + EXT2_INODE_SIZE, size_bytes & UINT32_MAX);
	fixture_put32(inode + EXT2_INODE_SIZE_HIGH, size_bytes >> 32);
}

void fixture_set_pointer(struct fixture *f, uint32_t inode, unsigned slot, uint32_t block)
{
	fixture_put32(fixture_inode(f, inode) + EXT2_INODE_MAP + (size_t)slot * 4, block);
}

static void fill_record(uint8_t *at, uint32_t inode, unsigned record_bytes, const char *name, unsigned type)
{
	fixture_put32(at + EXT2_ENTRY_INODE, inode);
	fixture_put16(at + EXT2_ENTRY_RECORD_BYTES, record_bytes);
	at[EXT2_ENTRY_NAME_BYTES] = (uint8_t)strlen(name);
	at[EXT2_ENTRY_TYPE] = (uint8_t)type;
	memcpy(at + EXT2_ENTRY_NAME, name, strlen(name));
}

void fixture_make_directory(struct fixture *f, uint32_t number, uint32_t parent)
{
	uint32_t block = fixture_new_block(f);

	fixture_make_inode(f, number, ROOT_DIRECTORY_MODE, block_bytes_of(f));
	fixture_set_pointer(f, number, 0, block);
	fill_record(fixture_block(f, block), number, 12, ".", EXT2_TYPE_DIRECTORY);
	fill_record(fixture_block(f, block) + 12, parent, block_bytes_of(f) - 12, "..", EXT2_TYPE_DIRECTORY);
}

/* Cuts the last record of the directory's first block down to its size; the new one gets the rest. */
uint8_t *fixture_add_entry(struct fixture *f, uint32_t directory, const char *name, uint32_t inode, unsigned type)
{
	uint8_t *block = fixture_block(f, ext2_le32(fixture_inode(f, directory) + EXT2_INODE_MAP));
	unsigned at = 0;

	while (at + ext2_le16(block + at + EXT2_ENTRY_RECORD_BYTES) < block_bytes_of(f))
		at += ext2_le16(block + at + EXT2_ENTRY_RECORD_BYTES);
	unsigned used = (8u + block[at + EXT2_ENTRY_NAME_BYTES] + 3) & ~3u;
	fixture_put16(block + at + EXT2_ENTRY_RECORD_BYTES, used);
	at += used;
	assert_true(at + 8 + strlen(name) <= block_bytes_of(f));
	fill_record(block + at, inode, block_bytes_of(f) - at, name, type);
	return block + at;
}

void fixture_make_link(struct fixture *f, uint32_t number, const char *text)
{
	size_t bytes = strlen(text);

	fixture_make_inode(f, number, 0xa1ff, bytes);
	if (bytes < EXT2_MAP_BYTES) {
		memcpy(fixture_inode(f, number) + EXT2_INODE_MAP, text, bytes);
		return;
	}
	uint32_t block = fixture_new_block(f);
	fixture_set_pointer(f, number, 0, block);
	memcpy(fixture_block(f, block), text, bytes);
}
