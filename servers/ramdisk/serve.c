/* SPDX-License-Identifier: BSD-2-Clause */
/* libsys/contracts/block.contract over a store in memory (store.h). Here nothing is moved by DMA, so bytes are copied. */
#include "contracts/block_server.h"
#include "servers/ramdisk/store.h"

static struct store store;

enum status block_serve_info(struct serving *serving, struct block_info_reply *reply)
{
	(void)serving;
	reply->size_bytes = store.size;
	reply->data_pages_max = BLOCK_PAGES_MAX;
	return ST_OK;
}

enum status block_serve_read(struct serving *serving, const struct block_read_request *request)
{
	(void)serving;
	return store_read(&store,
			  (struct store_range){ request->offset, request->bytes, request->within, request->data_pages },
			  request->data);
}

enum status block_serve_write(struct serving *serving, const struct block_write_request *request)
{
	(void)serving;
	return store_write(
		&store, (struct store_range){ request->offset, request->bytes, request->within, request->data_pages },
		request->data);
}

enum status block_serve_flush(struct serving *serving)
{
	(void)serving;
	return ST_OK; /* there is nothing more stable here */
}

int store_serve(struct store of, handle_t port)
{
	static struct serving serving = { .contracts = { &block_server }, .landing_pages = BLOCK_SERVER_PAGES };

	store = of;
	if (mem_map(MEM_LANDING, BLOCK_SERVER_PAGES, &serving.landing) != ST_OK) {
		log_write("there is no room for a landing window");
		return 1;
	}
	serving.port = port;
	serve(&serving);
}
