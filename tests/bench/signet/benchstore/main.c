/* SPDX-License-Identifier: BSD-2-Clause */
/* What is paged out lies here. Like servers/ramdisk, but pinned, as all that the pager calls, and with nothing in it at first. */
#include "channels.h"
#include "contracts/block_server.h"
#include "servers/ramdisk/store.h"

enum { STORE_PAGES = 1024 };

static struct store store;

enum status block_serve_info(struct serving *serving, struct block_info_reply *reply)
{
	(void)serving;
	reply->size_bytes = store.size;
	reply->data_pages_max = BLOCK_PAGES_MAX;
	return ST_OK;
}

enum status block_serve_read(struct serving *serving, const struct block_read_request *r)
{
	(void)serving;
	return store_read(&store, (struct store_range){ r->offset, r->bytes, r->within, r->data_pages }, r->data);
}

enum status block_serve_write(struct serving *serving, const struct block_write_request *r)
{
	(void)serving;
	return store_write(&store, (struct store_range){ r->offset, r->bytes, r->within, r->data_pages }, r->data);
}

enum status block_serve_flush(struct serving *serving)
{
	(void)serving;
	return ST_OK; /* there is nothing more stable here */
}

int main(void)
{
	static struct serving serving = { .contracts = { &block_server }, .landing_pages = BLOCK_SERVER_PAGES };
	void *memory;

	if (mem_map(MEM_BUFFER, STORE_PAGES, &memory) != ST_OK ||
	    mem_map(MEM_LANDING, BLOCK_SERVER_PAGES, &serving.landing) != ST_OK) {
		log_write("there is no room for the store");
		return 1;
	}
	store = (struct store){ .bytes = memory, .size = (uint64_t)STORE_PAGES * ABI_PAGE_BYTES };
	for (uint64_t at = 0; at < store.size; at += ABI_PAGE_BYTES) /* now, not while somebody waits */
		((volatile uint8_t *)memory)[at] = 0;
	serving.port = port();
	serve(&serving);
}
