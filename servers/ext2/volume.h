/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ext2 file system on a device, opened for reading, and its inodes.
 *
 * Start: ext2_volume_open, ext2_cache_init, ext2_volume_check; then, from any
 * number of threads that each have a cache of their own, everything else. A
 * volume is never written after it was opened. Nothing here allocates, recurses
 * or keeps state of its own; permissions are reported, not enforced.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "servers/ext2/cache.h"
#include "servers/ext2/error.h"
#include "servers/ext2/format.h"

/* Offset and bytes of a read are multiples of 512 and lie within `bytes`. A read may block. */
struct ext2_device {
	enum ext2_error (*read)(void *context, uint64_t offset_bytes, void *buffer, size_t bytes);
	void *context;
	uint64_t bytes;
};

struct ext2_volume {
	struct ext2_device device;
	uint32_t block_bytes, block_shift;
	uint32_t first_block; /* the superblock's; the descriptors start in the next */
	uint32_t blocks, free_blocks;
	uint32_t groups, inodes_per_group;
	uint32_t inodes, free_inodes, first_inode;
	uint32_t inode_bytes;
	bool has_types;             /* directory entries tell the type of what they name */
	bool clean;                 /* unmounted properly; false deserves a warning, no more */
	uint32_t unknown_ro_compat; /* features that only a writer must understand; worth a line in the log */
};

struct ext2_inode {
	uint32_t number, generation;
	enum ext2_type type;
	uint16_t mode; /* type and permissions as POSIX has them */
	uint16_t links;
	uint32_t uid, gid, flags, sectors; /* sectors of 512 bytes, as the disk says */
	uint64_t size_bytes;               /* possible for the type: see ext2_inode_read */
	int64_t atime_s, ctime_s, mtime_s;
	uint8_t map[EXT2_MAP_BYTES]; /* as on disk: block pointers, the text of a short link, or a device
					number */
};

/*
 * Reads and checks the superblock. `scratch`: EXT2_SUPER_BYTES, free again
 * afterwards. On an error the volume is not open. Errors: IO, NOT_EXT, HAS_*,
 * NEEDS_RECOVERY, CUT_SHORT, BAD_* of the superblock.
 */
enum ext2_error ext2_volume_open(struct ext2_volume *volume, const struct ext2_device *device, uint8_t *scratch);

/*
 * What opening a volume should prove beyond the superblock: every group's inode
 * table lies inside, the root is a directory. One read per block of descriptors.
 */
enum ext2_error ext2_volume_check(struct ext2_cache *cache);

/* Where a group's inode table starts; all of it lies inside. Pre: group < groups. Errors: BAD_DESCRIPTOR, IO.
 */
enum ext2_error ext2_group_inode_table(struct ext2_cache *cache, uint32_t group, uint32_t *first_block);

/* Whether a pointer found on disk may be followed: inside, and past the superblock. */
static inline bool ext2_volume_has_block(const struct ext2_volume *volume, uint32_t block)
{
	return block > volume->first_block && block < volume->blocks;
}

/*
 * Reads an inode that is in use. Post: its type is known, its size is possible
 * (a file's fits its block map; a directory's is whole blocks, at least one and
 * no more than the volume has; a link's is less than a block), and its map means
 * what EXT2_INODE_MAP says. Errors: BAD_*, HAS_EXTENTS, HAS_INLINE_DATA,
 * HAS_ENCRYPT, IO.
 */
enum ext2_error ext2_inode_read(struct ext2_cache *cache, uint32_t number, struct ext2_inode *inode);

/* Blocks that the size spans, holes included. */
static inline uint64_t ext2_inode_blocks(const struct ext2_volume *volume, const struct ext2_inode *inode)
{
	return (inode->size_bytes >> volume->block_shift) + ((inode->size_bytes & (volume->block_bytes - 1)) != 0);
}
