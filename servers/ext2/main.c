/* SPDX-License-Identifier: BSD-2-Clause */
/* The ext2 server: mounts its disk, then serves with several threads. */
#include "channels.h"
#include "servers/ext2/server.h"

enum { WORKERS = 3, STACK_PAGES = 4 };

static struct worker workers[WORKERS];

static _Noreturn void work(void *worker) { server_run(worker); }

int main(void)
{
	for (unsigned i = 0; i < WORKERS; i++) {
		void *landing;

		if (mem_map(MEM_LANDING, FILES_SERVER_PAGES, &landing) != ST_OK) {
			log_write("no memory for a landing window");
			return 1;
		}
		server_init(&workers[i], port(), landing);
	}
	server_mount(channel_disk());
	for (unsigned i = 1; i < WORKERS; i++)
		if (thread_start(work, &workers[i], STACK_PAGES) != ST_OK)
			log_write("only %u threads could be started", i);
	work(&workers[0]);
}
