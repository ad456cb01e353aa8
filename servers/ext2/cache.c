/* SPDX-License-Identifier: BSD-2-Clause */
/* The metadata cache: least recently used goes first. Owns no memory. */
#include "servers/ext2/cache.h"
#include "servers/ext2/volume.h"

void ext2_cache_init(struct ext2_cache *cache, const struct ext2_volume *volume,
		     uint8_t (*buffers)[EXT2_BLOCK_BYTES_MAX], unsigned count)
{
	cache->volume = volume;
	cache->buffers = buffers;
	cache->slot_count = count < EXT2_CACHE_SLOTS_MAX ? count : EXT2_CACHE_SLOTS_MAX;
	cache->clock = 0;
	for (unsigned i = 0; i < EXT2_CACHE_SLOTS_MAX; i++)
		cache->slots[i] = (struct ext2_cache_slot){ 0 };
}

/* The slot that holds the block, else the one to fill: an empty slot was never used, so it is the oldest. */
static unsigned find_slot(const struct ext2_cache *cache, uint32_t block)
{
	unsigned oldest = 0;

	for (unsigned i = 0; i < cache->slot_count; i++) {
		if (cache->slots[i].block == block)
			return i;
		if (cache->slots[i].used < cache->slots[oldest].used)
			oldest = i;
	}
	return oldest;
}

enum ext2_error ext2_cache_get(struct ext2_cache *cache, uint32_t block, const uint8_t **data)
{
	const struct ext2_volume *volume = cache->volume;

	if (!ext2_volume_has_block(volume, block))
		return EXT2_BAD_BLOCK;

	unsigned index = find_slot(cache, block);
	struct ext2_cache_slot *slot = &cache->slots[index];
	uint8_t *buffer = cache->buffers[index];
	if (slot->block != block) {
		*slot = (struct ext2_cache_slot){ 0 }; /* until the read has succeeded it holds nothing */
		enum ext2_error error = volume->device.read(
			volume->device.context, (uint64_t)block << volume->block_shift, buffer, volume->block_bytes);
		if (error != EXT2_OK)
			return error;
		slot->block = block;
	}
	slot->used = ++cache->clock;
	*data = buffer;
	return EXT2_OK;
}
