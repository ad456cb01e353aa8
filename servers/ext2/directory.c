/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Directories, record by record. One function (decode_record) turns bytes into
 * a record, and believes none of them: search and listing cannot disagree about
 * what a well-formed directory is.
 */
#include "servers/ext2/directory.h"
#include "servers/ext2/map.h"

#include <string.h>

/* One record of a block; `name` points into the cached block. */
struct record {
	uint32_t inode_number; /* 0: unused */
	uint32_t record_bytes;
	uint8_t name_bytes;
	enum ext2_type type;
	const char *name;
};

static bool name_is_legal(const char *name, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		if (name[i] == '\0' || name[i] == '/')
			return false;
	return bytes > 0;
}

/* Whether the file that a record names can be there at all; ".." of the root is the root. */
static bool inode_is_legal(const struct ext2_volume *volume, uint32_t number)
{
	return number == EXT2_ROOT_INODE || (number >= volume->first_inode && number <= volume->inodes);
}

/* Pre: offset < block_bytes. Post: the record ends inside the block and its name inside the record. */
static enum ext2_error decode_record(const struct ext2_volume *volume, const uint8_t *block, uint32_t offset,
				     struct record *record)
{
	const uint8_t *raw = block + offset;
	uint32_t room = volume->block_bytes - offset;
	if (room < EXT2_ENTRY_MIN_BYTES)
		return EXT2_BAD_DIRECTORY;

	record->inode_number = ext2_le32(raw + EXT2_ENTRY_INODE);
	record->record_bytes = ext2_le16(raw + EXT2_ENTRY_RECORD_BYTES);
	record->name_bytes = raw[EXT2_ENTRY_NAME_BYTES];
	record->name = (const char *)raw + EXT2_ENTRY_NAME;
	uint8_t type = volume->has_types ? raw[EXT2_ENTRY_TYPE] : EXT2_TYPE_UNKNOWN;
	record->type = type < EXT2_TYPE_COUNT ? (enum ext2_type)type : EXT2_TYPE_UNKNOWN;

	if (record->record_bytes < EXT2_ENTRY_MIN_BYTES || record->record_bytes % 4 != 0 || record->record_bytes > room)
		return EXT2_BAD_DIRECTORY;
	if (record->inode_number == 0)
		return EXT2_OK; /* what an unused record holds besides its length means nothing */
	if (EXT2_ENTRY_NAME + (uint32_t)record->name_bytes > record->record_bytes ||
	    (!volume->has_types && raw[EXT2_ENTRY_TYPE] != 0) || !name_is_legal(record->name, record->name_bytes))
		return EXT2_BAD_DIRECTORY;
	return inode_is_legal(volume, record->inode_number) ? EXT2_OK : EXT2_BAD_INODE_NUMBER;
}

static enum ext2_error get_block(struct ext2_cache *cache, const struct ext2_inode *directory, uint64_t index,
				 const uint8_t **data)
{
	struct ext2_run run;

	enum ext2_error error = ext2_map_run(cache, directory, index, 1, &run);
	if (error != EXT2_OK)
		return error;
	return run.first_block == 0 ? EXT2_BAD_DIRECTORY : ext2_cache_get(cache, run.first_block, data);
}

static enum ext2_error find_in_block(const struct ext2_volume *volume, const uint8_t *block, const char *name,
				     size_t name_bytes, uint32_t *inode_number)
{
	struct record record;

	for (uint32_t offset = 0; offset < volume->block_bytes; offset += record.record_bytes) {
		enum ext2_error error = decode_record(volume, block, offset, &record);
		if (error != EXT2_OK)
			return error;
		if (record.inode_number != 0 && record.name_bytes == name_bytes &&
		    memcmp(record.name, name, name_bytes) == 0) {
			*inode_number = record.inode_number;
			return EXT2_OK;
		}
	}
	return EXT2_NOT_FOUND;
}

enum ext2_error ext2_directory_find(struct ext2_cache *cache, const struct ext2_inode *directory, const char *name,
				    size_t name_bytes, uint32_t *inode_number)
{
	uint64_t blocks = ext2_inode_blocks(cache->volume, directory);
	const uint8_t *data;

	if (name_bytes > EXT2_NAME_MAX)
		return EXT2_NAME_TOO_LONG;
	for (uint64_t index = 0; index < blocks; index++) {
		enum ext2_error error = get_block(cache, directory, index, &data);
		if (error == EXT2_OK)
			error = find_in_block(cache->volume, data, name, name_bytes, inode_number);
		if (error != EXT2_NOT_FOUND)
			return error;
	}
	return EXT2_NOT_FOUND;
}

/* Moves the cursor forward to where a record starts, by walking its block from the beginning. */
static enum ext2_error align_cursor(const struct ext2_volume *volume, const uint8_t *block, struct ext2_cursor *cursor)
{
	uint32_t wanted = (uint32_t)(cursor->position & (volume->block_bytes - 1));
	struct record record;

	for (uint32_t offset = 0; offset < wanted; offset += record.record_bytes) {
		enum ext2_error error = decode_record(volume, block, offset, &record);
		if (error != EXT2_OK)
			return error;
		if (offset + record.record_bytes > wanted)
			cursor->position += offset + record.record_bytes - wanted;
	}
	cursor->at_record = true;
	return EXT2_OK;
}

static void fill_entry(const struct record *record, struct ext2_entry *entry)
{
	entry->inode_number = record->inode_number;
	entry->type = record->type;
	entry->name_bytes = record->name_bytes;
	memcpy(entry->name, record->name, record->name_bytes);
	entry->name[record->name_bytes] = '\0';
}

enum ext2_error ext2_directory_next(struct ext2_cache *cache, const struct ext2_inode *directory,
				    struct ext2_cursor *cursor, struct ext2_entry *entry)
{
	const struct ext2_volume *volume = cache->volume;
	const uint8_t *data;

	while (cursor->position < directory->size_bytes) {
		enum ext2_error error = get_block(cache, directory, cursor->position >> volume->block_shift, &data);
		if (error == EXT2_OK && !cursor->at_record) {
			error = align_cursor(volume, data, cursor);
			if (error == EXT2_OK)
				continue; /* perhaps into the next block */
		}
		struct record record;
		if (error == EXT2_OK)
			error = decode_record(volume, data, (uint32_t)(cursor->position & (volume->block_bytes - 1)),
					      &record);
		if (error != EXT2_OK)
			return error;
		cursor->position += record.record_bytes;
		if (record.inode_number != 0) {
			fill_entry(&record, entry);
			return EXT2_OK;
		}
	}
	return EXT2_END;
}
