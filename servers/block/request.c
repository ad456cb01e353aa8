/* SPDX-License-Identifier: BSD-2-Clause */
/* See request.h. */
#include "servers/block/request.h"

/* Is [start, start + bytes) within [0, whole)? Without a sum that could wrap. */
static bool is_within(uint64_t start, uint64_t bytes, uint64_t whole)
{
	return start <= whole && bytes <= whole - start;
}

enum status request_check(const struct request_limits *limits, const struct request *r)
{
	if (r->bytes == 0 || r->bytes % BLOCK_SECTOR_BYTES != 0 || r->offset % BLOCK_SECTOR_BYTES != 0)
		return ST_BAD_ARG;
	if (!is_within(r->offset, r->bytes, limits->device_bytes))
		return ST_BAD_ARG;
	if (r->pages > limits->pages_max || !is_within(r->within, r->bytes, r->pages * ABI_PAGE_BYTES))
		return ST_BAD_ARG;
	return r->writes && limits->read_only ? ST_IO_ERROR : ST_OK;
}
