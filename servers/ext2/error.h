/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What can go wrong while reading an ext2 file system, and how to say it.
 * A text completes "cannot read it: ...". The first group is an answer, the
 * second refuses a volume by the feature that is missing here, the third names
 * what is damaged: those numbers came from the disk and were not believed.
 */
#pragma once

#define EXT2_ERROR_LIST(E)                                                                                             \
	E(OK, "done")                                                                                                  \
	E(NOT_FOUND, "there is no file or directory of that name")                                                     \
	E(NOT_DIRECTORY, "a name on the path is not a directory")                                                      \
	E(NOT_LINK, "it is not a symbolic link")                                                                       \
	E(NO_DATA, "it is a kind of file that has no data blocks")                                                     \
	E(END, "there are no more entries")                                                                            \
	E(PAST_END, "the position lies past the end of the file")                                                      \
	E(NAME_TOO_LONG, "a name is over 255 bytes, or the path with its links over 8192")                             \
	E(TOO_MANY_LINKS, "more than 40 symbolic links were met on the path")                                          \
	E(TOO_MUCH_WORK, "the directories on the path are too large to search in one go")                              \
	E(NO_ROOM, "the buffer is too small for the link's text")                                                      \
	E(IO, "the device could not be read")                                                                          \
                                                                                                                       \
	E(NOT_EXT, "it is not an ext2 file system: the superblock's magic number is missing")                          \
	E(HAS_EXTENTS, "unsupported feature: extents (ext4)")                                                          \
	E(HAS_64BIT, "unsupported feature: 64bit (ext4 block numbers)")                                                \
	E(HAS_INLINE_DATA, "unsupported feature: inline_data (files inside inodes)")                                   \
	E(HAS_ENCRYPT, "unsupported feature: encrypt")                                                                 \
	E(HAS_COMPRESSION, "unsupported feature: compression")                                                         \
	E(HAS_JOURNAL_DEV, "it is an external journal (journal_dev), not a file system")                               \
	E(HAS_META_BG, "unsupported feature: meta_bg (scattered group descriptors)")                                   \
	E(HAS_MMP, "unsupported feature: mmp (multiple mount protection)")                                             \
	E(HAS_EA_INODE, "unsupported feature: ea_inode")                                                               \
	E(HAS_DIRDATA, "unsupported feature: dirdata")                                                                 \
	E(HAS_CSUM_SEED, "unsupported feature: metadata_csum_seed")                                                    \
	E(HAS_LARGEDIR, "unsupported feature: large_dir")                                                              \
	E(HAS_CASEFOLD, "unsupported feature: casefold")                                                               \
	E(HAS_UNKNOWN, "unsupported feature: an incompatible one that is not known here")                              \
	E(NEEDS_RECOVERY, "the journal needs recovery (needs_recovery): run e2fsck on it first")                       \
                                                                                                                       \
	E(BAD_REVISION, "superblock: the revision is neither 0 nor 1")                                                 \
	E(BAD_BLOCK_SIZE, "superblock: the block size is not 1, 2 or 4 KiB")                                           \
	E(BAD_INODE_SIZE, "superblock: the inode size is not a power of two from 128 bytes to a block")                \
	E(BAD_GROUPS, "superblock: the counts of blocks, inodes and groups contradict each other")                     \
	E(CUT_SHORT, "the device is cut short: smaller than its file system")                                          \
	E(BAD_DESCRIPTOR, "a group descriptor places its inode table outside the file system")                         \
	E(BAD_BLOCK, "a block number lies outside the file system")                                                    \
	E(BAD_INODE_NUMBER, "an inode number is reserved or outside the file system")                                  \
	E(BAD_INODE, "an inode that is referred to is not in use or of no known type")                                 \
	E(BAD_SIZE, "an inode's size is impossible for its type")                                                      \
	E(BAD_DIRECTORY, "a directory has a hole, or an entry whose length or name is malformed")                      \
	E(BAD_ROOT, "the root is not a directory")                                                                     \
	E(BAD_LINK, "a symbolic link's text is missing or contains a zero byte")

/* Version 14 of clang-format does not know the attribute. */
// clang-format off
enum [[nodiscard]] ext2_error {
#define E(name, text) EXT2_##name,
	EXT2_ERROR_LIST(E)
#undef E
		EXT2_ERROR_COUNT
};
// clang-format on

/* Never null, also for a number that is no error. */
static inline const char *ext2_error_text(enum ext2_error error)
{
	static const char *const texts[] = {
#define E(name, text) text,
		EXT2_ERROR_LIST(E)
#undef E
	};
	return (unsigned)error < EXT2_ERROR_COUNT ? texts[error] : "unknown error";
}
