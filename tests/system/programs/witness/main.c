/* SPDX-License-Identifier: BSD-2-Clause */
/* Somebody whose pages are none of the hostile pager's business, and whom it may not harm by what it does to others. */
#include "contracts/witness_server.h"
#include "libsys/start.h"
#include "tests/system/programs/paged.h"

static uint64_t *memory;

enum status witness_serve_verify(struct serving *serving, struct witness_verify_reply *reply)
{
	(void)serving;
	reply->pages = PAGED_PAGES;
	reply->wrong = paged_wrong(memory, 0);
	return ST_OK;
}

int main(void)
{
	static struct serving serving = { .contracts = { &witness_server } };

	if (mem_map(MEM_BUFFER, PAGED_PAGES, (void **)&memory) != ST_OK)
		return 1;
	paged_write_all(memory, 0);
	serving.port = start_port();
	serve(&serving);
}
