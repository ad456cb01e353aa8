/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Path resolution without recursion: the text still to be resolved stands at the
 * end of the work area; what is consumed leaves room in front of it, and the text
 * of a link is put there. Every loop eats text, links or the search allowance.
 */
#include "servers/ext2/path.h"
#include "servers/ext2/map.h"

#include <string.h>

struct resolution {
	struct ext2_cache *cache;
	char *text;
	size_t position; /* of the text that is left, which ends with the work area */
	unsigned links_left;
	uint64_t search_blocks_left;
};

enum { TEXT_END = sizeof((struct ext2_walk *)0)->text };

struct name {
	const char *text;
	size_t bytes;
};

/* Takes the next name off the text; 0 bytes when there are only slashes left. */
static struct name take_name(struct resolution *r)
{
	while (r->position < TEXT_END && r->text[r->position] == '/')
		r->position++;

	size_t start = r->position;
	while (r->position < TEXT_END && r->text[r->position] != '/')
		r->position++;
	return (struct name){ r->text + start, r->position - start };
}

static bool name_is(struct name name, const char *text, size_t bytes)
{
	return name.bytes == bytes && memcmp(name.text, text, bytes) == 0;
}

static bool name_stays(struct name name, const struct ext2_inode *here)
{
	return name_is(name, ".", 1) || (here->number == EXT2_ROOT_INODE && name_is(name, "..", 2));
}

static enum ext2_error read_child(struct resolution *r, const struct ext2_inode *here, struct name name,
				  struct ext2_inode *child)
{
	uint64_t blocks = ext2_inode_blocks(r->cache->volume, here);
	uint32_t number;

	if (blocks > r->search_blocks_left)
		return EXT2_TOO_MUCH_WORK;
	r->search_blocks_left -= blocks;

	enum ext2_error error = ext2_directory_find(r->cache, here, name.text, name.bytes, &number);
	return error == EXT2_OK ? ext2_inode_read(r->cache, number, child) : error;
}

/* An absolute text continues at the root, whether it came from the caller or from a link. */
static enum ext2_error restart_if_absolute(struct resolution *r, struct ext2_inode *here)
{
	if (r->position == TEXT_END || r->text[r->position] != '/')
		return EXT2_OK;
	return ext2_inode_read(r->cache, EXT2_ROOT_INODE, here);
}

/* Puts the link's text before what is left, which is empty or begins with a slash. */
static enum ext2_error enter_link(struct resolution *r, const struct ext2_inode *link, struct ext2_inode *here)
{
	if (r->links_left == 0)
		return EXT2_TOO_MANY_LINKS;
	r->links_left--;
	if (link->size_bytes > r->position)
		return EXT2_NAME_TOO_LONG;

	size_t bytes = (size_t)link->size_bytes;
	enum ext2_error error = ext2_link_read(r->cache, link, r->text + r->position - bytes, bytes);
	if (error != EXT2_OK)
		return error;
	r->position -= bytes;
	return restart_if_absolute(r, here);
}

static enum ext2_error walk_names(struct resolution *r, bool follow_last, struct ext2_inode *here)
{
	for (;;) {
		struct name name = take_name(r);
		if (name.bytes == 0)
			break;
		if (here->type != EXT2_TYPE_DIRECTORY)
			return EXT2_NOT_DIRECTORY;
		if (name_stays(name, here))
			continue;

		struct ext2_inode child;
		enum ext2_error error = read_child(r, here, name, &child);
		if (error != EXT2_OK)
			return error;
		if (child.type != EXT2_TYPE_LINK || (r->position == TEXT_END && !follow_last))
			*here = child;
		else
			error = enter_link(r, &child, here);
		if (error != EXT2_OK)
			return error;
	}
	if (r->text[TEXT_END - 1] == '/' && here->type != EXT2_TYPE_DIRECTORY)
		return EXT2_NOT_DIRECTORY;
	return EXT2_OK;
}

enum ext2_error ext2_path_resolve(struct ext2_cache *cache, struct ext2_walk *walk, uint32_t start, const char *path,
				  size_t path_bytes, bool follow_last, struct ext2_inode *result)
{
	if (path_bytes == 0)
		return EXT2_NOT_FOUND;
	if (path_bytes > EXT2_PATH_MAX)
		return EXT2_NAME_TOO_LONG;

	struct resolution r = {
		.cache = cache,
		.text = walk->text,
		.position = TEXT_END - path_bytes,
		.links_left = EXT2_LINKS_MAX,
		.search_blocks_left = EXT2_PATH_SEARCH_BLOCKS,
	};
	memcpy(walk->text + r.position, path, path_bytes);
	enum ext2_error error = ext2_inode_read(cache, path[0] == '/' ? EXT2_ROOT_INODE : start, result);
	return error == EXT2_OK ? walk_names(&r, follow_last, result) : error;
}

static enum ext2_error find_text(struct ext2_cache *cache, const struct ext2_inode *link, const uint8_t **text)
{
	struct ext2_run run;

	if (ext2_inode_is_short_link(link)) {
		*text = link->map;
		return EXT2_OK;
	}
	enum ext2_error error = ext2_map_run(cache, link, 0, 1, &run);
	if (error != EXT2_OK)
		return error;
	return run.first_block == 0 ? EXT2_BAD_LINK : ext2_cache_get(cache, run.first_block, text);
}

enum ext2_error ext2_link_read(struct ext2_cache *cache, const struct ext2_inode *link, char *text,
			       size_t capacity_bytes)
{
	const uint8_t *stored;

	if (link->type != EXT2_TYPE_LINK)
		return EXT2_NOT_LINK;
	if (link->size_bytes > capacity_bytes)
		return EXT2_NO_ROOM;
	enum ext2_error error = find_text(cache, link, &stored);
	if (error != EXT2_OK)
		return error;
	for (size_t i = 0; i < link->size_bytes; i++) {
		if (stored[i] == 0)
			return EXT2_BAD_LINK;
		text[i] = (char)stored[i];
	}
	return EXT2_OK;
}
