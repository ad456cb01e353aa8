/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The superblock and the group descriptors: everything that a volume claims
 * about itself is checked here, once, against itself and the device, so that the
 * rest may compute with it. Inodes are in inode.c.
 */
#include "servers/ext2/volume.h"

/* In the order in which they are worth naming: an ext4 disk is told by its extents. */
static const struct {
	uint32_t bit;
	enum ext2_error refusal;
} refused[] = {
	{ EXT2_INCOMPAT_JOURNAL_DEV, EXT2_HAS_JOURNAL_DEV },
	{ EXT2_INCOMPAT_EXTENTS, EXT2_HAS_EXTENTS },
	{ EXT2_INCOMPAT_64BIT, EXT2_HAS_64BIT },
	{ EXT2_INCOMPAT_INLINE_DATA, EXT2_HAS_INLINE_DATA },
	{ EXT2_INCOMPAT_ENCRYPT, EXT2_HAS_ENCRYPT },
	{ EXT2_INCOMPAT_COMPRESSION, EXT2_HAS_COMPRESSION },
	{ EXT2_INCOMPAT_META_BG, EXT2_HAS_META_BG },
	{ EXT2_INCOMPAT_MMP, EXT2_HAS_MMP },
	{ EXT2_INCOMPAT_EA_INODE, EXT2_HAS_EA_INODE },
	{ EXT2_INCOMPAT_DIRDATA, EXT2_HAS_DIRDATA },
	{ EXT2_INCOMPAT_CSUM_SEED, EXT2_HAS_CSUM_SEED },
	{ EXT2_INCOMPAT_LARGEDIR, EXT2_HAS_LARGEDIR },
	{ EXT2_INCOMPAT_CASEFOLD, EXT2_HAS_CASEFOLD },
	{ EXT2_INCOMPAT_RECOVER, EXT2_NEEDS_RECOVERY },
	{ ~(uint32_t)(EXT2_INCOMPAT_FILETYPE | EXT2_INCOMPAT_FLEX_BG), EXT2_HAS_UNKNOWN },
};

static enum ext2_error check_features(uint32_t incompat)
{
	for (unsigned i = 0; i < sizeof refused / sizeof refused[0]; i++)
		if (incompat & refused[i].bit)
			return refused[i].refusal;
	return EXT2_OK;
}

static enum ext2_error read_identity(struct ext2_volume *volume, const uint8_t *super)
{
	if (ext2_le16(super + EXT2_SUPER_MAGIC_AT) != EXT2_SUPER_MAGIC)
		return EXT2_NOT_EXT;
	if (ext2_le32(super + EXT2_SUPER_REVISION) > 1)
		return EXT2_BAD_REVISION;

	uint32_t incompat = ext2_le32(super + EXT2_SUPER_INCOMPAT);
	enum ext2_error error = check_features(incompat);
	if (error != EXT2_OK)
		return error;
	volume->has_types = incompat & EXT2_INCOMPAT_FILETYPE;
	volume->unknown_ro_compat = ext2_le32(super + EXT2_SUPER_RO_COMPAT) & ~(uint32_t)EXT2_RO_COMPAT_KNOWN;
	volume->clean = ext2_le16(super + EXT2_SUPER_STATE) & 1;
	return EXT2_OK;
}

/* Pre: the block size is known. Products are of 32-bit numbers in 64 bits: they cannot wrap. */
static enum ext2_error read_groups(struct ext2_volume *volume, const uint8_t *super)
{
	uint32_t bits_per_block = 8 * volume->block_bytes; /* a group's bitmaps are one block each */
	uint32_t per_group = ext2_le32(super + EXT2_SUPER_BLOCKS_PER_GROUP);

	volume->blocks = ext2_le32(super + EXT2_SUPER_BLOCKS);
	volume->free_blocks = ext2_le32(super + EXT2_SUPER_FREE_BLOCKS);
	volume->inodes = ext2_le32(super + EXT2_SUPER_INODES);
	volume->free_inodes = ext2_le32(super + EXT2_SUPER_FREE_INODES);
	volume->inodes_per_group = ext2_le32(super + EXT2_SUPER_INODES_PER_GROUP);
	volume->first_block = ext2_le32(super + EXT2_SUPER_FIRST_BLOCK);
	if (volume->first_block != (volume->block_bytes == 1024 ? 1 : 0) || volume->blocks <= volume->first_block)
		return EXT2_BAD_GROUPS;
	if (per_group == 0 || per_group > bits_per_block || volume->inodes_per_group > bits_per_block)
		return EXT2_BAD_GROUPS;

