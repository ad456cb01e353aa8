/* SPDX-License-Identifier: BSD-2-Clause */
/* What giver and stash say to each other, and pages that tell where they belong and how often they have been seen. */
#pragma once
#include "libsys/data.h"
#include "libsys/start.h"
#include <stdbool.h>

enum {
	FLIPS_PAGES = 2048,   /* four tables */
	FLIPS_TOUCHED = 1536, /* nothing of the last table is ever touched */
	FLIPS_HOLE_EVERY = 5, /* nor of each fifth page */
	FLIPS_FULL = 1 << 16, /* from this number on all pages are written */
	FLIPS_BALLAST = 1000, /* pages: with them not all others fit into the quota of frames */
	FLIPS_SPOTS = 8,      /* words of a page that are looked at */
};
enum { FLIPS_OPERATION = 1, FLIPS_OPERATION_DATA }; /* the data of both is answered; of the second, its sum, too */

#define FLIPS_WORDS (ABI_PAGE_BYTES / sizeof(uint64_t))

static inline bool flips_is_hole(uint64_t number)
{
	return number < FLIPS_FULL && (number >= FLIPS_TOUCHED || number % FLIPS_HOLE_EVERY == FLIPS_HOLE_EVERY - 1);
}

static inline uint64_t flips_word(uint64_t number, uint64_t round, unsigned spot)
{
	return ((number + 1) << 32 | (round + 1) << 8 | spot) * 0x9e3779b97f4a7c15ull;
}

static inline volatile uint64_t *flips_spot(void *pages, uint64_t i, unsigned spot)
{
	return (volatile uint64_t *)pages + i * FLIPS_WORDS + spot * (FLIPS_WORDS / FLIPS_SPOTS);
}

static inline void flips_write(void *pages, uint64_t first, uint64_t count, uint64_t round)
{
	for (uint64_t i = 0; i < count; i++)
		for (unsigned k = 0; k < FLIPS_SPOTS && !flips_is_hole(first + i); k++)
			*flips_spot(pages, i, k) = flips_word(first + i, round, k);
}

/* How many pages are not as this round has written them, or not zero where it has not. */
static inline uint64_t flips_wrong(void *pages, uint64_t first, uint64_t count, uint64_t round)
{
	uint64_t wrong = 0;

	for (uint64_t i = 0; i < count; i++) {
		bool good = true;

		for (unsigned k = 0; k < FLIPS_SPOTS; k++)
			good = good && *flips_spot(pages, i, k) ==
					       (flips_is_hole(first + i) ? 0 : flips_word(first + i, round, k));
		wrong += !good;
	}
	return wrong;
}

static inline uint64_t flips_sum(const void *data, uint64_t bytes)
{
	uint64_t sum = bytes;

	for (uint64_t i = 0; i < bytes; i++)
		sum = sum * 31 + ((const unsigned char *)data)[i];
	return sum;
}

/* How many of the process's pages are outside RAM when more was needed than there is; 0: more could not be had. */
static inline uint64_t flips_press(void)
{
	struct process_status now;
	void *ballast;

	if (mem_map(MEM_BUFFER, FLIPS_BALLAST, &ballast) != ST_OK)
		return 0;
	flips_write(ballast, FLIPS_FULL, FLIPS_BALLAST, 0);
	return mem_unmap(ballast, FLIPS_BALLAST) == ST_OK && process_status(0, &now) == ST_OK ? now.swapped_pages : 0;
}
