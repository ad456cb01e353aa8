/* SPDX-License-Identifier: BSD-2-Clause */
/* See store.h. */
#include "servers/ramdisk/store.h"
#include <string.h>

/* Is [start, start + bytes) within [0, whole)? Without a sum that could wrap. */
static bool is_within(uint64_t start, uint64_t bytes, uint64_t whole)
{
	return start <= whole && bytes <= whole - start;
}

static bool is_possible(const struct store *s, struct store_range r)
{
	return r.bytes != 0 && r.bytes % BLOCK_SECTOR_BYTES == 0 && r.offset % BLOCK_SECTOR_BYTES == 0 &&
	       is_within(r.offset, r.bytes, s->size) && is_within(r.within, r.bytes, r.pages * ABI_PAGE_BYTES);
}

enum status store_read(const struct store *s, struct store_range range, void *pages)
{
	if (!is_possible(s, range))
		return ST_BAD_ARG;
	memcpy((uint8_t *)pages + range.within, s->bytes + range.offset, range.bytes);
	return ST_OK;
}

enum status store_write(const struct store *s, struct store_range range, const void *pages)
{
	if (!is_possible(s, range))
		return ST_BAD_ARG;
	memcpy(s->bytes + range.offset, (const uint8_t *)pages + range.within, range.bytes);
	return ST_OK;
}
