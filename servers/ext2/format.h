/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The on-disk format of ext2: offsets, flags and limits, nothing else. Fields
 * are read by offset through ext2_le16 and ext2_le32, so that neither alignment
 * nor byte order of the CPU matter and nothing on disk is ever a C struct.
 * Sources, by section title: [P] D. Poirier, "The Second Extended File System";
 * [L] Linux documentation, "ext4 Data Structures and Algorithms".
 */
#pragma once
#include <stdint.h>

static inline uint16_t ext2_le16(const uint8_t *at) { return (uint16_t)(at[0] | at[1] << 8); }
static inline uint32_t ext2_le32(const uint8_t *at) { return ext2_le16(at) | (uint32_t)ext2_le16(at + 2) << 16; }

/* [P] Superblock; [L] Super Block: always at byte 1024, whatever the block size. */
enum {
	EXT2_SUPER_OFFSET = 1024,
	EXT2_SUPER_BYTES = 1024,
	EXT2_SUPER_MAGIC = 0xef53,
	EXT2_SECTOR_BYTES = 512, /* reads of the device are multiples of this */

	EXT2_SUPER_INODES = 0,
	EXT2_SUPER_BLOCKS = 4,
	EXT2_SUPER_FREE_BLOCKS = 12,
	EXT2_SUPER_FREE_INODES = 16,
	EXT2_SUPER_FIRST_BLOCK = 20, /* 1 with 1 KiB blocks, where block 0 is the boot block, else 0 */
	EXT2_SUPER_LOG_BLOCK = 24,   /* block size is 1024 << this */
	EXT2_SUPER_BLOCKS_PER_GROUP = 32,
	EXT2_SUPER_INODES_PER_GROUP = 40,
	EXT2_SUPER_MAGIC_AT = 56,
	EXT2_SUPER_STATE = 58, /* bit 0: cleanly unmounted */
	EXT2_SUPER_REVISION = 76,
	EXT2_SUPER_FIRST_INODE = 84, /* from here on: revision 1 only */
	EXT2_SUPER_INODE_BYTES = 88,
	EXT2_SUPER_INCOMPAT = 96,
	EXT2_SUPER_RO_COMPAT = 100,
};

/* [P] Superblock, s_rev_level, s_first_ino, s_inode_size: what revision 0 fixes. */
enum { EXT2_OLD_FIRST_INODE = 11, EXT2_OLD_INODE_BYTES = 128 };

/* [L] Super Block, "Super block incompatible features": whoever does not know one must not read. */
enum {
	EXT2_INCOMPAT_COMPRESSION = 0x1,
	EXT2_INCOMPAT_FILETYPE = 0x2,
	EXT2_INCOMPAT_RECOVER = 0x4,
	EXT2_INCOMPAT_JOURNAL_DEV = 0x8,
	EXT2_INCOMPAT_META_BG = 0x10,
	EXT2_INCOMPAT_EXTENTS = 0x40,
	EXT2_INCOMPAT_64BIT = 0x80,
	EXT2_INCOMPAT_MMP = 0x100,
	EXT2_INCOMPAT_FLEX_BG = 0x200, /* moves tables, which the descriptors say anyway: harmless to a reader */
	EXT2_INCOMPAT_EA_INODE = 0x400,
	EXT2_INCOMPAT_DIRDATA = 0x1000,
	EXT2_INCOMPAT_CSUM_SEED = 0x2000,
	EXT2_INCOMPAT_LARGEDIR = 0x4000,
	EXT2_INCOMPAT_INLINE_DATA = 0x8000,
	EXT2_INCOMPAT_ENCRYPT = 0x10000,
	EXT2_INCOMPAT_CASEFOLD = 0x20000,
};

/*
 * [L] Super Block, "Super block read-only compatible features": sparse_super 1,
 * large_file 2, huge_file 8, gdt_csum 10, dir_nlink 20, extra_isize 40, quota
 * 100, bigalloc 200, metadata_csum 400. Any of them may be read over.
 */
enum { EXT2_RO_COMPAT_KNOWN = 0x77b };

