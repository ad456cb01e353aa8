/* SPDX-License-Identifier: BSD-2-Clause */
/* A set of pages as ascending, disjoint ranges: what firmware says, in whatever order, made sense of. */
#include "hal/x86_64/ranges.h"

static void delete_at(struct ranges *set, unsigned i)
{
	set->count--;
	for (; i < set->count; i++)
		set->at[i] = set->at[i + 1];
}

static void insert_at(struct ranges *set, unsigned i, uint64_t base, uint64_t end)
{
	if (set->count == BOOT_RANGES_MAX) {
		set->overflowed = true;
		return;
	}
	for (unsigned k = set->count++; k > i; k--)
		set->at[k] = set->at[k - 1];
	set->at[i] = (struct boot_range){ { base }, end - base };
}

/* Swallows every range that the new one touches, then goes where they were. */
void ranges_add(struct ranges *set, uint64_t base, uint64_t end)
{
	if (base >= end)
		return;
	unsigned i = 0;
	while (i < set->count && range_end(set->at[i]) < base)
		i++;
	while (i < set->count && set->at[i].base.v <= end) {
		if (set->at[i].base.v < base)
			base = set->at[i].base.v;
		if (range_end(set->at[i]) > end)
			end = range_end(set->at[i]);
		delete_at(set, i);
	}
	insert_at(set, i, base, end);
}

void ranges_remove(struct ranges *set, uint64_t base, uint64_t end)
{
	unsigned i = 0;
	while (base < end && i < set->count) {
		uint64_t first = set->at[i].base.v, last = range_end(set->at[i]);
		if (last <= base || first >= end) {
			i++;
			continue;
		}
		delete_at(set, i);
		if (end < last)
			insert_at(set, i, end, last);
		if (first < base)
			insert_at(set, i++, first, base);
		if (end < last)
			break;
	}
}

bool ranges_overlap(const struct ranges *set, uint64_t base, uint64_t end)
{
	for (unsigned i = 0; i < set->count; i++)
		if (base < range_end(set->at[i]) && set->at[i].base.v < end)
			return true;
	return false;
}

uint64_t ranges_bytes(const struct ranges *set)
{
	uint64_t bytes = 0;
	for (unsigned i = 0; i < set->count; i++)
		bytes += set->at[i].bytes;
	return bytes;
}
