/* SPDX-License-Identifier: BSD-2-Clause */
/* Is a client's read or write one that the device may be asked for? Pure. */
#pragma once
#include "kernel/abi/message.h"
#include "kernel/abi/status.h"
#include "libsys/contracts/block.h"
#include <stdbool.h>

struct request_limits {
	uint64_t device_bytes; /* a multiple of BLOCK_SECTOR_BYTES */
	uint64_t pages_max;
	bool read_only;
};

/*
 * words and tag are those of the client's message. BAD_ARG: not in whole sectors,
 * outside the device or the pages, no pages or pages lent the wrong way.
 * IO_ERROR: a write to a read-only device.
 */
enum status request_check(const struct request_limits *limits, uint64_t tag, const uint64_t words[MESSAGE_WORDS]);
