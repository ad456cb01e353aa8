/* SPDX-License-Identifier: BSD-2-Clause */
/* See reference_strings.h. Nothing here depends on the machine: the numbers of docs/replacement.md are the same everywhere. */
#include "tests/unit/kernel/reference_strings.h"
#include <stddef.h>
#include <string.h>

enum { LONG = 20000, WRITES_IN_8 = 3 };

/* What tools/record_references.py wrote. */
static const uint16_t recorded[] = {
#include "tests/unit/kernel/recorded_string.inc"
};

static uint32_t seed;

static unsigned any(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % below;
}

static void add(struct reference_string *s, unsigned process, unsigned page, bool write)
{
	s->refs[s->count++] = (struct reference){ (uint16_t)page, (uint8_t)process, write };
}

static bool sometimes(void) { return any(8) < WRITES_IN_8; }

/* Page n is referenced in proportion to 1 / (n + 1), the pages in no order. */
static unsigned zipf(unsigned pages)
{
	static unsigned sums[STRING_PAGES];
	unsigned at, low = 0, high = pages - 1;

	for (unsigned i = 0; i < pages; i++)
		sums[i] = (i == 0 ? 0 : sums[i - 1]) + 1000000 / (i + 1);
	at = any(sums[pages - 1]);
	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (sums[middle] <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low * 7 % pages;
}

static void make_scan(struct reference_string *s)
{
	for (unsigned i = 0; i < LONG / 10; i++)
		add(s, 0, i % 400, false);
}

static void make_loop(struct reference_string *s)
{
	for (unsigned i = 0; i < LONG / 4; i++)
		add(s, 0, i % 110, true);
}

static void make_zipf(struct reference_string *s)
{
	for (unsigned i = 0; i < LONG; i++)
		add(s, 0, zipf(300), sometimes());
}

static void make_hot_cold(struct reference_string *s)
{
	for (unsigned i = 0; i < LONG; i++)
		add(s, 0, any(10) < 9 ? any(60) : 60 + any(240), sometimes());
}

/* Every 2,000 references the program turns to other pages, of which it uses few at a time. */
static void make_phases(struct reference_string *s)
{
	for (unsigned i = 0; i < LONG; i++)
		add(s, 0, (i / 2000 * 45 + (any(8) == 0 ? any(160) : any(70))) % 300, sometimes());
}

/* Process 0 uses 60 pages again and again; process 1 walks through 400, writing, twice as fast. */
static void make_hog(struct reference_string *s)
{
	for (unsigned i = 0; i < LONG; i++) {
		if (i % 3 == 0)
			add(s, 0, any(60), sometimes());
		else
			add(s, 1, (i - i / 3) % 400, true);
	}
}

/* Both have pages that they like better; they run in turns. */
static void make_two(struct reference_string *s)
{
	for (unsigned i = 0; i < LONG; i++)
		add(s, i / 200 % 2, zipf(200), sometimes());
}

/* Each process has pages of its own: process * 1,024 + page * 2, and 1 more if it is written. */
static void make_recorded(struct reference_string *s)
{
	for (unsigned i = 0; i < sizeof recorded / sizeof recorded[0]; i++)
		add(s, recorded[i] / (2 * STRING_PAGES), recorded[i] / 2 % STRING_PAGES, recorded[i] % 2 != 0);
}

static const struct {
	const char *name;
	void (*make)(struct reference_string *);
} makers[] = {
	{ "scan", make_scan },     { "loop", make_loop }, { "zipf", make_zipf }, { "hot-cold", make_hot_cold },
	{ "phases", make_phases }, { "hog", make_hog },   { "two", make_two },   { "recorded", make_recorded },
};

const char *const reference_string_names[] = { "scan", "loop", "zipf",     "hot-cold", "phases",
					       "hog",  "two",  "recorded", NULL };

bool reference_string_make(struct reference_string *s, const char *name)
{
	return reference_string_make_of(s, name, REFERENCE_SEED);
}

bool reference_string_make_of(struct reference_string *s, const char *name, uint32_t from)
{
	s->name = name;
	s->count = 0;
	seed = from;
	for (unsigned i = 0; i < sizeof makers / sizeof makers[0]; i++)
		if (strcmp(makers[i].name, name) == 0)
			makers[i].make(s);
	return s->count != 0;
}
