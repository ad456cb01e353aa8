/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file server around the reading core: libsys/contracts/files.h. Several
 * threads serve the one port, each with a worker of its own, so that a client
 * that waits for the disk does not hold up the others. The badge of a channel is
 * its whole session; nothing is remembered here.
 */
#pragma once
#include "libsys/contracts/files.h"
#include "libsys/ipc.h"
#include <stdbool.h>
#include "servers/ext2/map.h"
#include "servers/ext2/path.h"

enum { WORKER_CACHE_BLOCKS = 8 };

/* What one thread needs; page-aligned because the disk fills the cache by DMA. */
struct worker {
	_Alignas(ABI_PAGE_BYTES) uint8_t blocks[WORKER_CACHE_BLOCKS][EXT2_BLOCK_BYTES_MAX];
	_Alignas(ABI_PAGE_BYTES) char bytes[FILES_PATH_MAX + 1]; /* paths in; records and texts out */
	struct ext2_walk walk;
	struct ext2_cache cache;
	void *landing; /* FILES_READ_PAGES_MAX pages */
};

/* Opens the volume on the disk; on failure the server answers IO_ERROR and says why. */
void server_mount(handle_t disk);
/* Serves the port for ever. */
_Noreturn void server_run(handle_t port, struct worker *w);
