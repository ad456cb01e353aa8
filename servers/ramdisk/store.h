/* SPDX-License-Identifier: BSD-2-Clause */
/* The disk's bytes, and what a client may ask of them (libsys/contracts/block.contract). Pure. */
#pragma once
#include "contracts/block.h"

struct store {
	uint8_t *bytes;
	uint64_t size; /* a multiple of BLOCK_SECTOR_BYTES */
};

/* Which bytes of the store, and where they are in so many pages of the client's. */
struct store_range {
	uint64_t offset, bytes, within, pages;
};

/* BAD_ARG: no sectors, not whole ones, or not all of them in the store and in the pages. */
enum status store_read(const struct store *s, struct store_range range, void *pages);
enum status store_write(const struct store *s, struct store_range range, const void *pages);
/* Serves the contract over it (serve.c), for ever; if it cannot begin, says why and returns main's status. */
int store_serve(struct store of, handle_t port);
