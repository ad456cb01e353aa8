# SPDX-License-Identifier: BSD-2-Clause
"""Makes a sealed image (kernel/abi/image.h) of a static ELF file and its manifest, and reads one back.

The reader makes the checks that the kernel makes, so that a bad image is met on the host first.
"""

import struct
from typing import NamedTuple

from .. import abi
from ..refusal import Refusal
from ..system import manifest as manifests

STUBS_START, STUBS_END = "__stubs_start", "__stubs_end"  # the link script's symbols around the only system calls
SYMBOLS = (STUBS_START, STUBS_END)

_HEADER = struct.Struct("<QIIQQQQ32s")
_SEGMENT = struct.Struct("<5Q")
# A small process's page tables: the top, and 2 + 3 + 3 below it for image, start information and stack.
_TABLE_PAGES = 9


class Segment(NamedTuple):
    address: int
    content: bytes
    memory_bytes: int
    prot: int

    @property
    def end(self):
        return self.address + abi.pages(self.memory_bytes) * abi.PAGE_BYTES


class SealedImage(NamedTuple):
    name: str
    entry: int
    stub_base: int
    stub_bytes: int
    manifest: bytes  # struct manifest
    segments: list

    @property
    def is_pager(self):
        return bool(manifests.PACKED.unpack(self.manifest)[1] & _abi("MANIFEST_PAGER"))


def _abi(name):
    return abi.constants("kernel/abi/image.h")[name]


def seal(elf, manifest):
    """Returns the image's bytes. elf: of elf.read(data, name, SYMBOLS). What its code may do is for verify.py to say."""
    segments = segments_of(elf)
    base, end = stubs_of(elf)
    _check_quotas(elf.name, segments, manifest)
    return write(SealedImage(manifest.name, elf.entry, base, end - base, manifest.pack(), segments))


def segments_of(elf):
    """The segments as an image has them."""
    segments = _merge([_segment(part) for part in elf.segments])
    if len(segments) > _abi("IMAGE_SEGMENTS_MAX"):
        raise Refusal(f"{elf.name}: {len(segments)} segments, at most {_abi('IMAGE_SEGMENTS_MAX')} fit an image")
    return segments


def _segment(part):
    prot = _abi("IMAGE_READ") | (_abi("IMAGE_WRITE") if part.writable else 0) | (_abi("IMAGE_EXECUTE") if part.executable else 0)
    return Segment(part.address, part.content, part.memory_bytes, prot)


def _merge(segments):
    """Joins neighbours of the same protection, unless the lower one ends in zero pages that the image need not hold."""
    merged = []
    for segment in segments:
        below = merged[-1] if merged else None
        if below and below.prot == segment.prot and below.end == segment.address and abi.pages(len(below.content)) == abi.pages(below.memory_bytes):
            content = abi.page_pad(below.content) + segment.content
            merged[-1] = Segment(below.address, content, segment.address - below.address + segment.memory_bytes, below.prot)
        else:
            merged.append(segment)
    return merged


def stubs_of(elf):
    """The range of the only system calls: its first address and the one after its last."""
    missing = [name for name in SYMBOLS if name not in elf.symbols]
    if missing:
        raise Refusal(f"{elf.name}: the symbol {missing[0]} is missing: link it with the system library's link script")
    base, end = elf.symbols[STUBS_START], elf.symbols[STUBS_END]
    if base >= end or not any(part.executable and part.address <= base and end <= part.end for part in elf.segments):
        raise Refusal(f"{elf.name}: the stub range {base:#x} to {end:#x} is empty or not in an executable segment")
    return base, end


def _check_quotas(name, segments, manifest):
    """What a process needs before its first instruction must fit its own quotas."""
    need = sum(abi.pages(segment.memory_bytes) for segment in segments) + manifest.stack_pages + _TABLE_PAGES
    have = manifest.frames if manifest.pinned or manifests.ANY in (manifest.frames, manifest.swap) else manifest.frames + manifest.swap
    if need > have:
        raise Refusal(f"{manifest.file}: quotas.frames: {name} needs {need} pages for image, stack and page tables, but has {have}")


