/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hog MiB [--seed N] [-v]: takes that much memory, writes all of it, and reads it
 * back in another order. Every word differs from every other that could come in
 * its place: each page has a start and a step of its own.
 */
#include "libsys/system.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGES_PER_MIB = 256, PAGE_WORDS = ABI_PAGE_BYTES / sizeof(uint64_t), PARTS = 8 };

#define MIB_MAX 0x1000000ul /* 16 TiB: more would not be an address */

struct wish {
	unsigned long mib;
	uint64_t seed;
	bool verbose;
};

/* Word i of a page is start + i * step: an addition each. */
struct pattern {
	uint64_t start, step;
};

static uint64_t mix(uint64_t x)
{
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x * 0x9e3779b97f4a7c15ull;
}

static struct pattern pattern_of(uint64_t page, uint64_t seed)
{
	uint64_t start = mix((page + 1) ^ seed << 40);

	return (struct pattern){ start, mix(start ^ seed) | 1 };
}

static void write_page(uint64_t *words, struct pattern p)
{
	for (unsigned i = 0; i < PAGE_WORDS; i++, p.start += p.step)
		words[i] = p.start;
}

/* The first word that is wrong; PAGE_WORDS if none is. */
static unsigned check_page(const uint64_t *words, struct pattern p)
{
	unsigned i = 0;

	for (; i < PAGE_WORDS && words[i] == p.start; i++)
		p.start += p.step;
	return i;
}

static void tell_progress(const struct wish *wish, const char *what, uint64_t done, uint64_t pages)
{
	if (wish->verbose && done % (pages / PARTS) == 0)
		fprintf(stderr, "hog: %s %lu of %lu pages\n", what, (unsigned long)done, (unsigned long)pages);
}

static void fill(uint64_t *memory, uint64_t pages, const struct wish *wish)
{
	for (uint64_t page = 0; page < pages; page++) {
		write_page(memory + page * PAGE_WORDS, pattern_of(page, wish->seed));
		tell_progress(wish, "wrote", page + 1, pages);
	}
}

static uint64_t common_divisor(uint64_t a, uint64_t b) { return b == 0 ? a : common_divisor(b, a % b); }

/* Steps of about 0.6 of the whole visit every page once, and neighbours far apart. */
static uint64_t stride_for(uint64_t pages)
{
	uint64_t stride = pages * 5 / 8 + 1;

	while (common_divisor(stride, pages) != 1)
		stride++;
	return stride;
}

static bool verify(const uint64_t *memory, uint64_t pages, const struct wish *wish)
{
	uint64_t stride = stride_for(pages), page = pages / 3;

	for (uint64_t n = 0; n < pages; n++, page = (page + stride) % pages) {
		const uint64_t *words = memory + page * PAGE_WORDS;
		unsigned wrong = check_page(words, pattern_of(page, wish->seed));

		if (wrong < PAGE_WORDS) {
			struct pattern p = pattern_of(page, wish->seed);

			fprintf(stderr, "hog: page %lu, word %u: found %lx, not %lx\n", (unsigned long)page, wrong,
				(unsigned long)words[wrong], (unsigned long)(p.start + wrong * p.step));
			return false;
		}
		tell_progress(wish, "verified", n + 1, pages);
	}
	return true;
}

static bool parse_number(const char *text, unsigned long *value)
{
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return false;
	*value = strtoul(text, &end, 0);
	return *end == 0;
}

static bool parse(char *argv[], struct wish *wish)
{
	for (argv++; *argv != NULL; argv++) {
		bool is_number = **argv != '-';

		if (strcmp(*argv, "-v") == 0)
			wish->verbose = true;
		else if (strcmp(*argv, "--seed") == 0 && parse_number(argv[1], &wish->seed))
			argv++;
		else if (!is_number || wish->mib != 0 || !parse_number(*argv, &wish->mib) || wish->mib == 0)
			return false;
	}
	return wish->mib != 0 && wish->mib <= MIB_MAX;
}

int main(int argc, char *argv[])
{
	struct wish wish = { 0 };
	uint64_t pages;
	void *memory;

	(void)argc;
	if (!parse(argv, &wish)) {
		fprintf(stderr, "usage: hog MiB [--seed N] [-v]\n");
		return 2;
	}
	pages = wish.mib * PAGES_PER_MIB;
	if (mem_map(MEM_BUFFER, pages, &memory) != ST_OK) {
		fprintf(stderr, "hog: %lu MiB cannot be had: memory and swap are used up\n", wish.mib);
		return 1;
	}
	fill(memory, pages, &wish);
	if (!verify(memory, pages, &wish))
		return 1;
	printf("hog: %lu MiB written and verified, %lu pages\n", wish.mib, (unsigned long)pages);
	return 0;
}
