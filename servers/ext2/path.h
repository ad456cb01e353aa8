/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paths and symbolic links, as POSIX resolves them: "." and ".." are looked up
 * (".." of the root is the root), repeated slashes are one, a trailing slash
 * asks for a directory, a link with an absolute text starts at the volume's root.
 */
#pragma once
#include "servers/ext2/directory.h"

enum {
	EXT2_LINKS_MAX = 40,
	EXT2_PATH_MAX = 4096,
	EXT2_PATH_SEARCH_BLOCKS = 65536, /* directory blocks that one resolution may have to search */
};

/*
 * The work area of one resolution at a time: one per thread, like the cache,
 * and like it too large for a small stack.
 */
struct ext2_walk {
	char text[2 * EXT2_PATH_MAX]; /* the longest link's text in front of the longest path */
};

/*
 * Resolves a path from the directory `start` (or from the root, if it begins
 * with a slash). A link at its very end is followed only if asked for, or if a
 * slash comes after it. May block. Takes a bounded number of steps whatever the
 * disk says: at most 40 links, 8192 bytes of text at a time, and
 * EXT2_PATH_SEARCH_BLOCKS. `result` means nothing after an error.
 * Errors: NOT_FOUND (also the empty path), NOT_DIRECTORY, NAME_TOO_LONG,
 * TOO_MANY_LINKS, TOO_MUCH_WORK, and those of inodes, directories and links.
 */
enum ext2_error ext2_path_resolve(struct ext2_cache *cache, struct ext2_walk *walk, uint32_t start, const char *path,
				  size_t path_bytes, bool follow_last, struct ext2_inode *result);

/*
 * Copies the text of a link: link->size_bytes bytes, less than a block, no zero
 * byte at the end. Errors: NOT_LINK, NO_ROOM, BAD_LINK, BAD_BLOCK, IO.
 */
enum ext2_error ext2_link_read(struct ext2_cache *cache, const struct ext2_inode *link, char *text,
			       size_t capacity_bytes);
