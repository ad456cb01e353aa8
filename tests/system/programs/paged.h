/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages that tell where they belong and how often they were written, with a marker that can be looked for outside. */
#pragma once
#include "libsys/system.h"
#include <stdbool.h>
#include <string.h>

/* Twice the frames that owner and witness may have. */
enum { PAGED_PAGES = 256, PAGED_WORDS = ABI_PAGE_BYTES / sizeof(uint64_t) };
#define PAGED_MARKER "a word that nobody else may ever read"

static inline uint64_t paged_word(uint64_t page, uint64_t round, uint64_t i)
{
	return ((page + 1) << 40 | (round + 1) << 20 | i) * 0x9e3779b97f4a7c15ull;
}

static inline void paged_write(uint64_t *words, uint64_t page, uint64_t round)
{
	for (unsigned i = 0; i < PAGED_WORDS; i++)
		words[i] = paged_word(page, round, i);
	memcpy(words, PAGED_MARKER, sizeof PAGED_MARKER);
}

static inline void paged_write_all(uint64_t *memory, uint64_t round)
{
	for (uint64_t page = 0; page < PAGED_PAGES; page++)
		paged_write(memory + page * PAGED_WORDS, page, round);
}

static inline bool paged_is_right(const uint64_t *words, uint64_t page, uint64_t round)
{
	bool right = memcmp(words, PAGED_MARKER, sizeof PAGED_MARKER) == 0;

	for (unsigned i = sizeof PAGED_MARKER / sizeof *words + 1; i < PAGED_WORDS; i++)
		right = right && words[i] == paged_word(page, round, i);
	return right;
}

static inline uint64_t paged_wrong(const uint64_t *memory, uint64_t round)
{
	uint64_t wrong = 0;

	for (uint64_t page = 0; page < PAGED_PAGES; page++)
		wrong += !paged_is_right(memory + page * PAGED_WORDS, page, round);
	return wrong;
}
