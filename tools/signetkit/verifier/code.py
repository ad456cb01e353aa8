# SPDX-License-Identifier: BSD-2-Clause
"""What a program's code does: the calls that its stubs make, and the instructions outside them that it may not use.

An instruction is *meant* if the straight listing shows it or direct jumps reach it, and *hidden* if it only begins inside
others. A file with symbols is listed function by function, and all of that listing is meant. A sealed image has none, so there
what counts is what can be followed from the entry and from pointers that the image holds. docs/verifier.md says why.
"""

import bisect
import re
import struct
from dataclasses import dataclass, field
from typing import NamedTuple

from .. import abi
from . import decode

_NUMBER = re.compile(r"eax, (0x[0-9a-f]+|[0-9]+)")
_RELATIVE = re.compile(r"\[rip ([+-]) (0x[0-9a-f]+|[0-9]+)\]")
_CONSTANT = re.compile(r"\b0x[0-9a-f]+")
_JUMPS = re.compile(r"(?:\w+ )?(?:j\w+|call|loop\w*)")
_ENDS = re.compile(r"(?:\w+ )?(?:jmp|ret|retf|retfq|ljmp|iret[dq]?|hlt|ud2|sysretq?|sysexitq?)")


class Stub(NamedTuple):
    address: int
    number: int | None  # of the call; None: any, because it is not fixed right before


class Finding(NamedTuple):
    """A forbidden instruction, or bytes that no decoder knows."""

    address: int
    code: bytes
    text: str
    kind: str  # what to count it as
    where: str  # function+offset, or the address alone
    inside: str  # the instruction of the straight listing that hides it, if one does


@dataclass
class Code:
    bytes_listed: int = 0
    stubs: list = field(default_factory=list)
    meant: list = field(default_factory=list)  # of Finding: refused
    hidden: list = field(default_factory=list)  # of Finding: reported
    problems: list = field(default_factory=list)  # of the stubs, as sentences


def read(program):
    """program has entry, segments (of sealed_image), stub_base, stub_end and labels (of elf.py; None: without symbols)."""
    return _Reader(program).read()


