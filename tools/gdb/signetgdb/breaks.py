# SPDX-License-Identifier: BSD-2-Clause
"""signet break PROC LOCATION: a breakpoint in one process.

gdb's own would follow a function's name from program to program as symbols change, and stop every process that has code
at that address.
"""

import gdb

from . import kernel, processes, programs
from .command import Command, answer


def install() -> None:
    Command("break", set_break, (2, 2), of_machine=False, usage="PROC LOCATION")


def set_break(words: list[str]) -> str:
    """Stops when the process PROC, which need not be there yet, comes to LOCATION (a function, FILE:LINE, ...) in its program."""
    name, location = words
    before = programs.loaded()
    program = programs.program_named(name)
    programs.load(programs.file_of(program))
    try:
        found = gdb.decode_line(location)[1] or ()
        places = [sal.pc for sal in found if sal.pc is not None and sal.pc >> 47 == 0]
    finally:
        programs.load(before)
    if not places:
        raise kernel.Trouble(f"{program} has no code at {location}")
    return "\n".join(f"breakpoint {InProcess(pc, name).number}: {location} in {name} ({pc:#x})" for pc in places)


class InProcess(gdb.Breakpoint):
    """A hardware one, as its page may not be there yet, and never is to be written."""

    def __init__(self, pc: int, process: str):
        super().__init__(f"*{pc:#x}", type=gdb.BP_HARDWARE_BREAKPOINT)
        self.process = process

    def stop(self) -> bool:
        running = answer(lambda _: processes.running_program(), [], True)
        return running is not None and self.process == processes.name(running)
