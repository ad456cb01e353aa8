/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * owner HOW [TIMES]: writes more pages than it may have in RAM, has the pager cheat that way on as many of its
 * requests, reads, writes and reads them, and says what became of it. With HOW honest the pager isn't even told whose pages they are. owner told: what the pager did, what the witness
 * says of its pages. owner release: the pager's accomplice returns what it keeps.
 */
#include "channels.h"
#include "tests/system/programs/paged.h"
#include <stdio.h>
#include <stdlib.h>

static const char *const kinds[] = {
	"honest",   "wrong",     "zeros",  "old",     "swapped", "another",  "flipped",   "repeated", "few",
	"early",    "late",      "many",   "twice",   "forged",  "unmap",    "give",      "dma",      "keep-in",
	"keep-out", "write-out", "die-in", "die-out", "never",   "error-in", "error-out",
};
_Static_assert(sizeof kinds / sizeof *kinds == CHEAT_KIND_ERROR_OUT + 1, "a name for each");

enum { ROUNDS = 4 };

static int fail(const char *what, enum status st)
{
	fprintf(stderr, "owner: %s: %s\n", what, status_text(st));
	return 1;
}

static int tell(void)
{
	uint32_t cheats, tried, refused, errors;
	uint64_t outs, seen, pages, wrong;
	enum status st = cheat_told(channel_cheat(), &cheats, &tried, &refused, &outs, &seen, &errors);

	if (st == ST_OK)
		st = witness_verify(channel_witness(), &pages, &wrong);
	if (st != ST_OK)
		return fail("told", st);
	printf("pager: %lu cheats, %lu of %lu refused, the marker in %lu of %lu pages\n", (unsigned long)cheats,
	       (unsigned long)refused, (unsigned long)tried, (unsigned long)seen, (unsigned long)outs);
	printf("disk: %lu errors\n", (unsigned long)errors);
	printf("witness: %lu of %lu pages are wrong\n", (unsigned long)wrong, (unsigned long)pages);
	return 0;
}

static int release(void)
{
	uint32_t loans;
	enum status st = keep_release(channel_keep(), &loans);

	if (st != ST_OK)
		return fail("release", st);
	printf("keeper: %lu loans\n", (unsigned long)loans);
	return 0;
}

static int suffer(enum cheat_kind kind, uint32_t times)
{
	uint64_t *memory, wrong;
	enum status st = mem_map(MEM_BUFFER, PAGED_PAGES, (void **)&memory);

	if (st == ST_OK && kind != CHEAT_KIND_HONEST)
		st = cheat_mine(channel_cheat());
	for (uint64_t round = 0; st == ST_OK && round < ROUNDS; round++)
		paged_write_all(memory, round);
	if (st == ST_OK)
		st = cheat_how(channel_cheat(), kind, times);
	if (st != ST_OK)
		return fail("suffer", st);
	wrong = paged_wrong(memory, ROUNDS - 1);
	paged_write_all(memory, ROUNDS);
	wrong += paged_wrong(memory, ROUNDS);
	printf("owner: %lu of %u pages are wrong\n", (unsigned long)wrong, PAGED_PAGES);
	return wrong != 0;
}

int main(int argc, char *argv[])
{
	const char *how = argc > 1 ? argv[1] : "told";

	if (strcmp(how, "told") == 0)
		return tell();
	if (strcmp(how, "release") == 0)
		return release();
	for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(how, kinds[i]) == 0)
			return suffer((enum cheat_kind)i, argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1);
	return 2;
}
