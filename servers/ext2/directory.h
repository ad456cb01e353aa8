/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Directories: finding one name, and listing them all. Both read linearly, which
 * is right for directories with hash trees too (see format.h), and take at most
 * one step per record, of which a directory has no more than its size allows.
 * Pre, everywhere: the inode is a directory, as ext2_inode_read gave it.
 */
#pragma once
#include "servers/ext2/volume.h"

/* Errors: NOT_FOUND, NAME_TOO_LONG, BAD_DIRECTORY, BAD_INODE_NUMBER, BAD_BLOCK, IO. */
enum ext2_error ext2_directory_find(struct ext2_cache *cache, const struct ext2_inode *directory, const char *name,
				    size_t name_bytes, uint32_t *inode_number);

struct ext2_entry {
	uint32_t inode_number;
	enum ext2_type type; /* UNKNOWN where the volume does not store it: read the inode */
	uint8_t name_bytes;
	char name[EXT2_NAME_MAX + 1]; /* ends with a zero byte; holds no other, and no '/' */
};

/* Where a listing stands. All zero: at the start. */
struct ext2_cursor {
	uint64_t position; /* may be given to a client and come back as anything: see ext2_cursor_seek */
	bool at_record;    /* position is known to be where a record starts */
};

/* Goes on at a position that is not to be trusted: the next listing starts at the first record not before it.
 */
static inline void ext2_cursor_seek(struct ext2_cursor *cursor, uint64_t position)
{
	*cursor = (struct ext2_cursor){ .position = position };
}

/*
 * The next name, "." and ".." among them, and the cursor past it. May block.
 * Errors: END, BAD_DIRECTORY, BAD_INODE_NUMBER, BAD_BLOCK, IO; the cursor then
 * stays at what could not be read, so a listing ends there.
 */
enum ext2_error ext2_directory_next(struct ext2_cache *cache, const struct ext2_inode *directory,
				    struct ext2_cursor *cursor, struct ext2_entry *entry);