class _Reader:
    def __init__(self, program):
        self.program = program
        self.code = [segment for segment in program.segments if segment.prot & abi.constants("kernel/abi/image.h")["IMAGE_EXECUTE"]]
        self.labels = program.labels or []
        self.addresses = [label.address for label in self.labels]
        self.linear = {}  # address to Instruction
        self.reached = {}
        self.targets = {program.entry}  # and those of direct jumps
        self.result = Code()

    def read(self):
        for segment in self.code:
            self.list_segment(segment)
        self.follow()
        for segment in self.code:
            self.result.bytes_listed += len(segment.content)
            for group in decode.find_forbidden(segment.content, segment.address):
                self.judge(segment, group)
        self.judge_unknown()
        for found in (self.result.stubs, self.result.meant, self.result.hidden):
            found.sort(key=lambda item: item.address)
        return self.result

    def list_segment(self, segment):
        """Each label, and each end of a function, begins the listing anew: what lies between need not be code."""
        bounds = {0, len(segment.content)}
        marks = [self.program.stub_base, self.program.stub_end, self.program.entry]
        for label in self.labels:
            marks += [label.address, label.end] if label.is_function else [label.address]
        bounds.update(mark - segment.address for mark in marks if segment.address <= mark < segment.address + len(segment.content))
        bounds = sorted(bounds)
        for start, end in zip(bounds, bounds[1:]):
            for instruction in decode.sweep(segment.content, segment.address, start, end):
                self.linear[instruction.address] = instruction

    # Following the code.

    def follow(self):
        waiting = [self.program.entry, *self.addresses]
        if self.program.labels is None:
            waiting += [self.program.stub_base, *self.pointers()]
        while waiting:
            self.follow_one(waiting.pop(), waiting)

    def pointers(self):
        """Words of the data that point to where the listing has an instruction: tables of functions and of switches."""
        for segment in self.program.segments:
            if segment not in self.code:
                words = segment.content[: len(segment.content) & ~7]
                yield from (word for (word,) in struct.iter_unpack("<Q", words) if word in self.linear)

    def follow_one(self, address, waiting):
        while address not in self.reached:
            instruction = self.at(address)
            if instruction is None:
                return
            self.reached[address] = instruction
            if _JUMPS.fullmatch(instruction.mnemonic):
                if instruction.operands.startswith("0x"):
                    self.targets.add(int(instruction.operands, 16))
                    waiting.append(int(instruction.operands, 16))
            else:
                waiting += [value for value in _constants(instruction) if value in self.linear]
            if _ENDS.fullmatch(instruction.mnemonic) or instruction.mnemonic == decode.UNKNOWN:
                return
            address = instruction.end

    def at(self, address):
        if address in self.linear:
            return self.linear[address]
        for segment in self.code:
            if segment.address <= address < segment.address + len(segment.content):
                known = decode.one(segment.content, segment.address, address - segment.address)
                return known or decode.Instruction(address, 1, decode.UNKNOWN, "")
        return None

    def is_meant(self, address):
        return address in self.reached or (self.program.labels is not None and address in self.linear)

    # Judging what was found.

    def judge(self, segment, group):
        """group: of decode.find_forbidden()."""
        meant = [instruction for instruction in group if self.is_meant(instruction.address)]
        instruction = (meant or group)[0]
        if instruction.mnemonic.endswith("syscall") and self.program.stub_base < instruction.end <= self.program.stub_end:
            self.judge_stub(group)
        elif meant:
            self.result.meant.append(self.finding(segment, instruction))
        else:
            self.result.hidden.append(self.finding(segment, instruction))

    def judge_stub(self, group):
        """The kernel takes a call that ends in the range of the stubs, so each has to be one that the listing shows."""
        shown = [instruction for instruction in group if instruction.address in self.linear]
        if group[0].address < self.program.stub_base:
            self.result.problems.append(f"the bytes of a syscall at {group[0].address:#x} straddle the start of the stubs")
        elif not shown:
            self.result.problems.append(f"a syscall is hidden at {group[0].address:#x} inside the stubs, where the kernel would take it")
        else:
            self.result.stubs.append(Stub(shown[0].address, self.number(shown[0])))

    def number(self, syscall):
        before = self.linear.get(syscall.address - 5)  # mov eax, NUMBER
        if before and before.end == syscall.address and before.mnemonic == "mov" and before.address >= self.program.stub_base:
            found = _NUMBER.fullmatch(before.operands)
            if found and syscall.address not in self.targets and syscall.address not in self.addresses and not self.is_passed(before):
                return int(found[1], 0)
        return None

    def is_passed(self, instruction):
        """Does the code enter inside of an instruction, and so get to its end without it?"""
        inside = (self.reached.get(address) for address in range(instruction.address + 1, instruction.end))
        return any(other and other.end >= instruction.end for other in inside)

    def judge_unknown(self):
        """What the decoder does not know cannot be judged. Bytes of one run are one finding."""
        listing = self.linear if self.program.labels is not None else self.reached
        run_end = None
        for address in sorted(address for address, instruction in listing.items() if instruction.mnemonic == decode.UNKNOWN):
            if address != run_end:
                segment = next(part for part in self.code if part.address <= address < part.address + len(part.content))
                self.result.meant.append(self.finding(segment, self.at(address)))
            run_end = address + 1

    def finding(self, segment, instruction):
        offset = instruction.address - segment.address
        unknown = instruction.mnemonic == decode.UNKNOWN
        code = segment.content[offset : offset + (8 if unknown else instruction.size)]
        text = "bytes that are no instruction known here" if unknown else instruction.text
        name = "unknown" if unknown else decode.kind(instruction)
        return Finding(instruction.address, code, text, name, self.where(instruction.address), self.inside(instruction.address))

    def where(self, address):
        at = bisect.bisect_right(self.addresses, address) - 1
        if at < 0:
            return f"{address:#x}"
        label = self.labels[at]
        return f"{label.name}+{address - label.address:#x} ({address:#x})"

    def inside(self, address):
        for back in range(1, decode.INSTRUCTION_BYTES_MAX):
            cover = self.linear.get(address - back)
            if cover:
                return cover.text if cover.end > address else ""
        return ""


def _constants(instruction):
    """Addresses that an instruction names: these may be of functions that are called by pointer."""
    relative = _RELATIVE.search(instruction.operands)
    found = [int(text, 16) for text in _CONSTANT.findall(_RELATIVE.sub("", instruction.operands))]
    if relative:
        value = int(relative[2], 0)
        found.append(instruction.end + (value if relative[1] == "+" else -value))
    return found
