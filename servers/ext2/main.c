/* SPDX-License-Identifier: BSD-2-Clause */
/* The ext2 server: mounts its disk, then serves with several threads. */
#include "libsys/start.h"
#include "servers/ext2/server.h"

enum { WORKERS = 3, STACK_PAGES = 4 };

static struct worker workers[WORKERS];

static void work(void *worker) { server_run(start_port(), worker); }

int main(void)
{
	handle_t disk = start_channel("disk");

	for (unsigned i = 0; i < WORKERS; i++) {
		if (mem_map(MEM_LANDING, FILES_READ_PAGES_MAX, &workers[i].landing) != ST_OK) {
			log_write("no memory for a landing window");
			return 1;
		}
	}
	server_mount(disk);
	for (unsigned i = 1; i < WORKERS; i++)
		if (thread_start(work, &workers[i], STACK_PAGES) != ST_OK)
			log_write("only %u threads could be started", i);
	server_run(start_port(), &workers[0]);
}
