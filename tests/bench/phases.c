/* SPDX-License-Identifier: BSD-2-Clause */
/* See phases.h. A touch is one word of a page: its number, and in which phase it was written. */
#include "tests/bench/phases.h"

enum { PAGE_WORDS = SWAP_PAGE_BYTES / sizeof(uint64_t), PHASE_SHIFT = 32 };

static const struct phase phases[] = {
	{ .name = "swap_first_write", .writes = true },
	{ .name = "swap_rewrite", .writes = true },
	{ .name = "swap_read" },
	{ .name = "swap_random_write", .writes = true, .random = true },
	{ .name = "swap_random_read", .random = true },
	{ .name = "swap_read_single", .down = true },
};

/* Knuth's MMIX generator; of each number the upper half, scaled. */
static uint64_t random_below(uint64_t *state, uint64_t limit)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (*state >> 32) * limit >> 32;
}

/* Returns how many pages were not as they must be. */
static uint64_t touch(volatile uint64_t *memory, uint64_t pages, const struct phase *phase, uint64_t number)
{
	uint64_t wrong = 0, seed = number;

	for (uint64_t i = 0; i < pages; i++) {
		uint64_t page = phase->random ? random_below(&seed, pages) : phase->down ? pages - 1 - i : i;
		volatile uint64_t *word = memory + page * PAGE_WORDS;

		if (phase->writes)
			*word = number << PHASE_SHIFT | page;
		else
			wrong += (uint32_t)*word != page;
	}
	return wrong;
}

bool phases_run(uint64_t *memory, uint64_t pages)
{
	for (unsigned i = 0; i < sizeof phases / sizeof *phases; i++) {
		uint64_t wrong;

		phase_begins(&phases[i]);
		phases_mark();
		wrong = touch(memory, pages, &phases[i], i + 1);
		phases_mark();
		phase_ended(&phases[i]);
		if (wrong != 0)
			return false;
	}
	return true;
}
