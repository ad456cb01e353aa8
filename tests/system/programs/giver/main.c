/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * giver ROUNDS: gives 8 MiB to its peer and has them back, again and again: by tables, with pages in RAM, outside, and
 * never touched; and some hundred pages one by one. Each time both sides look at all of them.
 * giver lends ROUNDS: lends 4 MiB, likewise, of which the half was never touched.
 * giver data BYTES...: sends so many, the way that ipc_put_data chooses.
 */
#include "tests/system/programs/flips.h"
#include <stdio.h>
#include <stdlib.h>

enum { LENT = FLIPS_PAGES / 2, KEPT = 400, LOOSE = 600, OFFSET_OUT = 3, OFFSET_BACK = 5 };

static uint64_t least_outside = UINT64_MAX; /* pages of the side that gave all, when it did */

static void note_outside(uint64_t pages, uint64_t given)
{
	if (given == FLIPS_PAGES && pages < least_outside)
		least_outside = pages;
}

/* Gives `count` pages, and has them back at `back`. False, and why is told: they are not what the peer made of them. */
static bool there_and_back(char *pages, char *back, uint64_t first, uint64_t count, uint64_t round)
{
	struct ipc_buffers buffers = { .send_pages = (uint64_t)(uintptr_t)pages,
				       .landing = (uint64_t)(uintptr_t)back,
				       .landing_pages = count,
				       .accept = ACCEPT_GIVEN };
	struct message m = { .words = { first, round },
			     .tag = tag_with_pages(tag_make(FLIPS_OPERATION), MESSAGE_PAGES_GIVEN, count) };
	uint64_t wrong;
	enum status st;

	note_outside(flips_press(), count);
	st = ipc_call(start_channel("peer"), &m, &buffers, DEADLINE_NEVER);
	note_outside(m.words[1], count);
	wrong = st == ST_OK ? flips_wrong(back, first, count, round + 1) : 0;
	if (st == ST_OK && m.words[0] == 0 && wrong == 0 && tag_pages(m.tag) == count)
		return true;
	printf("giver: round %lu, %lu pages: %s, %lu wrong there, %lu back\n", (unsigned long)round,
	       (unsigned long)count, status_text(st), (unsigned long)m.words[0], (unsigned long)wrong);
	return false;
}

/* Lends the pages that begin with number LENT, and has them back as the peer wrote them. Too many to be held one by one. */
static int lend_all(unsigned long rounds)
{
	struct ipc_buffers buffers = { 0 };
	uint64_t n = 0, wrong = 0, least = UINT64_MAX;
	enum status st = ST_OK;
	void *pages, *kept;

	if (mem_map(MEM_BUFFER, LENT, &pages) != ST_OK || mem_map(MEM_BUFFER, KEPT, &kept) != ST_OK)
		return 1;
	flips_write(kept, FLIPS_FULL, KEPT, 0);
	flips_write(pages, LENT, LENT, 0);
	buffers.send_pages = (uint64_t)(uintptr_t)pages;
	for (; n < rounds && st == ST_OK && wrong == 0; n++) {
		struct message m = { .words = { LENT, n },
				     .tag = tag_with_pages(tag_make(FLIPS_OPERATION), MESSAGE_PAGES_LENT_WRITE, LENT) };
		uint64_t outside = flips_press();

		least = outside < least ? outside : least;
		st = ipc_call(start_channel("peer"), &m, &buffers, DEADLINE_NEVER);
		wrong = m.words[0] + flips_wrong(pages, LENT, LENT, n + 1);
	}
	printf("giver: lent %lu times, at least %lu pages outside RAM, %s, %lu wrong\n", (unsigned long)n,
	       (unsigned long)least, status_text(st), (unsigned long)wrong);
	return st == ST_OK && wrong == 0 ? 0 : 1;
}

/* So many bytes arrive, as bytes or by their pages. */
static bool send_data(uint64_t bytes)
{
	struct ipc_buffers buffers = { .accept = ACCEPT_GIVEN };
	struct message m = { 0 };
	uint64_t pages = bytes / ABI_PAGE_BYTES + 1, sum;
	void *data, *back;
	bool flipped, good;

	if (mem_map(MEM_BUFFER, pages, &data) != ST_OK || mem_map(MEM_LANDING, pages, &back) != ST_OK)
		return false;
	for (uint64_t i = 0; i < bytes; i++)
		((uint8_t *)data)[i] = (uint8_t)(i + bytes + (i >> 8));
	sum = flips_sum(data, bytes);
	buffers.landing = (uint64_t)(uintptr_t)back;
	buffers.landing_pages = pages;
	m.tag = ipc_put_data(&buffers, tag_make(FLIPS_OPERATION_DATA), data, bytes);
	flipped = tag_pages(m.tag) != 0;
	good = ipc_call(start_channel("peer"), &m, &buffers, DEADLINE_NEVER) == ST_OK && m.words[0] == sum &&
	       (!flipped || flips_sum(back, bytes) == sum);
	printf("giver: %lu bytes, %s, %s\n", (unsigned long)bytes, flipped ? "given" : "copied",
	       good ? "arrived" : "wrong");
	return mem_unmap(data, pages) == ST_OK && mem_unmap(back, pages) == ST_OK && good;
}

static int send_all(int count, char *sizes[])
{
	for (int i = 0; i < count; i++)
		if (!send_data(strtoul(sizes[i], NULL, 10)))
			return 1;
	return 0;
}

int main(int argc, char *argv[])
{
	uint64_t rounds = argc == 2 ? strtoul(argv[1], NULL, 10) : 1, n = 0;
	void *whole[3], *loose[3];
	bool good = true;

	if (argc > 2 && argv[1][0] == 'l')
		return lend_all(strtoul(argv[2], NULL, 10));
	if (argc > 2)
		return send_all(argc - 2, argv + 2);
	for (unsigned i = 0; i < 3 && good; i++)
		good = mem_map(i == 0 ? MEM_BUFFER : MEM_LANDING, FLIPS_PAGES, &whole[i]) == ST_OK &&
		       mem_map(i == 0 ? MEM_BUFFER : MEM_LANDING, LOOSE + OFFSET_BACK, &loose[i]) == ST_OK;
	if (good) {
		flips_write(whole[0], 0, FLIPS_PAGES, 0);
		flips_write((char *)loose[0] + OFFSET_OUT * ABI_PAGE_BYTES, FLIPS_FULL, LOOSE, 0);
	}
	for (; good && n < rounds; n++) { /* what came back goes on from where it is */
		unsigned from = n == 0 ? 0 : 1 + n % 2, to = 2 - n % 2;
		uint64_t at = n == 0 ? OFFSET_OUT : OFFSET_BACK;

		good = there_and_back(whole[from], whole[to], 0, FLIPS_PAGES, n) &&
		       there_and_back((char *)loose[from] + at * ABI_PAGE_BYTES,
				      (char *)loose[to] + OFFSET_BACK * ABI_PAGE_BYTES, FLIPS_FULL, LOOSE, n);
	}
	printf("giver: %lu rounds, at least %lu pages outside RAM, %s\n", (unsigned long)n,
	       (unsigned long)least_outside, good ? "all as it should be" : "something is wrong");
	return good ? 0 : 1;
}