/* [P] Block Group Descriptor Table: starts in the block after the superblock. */
enum { EXT2_GROUP_BYTES = 32, EXT2_GROUP_INODE_TABLE = 8 };

/* [P] Inode Table; [L] Index Nodes. */
enum {
	EXT2_ROOT_INODE = 2,
	EXT2_INODE_MODE = 0,
	EXT2_INODE_UID = 2,
	EXT2_INODE_SIZE = 4,
	EXT2_INODE_ATIME = 8,
	EXT2_INODE_CTIME = 12,
	EXT2_INODE_MTIME = 16,
	EXT2_INODE_GID = 24,
	EXT2_INODE_LINKS = 26,
	EXT2_INODE_SECTORS = 28, /* of 512 bytes, indirect blocks included */
	EXT2_INODE_FLAGS = 32,
	EXT2_INODE_MAP = 40,
	EXT2_INODE_GENERATION = 100,
	EXT2_INODE_SIZE_HIGH = 108, /* regular files only */
	EXT2_INODE_UID_HIGH = 120,
	EXT2_INODE_GID_HIGH = 122,
	EXT2_INODE_EXTRA_BYTES = 128, /* from here on: [L] Inode Size, Inode Timestamps */
	EXT2_INODE_CTIME_EXTRA = 132, /* bits 0 and 1 extend the seconds */
	EXT2_INODE_MTIME_EXTRA = 136,
	EXT2_INODE_ATIME_EXTRA = 140,
};

/* [L] Index Nodes, i_flags: what changes the meaning of EXT2_INODE_MAP. */
enum {
	EXT2_FLAG_ENCRYPT = 0x800,
	EXT2_FLAG_EXTENTS = 0x80000,
	EXT2_FLAG_INLINE_DATA = 0x10000000,
};

/* [P] Inode Table, i_mode: the top four bits. */
enum {
	EXT2_MODE_FIFO = 0x1,
	EXT2_MODE_CHARACTER = 0x2,
	EXT2_MODE_DIRECTORY = 0x4,
	EXT2_MODE_BLOCK = 0x6,
	EXT2_MODE_FILE = 0x8,
	EXT2_MODE_LINK = 0xa,
	EXT2_MODE_SOCKET = 0xc,
};

/* [P] Linked List Directory, file_type: what an entry says of the file it names. */
enum ext2_type {
	EXT2_TYPE_UNKNOWN = 0,
	EXT2_TYPE_FILE = 1,
	EXT2_TYPE_DIRECTORY = 2,
	EXT2_TYPE_CHARACTER = 3,
	EXT2_TYPE_BLOCK = 4,
	EXT2_TYPE_FIFO = 5,
	EXT2_TYPE_SOCKET = 6,
	EXT2_TYPE_LINK = 7,
	EXT2_TYPE_COUNT,
};

/*
 * [P] Inode Table, i_block; [L] Direct/Indirect Block Addressing: twelve direct
 * pointers, then one each to a block of pointers, of pointers to those, and of
 * pointers to those. Pointer 0 is a hole, as wide as what would hang below it.
 * [L] Symbolic Links: text of less than 60 bytes is stored in their place.
 */
enum {
	EXT2_MAP_BYTES = 60,
	EXT2_MAP_DIRECT = 12,
	EXT2_MAP_DEPTH_MAX = 3,
	EXT2_POINTER_BYTES = 4,
};

/*
 * [P] Linked List Directory: records fill each block exactly. Without the
 * filetype feature the byte of the type is the high half of the name's length,
 * which 255 never needs. [P] Indexed Directory: the root hides its tree in the
 * slack of "..", inner nodes are one unused record: a linear reader skips both.
 */
enum {
	EXT2_ENTRY_INODE = 0,
	EXT2_ENTRY_RECORD_BYTES = 4,
	EXT2_ENTRY_NAME_BYTES = 6,
	EXT2_ENTRY_TYPE = 7,
	EXT2_ENTRY_NAME = 8,
	EXT2_ENTRY_MIN_BYTES = 12,
	EXT2_NAME_MAX = 255,
};
