/* SPDX-License-Identifier: BSD-2-Clause */
/* See block.h. */
#include "libsys/block.h"
#include "libsys/ipc.h"

enum status block_info(handle_t block, uint64_t *bytes, uint64_t *pages_max)
{
	struct message m = { .tag = tag_make(BLOCK_INFO) | TAG_IDEMPOTENT };
	enum status st = ipc_call_words(block, &m);

	*bytes = st == ST_OK ? m.words[0] : 0;
	*pages_max = st == ST_OK ? m.words[1] : 0;
	return st;
}

static enum status move(handle_t block, enum block_op op, uint64_t offset, uint64_t bytes, const void *pages,
			uint64_t within, enum message_pages kind)
{
	struct ipc_buffers b = { .send_pages = (uaddr_t)(uintptr_t)pages };
	uint64_t count = (within + bytes + ABI_PAGE_BYTES - 1) / ABI_PAGE_BYTES;
	struct message m = { .words = { offset, bytes, within } };
	enum status st;

	m.tag = tag_with_pages(tag_make((uint16_t)op) | TAG_IDEMPOTENT, kind, count);
	st = ipc_call(block, &m, &b, DEADLINE_NEVER);
	return st == ST_OK ? (enum status)tag_op(m.tag) : st;
}

enum status block_read(handle_t block, uint64_t offset, uint64_t bytes, void *pages, uint64_t within)
{
	return move(block, BLOCK_READ, offset, bytes, pages, within, MESSAGE_PAGES_LENT_WRITE);
}

enum status block_write(handle_t block, uint64_t offset, uint64_t bytes, const void *pages, uint64_t within)
{
	return move(block, BLOCK_WRITE, offset, bytes, pages, within, MESSAGE_PAGES_LENT_READ);
}

enum status block_flush(handle_t block)
{
	struct message m = { .tag = tag_make(BLOCK_FLUSH) };

	return ipc_call_words(block, &m);
}
