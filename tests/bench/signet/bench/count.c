/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tells a kernel that counts (signet-bench.elf, hal/x86_64/bench/) what belongs to which row, by lines of the log. It takes
 * them and says that they are there already; the usual kernel logs the first, and is told no more.
 */
#include "libsys/stubs.h"
#include "tests/bench/signet/bench/bench.h"
#include <stdbool.h>
#include <string.h>

enum { LINE_BYTES = 80 };

bool bench_counts;

static enum status tell(const char *line, size_t bytes)
{
	return sys_log_write((uint64_t)(uintptr_t)line, bytes, NULL);
}

void bench_count_begin(void) { (void)tell("count b", 7); }
void bench_count_end(void) { (void)tell("count e", 7); }

void bench_count_row(const char *name)
{
	char line[LINE_BYTES] = "count r";

	if (name == NULL) {
		(void)tell("count f", 7);
		return;
	}
	strncat(line, name, sizeof line - sizeof "count r");
	(void)tell(line, strlen(line));
}

void count_find_out(void)
{
	bench_counts = tell("count 0", 7) == ST_EXISTS;
	if (!bench_counts)
		return;
	for (unsigned i = 0; i < 2; i++) { /* the first finds nothing where it will be */
		(void)tell("count b", 7);
		(void)tell("count e", 7);
		if (i == 0)
			(void)tell("count f", 7);
	}
	(void)tell("count 0", 7);
}

void count_tell_maximum(void)
{
	if (bench_counts)
		(void)tell("count m", 7);
}
