# SPDX-License-Identifier: BSD-2-Clause
"""Reads a static ELF64 file for x86-64 and refuses everything that a sealed image cannot be made of.

The file is not trusted: every offset is checked before it is followed, every table is bounded before it is walked.
Each refusal names the file and what is wrong with it.
"""

import struct
from typing import NamedTuple

from .. import abi
from ..refusal import Refusal

PROGRAM_HEADERS_MAX = 64

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
_SECTION_HEADER = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")

_ET_NAMES = {0: "no type", 1: "a relocatable object", 3: "position-independent or a shared library (ET_DYN)", 4: "a core dump"}
_ET_EXEC, _EM_X86_64 = 2, 62
_PT_LOAD, _PT_DYNAMIC, _PT_INTERP, _PT_GNU_STACK = 1, 2, 3, 0x6474E551
_PF_X, _PF_W, _PF_R = 1, 2, 4
_SHT_SYMTAB, _SHT_STRTAB, _SHT_NOBITS = 2, 3, 8
_STT_FUNC, _STT_SECTION, _STT_FILE = 2, 3, 4
_SHN_RESERVED = 0xFF00  # from here on, a section's number means something else: an absolute value, for one
_NAME_BYTES_MAX = 256  # of a symbol or section that is looked at: strings may overlap, and so cost more than the file is long
_RELOCATIONS = {4: "RELA", 9: "REL", 19: "RELR", 0x40000020: "CREL"}
_USER_HALF_END = 1 << 47
_KERNEL_HALF = (1 << 64) - _USER_HALF_END


class Segment(NamedTuple):
    address: int
    content: bytes  # at most memory_bytes; the rest is zero
    memory_bytes: int
    writable: bool
    executable: bool

    @property
    def end(self):
        return self.address + self.memory_bytes


class Label(NamedTuple):
    """A symbol within an executable segment."""

    address: int
    size: int  # 0 where the file does not say
    is_function: bool
    name: str

    @property
    def end(self):
        return self.address + self.size


class Elf(NamedTuple):
    name: str
    entry: int
    segments: list  # of Segment, ascending, none empty
    symbols: dict  # name to value, of those that read() was asked for
    sections: dict  # name to bytes, of those that read() was asked for
    labels: list  # of Label, ascending


def read(data, name, symbol_names=(), section_names=()):
    """Reads a whole file's bytes. name is for messages. Raises Refusal."""
    return _Reader(data, name).read(symbol_names, section_names)


