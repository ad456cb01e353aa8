# SPDX-License-Identifier: BSD-2-Clause
"""A process's memory through its page tables, which the kernel's direct map of RAM shows. Also the frames' records.

What the bits of an entry mean is read from the HAL's headers, as they are macros, of which the debug information does not
know.
"""

import functools
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import gdb
from signetkit import abi

from . import kernel

PAGE = 4096
ENTRIES = 512
CHUNK = 256  # frame records read at a time


@functools.cache
def bits() -> dict[str, int]:
    return abi.constants("hal/x86_64/pte.h")


@functools.cache
def direct_map() -> int:
    return abi.constants("hal/x86_64/inline/machine/frame_ptr.h")["DIRECT_MAP_BASE"]


def physical(address: int, count: int) -> bytes:
    return kernel.memory(direct_map() + address, count)


def leaves(table: int, level: int = 3, base: int = 0) -> Iterator[tuple[int, int]]:
    """Address and entry of every page whose entry is not 0, ascending. Level 3 is the root, its lower half the user's."""
    entries = struct.unpack(f"<{ENTRIES}Q", physical(table, PAGE))
    for index, entry in enumerate(entries[:ENTRIES // 2] if level == 3 else entries):
        address = base + (index << 12 + 9 * level)
        if level == 0 and entry:
            yield address, entry
        elif level and entry & bits()["PTE_PRESENT"]:
            yield from leaves(entry & bits()["PTE_ADDRESS"], level - 1, address)


@dataclass(frozen=True)
class Page:
    """One page that is not absent. about: what is remarkable, in words; number: of its frame or slot, None if it has none."""

    address: int
    state: str
    prot: str
    number: int | None
    about: tuple[str, ...] = ()


def pages(aspace: gdb.Value) -> list[Page]:
    """All that the page tables of a space hold."""
    records = Records()
    return [decode(address, entry, records) for address, entry in leaves(root_of(aspace))]


def root_of(aspace: gdb.Value) -> int:
    return int(aspace["root"]["v"])


def decode(address: int, entry: int, records: "Records") -> Page:
    mask = bits()
    if entry & mask["PTE_PRESENT"]:
        number = (entry & mask["PTE_ADDRESS"]) // PAGE
        used = [word for word, bit in (("accessed", "PTE_ACCESSED"), ("dirty", "PTE_DIRTY")) if entry & mask[bit]]
        prot = "r" + ("w" if entry & mask["PTE_WRITE"] else "-") + ("-" if entry & mask["PTE_NX"] else "x")
        return Page(address, "present", prot, number, (*used, *records.about(number)))
    if entry & mask["PTE_SWAPPED"]:
        return Page(address, "swapped", "", (~entry & mask["PTE_ADDRESS"]) // PAGE)
    if entry & mask["PTE_LENT"]:
        return Page(address, "lent", prot_text(entry >> mask["PTE_LENT_PROT_BIT"]), None)
    return Page(address, f"unknown entry {entry:#x}", "", None)


def prot_text(prot: int) -> str:
    """enum mmu_prot bits."""
    names = {name: value for value, name in kernel.enumerators("mmu_prot").items()}
    return ("".join(letter if prot & names[word] else "-" for letter, word in (("r", "read"), ("w", "write"), ("x", "execute")))
            + (" device" if prot & names["device"] else ""))


class Records:
    """struct frame by frame number, read many at a time."""

    def __init__(self):
        self.base = int(kernel.variable("kernel/mm/frame.c", "frame_records"))
        self.limit = int(kernel.variable("kernel/mm/frame.c", "frame_records_limit"))
        self.type = kernel.type_of("frame")
        self.lent = next(value for value, name in kernel.enumerators("frame_flag").items() if name == "lent")
        self.none = abi.constants("kernel/mm/frame.h")["SLOT_NONE"]
        self.chunks: dict[int, bytes] = {}

    def record(self, number: int) -> gdb.Value:
        size = self.type.sizeof
        chunk, within = divmod(number, CHUNK)
        if chunk not in self.chunks:
            count = min(CHUNK, self.limit - chunk * CHUNK)
            self.chunks[chunk] = kernel.memory(self.base + chunk * CHUNK * size, count * size)
        return gdb.Value(self.chunks[chunk][within * size:(within + 1) * size], self.type)

    def about(self, number: int) -> list[str]:
        """What is remarkable about a frame that is mapped."""
        if number >= self.limit:
            return ["device"]
        record = self.record(number)
        kind = kernel.named(record["kind"], "frame_kind")
        words = [] if kind == "user" else [f"a frame of kind {kind}!"] if kind != "bounce" else ["bounce"]
        if kind == "user" and int(record["flags"]) & self.lent or kind == "bounce":
            words.append("borrowed")
        words += [f"{what} {int(record[what])}" for what in ("busy", "dma") if int(record[what])]
        if kind == "user" and int(record["slot"]) != self.none:
            words.append("copy in swap")
        return words
