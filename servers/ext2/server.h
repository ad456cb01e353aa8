/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file server around the reading core: libsys/contracts/files.contract. Several
 * threads serve the one port, each with a worker of its own, so that a client
 * that waits for the disk does not hold up the others. The badge of a channel is
 * its whole session; nothing is remembered here.
 */
#pragma once
#include "contracts/block.h"
#include "contracts/files_server.h"
#include "servers/ext2/map.h"
#include "servers/ext2/path.h"

enum { WORKER_CACHE_BLOCKS = 8 };

/* What one thread needs; page-aligned because the disk fills the cache by DMA. */
struct worker {
	_Alignas(ABI_PAGE_BYTES) uint8_t blocks[WORKER_CACHE_BLOCKS][EXT2_BLOCK_BYTES_MAX];
	_Alignas(ABI_PAGE_BYTES) char bytes[FILES_SERVER_BYTES]; /* paths in; records and texts out */
	struct ext2_walk walk;
	struct ext2_cache cache;
	struct serving serving;
};

/* Opens the volume on the disk; on failure the server answers IO_ERROR and says why. */
void server_mount(struct block_channel disk);
/* landing: FILES_SERVER_PAGES pages of a window. */
void server_init(struct worker *w, handle_t port, void *landing);
/* Serves the port for ever. */
_Noreturn void server_run(struct worker *w);
