# SPDX-License-Identifier: BSD-2-Clause
"""Finds the instructions that a program may not use, at every byte offset of its code. Capstone (Debian's) decodes.

Candidates come from a search for opcode bytes, because decoding at every offset of a large program takes seconds; Capstone
confirms each. An instruction's prefixes stand before its opcode, so an opcode byte that is no candidate hides nothing.
"""

import functools
import importlib
import re
import sys
from typing import NamedTuple

from ..refusal import Refusal

INSTRUCTION_BYTES_MAX = 15
_WINDOW_BYTES = 512  # decoded at once: Capstone reads a run of prefixes to its end, and begins again at each of them
UNKNOWN = "(unknown)"  # the mnemonic of a byte that Capstone cannot decode

DOORS = {"syscall", "sysenter"}  # what enters the kernel, if done at the right place
INTERRUPTS = {"int", "int1", "int3", "into"}  # the kernel opens vectors 3 and 4 to ring 3, and they end the process
# What ring 3 gets a general protection fault or an undefined instruction for, whatever its operands. Also:
# - sgdt, sidt, sldt, str, smsw: they tell where the kernel's tables are, on CPUs without UMIP.
# - rdpmc, rdfsbase, ...: off (CR4), and the base of FS is the kernel's to set. wrpkru is unknown to Capstone 4, so it is refused as such.
# - far transfers, iret: they change the mode that all of this is decoded for. There is no other code segment to go to.
PRIVILEGED = set(
    """hlt cli sti in out insb insw insd outsb outsw outsd rdmsr wrmsr rdpmc clts lmsw invd wbinvd wbnoinvd invlpg invpcid
    lgdt lidt lldt ltr sgdt sidt sldt str smsw swapgs sysret sysretq sysexit sysexitq xsetbv monitor mwait clac stac rsm getsec
    vmcall vmlaunch vmresume vmxoff vmxon vmclear vmptrld vmptrst vmread vmwrite vmfunc invept invvpid
    vmrun vmmcall vmload vmsave stgi clgi skinit invlpga encls enclu rdfsbase rdgsbase wrfsbase wrgsbase
    iret iretd iretq lcall ljmp retf retfq""".split()
)
FORBIDDEN = DOORS | INTERRUPTS | PRIVILEGED

_CONTROL_OR_DEBUG = re.compile(r"\b[cd]r\d")
_PREFIXES = bytes((0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3, *range(0x40, 0x50)))
_CANDIDATE = re.compile(
    rb"(?=[\x6c-\x6f\xca-\xcf\xe4-\xe7\xec-\xef\xf1\xf4\xfa\xfb]"  # ins outs retf int iret in out int1 hlt cli sti
    rb"|\x0f(?:[\x00\x01\x05-\x09\x20-\x23\x30\x32-\x37\x78\x79\xaa\xae\xc7]|\x38[\x80-\x82])"
    rb"|\xff[\x18-\x1f\x28-\x2f\x58-\x5f\x68-\x6f\x98-\x9f\xa8-\xaf\xd8-\xdf\xe8-\xef])",  # far call and jump
    re.DOTALL,
)


class Instruction(NamedTuple):
    address: int
    size: int
    mnemonic: str
    operands: str

    @property
    def end(self):
        return self.address + self.size

    @property
    def text(self):
        return f"{self.mnemonic} {self.operands}".rstrip()


@functools.cache
def _decoders():
    """Two handles of Capstone: one stops at what it does not know, the other steps over it byte by byte."""
    try:
        capstone = importlib.import_module("capstone")
    except ImportError:
        sys.path.append("/usr/lib/python3/dist-packages")  # Debian's, when another Python runs
        try:
            capstone = importlib.import_module("capstone")
        except ImportError:
            raise Refusal("python3-capstone is not installed: run `tools/signet setup`") from None
        finally:
            sys.path.remove("/usr/lib/python3/dist-packages")
    strict, patient = (capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64) for _ in range(2))
    patient.skipdata = True
    patient.skipdata_setup = (UNKNOWN, None, None)
    return strict, patient


def one(code, base, at):
    """The instruction at an offset of code that lies at address base, or None."""
    for fields in _decoders()[0].disasm_lite(code[at : at + INSTRUCTION_BYTES_MAX], base + at, 1):
        return Instruction(*fields)
    return None


def sweep(code, base, start, end):
    """The straight listing from one offset to another: each instruction begins where the one before ends."""
    last = min(end + INSTRUCTION_BYTES_MAX - 1, len(code))  # the last one may reach beyond
    while start < end:
        stop = min(start + _WINDOW_BYTES, end)
        for fields in _decoders()[1].disasm_lite(code[start : min(stop + INSTRUCTION_BYTES_MAX - 1, last)], base + start):
            if start >= stop:
                break
            start = fields[0] + fields[1] - base
            yield Instruction(*fields)


def is_forbidden(instruction):
    name = instruction.mnemonic.rpartition(" ")[2]  # without "rep" and the like
    return name in FORBIDDEN or (name == "mov" and _CONTROL_OR_DEBUG.search(instruction.operands) is not None)


def kind(instruction):
    """What to count it as in a report."""
    name = instruction.mnemonic.rpartition(" ")[2]
    if name == "mov":
        return "mov cr, dr"
    return re.sub(r"^(ins|outs)[bwd]$", r"\1", name)


def find_forbidden(code, base):
    """Every forbidden instruction that some byte offset of code begins. Those with the same opcode byte, which only differ in how
    many prefixes they have, are together in a list, the shortest first; the lists are in order of addresses."""
    found = []
    for match in _CANDIDATE.finditer(code):
        at, group = match.start(), []
        while True:
            instruction = one(code, base, at)
            if instruction and is_forbidden(instruction):
                group.append(instruction)
            if at == 0 or code[at - 1] not in _PREFIXES or match.start() - at >= INSTRUCTION_BYTES_MAX:
                break
            at -= 1
        if group:
            found.append(group)
    return found
