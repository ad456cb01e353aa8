/* SPDX-License-Identifier: BSD-2-Clause */
/* See store.h. */
#include "tests/system/programs/cheater/store.h"
#include "channels.h"

enum { PAGE = ABI_PAGE_BYTES, SLOTS_MAX = 65536 };

uint32_t store_errors;
static uint8_t flags[SLOTS_MAX];
static uint64_t slot_count;
static _Alignas(PAGE) char kept[PAGE];

uint64_t store_open(void)
{
	uint64_t bytes;
	uint32_t pages_max;
	bool read_only;

	if (block_info(channel_store(), &bytes, &pages_max, &read_only) != ST_OK || pages_max < PAGER_RUN_MAX)
		return 0;
	slot_count = bytes / PAGE / 2;
	return slot_count = slot_count < SLOTS_MAX ? slot_count : SLOTS_MAX;
}

bool store_has(uint64_t slot, uint64_t flag) { return (flags[slot] & flag) != 0; }

bool store_find(uint64_t not_this, uint64_t flag, bool with, uint64_t *found)
{
	for (uint64_t slot = 0; slot < slot_count; slot++)
		if (slot != not_this && (flags[slot] & SLOT_WRITTEN) && store_has(slot, flag) == with) {
			*found = slot;
			return true;
		}
	return false;
}

static enum status noted(enum status st)
{
	store_errors += st != ST_OK;
	return st;
}

enum status store_read(uint64_t slot, void *pages, uint64_t bytes)
{
	return noted(block_read(channel_store(), slot * PAGE, bytes, 0, pages, (bytes + PAGE - 1) / PAGE));
}

enum status store_read_old(uint64_t slot, void *page) { return store_read(slot_count + slot, page, PAGE); }

static enum status keep_old(uint64_t slot)
{
	enum status st = store_read(slot, kept, PAGE);

	if (st == ST_OK)
		st = block_write(channel_store(), (slot_count + slot) * PAGE, PAGE, 0, kept, 1);
	flags[slot] |= SLOT_OLD;
	return st;
}

enum status store_write(uint64_t slot, const void *pages, uint64_t count, bool mine)
{
	enum status st = ST_OK;

	for (uint64_t i = slot; mine && i < slot + count && st == ST_OK; i++)
		if (store_has(i, SLOT_WRITTEN))
			st = keep_old(i);
	for (uint64_t i = slot; i < slot + count; i++)
		flags[i] = (uint8_t)((flags[i] & SLOT_OLD) | SLOT_WRITTEN | (mine ? SLOT_MINE : 0));
	return st == ST_OK ? noted(block_write(channel_store(), slot * PAGE, count * PAGE, 0, pages, count)) : st;
}
