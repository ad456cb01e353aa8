/* SPDX-License-Identifier: BSD-2-Clause */
/* See server.h. */
#include "servers/ext2/server.h"
#include "libsys/block.h"
#include <stdio.h>
#include <string.h>

/* The session in a badge: kind in the low 8 bits (0: the tree), inode in the next 32, generation's low 24 above. */
enum session_kind { SESSION_TREE = 0, SESSION_FILE = 1, SESSION_DIRECTORY = 2 };

static struct ext2_volume volume;
static enum ext2_error mount_error = EXT2_IO;
static handle_t disk;
static uint64_t contract_of_files; /* channels to open files have no contract of their own yet */

static uint64_t session_make(enum session_kind kind, const struct ext2_inode *inode)
{
	return (uint64_t)kind | (uint64_t)inode->number << 8 | (uint64_t)inode->generation << 40;
}

static enum ext2_error read_disk(void *context, uint64_t offset, void *buffer, size_t bytes)
{
	(void)context;
	return block_read(disk, offset, bytes, buffer, 0) == ST_OK ? EXT2_OK : EXT2_IO;
}

void server_mount(handle_t block)
{
	static _Alignas(ABI_PAGE_BYTES) uint8_t buffers[2][EXT2_BLOCK_BYTES_MAX];
	struct ext2_device device = { .read = read_disk };
	struct ext2_cache cache;
	uint64_t pages_max;

	disk = block;
	if (block_info(disk, &device.bytes, &pages_max) == ST_OK)
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

static enum files_type type_of(const struct ext2_inode *inode)
{
	switch (inode->type) {
	case EXT2_TYPE_FILE:
		return FILES_FILE;
	case EXT2_TYPE_DIRECTORY:
		return FILES_DIRECTORY;
	case EXT2_TYPE_LINK:
		return FILES_LINK;
	default:
		return FILES_OTHER;
	}
}

/* ---- answers ---- */

struct answer {
	struct message m;
	struct ipc_buffers b;
};

static void add_bytes(struct answer *a, const void *bytes, size_t count)
{
	a->b.send_bytes = (uaddr_t)(uintptr_t)bytes;
	a->m.tag = tag_with_bytes(a->m.tag, count);
}

static enum ext2_error resolve(struct worker *w, const struct message *m, bool follow, struct ext2_inode *inode)
{
	return ext2_path_resolve(&w->cache, &w->walk, EXT2_ROOT_INODE, w->bytes, tag_bytes(m->tag), follow, inode);
}

/* ---- operations on the tree ---- */

static enum status open_file(struct worker *w, handle_t port, const struct message *m, struct answer *a)
{
	struct ext2_inode inode;
	enum status st = status_of(resolve(w, m, true, &inode));
	enum session_kind kind;

	if (st != ST_OK)
		return st;
	if (inode.type != EXT2_TYPE_FILE && inode.type != EXT2_TYPE_DIRECTORY)
		return ST_BAD_ARG;
	kind = inode.type == EXT2_TYPE_FILE ? SESSION_FILE : SESSION_DIRECTORY;
	st = channel_create(port, session_make(kind, &inode), contract_of_files, &a->b.send_handles[0], NULL);
	if (st != ST_OK)
		return st;
	a->m.tag = tag_with_handles(a->m.tag, 1);
	a->m.words[0] = inode.size_bytes;
	a->m.words[1] = type_of(&inode);
	return ST_OK;
}

static enum status stat_path(struct worker *w, const struct message *m, struct answer *a)
{
	struct files_info *info = (struct files_info *)(void *)w->bytes;
	struct ext2_inode inode;
	enum status st = status_of(resolve(w, m, m->words[0] == 0, &inode));

	if (st != ST_OK)
		return st;
	*info = (struct files_info){
		.size_bytes = inode.size_bytes,
		.blocks_512 = inode.sectors,
		.inode = inode.number,
		.mode = inode.mode & 07777u,
		.type = type_of(&inode),
		.links = inode.links,
		.uid = inode.uid,
		.gid = inode.gid,
		.modified_s = inode.mtime_s,
	};
	add_bytes(a, info, sizeof *info);
	return ST_OK;
}

static enum status read_link(struct worker *w, const struct message *m, struct answer *a)
{
	struct ext2_inode inode;
	enum ext2_error e = resolve(w, m, false, &inode);

	if (e == EXT2_OK)
		e = ext2_link_read(&w->cache, &inode, w->bytes, sizeof w->bytes);
	if (e == EXT2_OK)
		add_bytes(a, w->bytes, inode.size_bytes);
	return status_of(e);
}

static enum status about(struct worker *w, struct answer *a)
{
	int n;

	if (mount_error != EXT2_OK)
		n = snprintf(w->bytes, FILES_ABOUT_BYTES, "%s", ext2_error_text(mount_error));
	else
		n = snprintf(w->bytes, FILES_ABOUT_BYTES, "ext2, %lu blocks of %lu bytes, %lu free",
			     (unsigned long)volume.blocks, (unsigned long)volume.block_bytes,
			     (unsigned long)volume.free_blocks);
	add_bytes(a, w->bytes, n < FILES_ABOUT_BYTES ? (size_t)n : FILES_ABOUT_BYTES - 1);
	return ST_OK;
}

/* ---- operations on what is open ---- */

/* One run of a file's blocks to its place in the reader's pages; *bytes of it were done. */
static enum status read_run(struct worker *w, const struct ext2_inode *inode, uint64_t offset, uint64_t place,
			    uint64_t want, uint64_t *bytes)
{
	uint64_t first = offset >> volume.block_shift;
	uint32_t most = (uint32_t)((want + volume.block_bytes - 1) >> volume.block_shift);
	struct ext2_run run;
	enum status st = status_of(ext2_map_run(&w->cache, inode, first, most, &run));
	char *page = (char *)w->landing + (place & ~(uint64_t)(ABI_PAGE_BYTES - 1));
	uint64_t within = place % ABI_PAGE_BYTES, whole = (uint64_t)run.blocks << volume.block_shift;

	if (st != ST_OK)
		return st;
	*bytes = whole < want ? whole : want;
	if (run.first_block == 0) {
		memset(page + within, 0, *bytes);
		return ST_OK;
	}
	whole = (*bytes + BLOCK_SECTOR_BYTES - 1) & ~(uint64_t)(BLOCK_SECTOR_BYTES - 1);
	return block_read(disk, (uint64_t)run.first_block << volume.block_shift, whole, page, within);
}

/* Nothing of the disk beyond the file's end reaches the reader. */
static void clear_tail(struct worker *w, uint64_t bytes)
{
	uint64_t sectors = (bytes + BLOCK_SECTOR_BYTES - 1) & ~(uint64_t)(BLOCK_SECTOR_BYTES - 1);

	memset((char *)w->landing + bytes, 0, sectors - bytes);
}

static enum status read_file(struct worker *w, const struct ext2_inode *inode, const struct message *m,
			     struct answer *a)
{
	uint64_t offset = m->words[0], want = m->words[1];

	if (offset % ABI_PAGE_BYTES != 0 || want > tag_pages(m->tag) * ABI_PAGE_BYTES ||
	    tag_pages_kind(m->tag) != MESSAGE_PAGES_LENT_WRITE)
		return ST_BAD_ARG;
	if (offset >= inode->size_bytes)
		return ST_OK;
	if (want > inode->size_bytes - offset)
		want = inode->size_bytes - offset;
	for (uint64_t done = 0, n; done < want; done += n) {
		enum status st = read_run(w, inode, offset + done, done, want - done, &n);

		if (st != ST_OK)
			return st;
	}
	clear_tail(w, want);
	a->m.words[0] = want;
	return ST_OK;
}

static uint8_t entry_type(enum ext2_type type)
{
	struct ext2_inode inode = { .type = type };

	return (uint8_t)type_of(&inode);
}

/* Adds a record at `used`; 0 if it does not fit. */
static size_t add_entry(struct worker *w, size_t used, const struct ext2_entry *e)
{
	size_t bytes = (sizeof(struct files_entry) + e->name_bytes + 7u) & ~(size_t)7;
	struct files_entry *record = (struct files_entry *)(void *)(w->bytes + used);

	if (used + bytes > FILES_LIST_BYTES)
		return 0;
	memset(record, 0, bytes);
	record->inode = e->inode_number;
	record->record_bytes = (uint16_t)bytes;
	record->type = entry_type(e->type);
	record->name_bytes = e->name_bytes;
	memcpy(record->name, e->name, e->name_bytes);
	return bytes;
}

static enum status list_directory(struct worker *w, const struct ext2_inode *inode, const struct message *m,
				  struct answer *a)
{
	struct ext2_cursor cursor;
	struct ext2_entry entry;
	enum ext2_error e;
	size_t used = 0, bytes;

	ext2_cursor_seek(&cursor, m->words[0]);
	for (;;) {
		a->m.words[0] = cursor.position;
		e = ext2_directory_next(&w->cache, inode, &cursor, &entry);
		if (e != EXT2_OK)
			break;
		bytes = add_entry(w, used, &entry);
		if (bytes == 0)
			break;
		used += bytes;
	}
	if (e != EXT2_OK && e != EXT2_END && used == 0)
		return status_of(e);
	a->m.words[1] = e == EXT2_END;
	add_bytes(a, w->bytes, used);
	return ST_OK;
}

static enum status serve_open(struct worker *w, const struct message *m, struct answer *a)
{
	enum session_kind kind = (enum session_kind)(m->badge & 0xff);
	struct ext2_inode inode;
	enum status st = status_of(ext2_inode_read(&w->cache, (uint32_t)(m->badge >> 8), &inode));

	if (st != ST_OK)
		return st;
	if ((inode.generation & 0xffffffu) != m->badge >> 40)
		return ST_NOT_FOUND;
	if (tag_op(m->tag) == FILES_READ && kind == SESSION_FILE)
		return read_file(w, &inode, m, a);
	if (tag_op(m->tag) == FILES_LIST && kind == SESSION_DIRECTORY)
		return list_directory(w, &inode, m, a);
	return ST_BAD_ARG;
}

static enum status serve_tree(struct worker *w, handle_t port, const struct message *m, struct answer *a)
{
	switch (tag_op(m->tag)) {
	case FILES_OPEN:
		return open_file(w, port, m, a);
	case FILES_STAT:
		return stat_path(w, m, a);
	case FILES_READLINK:
		return read_link(w, m, a);
	default:
		return ST_BAD_ARG;
	}
}

static enum status serve(struct worker *w, handle_t port, const struct message *m, struct answer *a)
{
	if (tag_op(m->tag) == FILES_ABOUT)
		return about(w, a);
	if (mount_error != EXT2_OK)
		return ST_IO_ERROR;
	return (m->badge & 0xff) == SESSION_TREE ? serve_tree(w, port, m, a) : serve_open(w, m, a);
}

/* An answer that can't be given (no room for it at the client) becomes an error without parts. */
static void reply(uint64_t token, enum status st, struct answer *a)
{
	if (st == ST_OK)
		st = ipc_reply(token, &a->m, &a->b);
	if (st == ST_OK || st == ST_STALE)
		return;
	if (tag_handles(a->m.tag) != 0)
		(void)handle_close(a->b.send_handles[0]);
	a->m = (struct message){ .tag = tag_make((uint16_t)st) };
	(void)ipc_reply(token, &a->m, NULL);
}

_Noreturn void server_run(handle_t port, struct worker *w)
{
	struct ipc_buffers b = {
		.recv_bytes = (uaddr_t)(uintptr_t)w->bytes,
		.recv_capacity = FILES_PATH_MAX,
		.landing = (uaddr_t)(uintptr_t)w->landing,
		.landing_pages = FILES_READ_PAGES_MAX,
	};
	struct message m = { 0 };

	ext2_cache_init(&w->cache, &volume, w->blocks, WORKER_CACHE_BLOCKS);
	for (;;) {
		struct answer a = { 0 };

		if (ipc_recv(port, &m, &b, DEADLINE_NEVER) != ST_OK || tag_kind(m.tag) != MESSAGE_KIND_CALL)
			continue;
		reply(m.token, serve(w, port, &m, &a), &a);
	}
}
