/* SPDX-License-Identifier: BSD-2-Clause */
/* Data in a message, copied or given away, whichever costs less. */
#pragma once
#include "libsys/ipc.h"

/*
 * From so many bytes on, pages are given rather than copied. Measured by `tools/signet bench`, on 2026-11-21, instructions
 * there and back (rows ipc_rt_copy_4096, ipc_rt_copy_8192, ipc_rt_copy_65536; flip_rt_4k, flip_rt_64k, between which each
 * page costs the same):
 *
 *               copied   given
 *     4 KiB      1,431   1,777
 *     8 KiB      4,610   2,286
 *     64 KiB    25,647   9,413
 *
 * tests/tools/test_flip_bytes.py compares it with the baseline of the benchmark.
 */
enum { IPC_FLIP_BYTES = 8192 };

/*
 * Puts data into a message: pages that are whole, aligned and many enough are given, and gone once it is sent; else the
 * bytes are copied (MESSAGE_BYTES_MAX at most). Returns the tag. Pre: nothing else of the message is bytes or pages.
 */
static inline uint64_t ipc_put_data(struct ipc_buffers *buffers, uint64_t tag, void *data, uint64_t bytes)
{
	uint64_t address = (uint64_t)(uintptr_t)data;

	if (bytes >= IPC_FLIP_BYTES && (address | bytes) % ABI_PAGE_BYTES == 0) {
		buffers->send_pages = address;
		return tag_with_pages(tag, MESSAGE_PAGES_GIVEN, bytes / ABI_PAGE_BYTES);
	}
	buffers->send_bytes = address;
	return tag_with_bytes(tag, bytes);
}

/* Where the data of a message is that came with these buffers, which take both. */
static inline void *ipc_data(const struct message *m, const struct ipc_buffers *buffers, uint64_t *bytes)
{
	uint64_t pages = tag_pages(m->tag);

	*bytes = pages != 0 ? pages * ABI_PAGE_BYTES : tag_bytes(m->tag);
	return (void *)(uintptr_t)(pages != 0 ? buffers->landing : buffers->recv_bytes);
}
