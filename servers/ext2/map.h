/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the bytes of a file are: blocks of a file to runs of blocks of the
 * device, so that the device can move data straight into the reader's pages.
 */
#pragma once
#include "servers/ext2/volume.h"

/* Blocks that lie side by side, or a hole, which reads as zeros. */
struct ext2_run {
	uint32_t first_block; /* of the volume: its byte is first_block << block_shift. 0: a hole */
	uint32_t blocks;
};

/*
 * Maps the longest run from `first_block` of the file that one step finds:
 * 1 <= run->blocks <= max_blocks, never past the block that holds the file's
 * last byte, and inside the volume. A longer run may go on where this one ends:
 * call again. May block. Pre: max_blocks >= 1. Errors: PAST_END, NO_DATA (a
 * device, fifo, socket or short link has no blocks), BAD_BLOCK, IO.
 */
enum ext2_error ext2_map_run(struct ext2_cache *cache, const struct ext2_inode *inode, uint64_t first_block,
			     uint32_t max_blocks, struct ext2_run *run);

/* How many blocks a block map can hold: a file cannot be larger. */
uint64_t ext2_map_blocks_max(const struct ext2_volume *volume);

/* A link whose text is in its inode. [L] Symbolic Links */
static inline bool ext2_inode_is_short_link(const struct ext2_inode *inode)
{
	return inode->type == EXT2_TYPE_LINK && inode->size_bytes < EXT2_MAP_BYTES;
}
