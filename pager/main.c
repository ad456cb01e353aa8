/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pager: stores what the kernel hands it (libsys/contracts/pager.contract) in the
 * blocks of its store, slot n at byte n * 4096. The borrowed pages are lent on, so the
 * store's driver moves them by DMA; the pager never touches them. It keeps no
 * state, and all its memory is made at the start: it is what brings memory in.
 * Each thread carries one request at a time. A driver that dies is waited for; one that
 * died twice over a call has it interrupted, and is asked again: its restarts have a limit.
 */
#include "channels.h"
#include "contracts/pager_server.h"

enum { THREADS = 4, STACK_PAGES = 2 };

static struct block_channel store;
static uint64_t slot_count; /* 0: there is no store */

/* ---- handlers ---- */

enum status pager_serve_info(struct serving *serving, struct pager_info_reply *reply)
{
	(void)serving;
	reply->slots = slot_count;
	return ST_OK;
}

static bool is_in_store(uint64_t slot, uint64_t count, uint64_t pages)
{
	return count == pages && slot < slot_count && pages <= slot_count - slot;
}

enum status pager_serve_out(struct serving *serving, const struct pager_out_request *request)
{
	uint64_t offset = request->slot * ABI_PAGE_BYTES, bytes = request->data_pages * ABI_PAGE_BYTES;

	enum status st;

	(void)serving;
	if (!is_in_store(request->slot, request->count, request->data_pages))
		return ST_BAD_ARG;
	do
		st = block_write(store, offset, bytes, 0, request->data, request->data_pages);
	while (st == ST_INTERRUPTED);
	return st;
}

enum status pager_serve_in(struct serving *serving, const struct pager_in_request *request)
{
	uint64_t offset = request->slot * ABI_PAGE_BYTES, bytes = request->data_pages * ABI_PAGE_BYTES;

	enum status st;

	(void)serving;
	if (!is_in_store(request->slot, request->count, request->data_pages))
		return ST_BAD_ARG;
	do
		st = block_read(store, offset, bytes, 0, request->data, request->data_pages);
	while (st == ST_INTERRUPTED);
	return st;
}

/* ---- threads ---- */

static void find_store(void)
{
	uint64_t bytes;
	uint32_t pages_max;
	bool read_only;
	enum status st;

	store = channel_store();
	if (store.handle == 0) {
		log_write("there is no swap disk: the system runs without paging");
		return;
	}
	st = block_info(store, &bytes, &pages_max, &read_only);
	if (st != ST_OK)
		log_write("the swap disk cannot be used: %s", status_text(st));
	else if (pages_max < PAGER_RUN_MAX)
		log_write("the swap disk takes too few pages at a time: %lu", (unsigned long)pages_max);
	else if (read_only)
		log_write("the swap disk cannot be used: it is read-only");
	else
		slot_count = bytes / ABI_PAGE_BYTES;
}

static _Noreturn void run(void *serving) { serve(serving); }

int main(void)
{
	static struct serving servings[THREADS];
	void *windows; /* one for each thread */

	if (mem_map(MEM_LANDING, THREADS * PAGER_SERVER_PAGES, &windows) != ST_OK) {
		log_write("there is no room for landing windows");
		return 1;
	}
	find_store();
	for (unsigned i = 0; i < THREADS; i++)
		servings[i] = (struct serving){ .port = port(),
						.contracts = { &pager_server },
						.landing = (char *)windows + i * PAGER_SERVER_PAGES * ABI_PAGE_BYTES,
						.landing_pages = PAGER_SERVER_PAGES };
	for (unsigned i = 1; i < THREADS; i++)
		if (thread_start(run, &servings[i], STACK_PAGES) != ST_OK)
			log_write("only %u requests at a time: a thread cannot be had", i);
	run(&servings[0]);
}
