/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * endure PATH TIMES NAME...: reads a file piece by piece, and has one of the processes killed during each read, each a
 * little later in it than the one before. No read may fail, or give other bytes than without that.
 */
#include "channels.h"
#include "libsys/system.h"
#include <stdio.h>
#include <stdlib.h>

enum { PAGES = FILES_READ_PAGES_MAX, PIECE = PAGES * ABI_PAGE_BYTES, PIECES_MAX = 64, STACK_PAGES = 2 };
enum { MS = 1000000, STEP_MS = 7, STEPS = 9 };

static struct files_channel file;
static void *pages;
static uint64_t sums[PIECES_MAX];
static unsigned pieces;

static handle_t quiet_port; /* nobody knows it: to wait there is to sleep */
static char *const *names;
static unsigned name_count;
static volatile unsigned wanted, done, killed; /* kills; the first is the reader's, the others are the killer's */

static void sleep_ms(uint64_t ms)
{
	struct message m = { 0 };

	(void)ipc_recv(quiet_port, &m, NULL, clock_now() + ms * MS);
}

static void kill_when_asked(void *unused)
{
	(void)unused;
	for (;;) {
		while (done == wanted)
			sleep_ms(1);
		sleep_ms(done % STEPS * STEP_MS);
		killed = killed + (supervisor_kill(channel_supervisor(), names[done % name_count]) == ST_OK);
		done = done + 1;
	}
}

static enum status read_piece(unsigned i, uint64_t *sum, uint64_t *got)
{
	enum status st = files_read(file, (uint64_t)i * PIECE, PIECE, pages, PAGES, got);

	*sum = 0;
	for (uint64_t k = 0; st == ST_OK && k < *got; k++)
		*sum = *sum * 31 + ((const unsigned char *)pages)[k];
	return st;
}

static bool prepare(const char *path)
{
	uint64_t size_bytes, got;
	enum files_type type;

	if (port_create(PORT_RANK_OWN, &quiet_port) != ST_OK || mem_map(MEM_BUFFER, PAGES, &pages) != ST_OK ||
	    files_open(channel_files(), path, &file, &size_bytes, &type) != ST_OK)
		return false;
	do
		if (read_piece(pieces, &sums[pieces], &got) != ST_OK)
			return false;
	while (++pieces < PIECES_MAX && got == PIECE);
	return thread_start(kill_when_asked, NULL, STACK_PAGES) == ST_OK;
}

/* One read during which somebody dies, and one after which all are there again. */
static bool read_through(unsigned i)
{
	uint64_t sum, got;
	enum status st;

	wanted = i + 1;
	st = read_piece(i % pieces, &sum, &got);
	while (done != wanted)
		sleep_ms(1);
	if (st == ST_OK && sum == sums[i % pieces])
		st = read_piece(0, &sum, &got);
	else
		printf("endure: read %u: %s\n", i, st == ST_OK ? "other bytes" : status_text(st));
	return st == ST_OK && sum == sums[0];
}

int main(int argc, char *argv[])
{
	unsigned i = 0, times;

	if (argc < 4)
		return 2;
	names = argv + 3;
	name_count = (unsigned)argc - 3;
	times = (unsigned)strtoul(argv[2], NULL, 10);
	if (!prepare(argv[1]))
		return 1;
	while (i < times && read_through(i))
		i++;
	printf("endure: %u reads, %u kills\n", i, killed);
	return i == times ? 0 : 1;
}
