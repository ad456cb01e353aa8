/* SPDX-License-Identifier: BSD-2-Clause */
/* See files.h. */
#include "libsys/files.h"
#include "libsys/ipc.h"
#include <string.h>

static uaddr_t address_of(const void *p) { return (uaddr_t)(uintptr_t)p; }

/* A call whose bytes are a path; *got: bytes that came back into `reply`. */
static enum status path_call(handle_t files, enum files_op op, const char *path, struct message *m, void *reply,
			     size_t capacity)
{
	struct ipc_buffers b = { .send_bytes = address_of(path),
				 .recv_bytes = address_of(reply),
				 .recv_capacity = capacity };
	size_t bytes = strlen(path);
	enum status st;

	if (bytes == 0 || bytes > FILES_PATH_MAX)
		return bytes == 0 ? ST_NOT_FOUND : ST_BAD_ARG;
	m->tag = tag_with_bytes(tag_make((uint16_t)op), bytes);
	st = ipc_call(files, m, &b, DEADLINE_NEVER);
	return st == ST_OK ? (enum status)tag_op(m->tag) : st;
}

enum status file_open(handle_t files, const char *path, struct file *file)
{
	struct message m = { 0 };
	enum status st = path_call(files, FILES_OPEN, path, &m, NULL, 0);

	*file = (struct file){ 0 };
	if (st != ST_OK)
		return st;
	*file = (struct file){ .channel = m.handles[0], .size_bytes = m.words[0], .type = (enum files_type)m.words[1] };
	return ST_OK;
}

void file_close(struct file *file)
{
	if (file->channel != 0)
		(void)handle_close(file->channel);
	file->channel = 0;
}

enum status file_stat(handle_t files, const char *path, bool link_itself, struct files_info *info)
{
	struct message m = { .words = { link_itself } };
	enum status st = path_call(files, FILES_STAT, path, &m, info, sizeof *info);

	return st == ST_OK && tag_bytes(m.tag) != sizeof *info ? ST_IO_ERROR : st;
}

enum status file_readlink(handle_t files, const char *path, char *text, size_t size)
{
	struct message m = { 0 };
	enum status st = path_call(files, FILES_READLINK, path, &m, text, size - 1);

	text[st == ST_OK ? tag_bytes(m.tag) : 0] = 0;
	return st;
}

enum status files_about(handle_t files, char *text, size_t size)
{
	struct ipc_buffers b = { .recv_bytes = address_of(text), .recv_capacity = size - 1 };
	struct message m = { .tag = tag_make(FILES_ABOUT) };
	enum status st = ipc_call(files, &m, &b, DEADLINE_NEVER);

	text[st == ST_OK ? tag_bytes(m.tag) : 0] = 0;
	return st;
}

enum status file_read(const struct file *file, uint64_t offset, void *pages, size_t bytes, size_t *got)
{
	struct ipc_buffers b = { .send_pages = address_of(pages) };
	struct message m = { .words = { offset, bytes } };
	uint64_t count = (bytes + ABI_PAGE_BYTES - 1) / ABI_PAGE_BYTES;
	enum status st;

	*got = 0;
	m.tag = tag_with_pages(tag_make(FILES_READ) | TAG_IDEMPOTENT, MESSAGE_PAGES_LENT_WRITE, count);
	st = ipc_call(file->channel, &m, &b, DEADLINE_NEVER);
	if (st == ST_OK)
		st = (enum status)tag_op(m.tag);
	if (st == ST_OK)
		*got = m.words[0];
	return st;
}

enum status file_list(const struct file *directory, uint64_t *where, void *records, size_t *bytes, bool *end)
{
	struct ipc_buffers b = { .recv_bytes = address_of(records), .recv_capacity = FILES_LIST_BYTES };
	struct message m = { .words = { *where }, .tag = tag_make(FILES_LIST) };
	enum status st = ipc_call(directory->channel, &m, &b, DEADLINE_NEVER);

	if (st == ST_OK)
		st = (enum status)tag_op(m.tag);
	*bytes = st == ST_OK ? tag_bytes(m.tag) : 0;
	*where = m.words[0];
	*end = st != ST_OK || m.words[1] != 0;
	return st;
}
