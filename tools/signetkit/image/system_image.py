# SPDX-License-Identifier: BSD-2-Clause
"""Collects sealed images and the system description into a system image (kernel/abi/image.h), and reads one back.

The same inputs give the same bytes: entries are in order of their names, and nothing else gets in.
"""

import hashlib
import struct
from typing import NamedTuple

from .. import abi
from ..refusal import Refusal
from . import sealed_image

_HEADER = struct.Struct("<QIIQ32s")
_ENTRY = struct.Struct("<32sQQ32s")
_HASH_AT = 24
DESCRIPTION, SUPERVISOR = "system", "supervisor"  # the names that the kernel looks for


class SystemImage(NamedTuple):
    hash: bytes
    entries: dict  # name to bytes, the description included


def _abi(name):
    return abi.constants("kernel/abi/image.h")[name]


def header_bytes():
    return abi.pages(_HEADER.size + _abi("SYSTEM_IMAGE_ENTRIES_MAX") * _ENTRY.size) * abi.PAGE_BYTES


def build(images, description):
    """images: dict of name to a sealed image's bytes. Returns the system image's bytes. Raises Refusal."""
    if SUPERVISOR not in images:
        raise Refusal(f"the system image lacks the {SUPERVISOR}")
    sealed = {name: sealed_image.read(data, name) for name, data in images.items()}
    for name, image in sealed.items():
        if image.name != name or name == DESCRIPTION:
            raise Refusal(f"the sealed image of {image.name!r} cannot be the entry {name!r} of the system image")
    if not any(image.is_pager for image in sealed.values()):
        raise Refusal("the system image lacks a pager")
    entries = sorted(images.items()) + [(DESCRIPTION, description)]
    if len(entries) > _abi("SYSTEM_IMAGE_ENTRIES_MAX"):
        raise Refusal(f"{len(entries)} entries, at most {_abi('SYSTEM_IMAGE_ENTRIES_MAX')} fit a system image")
    return write(entries)


def write(entries):
    """The bytes of a system image of (name, bytes) pairs. Checks nothing, so that tests can write broken ones."""
    offset = header_bytes()
    table, contents = b"", b""
    for name, data in entries:
        table += _ENTRY.pack(name.encode(), offset + len(contents), len(data), hashlib.sha256(data).digest())
        contents += abi.page_pad(data)
    header = _HEADER.pack(
        _abi("SYSTEM_IMAGE_MAGIC"), _abi("IMAGE_VERSION"), len(entries), offset + len(contents), bytes(_abi("IMAGE_HASH_BYTES"))
    )
    return with_hash((header + table).ljust(offset, b"\0") + contents)


def with_hash(data):
    """The same bytes with the hash field made right."""
    end = _HASH_AT + _abi("IMAGE_HASH_BYTES")
    return data[:_HASH_AT] + _hash(data) + data[end:]


def _hash(data):
    end = _HASH_AT + _abi("IMAGE_HASH_BYTES")
    return hashlib.sha256(data[:_HASH_AT] + bytes(end - _HASH_AT) + data[end:]).digest()


def read(data, where="system image"):
    """Reads and checks the whole. Raises Refusal."""

    def need(condition, message):
        if not condition:
            raise Refusal(f"{where}: {message}")

    need(len(data) >= header_bytes(), f"cut short: {len(data)} bytes have no room for a header")
    magic, version, count, size, stored = _HEADER.unpack_from(data)
    need(magic == _abi("SYSTEM_IMAGE_MAGIC"), "this is no system image")
    need(version == _abi("IMAGE_VERSION"), f"of version {version}, not {_abi('IMAGE_VERSION')}")
    need(size <= len(data), f"cut short: {len(data)} of {size} bytes")
    need(size == len(data), f"{len(data) - size} bytes too long")
    need(stored == _hash(data), f"its hash is {_hash(data).hex()[:16]}..., but it says {stored.hex()[:16]}...")
    need(count <= _abi("SYSTEM_IMAGE_ENTRIES_MAX"), f"{count} entries")
    entries = {}
    for index in range(count):
        raw, offset, length, own_hash = _ENTRY.unpack_from(data, _HEADER.size + index * _ENTRY.size)
        name = raw.rstrip(b"\0").decode("ascii", "replace")
        need(name and raw[-1] == 0 and "\0" not in name, f"entry {index} has no proper name")
        need(name not in entries, f"two entries are named {name!r}")
        fits = offset % abi.PAGE_BYTES == 0 and header_bytes() <= offset and offset + length <= size
        need(fits, f"the entry {name!r} is not aligned or leaves the image")
        entries[name] = data[offset : offset + length]
        need(own_hash == hashlib.sha256(entries[name]).digest(), f"the entry {name!r} has another hash than the table says")
    for name in (DESCRIPTION, SUPERVISOR):
        need(name in entries, f"it lacks the entry {name!r}")
    sealed = {name: sealed_image.read(content, f"{where}: {name}") for name, content in entries.items() if name != DESCRIPTION}
    for name, image in sealed.items():
        need(image.name == name, f"the entry {name!r} has another name inside")
    need(any(image.is_pager for image in sealed.values()), "it lacks a pager")
    return SystemImage(stored, entries)


def table(image):
    """Lines for people: each entry's name, size and the start of its own hash, then the root hash."""
    lines = [f"{name:<31} {-(-len(data) // 1024):>6} KiB  {hashlib.sha256(data).hexdigest()[:16]}" for name, data in image.entries.items()]
    return "\n".join(lines + [f"root hash {image.hash.hex()}"])
