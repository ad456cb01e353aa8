/* SPDX-License-Identifier: BSD-2-Clause */
/* See request.h. */
#include "servers/block/request.h"

/* Is [start, start + bytes) within [0, whole)? Without a sum that could wrap. */
static bool is_within(uint64_t start, uint64_t bytes, uint64_t whole)
{
	return start <= whole && bytes <= whole - start;
}

enum status request_check(const struct request_limits *limits, uint64_t tag, const uint64_t words[MESSAGE_WORDS])
{
	uint64_t offset = words[0], bytes = words[1], within = words[2], pages = tag_pages(tag);
	enum message_pages kind = tag_pages_kind(tag);
	bool reads = tag_op(tag) == BLOCK_READ;

	if (kind != MESSAGE_PAGES_LENT_WRITE && (reads || kind != MESSAGE_PAGES_LENT_READ))
		return ST_BAD_ARG;
	if (bytes == 0 || bytes % BLOCK_SECTOR_BYTES != 0 || offset % BLOCK_SECTOR_BYTES != 0)
		return ST_BAD_ARG;
	if (!is_within(offset, bytes, limits->device_bytes))
		return ST_BAD_ARG;
	if (pages > limits->pages_max || !is_within(within, bytes, pages * ABI_PAGE_BYTES))
		return ST_BAD_ARG;
	return !reads && limits->read_only ? ST_IO_ERROR : ST_OK;
}
