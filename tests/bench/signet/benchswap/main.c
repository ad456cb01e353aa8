/* SPDX-License-Identifier: BSD-2-Clause */
/* benchswap MiB: the phases of tests/bench/phases.c on so much memory, more than there is, as lines of docs/bench-format.md. */
#include "channels.h"
#include "libsys/system.h"
#include "tests/bench/phases.h"
#include <stdio.h>
#include <stdlib.h>

/* What the kernel has counted of the whole machine, and when. Printed as unsigned long: 64 bits. */
struct moment {
	unsigned long in, out, ns;
};

static struct moment begun;

static _Noreturn void fail(const char *what, enum status st)
{
	printf("BENCH {\"error\":\"%s: %s\"}\n", what, status_text(st));
	exit(1);
}

static struct moment now(void)
{
	struct supervisor_machine machine;
	enum status st = supervisor_memory(channel_supervisor(), &machine);

	if (st != ST_OK)
		fail("the supervisor does not tell what was paged", st);
	return (struct moment){ machine.pages_in, machine.pages_out, clock_now() };
}

void phase_begins(const struct phase *phase)
{
	(void)phase;
	begun = now();
}

void phase_ended(const struct phase *phase)
{
	unsigned long ns = clock_now();
	struct moment ended = now();

	printf("BENCH {\"name\":\"%s\",\"ops\":1,\"ticks\":%lu,\"disk\":true,\"pages_in\":%lu,\"pages_out\":%lu}\n",
	       phase->name, ns - begun.ns, ended.in - begun.in, ended.out - begun.out);
}

int main(int argc, char *argv[])
{
	unsigned long pages = argc == 2 ? strtoul(argv[1], NULL, 10) * SWAP_PAGES_PER_MIB : 0;
	void *memory;
	enum status st;

	if (pages == 0) {
		fprintf(stderr, "usage: benchswap MiB\n");
		return 2;
	}
	printf("BENCH {\"bench\":1,\"system\":\"signet\",\"version\":\"0.1\",\"hz\":1000000000}\n");
	st = mem_map(MEM_BUFFER, pages, &memory);
	if (st != ST_OK)
		fail("there is not so much memory and swap", st);
	if (!phases_run(memory, pages))
		fail("a page is not what was written", ST_IO_ERROR);
	printf("BENCH {\"end\":true}\n");
	return 0;
}
