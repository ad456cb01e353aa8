/* SPDX-License-Identifier: BSD-2-Clause */
/* See server.h. */
#include "servers/ext2/server.h"
#include <stdio.h>
#include <string.h>

/* The session, which is the value in a channel's badge: inode in the low 32 bits, generation's low 24 above. */
enum { SESSION_GENERATION_BIT = 32, SESSION_GENERATION_MASK = 0xffffff };

static struct ext2_volume volume;
static enum ext2_error mount_error = EXT2_IO;
static struct block_channel disk;

/* Whole sectors, to where they are wanted in page-aligned memory: `within` bytes after `pages`. */
static enum status read_sectors(uint64_t offset, uint64_t bytes, void *pages, uint32_t within)
{
	uint64_t count = (within + bytes + ABI_PAGE_BYTES - 1) / ABI_PAGE_BYTES;

	return block_read(disk, offset, bytes, within, pages, count);
}

static enum ext2_error read_disk(void *context, uint64_t offset, void *buffer, size_t bytes)
{
	(void)context;
	return read_sectors(offset, bytes, buffer, 0) == ST_OK ? EXT2_OK : EXT2_IO;
}

void server_mount(struct block_channel block)
{
	static _Alignas(ABI_PAGE_BYTES) uint8_t buffers[2][EXT2_BLOCK_BYTES_MAX];
	struct ext2_device device = { .read = read_disk };
	struct ext2_cache cache;
	uint32_t pages_max;
	bool read_only;

	disk = block;
	if (block_info(disk, &device.bytes, &pages_max, &read_only) == ST_OK)
		mount_error = ext2_volume_open(&volume, &device, buffers[0]);
	if (mount_error == EXT2_OK) {
		ext2_cache_init(&cache, &volume, buffers, 2);
		mount_error = ext2_volume_check(&cache);
	}
	if (mount_error != EXT2_OK)
		log_write("the disk can't be used: %s", ext2_error_text(mount_error));
	else
		log_write("ext2: %lu blocks of %lu bytes%s", (unsigned long)volume.blocks,
			  (unsigned long)volume.block_bytes, volume.clean ? "" : ", not unmounted properly");
}

static enum status status_of(enum ext2_error e)
{
	switch (e) {
	case EXT2_OK:
		return ST_OK;
	case EXT2_NOT_FOUND:
	case EXT2_NOT_DIRECTORY:
		return ST_NOT_FOUND;
	case EXT2_NOT_LINK:
	case EXT2_NAME_TOO_LONG:
	case EXT2_TOO_MANY_LINKS:
	case EXT2_NO_DATA:
		return ST_BAD_ARG;
	default:
		log_write("disk: %s", ext2_error_text(e));
		return ST_IO_ERROR;
	}
}

static enum files_type type_of(enum ext2_type type)
{
	switch (type) {
	case EXT2_TYPE_FILE:
		return FILES_TYPE_FILE;
	case EXT2_TYPE_DIRECTORY:
		return FILES_TYPE_DIRECTORY;
	case EXT2_TYPE_LINK:
		return FILES_TYPE_LINK;
	default:
		return FILES_TYPE_OTHER;
	}
}

/* ---- operations on the tree ---- */

static enum status resolve(struct serving *serving, const char *path, size_t path_bytes, bool follow,
			   struct ext2_inode *inode)
{
	struct worker *w = serving->server;

	if (mount_error != EXT2_OK)
		return ST_IO_ERROR;
	return status_of(ext2_path_resolve(&w->cache, &w->walk, EXT2_ROOT_INODE, path, path_bytes, follow, inode));
}

static uint64_t session_of(const struct ext2_inode *inode)
{
	return (uint64_t)(inode->generation & SESSION_GENERATION_MASK) << SESSION_GENERATION_BIT | inode->number;
}

enum status files_serve_open(struct serving *serving, const struct files_open_request *request,
			     struct files_open_reply *reply)
{
	struct ext2_inode inode;
	enum status st = resolve(serving, request->path, request->path_bytes, true, &inode);
	enum files_state state;

	if (st != ST_OK)
		return st;
	if (inode.type != EXT2_TYPE_FILE && inode.type != EXT2_TYPE_DIRECTORY)
		return ST_BAD_ARG;
	state = inode.type == EXT2_TYPE_FILE ? FILES_STATE_FILE : FILES_STATE_DIRECTORY;
	reply->size_bytes = inode.size_bytes;
	reply->type = type_of(inode.type);
	return files_channel_make(serving, session_of(&inode), state, &reply->opened, NULL);
}

enum status files_serve_stat(struct serving *serving, const struct files_stat_request *request,
			     struct files_stat_reply *reply)
{
	struct ext2_inode inode;
	enum status st = resolve(serving, request->path, request->path_bytes, !request->of_link, &inode);

	if (st != ST_OK)
		return st;
	*reply->info = (struct files_info){
		.size_bytes = inode.size_bytes,
		.blocks_512 = inode.sectors,
		.inode = inode.number,
		.mode = inode.mode & 07777u,
		.type = type_of(inode.type),
		.links = inode.links,
		.uid = inode.uid,
		.gid = inode.gid,
		.modified_s = inode.mtime_s,
	};
	return ST_OK;
}

enum status files_serve_readlink(struct serving *serving, const struct files_readlink_request *request,
				 struct files_readlink_reply *reply)
{
	struct worker *w = serving->server;
	struct ext2_inode inode;
	enum status st = resolve(serving, request->path, request->path_bytes, false, &inode);

	if (st == ST_OK)
		st = status_of(ext2_link_read(&w->cache, &inode, reply->target, FILES_PATH_MAX));
	if (st == ST_OK)
		reply->target[inode.size_bytes] = 0;
	return st;
}