def write(image):
    """The bytes of a SealedImage. Checks nothing, so that tests can write broken ones."""
    offset = abi.PAGE_BYTES
    records, contents = b"", b""
    for segment in image.segments:
        records += _SEGMENT.pack(segment.address, offset, len(segment.content), segment.memory_bytes, segment.prot)
        padded = abi.page_pad(segment.content)
        contents += padded
        offset += len(padded)
    header = _HEADER.pack(
        _abi("IMAGE_MAGIC"), _abi("IMAGE_VERSION"), len(image.segments), offset, image.entry, image.stub_base, image.stub_bytes, image.name.encode()
    )
    return abi.page_pad(header + image.manifest + records) + contents


def read(data, where):
    """Reads an image back. where is for messages. Raises Refusal."""

    def need(condition, message):
        if not condition:
            raise Refusal(f"{where}: {message}")

    need(len(data) >= abi.PAGE_BYTES, "cut short: no room for a header")
    magic, version, count, size, entry, stub_base, stub_bytes, name = _HEADER.unpack_from(data)
    need(magic == _abi("IMAGE_MAGIC"), "not a sealed image")
    need(version == _abi("IMAGE_VERSION"), f"sealed image of version {version}, not {_abi('IMAGE_VERSION')}")
    need(size == len(data) and size % abi.PAGE_BYTES == 0, f"of {len(data)} bytes, but its header says {size}")
    need(0 < count <= _abi("IMAGE_SEGMENTS_MAX"), f"{count} segments")
    need(name[-1] == 0 and not name.rstrip(b"\0").count(0) and name[0] != 0, "its name is not terminated or empty")
    segments = []
    for index in range(count):
        fields = _SEGMENT.unpack_from(data, _HEADER.size + manifests.PACKED.size + index * _SEGMENT.size)
        segments.append(_read_segment(data, fields, segments[-1].end if segments else 0, need))
    code = [segment for segment in segments if segment.prot & _abi("IMAGE_EXECUTE")]
    need(any(part.address <= entry < part.address + part.memory_bytes for part in code), f"entry {entry:#x} is not in code")
    stubs_fit = any(part.address <= stub_base and stub_base + stub_bytes <= part.address + part.memory_bytes for part in code)
    need(stub_bytes > 0 and stubs_fit, "its stub range is not in code")
    manifest = data[_HEADER.size : _HEADER.size + manifests.PACKED.size]
    return SealedImage(name.rstrip(b"\0").decode("ascii", "replace"), entry, stub_base, stub_bytes, manifest, segments)


def _read_segment(data, fields, lowest, need):
    address, offset, file_bytes, memory_bytes, prot = fields
    layout = abi.constants("kernel/abi/layout.h")
    what = f"segment at {address:#x}"
    need(address % abi.PAGE_BYTES == 0 and offset % abi.PAGE_BYTES == 0, f"{what}: not aligned to a page")
    need(file_bytes <= memory_bytes and memory_bytes > 0, f"{what}: {file_bytes:#x} bytes in the file, {memory_bytes:#x} in memory")
    need(offset >= abi.PAGE_BYTES and offset + file_bytes <= len(data), f"{what}: leaves the image")
    need(address >= lowest, f"{what}: overlaps the one before or is out of order")
    inside = layout["LAYOUT_IMAGE_BASE"] <= address and address + memory_bytes <= layout["LAYOUT_IMAGE_END"]
    need(inside, f"{what}: outside the range of images")
    read, write_, execute = _abi("IMAGE_READ"), _abi("IMAGE_WRITE"), _abi("IMAGE_EXECUTE")
    need(prot in (read, read | write_, read | execute), f"{what}: protection {prot:#x} is none that is allowed")
    return Segment(address, data[offset : offset + file_bytes], memory_bytes, prot)
