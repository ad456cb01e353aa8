/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A few recently read metadata blocks: descriptors, inode tables, indirect and
 * directory blocks, long link texts. File data never passes through here.
 *
 * A cache serves one thread at a time: a thread that may run while another is
 * waiting for the device brings its own. The volume is shared by all of them.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "servers/ext2/error.h"

struct ext2_volume;

enum { EXT2_BLOCK_BYTES_MAX = 4096, EXT2_CACHE_SLOTS_MAX = 32 };

struct ext2_cache_slot {
	uint32_t block; /* 0: empty. Block 0 is the boot block or the superblock's, never cached */
	uint64_t used;  /* the cache's clock when last asked for */
};

struct ext2_cache {
	const struct ext2_volume *volume;
	uint8_t (*buffers)[EXT2_BLOCK_BYTES_MAX];
	unsigned slot_count;
	uint64_t clock;
	struct ext2_cache_slot slots[EXT2_CACHE_SLOTS_MAX];
};

/*
 * Pre: 1 <= count <= EXT2_CACHE_SLOTS_MAX (more are not used). The buffers may
 * be page-aligned so that the device can fill them directly; they and the
 * volume outlive the cache. The volume may be opened later.
 */
void ext2_cache_init(struct ext2_cache *cache, const struct ext2_volume *volume,
		     uint8_t (*buffers)[EXT2_BLOCK_BYTES_MAX], unsigned count);

/* *data: the block's bytes, valid until the next call with this cache. May block. Errors: BAD_BLOCK, IO. */
enum ext2_error ext2_cache_get(struct ext2_cache *cache, uint32_t block, const uint8_t **data);
