/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pager that keeps pages in its own memory, slot n at page n of its store: for tests on a machine without a disk, and
 * to see what paging costs when nothing waits for a device. The store is all that its manifest's quota of frames leaves,
 * taken at the start: it is what brings memory in. When it ends, so does what it kept, and the kernel knows:
 * nothing that comes back from the next instance opens.
 */
#include "channels.h"
#include "contracts/pager_server.h"

/* What is mapped later is page tables, for the landing window. */
enum { SPARE_PAGES = 8 };

static char *store;
static uint64_t slot_count;

/* ---- handlers ---- */

static bool is_in_store(uint64_t slot, uint64_t count, uint64_t pages)
{
	return count == pages && slot < slot_count && pages <= slot_count - slot;
}

/* Eight bytes a step, which the C library's does not do. */
static void copy_pages(void *to, const void *from, uint64_t pages)
{
	uint64_t words = pages * ABI_PAGE_BYTES / sizeof(uint64_t);

	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
}

enum status pager_serve_info(struct serving *serving, struct pager_info_reply *reply)
{
	(void)serving;
	reply->slots = slot_count;
	return ST_OK;
}

enum status pager_serve_out(struct serving *serving, const struct pager_out_request *request)
{
	(void)serving;
	if (!is_in_store(request->slot, request->count, request->data_pages))
		return ST_BAD_ARG;
	copy_pages(store + request->slot * ABI_PAGE_BYTES, request->data, request->data_pages);
	return ST_OK;
}

enum status pager_serve_in(struct serving *serving, const struct pager_in_request *request)
{
	(void)serving;
	if (!is_in_store(request->slot, request->count, request->data_pages))
		return ST_BAD_ARG;
	copy_pages(request->data, store + request->slot * ABI_PAGE_BYTES, request->data_pages);
	return ST_OK;
}

/* ---- the store ---- */

/* The most pages that can be had, by halves. */
static uint64_t pages_to_be_had(void)
{
	uint64_t pages = 0;
	void *tried;

	for (uint64_t step = 1ull << 24; step != 0; step /= 2)
		if (mem_map(MEM_BUFFER, pages + step, &tried) == ST_OK) {
			pages += step;
			(void)mem_unmap(tried, pages);
		}
	return pages;
}

static void make_store(void)
{
	uint64_t pages = pages_to_be_had();

	if (pages > SPARE_PAGES && mem_map(MEM_BUFFER, pages - SPARE_PAGES, (void **)&store) == ST_OK)
		slot_count = pages - SPARE_PAGES;
	log_write("keeps %lu pages in memory", (unsigned long)slot_count);
}

int main(void)
{
	static struct serving serving = { .contracts = { &pager_server }, .landing_pages = PAGER_SERVER_PAGES };

	if (mem_map(MEM_LANDING, PAGER_SERVER_PAGES, &serving.landing) != ST_OK) {
		log_write("there is no room for a landing window");
		return 1;
	}
	make_store();
	serving.port = port();
	serve(&serving);
}