enum status files_serve_about(struct serving *serving, struct files_about_reply *reply)
{
	(void)serving;
	if (mount_error != EXT2_OK)
		snprintf(reply->text, FILES_ABOUT_BYTES + 1, "%s", ext2_error_text(mount_error));
	else
		snprintf(reply->text, FILES_ABOUT_BYTES + 1, "ext2, %lu blocks of %lu bytes, %lu free",
			 (unsigned long)volume.blocks, (unsigned long)volume.block_bytes,
			 (unsigned long)volume.free_blocks);
	return ST_OK;
}

/* ---- operations on what is open ---- */

/* NOT_FOUND: it was removed, and something else has its inode. */
static enum status find_open(struct serving *serving, struct ext2_inode *inode)
{
	struct worker *w = serving->server;
	uint64_t session = serving_value(serving);
	enum status st;

	if (mount_error != EXT2_OK)
		return ST_IO_ERROR;
	st = status_of(ext2_inode_read(&w->cache, (uint32_t)session, inode));
	if (st == ST_OK && session_of(inode) != session)
		return ST_NOT_FOUND;
	return st;
}

/* One run of a file's blocks to its place in the reader's pages; *bytes of it were done. */
static enum status read_run(struct worker *w, const struct ext2_inode *inode, uint64_t offset, char *data,
			    uint64_t place, uint64_t want, uint64_t *bytes)
{
	uint64_t first = offset >> volume.block_shift;
	uint32_t most = (uint32_t)((want + volume.block_bytes - 1) >> volume.block_shift);
	struct ext2_run run;
	enum status st = status_of(ext2_map_run(&w->cache, inode, first, most, &run));
	char *page = data + (place & ~(uint64_t)(ABI_PAGE_BYTES - 1));
	uint32_t within = place % ABI_PAGE_BYTES;
	uint64_t whole = (uint64_t)run.blocks << volume.block_shift;

	if (st != ST_OK)
		return st;
	*bytes = whole < want ? whole : want;
	if (run.first_block == 0) {
		memset(page + within, 0, *bytes);
		return ST_OK;
	}
	whole = (*bytes + BLOCK_SECTOR_BYTES - 1) & ~(uint64_t)(BLOCK_SECTOR_BYTES - 1);
	return read_sectors((uint64_t)run.first_block << volume.block_shift, whole, page, within);
}

/* Nothing of the disk beyond the file's end reaches the reader. */
static void clear_tail(char *data, uint64_t bytes)
{
	uint64_t sectors = (bytes + BLOCK_SECTOR_BYTES - 1) & ~(uint64_t)(BLOCK_SECTOR_BYTES - 1);

	memset(data + bytes, 0, sectors - bytes);
}

enum status files_serve_read(struct serving *serving, const struct files_read_request *request,
			     struct files_read_reply *reply)
{
	uint64_t offset = request->offset, want = request->bytes;
	struct ext2_inode inode;
	enum status st = find_open(serving, &inode);

	if (st != ST_OK)
		return st;
	if (offset % FILES_PAGE_BYTES != 0 || want > request->data_pages * FILES_PAGE_BYTES)
		return ST_BAD_ARG;
	if (offset >= inode.size_bytes)
		return ST_OK;
	if (want > inode.size_bytes - offset)
		want = inode.size_bytes - offset;
	for (uint64_t done = 0, n; done < want; done += n) {
		st = read_run(serving->server, &inode, offset + done, request->data, done, want - done, &n);
		if (st != ST_OK)
			return st;
	}
	clear_tail(request->data, want);
	reply->got_bytes = want;
	return ST_OK;
}

/* Adds a record to `used` bytes of them; 0 if it does not fit. */
static size_t add_entry(char *records, size_t used, const struct ext2_entry *e)
{
	size_t bytes = (sizeof(struct files_entry) + e->name_bytes + 7u) & ~(size_t)7;
	struct files_entry *record = (struct files_entry *)(void *)(records + used);

	if (used + bytes > FILES_LIST_BYTES)
		return 0;
	memset(record, 0, bytes);
	record->inode = e->inode_number;
	record->record_bytes = (uint16_t)bytes;
	record->type = (uint8_t)type_of(e->type);
	record->name_bytes = e->name_bytes;
	memcpy(record + 1, e->name, e->name_bytes);
	return bytes;
}

enum status files_serve_list(struct serving *serving, const struct files_list_request *request,
			     struct files_list_reply *reply)
{
	struct worker *w = serving->server;
	struct ext2_inode inode;
	struct ext2_cursor cursor;
	struct ext2_entry entry;
	enum status st = find_open(serving, &inode);
	enum ext2_error e;
	size_t bytes;

	if (st != ST_OK)
		return st;
	ext2_cursor_seek(&cursor, request->position);
	for (;;) {
		reply->next_position = cursor.position;
		e = ext2_directory_next(&w->cache, &inode, &cursor, &entry);
		bytes = e == EXT2_OK ? add_entry(reply->records, reply->records_bytes, &entry) : 0;
		if (bytes == 0)
			break;
		reply->records_bytes += bytes;
	}
	reply->at_end = e == EXT2_END;
	return e == EXT2_END || reply->records_bytes != 0 ? ST_OK : status_of(e);
}

/* ---- threads ---- */

void server_init(struct worker *w, handle_t port, void *landing)
{
	ext2_cache_init(&w->cache, &volume, w->blocks, WORKER_CACHE_BLOCKS);
	w->serving = (struct serving){ .port = port,
				       .contracts = { &files_server },
				       .bytes = w->bytes,
				       .bytes_size = sizeof w->bytes,
				       .landing = landing,
				       .landing_pages = FILES_SERVER_PAGES,
				       .server = w };
}

_Noreturn void server_run(struct worker *w) { serve(&w->serving); }