class _Reader:
    def __init__(self, data, name):
        self.data = data
        self.name = name

    def refuse(self, message):
        raise Refusal(f"{self.name}: {message}")

    def read(self, symbol_names, section_names):
        header = self.header()
        entry, program_offset, section_offset = header[4:7]
        program_entry, program_count, section_entry, section_count = header[9:13]
        segments = self.segments(self.program_headers(program_offset, program_entry, program_count))
        self.check_entry(entry, segments)
        sections = self.sections(section_offset, section_entry, section_count)
        symbols = self.symbols(sections)
        code = [segment for segment in segments if segment.executable]
        found = self.find_symbols(symbols, symbol_names)
        return Elf(self.name, entry, segments, found, self.named_sections(sections, header[13], section_names), _labels(symbols, code))

    def header(self):
        if len(self.data) < _HEADER.size:
            self.refuse(f"{len(self.data)} bytes are too short for an ELF header")
        header = _HEADER.unpack_from(self.data)
        ident, kind, machine = header[:3]
        if ident[:4] != b"\x7fELF":
            self.refuse("this is not an ELF file")
        if ident[4] != 2:
            self.refuse("this is not a 64-bit ELF file")
        if ident[5] != 1:
            self.refuse("this ELF file is not little-endian")
        if ident[6] != 1 or header[3] != 1:
            self.refuse("this ELF file is of an unknown version")
        if machine != _EM_X86_64:
            self.refuse(f"this ELF file is for machine {machine}, not for x86-64")
        if kind != _ET_EXEC:
            self.refuse(f"this is {_ET_NAMES.get(kind, f'of ELF type {kind}')}; link it statically, at fixed addresses")
        return header

    def slice(self, offset, size, what):
        """Python's integers do not wrap, so this one comparison also catches what would in C."""
        if offset + size > len(self.data):
            self.refuse(f"{what} (offset {offset:#x}, {size:#x} bytes) leaves the file of {len(self.data):#x} bytes")
        return self.data[offset : offset + size]

    def program_headers(self, offset, entry_bytes, count):
        if count == 0:
            self.refuse("there are no program headers")
        if count > PROGRAM_HEADERS_MAX:
            self.refuse(f"there are {count} program headers, at most {PROGRAM_HEADERS_MAX} make sense")
        if entry_bytes != _PROGRAM_HEADER.size:
            self.refuse(f"program headers are of {entry_bytes} bytes, not {_PROGRAM_HEADER.size}")
        return list(_PROGRAM_HEADER.iter_unpack(self.slice(offset, count * entry_bytes, "the program header table")))

    def segments(self, headers):
        segments = []
        for kind, flags, offset, address, _, file_bytes, memory_bytes, alignment in headers:
            if kind in (_PT_DYNAMIC, _PT_INTERP):
                self.refuse(f"there is a {'PT_DYNAMIC' if kind == _PT_DYNAMIC else 'PT_INTERP'} header: link it statically")
            if kind == _PT_GNU_STACK and flags & _PF_X:
                self.refuse("it asks for an executable stack")
            if kind == _PT_LOAD and (file_bytes or memory_bytes):
                segments.append(self.segment(flags, offset, address, file_bytes, memory_bytes, alignment))
        if not segments:
            self.refuse("there is nothing to load")
        segments.sort()
        for below, above in zip(segments, segments[1:]):
            self.check_neighbours(below, above)
        return segments

    def segment(self, flags, offset, address, file_bytes, memory_bytes, alignment):
        what = f"the segment at {address:#x}"
        if file_bytes > memory_bytes:
            self.refuse(f"{what} has {file_bytes:#x} bytes in the file but only {memory_bytes:#x} in memory")
        content = self.slice(offset, file_bytes, what)
        self.check_address(what, address, memory_bytes)
        if alignment < abi.PAGE_BYTES or alignment & (alignment - 1):
            self.refuse(f"{what} is aligned to {alignment:#x}, which is not a power of two of at least a page")
        if address % alignment != offset % alignment:
            self.refuse(f"{what} lies at an offset ({offset:#x}) that does not fit its alignment ({alignment:#x})")
        if address % abi.PAGE_BYTES:
            self.refuse(f"{what} does not begin a page: align it in the link script")
        if flags & _PF_W and flags & _PF_X:
            self.refuse(f"{what} is writable and executable")
        if not flags & (_PF_R | _PF_W | _PF_X):
            self.refuse(f"{what} may not be read, written or executed")
        return Segment(address, content, memory_bytes, bool(flags & _PF_W), bool(flags & _PF_X))

    def check_address(self, what, address, memory_bytes):
        layout = abi.constants("kernel/abi/layout.h")
        base, limit = layout["LAYOUT_IMAGE_BASE"], layout["LAYOUT_IMAGE_END"]
        end = address + memory_bytes
        if end > 1 << 64:
            self.refuse(f"{what} wraps around the end of the address space ({memory_bytes:#x} bytes)")
        if address < abi.PAGE_BYTES:
            self.refuse(f"{what} is in page 0, which is never mapped")
        if address >= _KERNEL_HALF:
            self.refuse(f"{what} is in the kernel's half")
        if end > _USER_HALF_END:
            self.refuse(f"{what} has addresses that are not canonical")
        if address < base or end > limit:
            self.refuse(f"{what} ({memory_bytes:#x} bytes) is outside the range of images, {base:#x} to {limit:#x}")

    def check_neighbours(self, below, above):
        if below.end > above.address:
            self.refuse(f"the segments at {below.address:#x} and {above.address:#x} overlap")
        # Addresses begin pages, so two segments never share one unless they overlap.

    def check_entry(self, entry, segments):
        if not any(segment.executable and segment.address <= entry < segment.end for segment in segments):
            self.refuse(f"the entry point {entry:#x} is not in an executable segment")

    def sections(self, offset, entry_bytes, count):
        if offset == 0:
            return []
        if count == 0:
            self.refuse("the section header table is empty or of 65280 entries or more")
        if entry_bytes != _SECTION_HEADER.size:
            self.refuse(f"section headers are of {entry_bytes} bytes, not {_SECTION_HEADER.size}")
        table = self.slice(offset, count * entry_bytes, "the section header table")
        sections = list(_SECTION_HEADER.iter_unpack(table))
        for number, section in enumerate(sections):
            self.check_section(number, section)
        return sections

    def check_section(self, number, section):
        kind, offset, size = section[1], section[4], section[5]
        if kind in _RELOCATIONS and size:
            self.refuse(f"section {number} holds relocations ({_RELOCATIONS[kind]}): link it statically, at fixed addresses")
        if kind not in (0, _SHT_NOBITS) and offset + size > len(self.data):
            self.refuse(f"section {number} leaves the file")

    def content(self, section):
        return b"" if section[1] == _SHT_NOBITS else self.data[section[4] : section[4] + section[5]]

    def named_sections(self, sections, names_index, wanted):
        """Sections of one name, wherever they came from, are one."""
        found = {}
        if wanted and names_index < len(sections):
            strings = self.content(sections[names_index])
            for section in sections:
                name = _string(strings, section[0])
                if name in wanted and section[1]:
                    found[name] = found.get(name, b"") + self.content(section)
        return found

    def symbols(self, sections):
        """(name, type, section, value, size) of each symbol."""
        tables = [section for section in sections if section[1] == _SHT_SYMTAB]
        if not tables:
            return []
        if len(tables) > 1:
            self.refuse("there are two symbol tables")
        size, link, entry_bytes = tables[0][5], tables[0][6], tables[0][9]
        if entry_bytes != _SYMBOL.size or size % _SYMBOL.size:
            self.refuse("the symbol table's entries are of an unknown size")
        if link >= len(sections) or sections[link][1] != _SHT_STRTAB:
            self.refuse("the symbol table has no string table")
        strings = self.content(sections[link])
        records = _SYMBOL.iter_unpack(self.content(tables[0]))
        return [(_string(strings, name), info & 15, section, value, size) for name, info, _, section, value, size in records]

    def find_symbols(self, symbols, wanted):
        found = {}
        for name, _, section, value, _ in symbols:
            if name in wanted and section and found.setdefault(name, value) != value:
                self.refuse(f"the symbol {name} is defined twice")
        return found


def _string(strings, offset):
    return strings[offset : offset + _NAME_BYTES_MAX].partition(b"\0")[0].decode("ascii", "replace")


def _labels(symbols, code):
    found = set()
    for name, kind, section, value, size in symbols:
        if 0 < section < _SHN_RESERVED and kind not in (_STT_SECTION, _STT_FILE):
            home = next((segment for segment in code if segment.address <= value < segment.end), None)
            if home:
                found.add(Label(value, min(size, home.end - value), kind == _STT_FUNC, name))
    return sorted(found)