	volume->groups = (volume->blocks - volume->first_block - 1) / per_group + 1;
	uint64_t table_bytes = (uint64_t)volume->groups * EXT2_GROUP_BYTES;
	uint64_t table_end = volume->first_block + 1 + (table_bytes + volume->block_bytes - 1) / volume->block_bytes;
	if (table_end > volume->blocks)
		return EXT2_BAD_GROUPS;
	if (volume->inodes == 0 || (uint64_t)volume->groups * volume->inodes_per_group != volume->inodes)
		return EXT2_BAD_GROUPS;
	return EXT2_OK;
}

static enum ext2_error read_inode_layout(struct ext2_volume *volume, const uint8_t *super)
{
	volume->inode_bytes = EXT2_OLD_INODE_BYTES;
	volume->first_inode = EXT2_OLD_FIRST_INODE;
	if (ext2_le32(super + EXT2_SUPER_REVISION) >= 1) {
		volume->inode_bytes = ext2_le16(super + EXT2_SUPER_INODE_BYTES);
		volume->first_inode = ext2_le32(super + EXT2_SUPER_FIRST_INODE);
	}
	if (volume->inode_bytes < EXT2_OLD_INODE_BYTES || volume->inode_bytes > volume->block_bytes ||
	    (volume->inode_bytes & (volume->inode_bytes - 1)) != 0)
		return EXT2_BAD_INODE_SIZE;
	if (volume->first_inode < EXT2_OLD_FIRST_INODE || volume->first_inode > volume->inodes)
		return EXT2_BAD_GROUPS;
	return EXT2_OK;
}

static enum ext2_error read_geometry(struct ext2_volume *volume, const uint8_t *super)
{
	uint32_t log_block = ext2_le32(super + EXT2_SUPER_LOG_BLOCK);
	if (log_block > 2)
		return EXT2_BAD_BLOCK_SIZE;
	volume->block_shift = 10 + log_block;
	volume->block_bytes = (uint32_t)1 << volume->block_shift;

	enum ext2_error error = read_groups(volume, super);
	if (error == EXT2_OK)
		error = read_inode_layout(volume, super);
	if (error == EXT2_OK && (uint64_t)volume->blocks << volume->block_shift > volume->device.bytes)
		error = EXT2_CUT_SHORT;
	return error;
}

enum ext2_error ext2_volume_open(struct ext2_volume *volume, const struct ext2_device *device, uint8_t *scratch)
{
	*volume = (struct ext2_volume){ .device = *device };
	if (device->bytes < EXT2_SUPER_OFFSET + EXT2_SUPER_BYTES)
		return EXT2_NOT_EXT;

	enum ext2_error error = device->read(device->context, EXT2_SUPER_OFFSET, scratch, EXT2_SUPER_BYTES);
	if (error == EXT2_OK)
		error = read_identity(volume, scratch);
	if (error == EXT2_OK)
		error = read_geometry(volume, scratch);
	return error;
}

enum ext2_error ext2_group_inode_table(struct ext2_cache *cache, uint32_t group, uint32_t *first_block)
{
	const struct ext2_volume *volume = cache->volume;
	uint64_t at = (uint64_t)group * EXT2_GROUP_BYTES;
	const uint8_t *data;

	enum ext2_error error = ext2_cache_get(cache, volume->first_block + 1 + (uint32_t)(at >> volume->block_shift),
					       &data);
	if (error != EXT2_OK)
		return error;

	uint32_t table = ext2_le32(data + (at & (volume->block_bytes - 1)) + EXT2_GROUP_INODE_TABLE);
	uint64_t table_bytes = (uint64_t)volume->inodes_per_group * volume->inode_bytes;
	uint64_t last = table + (table_bytes - 1) / volume->block_bytes;
	if (!ext2_volume_has_block(volume, table) || last >= volume->blocks)
		return EXT2_BAD_DESCRIPTOR;
	*first_block = table;
	return EXT2_OK;
}

enum ext2_error ext2_volume_check(struct ext2_cache *cache)
{
	struct ext2_inode root;
	uint32_t table;

	for (uint32_t group = 0; group < cache->volume->groups; group++) {
		enum ext2_error error = ext2_group_inode_table(cache, group, &table);
		if (error != EXT2_OK)
			return error;
	}
	enum ext2_error error = ext2_inode_read(cache, EXT2_ROOT_INODE, &root);
	if (error == EXT2_OK && root.type != EXT2_TYPE_DIRECTORY)
		error = EXT2_BAD_ROOT;
	return error;
}
