# SPDX-License-Identifier: BSD-2-Clause
"""One run: a machine is booted, and what it prints on its first serial port is read until it has ended."""

import time
from pathlib import Path
from typing import BinaryIO

from ..guest import qemu
from ..guest.machine import Machine
from ..plain import last_lines
from .serial import Reader

LOOK_SECONDS = 0.05
GRACE_SECONDS = 5.0  # for the power-off, once the last line has come
OUTPUT_BYTES = 64 << 20
READ_BYTES = 1 << 18
SHOWN_LINES = 8


class Run:
    """What came of it: the reader with all rows, and in words what went wrong."""

    def __init__(self, reader: Reader, ending: str | None, tail: str):
        self.reader = reader
        self.ending = ending
        self.tail = tail

    def problems(self) -> list[str]:
        reader = self.reader
        found = [f"the guest says: {error}" for error in reader.errors] + reader.complaints
        if reader.rows and not reader.begun:
            found.append('the first line, {"bench":1,...}, is missing')
        if self.ending and not reader.ended:
            lacks = 'the last line, {"end":true}, is missing' if reader.rows or reader.begun else "not one line `BENCH {...}` came on the first serial port"
            found.append(f"{self.ending}; {lacks}" + (f"; it last said:\n{self.tail}" if self.tail else ""))
        elif not reader.rows:
            found.append("there is no row among the lines")
        return found


def run(hardware: qemu.Hardware, seconds: float, reader: Reader, swap_mib: int = 0) -> Run:
    with Machine(hardware, swap_mib) as machine, open(machine.log_path, "rb") as port:
        ending = watch(machine, port, seconds, reader)
        reader.finish()
        return Run(reader, ending, tail_of(machine.log_path))


def watch(machine: Machine, port: BinaryIO, seconds: float, reader: Reader) -> str | None:
    """Reads until the guest has ended. Returns how it ended if that was not by its last line."""
    deadline = time.monotonic() + seconds
    total = 0
    while True:
        gone = machine.process.poll() is not None  # asked before reading, so that nothing is missed
        while total <= OUTPUT_BYTES and (data := port.read(READ_BYTES)):
            total += len(data)
            reader.feed(data)
        if gone:
            return machine.why_it_ended()
        if total > OUTPUT_BYTES:
            return f"it was stopped after printing {OUTPUT_BYTES >> 20} MiB"
        if reader.ended:
            deadline = min(deadline, time.monotonic() + GRACE_SECONDS)
        if time.monotonic() > deadline:
            return None if reader.ended else f"it was stopped after {seconds:g} s"
        if machine.read(LOOK_SECONDS) is None:
            time.sleep(LOOK_SECONDS)  # QEMU has closed its console, and ends


def tail_of(log: Path) -> str:
    with open(log, "rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        text = file.read().decode("utf-8", "replace")
    lines = ["".join(letter if letter.isprintable() else "?" for letter in line.rstrip())[:160] for line in text.splitlines()]
    return last_lines("\n".join(lines), SHOWN_LINES) if any(lines) else ""
