/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * More memory touched than there is: six phases, the same on every system. What a system has to bring is declared here;
 * docs/benchmarks.md says how the phases are counted.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { SWAP_PAGE_BYTES = 4096, SWAP_PAGES_PER_MIB = 256 };

struct phase {
	const char *name;
	bool writes, random;
	bool down; /* from the last page to the first, which Signet's read-ahead does not follow; Linux' is switched off */
};

/*
 * Pre: the memory was never touched; pages >= 1. False: a page held what was not last written to it; the rest is not
 * run then.
 */
[[nodiscard]] bool phases_run(uint64_t *memory, uint64_t pages);

/* No operation, by which the plug-in that counts (tests/bench/count_plugin.c) sees where a phase begins and ends. */
static inline void phases_mark(void) { __asm__ volatile("nopl 0x50415753(%%rax)" : : : "memory"); }

/* Of the system: reads its counters and its clock; what is done here is not counted. */
void phase_begins(const struct phase *phase);
void phase_ended(const struct phase *phase);
