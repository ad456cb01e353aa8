/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds, decodes and checks inodes, so that whoever holds a struct ext2_inode
 * need not doubt its type, its size or the meaning of its map.
 */
#include "servers/ext2/map.h"
#include "servers/ext2/volume.h"

#include <string.h>

static enum ext2_type type_of_mode(uint16_t mode)
{
	switch (mode >> 12) {
	case EXT2_MODE_FIFO:
		return EXT2_TYPE_FIFO;
	case EXT2_MODE_CHARACTER:
		return EXT2_TYPE_CHARACTER;
	case EXT2_MODE_DIRECTORY:
		return EXT2_TYPE_DIRECTORY;
	case EXT2_MODE_BLOCK:
		return EXT2_TYPE_BLOCK;
	case EXT2_MODE_FILE:
		return EXT2_TYPE_FILE;
	case EXT2_MODE_LINK:
		return EXT2_TYPE_LINK;
	case EXT2_MODE_SOCKET:
		return EXT2_TYPE_SOCKET;
	default:
		return EXT2_TYPE_UNKNOWN;
	}
}

/* Signed 32 bits of seconds since 1970, and two more above them where the inode has room for them. */
static int64_t read_time(const uint8_t *raw, unsigned at, unsigned extra_at, unsigned valid_bytes)
{
	uint32_t low = ext2_le32(raw + at);
	int64_t seconds = low < 0x80000000u ? (int64_t)low : (int64_t)low - 0x100000000;

	if (extra_at + 4 <= valid_bytes)
		seconds += (int64_t)(ext2_le32(raw + extra_at) & 3) << 32;
	return seconds;
}

/* How many bytes of this inode hold fields: 128, and what it claims beyond if it has that much. */
static unsigned find_valid_bytes(const uint8_t *raw, uint32_t inode_bytes)
{
	if (inode_bytes == EXT2_OLD_INODE_BYTES)
		return EXT2_OLD_INODE_BYTES;
	unsigned extra = ext2_le16(raw + EXT2_INODE_EXTRA_BYTES);
	return extra <= inode_bytes - EXT2_OLD_INODE_BYTES ? EXT2_OLD_INODE_BYTES + extra : EXT2_OLD_INODE_BYTES;
}

static void decode(const uint8_t *raw, uint32_t inode_bytes, struct ext2_inode *inode)
{
	unsigned valid_bytes = find_valid_bytes(raw, inode_bytes);

	inode->generation = ext2_le32(raw + EXT2_INODE_GENERATION);
	inode->mode = ext2_le16(raw + EXT2_INODE_MODE);
	inode->type = type_of_mode(inode->mode);
	inode->links = ext2_le16(raw + EXT2_INODE_LINKS);
	inode->uid = ext2_le16(raw + EXT2_INODE_UID) | (uint32_t)ext2_le16(raw + EXT2_INODE_UID_HIGH) << 16;
	inode->gid = ext2_le16(raw + EXT2_INODE_GID) | (uint32_t)ext2_le16(raw + EXT2_INODE_GID_HIGH) << 16;
	inode->flags = ext2_le32(raw + EXT2_INODE_FLAGS);
	inode->sectors = ext2_le32(raw + EXT2_INODE_SECTORS);
	inode->size_bytes = ext2_le32(raw + EXT2_INODE_SIZE);
	if (inode->type == EXT2_TYPE_FILE) /* elsewhere the field has other meanings */
		inode->size_bytes |= (uint64_t)ext2_le32(raw + EXT2_INODE_SIZE_HIGH) << 32;
	inode->atime_s = read_time(raw, EXT2_INODE_ATIME, EXT2_INODE_ATIME_EXTRA, valid_bytes);
	inode->ctime_s = read_time(raw, EXT2_INODE_CTIME, EXT2_INODE_CTIME_EXTRA, valid_bytes);
	inode->mtime_s = read_time(raw, EXT2_INODE_MTIME, EXT2_INODE_MTIME_EXTRA, valid_bytes);
	memcpy(inode->map, raw + EXT2_INODE_MAP, EXT2_MAP_BYTES);
}

/* An ext4 inode can carry these flags even where the superblock does not own up to them. */
static enum ext2_error check_flags(const struct ext2_inode *inode)
{
	if (inode->flags & EXT2_FLAG_EXTENTS)
		return EXT2_HAS_EXTENTS;
	if (inode->flags & EXT2_FLAG_INLINE_DATA)
		return EXT2_HAS_INLINE_DATA;
	if (inode->flags & EXT2_FLAG_ENCRYPT)
		return EXT2_HAS_ENCRYPT;
	return EXT2_OK;
}

/* A directory has no holes, so it cannot be larger than the volume: this bounds every search. */
static enum ext2_error check_size(const struct ext2_volume *volume, const struct ext2_inode *inode)
{
	uint64_t blocks = ext2_inode_blocks(volume, inode);
	bool possible = true;

	if (inode->type == EXT2_TYPE_FILE)
		possible = blocks <= ext2_map_blocks_max(volume);
	else if (inode->type == EXT2_TYPE_DIRECTORY)
		possible = inode->size_bytes % volume->block_bytes == 0 && blocks > 0 && blocks < volume->blocks &&
			   blocks <= ext2_map_blocks_max(volume);
	else if (inode->type == EXT2_TYPE_LINK)
		possible = inode->size_bytes > 0 && inode->size_bytes < volume->block_bytes;
	return possible ? EXT2_OK : EXT2_BAD_SIZE;
}

enum ext2_error ext2_inode_read(struct ext2_cache *cache, uint32_t number, struct ext2_inode *inode)
{
	const struct ext2_volume *volume = cache->volume;
	uint32_t table;
	const uint8_t *data;

	if (number > volume->inodes || (number < volume->first_inode && number != EXT2_ROOT_INODE))
		return EXT2_BAD_INODE_NUMBER;

	uint32_t group = (number - 1) / volume->inodes_per_group;
	uint64_t at = (uint64_t)((number - 1) % volume->inodes_per_group) * volume->inode_bytes;
	enum ext2_error error = ext2_group_inode_table(cache, group, &table);
	if (error == EXT2_OK)
		error = ext2_cache_get(cache, table + (uint32_t)(at >> volume->block_shift), &data);
	if (error != EXT2_OK)
		return error;

	inode->number = number;
	decode(data + (at & (volume->block_bytes - 1)), volume->inode_bytes, inode);
	if (inode->links == 0 || inode->type == EXT2_TYPE_UNKNOWN)
		return EXT2_BAD_INODE;
	error = check_flags(inode);
	return error == EXT2_OK ? check_size(volume, inode) : error;
}
