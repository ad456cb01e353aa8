/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The contract of a file system. The channel that a program is born with is the
 * tree; opening a file returns a channel of its own, whose badge is the session.
 * A reply's operation is an enum status.
 */
#pragma once
#include <stdint.h>

enum files_op {
	/* On the tree; bytes: the path, from the root, 1 to 4095 bytes without a zero. */
	FILES_OPEN = 1,     /* reply: a handle to the file or directory; word 0 = size, word 1 = enum files_type */
	FILES_STAT = 2,     /* word 0: 1 = of a link itself; reply: bytes = struct files_info */
	FILES_READLINK = 3, /* reply: bytes = the link's text */
	/*
	 * reply: bytes = a line of text: what file system it is, or why it can't be used (then all others
	 * answer IO_ERROR)
	 */
	FILES_ABOUT = 6,
	/* On an open file. */
	/*
	 * words: offset (a multiple of 4096), bytes; pages lent for writing, filled from their start; reply:
	 * word 0 = bytes read, 0 at the end
	 */
	FILES_READ = 4,
	/* On an open directory. */
	/*
	 * word 0: where to go on, 0 first; reply: bytes = struct files_entry records, word 0 = where to go on,
	 * word 1 = 1 at the end
	 */
	FILES_LIST = 5,
};

enum files_type { FILES_OTHER = 0, FILES_FILE = 1, FILES_DIRECTORY = 2, FILES_LINK = 3 };

struct files_info {
	uint64_t size_bytes, blocks_512;
	uint32_t inode, mode; /* mode: permission bits, octal, without the type */
	uint32_t type, links; /* enum files_type */
	uint32_t uid, gid;
	int64_t modified_s; /* since 1970 */
};

/* One name of a directory; the next record follows at a multiple of 8. */
struct files_entry {
	uint32_t inode;
	uint16_t record_bytes;
	uint8_t type; /* enum files_type */
	uint8_t name_bytes;
	char name[]; /* not terminated */
};

enum { FILES_PATH_MAX = 4095, FILES_LIST_BYTES = 4096, FILES_READ_PAGES_MAX = 16, FILES_ABOUT_BYTES = 128 };
