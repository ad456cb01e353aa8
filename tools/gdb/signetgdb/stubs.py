# SPDX-License-Identifier: BSD-2-Clause
"""Unwinds the system call stubs: assembly without frame information, where nearly every blocked thread is.

They push registers, make the call, pop them. What is pushed at a pc is told by the instructions from the stub's start: their
jumps only leave out stores, so the stack is the same by either way.
"""

import re

import gdb
from gdb.unwinder import Unwinder, register_unwinder

SYMBOL = re.compile(r"^(\S+)(?: \+ (\d+))? in section ")
PUSH_POP = re.compile(r"^(push|pop)\s+%(r\w+)$")


def install() -> None:
    register_unwinder(None, StubUnwinder(), replace=True)


class FrameId:
    def __init__(self, sp: int, pc: int):
        self.sp, self.pc = gdb.Value(sp), gdb.Value(pc)


class StubUnwinder(Unwinder):
    def __init__(self):
        super().__init__("signet-stubs")

    def __call__(self, frame: gdb.PendingFrame):
        pc, sp = int(frame.read_register("rip")), int(frame.read_register("rsp"))
        start = stub_at(pc)
        stack = pushed(start, pc, frame.architecture()) if start is not None else None
        if stack is None:
            return None
        caller = sp + 8 * len(stack) + 8
        unwound = frame.create_unwind_info(FrameId(caller, start))
        try:
            for depth, register in enumerate(reversed(stack)):
                unwound.add_saved_register(register, word(sp + 8 * depth))
            unwound.add_saved_register("rip", word(caller - 8))
        except gdb.MemoryError:
            return None
        unwound.add_saved_register("rsp", gdb.Value(caller).cast(gdb.lookup_type("long")))
        return unwound


def stub_at(pc: int) -> int | None:
    """Where the stub begins that this pc is in; the linker script marks where they all begin and end."""
    try:
        if not address_of("__stubs_start") <= pc < address_of("__stubs_end"):
            return None
        found = symbol_at(pc)
        while found and not found[0].isidentifier():  # a label inside, which gdb writes `stub[label]` or `..@1.label`
            found = symbol_at(found[1] - 1)
    except gdb.error:
        return None  # no program's symbols are loaded
    return found[1] if found else None


def symbol_at(pc: int) -> tuple[str, int] | None:
    """The last symbol up to this pc, and where it is."""
    found = SYMBOL.match(gdb.execute(f"info symbol {pc:#x}", to_string=True))
    return (found[1], pc - int(found[2] or 0)) if found else None


def address_of(symbol: str) -> int:
    return int(gdb.parse_and_eval(f"(long)&{symbol}"))


def pushed(start: int, pc: int, architecture: gdb.Architecture) -> list[str] | None:
    """Registers on the stack at pc, the last pushed at the end. None if that is not so simple a stub."""
    stack: list[str] = []
    at = start
    while at < pc:
        instruction = architecture.disassemble(at)[0]
        found = PUSH_POP.match(instruction["asm"].strip())
        if found and found[1] == "push":
            stack.append(found[2])
        elif found and stack:
            stack.pop()
        elif instruction["asm"].startswith(("jmp", "call", "ret")):
            return None
        at += instruction["length"]
    return stack


def word(address: int) -> gdb.Value:
    kind = gdb.lookup_type("long").pointer()
    value = gdb.Value(address).cast(kind).dereference()
    value.fetch_lazy()
    return value
