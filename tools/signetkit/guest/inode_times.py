# SPDX-License-Identifier: BSD-2-Clause
"""The same folder gives the same image: mke2fs copies when a file was last read and changed in its folder, which differs
from run to run. Here every inode of a fresh ext2 image gets its modification time for both.

Offsets: e2fsprogs' ext2_fs.h, struct ext2_super_block, ext2_group_desc and ext2_inode_large.
"""

import struct
from pathlib import Path
from typing import BinaryIO

SUPERBLOCK = 1024
GROUP_BYTES = 32
MODE, ATIME, CTIME, MTIME = 0, 8, 12, 16
CTIME_EXTRA, MTIME_EXTRA, ATIME_EXTRA = 132, 136, 140
LARGE = 144  # an inode that has those three


def settle(image: Path) -> None:
    with open(image, "r+b") as file:
        file.seek(SUPERBLOCK)
        head = file.read(128)
        inodes, first_block, log_block = struct.unpack_from("<I16xII", head)
        (inode_bytes,) = struct.unpack_from("<H", head, 88)
        (per_group,) = struct.unpack_from("<I", head, 40)
        block = 1024 << log_block
        file.seek((first_block + 1) * block)
        groups = file.read(-(-inodes // per_group) * GROUP_BYTES)
        for at in range(0, len(groups), GROUP_BYTES):
            (table,) = struct.unpack_from("<I", groups, at + 8)
            settle_table(file, table * block, per_group, inode_bytes)


def settle_table(file: BinaryIO, at: int, count: int, inode_bytes: int) -> None:
    file.seek(at)
    table = bytearray(file.read(count * inode_bytes))
    for start in range(0, len(table), inode_bytes):
        if not table[start + MODE] and not table[start + MODE + 1]:
            continue
        for field in (ATIME, CTIME):
            table[start + field:start + field + 4] = table[start + MTIME:start + MTIME + 4]
        if inode_bytes >= LARGE:
            for field in (ATIME_EXTRA, CTIME_EXTRA):
                table[start + field:start + field + 4] = table[start + MTIME_EXTRA:start + MTIME_EXTRA + 4]
    file.seek(at)
    file.write(table)
