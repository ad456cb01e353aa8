/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pager: stores what the kernel hands it (kernel/abi/pager.h) in the blocks of
 * its store, slot n at byte n * 4096. The borrowed pages are lent on, so the
 * store's driver moves them by DMA; the pager never touches them. It keeps no
 * state, and all its memory is made at the start: it is what brings memory in.
 * Each thread carries one request at a time.
 */
#include "kernel/abi/pager.h"
#include "libsys/block.h"
#include "libsys/ipc.h"
#include "libsys/start.h"
#include <stdlib.h>

enum { THREADS = 4, STACK_PAGES = 2 };

static handle_t port, store;
static uint64_t slot_count; /* 0: there is no store */
static void *windows;       /* one of PAGER_RUN_MAX pages for each thread */

/* The range of the store that a request is about. */
static enum status find_blocks(const struct message *m, uint64_t *offset, uint64_t *bytes)
{
	uint64_t slot = m->words[0], pages = m->words[1];

	if (pages == 0 || pages != tag_pages(m->tag) || slot >= slot_count || pages > slot_count - slot)
		return ST_BAD_ARG;
	*offset = slot * ABI_PAGE_BYTES;
	*bytes = pages * ABI_PAGE_BYTES;
	return ST_OK;
}

/* The answer's words are those of *m when it returns. */
static enum status serve(struct message *m, void *window)
{
	uint64_t offset, bytes;
	enum status st;

	if (tag_op(m->tag) == PAGER_INFO) {
		m->words[0] = slot_count;
		return ST_OK;
	}
	st = find_blocks(m, &offset, &bytes);
	if (st != ST_OK)
		return st;
	switch (tag_op(m->tag)) {
	case PAGER_OUT:
		return block_write(store, offset, bytes, window, 0);
	case PAGER_IN:
		return block_read(store, offset, bytes, window, 0);
	default:
		return ST_BAD_ARG;
	}
}

static _Noreturn void run(void *window)
{
	struct ipc_buffers buffers = { .landing = (uaddr_t)(uintptr_t)window, .landing_pages = PAGER_RUN_MAX };
	struct message m;
	enum status st = ipc_recv(port, &m, &buffers, DEADLINE_NEVER);

	while (st == ST_OK) {
		if (tag_kind(m.tag) == MESSAGE_KIND_CALL) {
			m.tag = tag_make((uint16_t)serve(&m, window));
			st = ipc_reply_recv(port, m.token, &m, &buffers, DEADLINE_NEVER);
		} else {
			st = ipc_recv(port, &m, &buffers, DEADLINE_NEVER);
		}
	}
	log_write("a thread cannot receive: %s", status_text(st));
	exit(1);
}

static void find_store(void)
{
	uint64_t bytes, pages_max;
	enum status st;

	store = start_channel("store");
	if (store == 0) {
		log_write("there is no swap disk: the system runs without paging");
		return;
	}
	st = block_info(store, &bytes, &pages_max);
	if (st != ST_OK)
		log_write("the swap disk cannot be used: %s", status_text(st));
	else if (pages_max < PAGER_RUN_MAX)
		log_write("the swap disk takes too few pages at a time: %lu", (unsigned long)pages_max);
	else
		slot_count = bytes / ABI_PAGE_BYTES;
}

int main(void)
{
	port = start_port();
	if (port == 0 || mem_map(MEM_LANDING, THREADS * PAGER_RUN_MAX, &windows) != ST_OK) {
		log_write("there is no port, or no room for landing windows");
		return 1;
	}
	find_store();
	for (unsigned i = 1; i < THREADS; i++)
		if (thread_start(run, (char *)windows + i * PAGER_RUN_MAX * ABI_PAGE_BYTES, STACK_PAGES) != ST_OK)
			log_write("only %u requests at a time: a thread cannot be had", i);
	run(windows);
}
