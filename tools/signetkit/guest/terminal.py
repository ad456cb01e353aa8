# SPDX-License-Identifier: BSD-2-Clause
"""The interactive shell of `signet run`: the guest's console on this terminal, byte for byte, until Ctrl-] or power-off."""

import os
import select
import sys
import termios
import time
import tty
from contextlib import contextmanager, suppress
from typing import Iterator

from ..trace.trace import WithoutRecords
from .conversation import GuestHung
from .frames import PROMPT
from .machine import Machine

LEAVE = b"\x1d"  # Ctrl-]
GOODBYE = b"poweroff\n"  # sent when input that is no terminal ends


@contextmanager
def raw_terminal(fd: int) -> Iterator[None]:
    """Keys go to the guest at once and unechoed. Line feeds are still turned into new lines, for the kernel's log."""
    if not os.isatty(fd):
        yield
        return
    before = termios.tcgetattr(fd)
    try:
        tty.setraw(fd, termios.TCSADRAIN)
        raw = termios.tcgetattr(fd)
        raw[1] |= termios.OPOST | termios.ONLCR
        termios.tcsetattr(fd, termios.TCSADRAIN, raw)
        yield
    finally:
        with suppress(termios.error):  # a terminal that was closed has nothing to restore
            termios.tcsetattr(fd, termios.TCSADRAIN, before)


class Session:
    """What one interactive session remembers from one read to the next."""

    def __init__(self, machine: Machine):
        self.machine = machine
        self.keys = b""  # typed, not yet taken by the guest
        self.seen = b""  # the console's last bytes, until the prompt was among them
        self.booted = False
        self.log_shown = 0
        self.without_records = WithoutRecords()
        self.input_open = True

    def show_log(self) -> None:
        """The kernel's log, until the shell has the terminal."""
        with open(self.machine.log_path, "rb") as log:
            log.seek(self.log_shown)
            data = log.read()
        self.log_shown += len(data)
        put(self.without_records.feed(data).replace(b"\r\n", b"\n"))

    def take_output(self) -> bool:
        """Shows what the guest wrote; False when it never will again."""
        data = self.machine.read(0)
        if data is None:
            return False
        if not self.booted and data:
            self.seen = self.seen[-len(PROMPT):] + data
            self.booted = PROMPT in self.seen
            self.show_log()
        put(data)
        return True

    def take_keys(self, fd: int) -> bool:
        """Fetches what was typed; False for Ctrl-]."""
        data = os.read(fd, 4096)
        if not data:
            self.input_open = False
            self.keys += GOODBYE
        elif os.isatty(fd) and LEAVE in data:
            return False
        self.keys += data
        return True


def put(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def interact(machine: Machine, seconds: float | None) -> bool:
    """True when the guest ended by itself, False when the user left. Keys typed before the prompt are kept for it."""
    fd = sys.stdin.fileno()
    session = Session(machine)
    deadline = time.monotonic() + seconds if seconds else None
    with raw_terminal(fd):
        while deadline is None or time.monotonic() < deadline:
            if not session.booted:
                session.show_log()
            waiting = [machine.console, *([fd] if session.input_open else [])]
            pause = 0.05 if not session.booted or session.keys else 0.5
            ready = select.select(waiting, [], [], pause)[0]
            ended = machine.process.poll() is not None  # a pseudo-terminal does not tell
            if (ended or machine.console in ready) and not session.take_output():
                machine.process.wait()
                if not session.booted:
                    session.show_log()
                return True
            if fd in ready and not session.take_keys(fd):
                return False
            if session.booted and session.keys:
                session.keys = machine.write(session.keys)
    raise GuestHung("the end of the session")
