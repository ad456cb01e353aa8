# SPDX-License-Identifier: BSD-2-Clause
"""Writes an initramfs: the "newc" cpio format, as Linux' Documentation/driver-api/early-userspace/buffer-format.rst gives it.

Only what the peer needs: folders, files and character devices, all of root's, no links, no times.
"""

import stat
from typing import NamedTuple

MAGIC = b"070701"
TRAILER = "TRAILER!!!"
ALIGN = 4
FIELD_MAX = 0xFFFFFFFF


class Entry(NamedTuple):
    """name: without a leading slash. mode: type and permissions. device: major and minor of a character device."""

    name: str
    mode: int
    data: bytes = b""
    device: tuple[int, int] = (0, 0)


def folder(name: str) -> Entry:
    return Entry(name, stat.S_IFDIR | 0o755)


def program(name: str, data: bytes) -> Entry:
    return Entry(name, stat.S_IFREG | 0o755, data)


def device(name: str, major: int, minor: int) -> Entry:
    return Entry(name, stat.S_IFCHR | 0o600, device=(major, minor))


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % ALIGN)


def encode(number: int, entry: Entry) -> bytes:
    """A header of 13 hexadecimal numbers, the name with its NUL, the data; name and data are padded to 4 bytes."""
    name = entry.name.encode("ascii") + b"\0"
    if len(entry.data) > FIELD_MAX:
        raise ValueError(f"{entry.name} is too large for a cpio archive")
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    fields = (number, entry.mode, 0, 0, links, 0, len(entry.data), 0, 0, *entry.device, len(name), 0)
    header = MAGIC + b"".join(b"%08x" % field for field in fields)
    return padded(header + name) + padded(entry.data)


def archive(entries: list[Entry]) -> bytes:
    """The whole archive. A folder must stand before what is in it."""
    return b"".join(encode(number, entry) for number, entry in enumerate([*entries, Entry(TRAILER, 0)], 1))
