/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Has 3 MiB, of which 2 may be in RAM. A call says how many pages it writes to, one after the other: by then each of
 * them is out, and another has to go. The answer says how many did not hold what was last written there.
 */
#include "channels.h"
#include "contracts/bench.h"
#include "libsys/ipc.h"

enum { PAGES = 768 };

static uint64_t *pages;
static uint64_t next, rounds; /* how often all have been written to */

static uint64_t *page_at(uint64_t i) { return pages + i * (ABI_PAGE_BYTES / sizeof *pages); }

/* Each page holds its number and how often it was written to. */
static uint64_t write_next(void)
{
	uint64_t *page = page_at(next), wrong = *page != (rounds == 0 ? 0 : rounds * PAGES + next);

	*page = (rounds + 1) * PAGES + next;
	if (++next == PAGES) {
		next = 0;
		rounds++;
	}
	return wrong;
}

int main(void)
{
	struct message m;
	void *memory;
	enum status st = mem_map(MEM_BUFFER, PAGES, &memory);

	if (st == ST_OK)
		st = ipc_recv(port(), &m, NULL, DEADLINE_NEVER);
	pages = memory;
	while (st == ST_OK) {
		uint64_t wrong = 0;

		for (uint64_t i = 0; i < m.words[0]; i++)
			wrong += write_next();
		m.words[0] = wrong;
		m.tag = ST_OK;
		st = ipc_reply_recv(m.token, &m, NULL, &m, port(), DEADLINE_NEVER);
	}
	log_write("cannot go on: %s", status_text(st));
	return 1;
}
