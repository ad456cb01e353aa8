# SPDX-License-Identifier: BSD-2-Clause
"""Writes a process as an ELF core file, so that a gdb can look at it without its page tables being loaded.

What is not in RAM at that moment, or out on loan, is missing in it.
"""

import struct
from pathlib import Path

import gdb

from . import kernel, processes, tables
from .tables import PAGE, Page

ELF_HEADER, PROGRAM_HEADER = struct.Struct("<16sHHIQQQIHHHHHH"), struct.Struct("<IIQQQQQQ")
CORE, X86_64, LOAD, NOTE, PRSTATUS = 4, 62, 1, 4, 1
STATUS_BYTES, STATUS_PID, STATUS_REGISTERS = 336, 32, 112  # of Linux's struct elf_prstatus, which gdb understands
USER_CODE, USER_DATA = 0x23, 0x1b
# The order of Linux's struct user_regs_struct.
REGISTERS = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base "
             "ds es fs gs").split()
SAVED = {"word": "rbx rbp r12 r13 r14 r15".split(), "arg": "rdi rsi rdx r10 r8 r9".split(), "lost": ["rcx", "r11"]}


def registers(thread: gdb.Value) -> dict[str, int]:
    """As they were when it last left its program; the CPU's own if it has not."""
    running = processes.running_thread()
    if running is not None and int(running.address) == int(thread.address) and processes.in_user_mode():
        return {name: kernel.register(name) for name in REGISTERS if name != "orig_rax"}
    context = thread["context"]
    found = {"rax": context["nr"], "rip": context["pc"], "rsp": context["sp"], "eflags": context["flags"], "fs_base": context["tls"]}
    for field, names in SAVED.items():
        found |= {name: context[field][i] for i, name in enumerate(names)}
    return {name: int(value) for name, value in found.items()} | {"cs": USER_CODE, "ss": USER_DATA}


def note_of(thread: gdb.Value) -> bytes:
    """Its number is one higher than in Signet, as a Linux thread has no number 0."""
    values = registers(thread)
    status = bytearray(STATUS_BYTES)
    struct.pack_into("<I", status, STATUS_PID, int(thread["number"]) + 1)
    struct.pack_into(f"<{len(REGISTERS)}Q", status, STATUS_REGISTERS, *(values.get(name, 0) for name in REGISTERS))
    return struct.pack("<III8s", 5, STATUS_BYTES, PRSTATUS, b"CORE") + status


def areas(there: list[Page]) -> list[list[Page]]:
    """Present pages, those that follow one another together. Registers of devices are not read: that could change them."""
    found: list[list[Page]] = []
    for page in there:
        if page.state != "present" or "device" in page.about:
            continue
        if found and found[-1][-1].address + PAGE == page.address and found[-1][-1].prot == page.prot:
            found[-1].append(page)
        else:
            found.append([page])
    return found


def write(process: gdb.Value, path: Path) -> None:
    notes = b"".join(map(note_of, processes.threads(process)))
    loads = areas(tables.pages(process["aspace"]))
    offset = ELF_HEADER.size + PROGRAM_HEADER.size * (len(loads) + 1)
    headers = [PROGRAM_HEADER.pack(NOTE, 0, offset, 0, 0, len(notes), 0, 4)]
    offset += len(notes)
    for area in loads:
        size = len(area) * PAGE
        flags = sum(bit for letter, bit in (("r", 4), ("w", 2), ("x", 1)) if letter in area[0].prot)
        headers.append(PROGRAM_HEADER.pack(LOAD, flags, offset, area[0].address, 0, size, size, 1))
        offset += size
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    with open(path, "wb") as file:
        file.write(ELF_HEADER.pack(ident, CORE, X86_64, 1, 0, ELF_HEADER.size, 0, 0, ELF_HEADER.size, PROGRAM_HEADER.size, len(headers),
                                   0, 0, 0))
        file.write(b"".join(headers) + notes)
        for page in (page for area in loads for page in area):
            file.write(tables.physical(page.number * PAGE, PAGE))
