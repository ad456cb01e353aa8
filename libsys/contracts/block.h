/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The contract of a block device. Data moves between the device and the pages
 * that come with the call, by DMA; nobody copies. A reply's operation is an enum
 * status: OK, BAD_ARG (outside the device, or not in whole sectors), IO_ERROR.
 */
#pragma once

enum block_op {
	BLOCK_INFO = 1, /* reply: word 0 = size in bytes, word 1 = most pages in one request, word 2 = 1 if read-only */
	BLOCK_READ = 2, /* words: byte offset on the device, bytes, byte offset in the pages; pages lent for writing */
	BLOCK_WRITE = 3, /* the same; pages lent for reading */
	BLOCK_FLUSH = 4, /* what was written before is on stable storage when the reply comes */
};

enum { BLOCK_SECTOR_BYTES = 512, BLOCK_PAGES_MAX = 16 };
