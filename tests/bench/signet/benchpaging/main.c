/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What paging costs when the pager keeps pages in memory, so that nothing is waited for: pages that come in one by one
 * while memory is free, and then the phases of tests/bench/phases.c. Lines of docs/bench-format.md go to the log.
 */
#include "channels.h"
#include "libsys/stubs.h"
#include "libsys/system.h"
#include "tests/bench/phases.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 200, PAGE_WORDS = SWAP_PAGE_BYTES / sizeof(uint64_t) };
/* Of the RAM that tools/signetkit/bench/paging.py gives the machine, some 5 MiB are free. */
enum { IN_PAGES = 512, OTHER_PAGES = 1792, PHASE_PAGES = 2048 };
enum { CODE_PAGES = 4 }; /* of the program itself, that may come in meanwhile */
enum { STRIDE = 197 };   /* visits each of IN_PAGES once, and never two neighbours in a row */

/* What the kernel has counted. Printed as unsigned long: 64 bits. */
struct pages {
	unsigned long in, out, dropped;
};

static struct pages before;
static uint64_t begun;

static void say(const char *line) { (void)sys_log_write((uint64_t)(uintptr_t)line, strlen(line), NULL); }

static _Noreturn void end(void)
{
	say("BENCH {\"end\":true}");
	(void)supervisor_poweroff(channel_supervisor());
	exit(1);
}

static void need(bool good, const char *what)
{
	char line[LINE_BYTES];

	if (good)
		return;
	snprintf(line, sizeof line, "BENCH {\"error\":\"%s\"}", what);
	say(line);
	end();
}

static uint64_t ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

static struct pages pages_now(void)
{
	struct supervisor_machine machine;

	need(supervisor_memory(channel_supervisor(), &machine) == ST_OK, "the supervisor does not tell what was paged");
	return (struct pages){ machine.pages_in, machine.pages_out, machine.dropped_pages };
}

static void row_begins(void)
{
	before = pages_now();
	begun = ticks();
}

/* Returns how many pages came in. */
static uint64_t row_ended(const char *name, uint64_t operations)
{
	uint64_t took = ticks() - begun;
	struct pages after = pages_now();
	char line[LINE_BYTES];

	snprintf(line, sizeof line,
		 "BENCH {\"name\":\"%s\",\"ops\":%lu,\"ticks\":%lu,"
		 "\"pages_in\":%lu,\"pages_out\":%lu,\"pages_dropped\":%lu}",
		 name, (unsigned long)operations, (unsigned long)took, after.in - before.in, after.out - before.out,
		 after.dropped - before.dropped);
	say(line);
	return after.in - before.in;
}

void phase_begins(const struct phase *phase)
{
	(void)phase;
	row_begins();
}

void phase_ended(const struct phase *phase) { (void)row_ended(phase->name, PHASE_PAGES); }

static volatile uint64_t *memory_of(uint64_t pages)
{
	void *memory;

	need(mem_map(MEM_BUFFER, pages, &memory) == ST_OK, "there is not so much memory");
	return memory;
}

static void write_all(volatile uint64_t *memory, uint64_t pages)
{
	for (uint64_t i = 0; i < pages; i++)
		memory[i * PAGE_WORDS] = i;
}

/* Each page is out, is asked for alone, and there is room for it. */
static void measure_page_in(void)
{
	volatile uint64_t *pages = memory_of(IN_PAGES), *other = memory_of(OTHER_PAGES);
	uint64_t wrong = 0, in, at = 0;

	write_all(pages, IN_PAGES);
	write_all(other, OTHER_PAGES);
	write_all(other, OTHER_PAGES); /* by now nothing of the first is left */
	need(mem_unmap((void *)other, OTHER_PAGES) == ST_OK, "memory cannot be given back");
	row_begins();
	phases_mark();
	for (uint64_t i = 0; i < IN_PAGES; i++) {
		wrong += pages[at * PAGE_WORDS] != at;
		at = (at + STRIDE) % IN_PAGES;
	}
	phases_mark();
	in = row_ended("page_in", IN_PAGES);
	need(wrong == 0, "a page is not what was written");
	need(in >= IN_PAGES && in <= IN_PAGES + CODE_PAGES,
	     "not every page was out, or some came in that nobody had asked for");
	need(mem_unmap((void *)pages, IN_PAGES) == ST_OK, "memory cannot be given back");
}

int main(void)
{
	say("BENCH {\"bench\":1,\"system\":\"signet\",\"version\":\"0.1\",\"hz\":0}");
	measure_page_in();
	need(phases_run((uint64_t *)memory_of(PHASE_PAGES), PHASE_PAGES), "a page is not what was written");
	end();
}
