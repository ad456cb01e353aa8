/* SPDX-License-Identifier: BSD-2-Clause */
/* Is a client's read or write one that the device may be asked for? Pure. */
#pragma once
#include "contracts/block.h"

struct request_limits {
	uint64_t device_bytes; /* a multiple of BLOCK_SECTOR_BYTES */
	uint32_t pages_max;
	bool read_only;
};

/* As in the contract; with 1 to BLOCK_PAGES_MAX pages, lent the right way. */
struct request {
	uint64_t offset, bytes;
	uint32_t within;
	bool writes;
	uint64_t pages;
};

/*
 * BAD_ARG: not in whole sectors, outside the device or the pages, more pages than it takes.
 * IO_ERROR: a write to a read-only device.
 */
enum status request_check(const struct request_limits *limits, const struct request *request);
