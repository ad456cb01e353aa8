/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk in memory for the tests of servers/ext2: either a small volume that a
 * test builds by hand, byte by byte, or an image file. The device checks every
 * read against the contract of struct ext2_device, and can fail on request.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "servers/ext2/path.h"
#include "servers/ext2/map.h"

enum { FIXTURE_INODES = 64, FIXTURE_CACHE_SLOTS = 8, FIXTURE_FILE = 12, FIXTURE_DIRECTORY = 13, FIXTURE_LINK = 14 };

struct fixture {
	int fd; /* -1: the disk is `bytes` */
	uint8_t *bytes;
	uint64_t size_bytes;
	uint32_t next_block; /* of the hand-made volume: free from here on */
	unsigned reads;
	uint64_t fail_at_bytes; /* reads of this offset fail; UINT64_MAX: none */
	uint8_t *seen;          /* if not null: marks, by 512 bytes, what was read */
	uint8_t (*buffers)[EXT2_BLOCK_BYTES_MAX];
	struct ext2_volume volume;
	struct ext2_cache cache;
	struct ext2_walk walk;
};

/* A volume of 512 blocks, revision 1, 128-byte inodes, one group, with only a root directory. */
void fixture_build(struct fixture *f, uint32_t block_bytes);
/* An image file: kept open, or copied to memory. */
void fixture_open_image(struct fixture *f, const char *folder, const char *name, bool in_memory);
void fixture_close(struct fixture *f);

/* Opens the volume and starts its cache anew. */
enum ext2_error fixture_mount(struct fixture *f);

/* Building by hand. Offsets are those of format.h. */
void fixture_put16(uint8_t *at, unsigned value);
void fixture_put32(uint8_t *at, uint64_t value);
uint8_t *fixture_super(struct fixture *f);
uint8_t *fixture_block(struct fixture *f, uint32_t block);
uint8_t *fixture_inode(struct fixture *f, uint32_t number);
uint32_t fixture_new_block(struct fixture *f);
void fixture_make_inode(struct fixture *f, uint32_t number, unsigned mode, uint64_t size_bytes);
void fixture_set_pointer(struct fixture *f, uint32_t inode, unsigned slot, uint32_t block);
/* A directory of one block that holds "." and "..", and is not yet named anywhere. */
void fixture_make_directory(struct fixture *f, uint32_t number, uint32_t parent);
/* Returns the record, for tests that spoil it. */
uint8_t *fixture_add_entry(struct fixture *f, uint32_t directory, const char *name, uint32_t inode, unsigned type);
void fixture_make_link(struct fixture *f, uint32_t number, const char *text);

#define assert_error(call, expected) assert_string_equal(ext2_error_text(call), ext2_error_text(EXT2_##expected))
#define assert_ok(call)              assert_error(call, OK)
