/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block map: a descent of at most three levels, so that pointers in a circle
 * cost three reads and no more. With n pointers to a block:
 *
 *     block of the file   0..11 │ next n │ next n² │ next n³
 *     slot of the inode    same │   12   │   13    │   14
 *     levels below it        0  │    1   │    2    │    3
 */
#include "servers/ext2/map.h"

/* Where a block of the file hangs: below which slot, how deep, and which one of the blocks there. */
struct place {
	unsigned slot, depth;
	uint64_t offset;
};

static unsigned pointer_shift(const struct ext2_volume *volume)
{
	return volume->block_shift - 2; /* log2 of the pointers in a block */
}

uint64_t ext2_map_blocks_max(const struct ext2_volume *volume)
{
	uint64_t blocks = EXT2_MAP_DIRECT;

	for (unsigned depth = 1; depth <= EXT2_MAP_DEPTH_MAX; depth++)
		blocks += (uint64_t)1 << (depth * pointer_shift(volume));
	return blocks;
}

/* Pre: block < ext2_map_blocks_max, which is why the loop ends. */
static struct place find_place(const struct ext2_volume *volume, uint64_t block)
{
	if (block < EXT2_MAP_DIRECT)
		return (struct place){ .slot = (unsigned)block };

	struct place place = { .slot = EXT2_MAP_DIRECT, .depth = 1, .offset = block - EXT2_MAP_DIRECT };
	while (place.offset >> (place.depth * pointer_shift(volume)) != 0) {
		place.offset -= (uint64_t)1 << (place.depth * pointer_shift(volume));
		place.depth++;
		place.slot++;
	}
	return place;
}

static uint32_t pointer_at(const uint8_t *pointers, uint64_t index)
{
	return ext2_le32(pointers + index * EXT2_POINTER_BYTES);
}

/* The run that starts at pointers[index], among `count` of them. */
static enum ext2_error measure_run(const struct ext2_volume *volume, const uint8_t *pointers, uint64_t index,
				   uint64_t count, uint32_t max_blocks, struct ext2_run *run)
{
	uint32_t first = pointer_at(pointers, index);
	if (first != 0 && !ext2_volume_has_block(volume, first))
		return EXT2_BAD_BLOCK;

	uint32_t blocks = 1;
	while (blocks < max_blocks && index + blocks < count) {
		uint32_t next = pointer_at(pointers, index + blocks);
		if (first == 0 ? next != 0 : next != first + blocks || !ext2_volume_has_block(volume, next))
			break;
		blocks++;
	}
	*run = (struct ext2_run){ first, blocks };
	return EXT2_OK;
}

/*
 * Goes down to the block of pointers that holds the place's and measures there;
 * a pointer 0 on the way is a hole as wide as all that is missing below it.
 */
static enum ext2_error descend(struct ext2_cache *cache, const struct ext2_inode *inode, struct place place,
			       uint32_t max_blocks, struct ext2_run *run)
{
	unsigned shift = pointer_shift(cache->volume);
	const uint8_t *pointers = inode->map;
	uint64_t index = place.slot;

	for (unsigned depth = place.depth; depth > 0; depth--) {
		uint32_t below = pointer_at(pointers, index);
		uint64_t missing = ((uint64_t)1 << (depth * shift)) - place.offset;
		if (below == 0) {
			*run = (struct ext2_run){ 0, missing < max_blocks ? (uint32_t)missing : max_blocks };
			return EXT2_OK;
		}
		enum ext2_error error = ext2_cache_get(cache, below, &pointers);
		if (error != EXT2_OK)
			return error;
		index = place.offset >> ((depth - 1) * shift);
		place.offset -= index << ((depth - 1) * shift);
	}
	uint64_t count = place.depth == 0 ? EXT2_MAP_DIRECT : (uint64_t)1 << shift;
	return measure_run(cache->volume, pointers, index, count, max_blocks, run);
}

enum ext2_error ext2_map_run(struct ext2_cache *cache, const struct ext2_inode *inode, uint64_t first_block,
			     uint32_t max_blocks, struct ext2_run *run)
{
	bool has_blocks = inode->type == EXT2_TYPE_FILE || inode->type == EXT2_TYPE_DIRECTORY ||
			  (inode->type == EXT2_TYPE_LINK && !ext2_inode_is_short_link(inode));
	uint64_t blocks = ext2_inode_blocks(cache->volume, inode);

	if (!has_blocks)
		return EXT2_NO_DATA;
	if (first_block >= blocks)
		return EXT2_PAST_END;
	if (max_blocks > blocks - first_block)
		max_blocks = (uint32_t)(blocks - first_block);
	return descend(cache, inode, find_place(cache->volume, first_block), max_blocks, run);
}
