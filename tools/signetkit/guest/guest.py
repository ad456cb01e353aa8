# SPDX-License-Identifier: BSD-2-Clause
"""What system tests boot: a guest to give commands to, or to talk to.

    def test_the_shell_says_what_it_is_told():
        assert Guest().run("echo hello").stdout == "hello\\n"

    def test_the_prompt_comes_back():
        with Guest(mem=64) as guest:
            guest.expect("signet> ")
            guest.send("no-such-command\\n")
            guest.expect("signet> ")

Every wait has a time limit, and a failed one shows the end of the console and of the kernel's log.
"""

import time
from pathlib import Path
from typing import Callable, NamedTuple

from ..paths import shown
from ..plain import last_lines
from . import disk as disks, qemu
from .conversation import GuestDied, GuestHung, converse
from .machine import Machine
from .machines import boot

DEFAULT_DISK = object()  # the one that `signet run` uses
RUN_SECONDS = 60.0
EXPECT_SECONDS = 30.0
END_LINES = 15

_alive: list["Guest"] = []  # whose state to show when a test hangs


class GuestFailed(AssertionError):
    """The guest did not do what the test waited for."""


class Result(NamedTuple):
    """What a line of commands did. log is the kernel's log, qemu_status the exit status of QEMU (None if it was killed)."""

    status: int
    stdout: str
    stderr: str
    log: str
    qemu_status: int | None


def long(function: Callable) -> Callable:
    """Marks a test that only `signet test long` runs."""
    function.long = True
    return function


def timeout(seconds: int) -> Callable:
    """Gives a test another time limit than the usual one. A literal number: the runner reads it without running the file."""

    def mark(function: Callable) -> Callable:
        function.timeout = seconds
        return function

    return mark


class Guest:
    """A Signet that boots when it is first needed. disk=None boots without one, swap=0 without paging."""

    def __init__(self, disk=DEFAULT_DISK, mem: int = 32, swap: int = 256, swap_file: Path | None = None, smp: int = 1,
                 cpu: str = "max", accel: str = "tcg", iso: bool = False, kernel: Path | None = None, image: Path | None = None,
                 append: str = "", extra: tuple[str, ...] = (), emulator: str = "qemu", iso_file: Path | None = None):
        path = disks.default_image() if disk is DEFAULT_DISK else Path(disk) if disk else None
        self.hardware = qemu.Hardware(mem_mib=mem, cpus=smp, cpu=cpu, accel=accel, iso=iso, disk=path, swap=swap_file,
                                      kernel=kernel, image=image, append=append, extra=tuple(extra),
                                      emulator=emulator, iso_file=iso_file)
        self.swap_mib = 0 if swap_file else swap
        self.machine: Machine | None = None
        self.console = bytearray()  # all that came on COM2
        self.read_to = 0  # how much of it expect() has gone past
        self.last_log = ""

    def __enter__(self) -> "Guest":
        return self

    def __exit__(self, failure, *_ignored) -> None:
        if failure:
            self.keep_record()
        self.stop()

    def start(self) -> Machine:
        if not self.machine:
            self.machine = boot(self.hardware, self.swap_mib)
            self.console.clear()
            self.read_to = 0
            _alive.append(self)
        return self.machine

    def stop(self) -> None:
        if self.machine:
            self.last_log = self.machine.log()
            self.machine.stop()
            self.machine = None
            _alive.remove(self)

    def keep_record(self) -> None:
        """What a failed test leaves behind: all that the guest ever said. The runner shows what is printed."""
        if self.machine:
            self.drain()
            log = self.machine.keep_log()
            log.with_suffix(".console").write_bytes(self.console)
            print(f"the serial log is kept in {shown(log)}, the console beside it")

    def log(self) -> str:
        """The kernel's log so far, or that of the last machine."""
        return self.machine.log() if self.machine else self.last_log

    def run(self, commands: str, timeout: float = RUN_SECONDS) -> Result:
        """Boots afresh, runs the commands as `signet run -c` does, and waits for the power-off."""
        self.stop()
        out, err = bytearray(), bytearray()
        machine = self.start()
        try:
            status = converse(machine, commands.encode(), timeout, out.extend, err.extend, self.console)
            return Result(status, text(out), text(err), machine.log(), machine.status())
        except (GuestHung, GuestDied) as failure:
            told = f"\n  stdout so far:\n{last_lines(text(out), END_LINES)}\n  stderr so far:\n{last_lines(text(err), END_LINES)}"
            raise GuestFailed(f"`{commands}`: {self.explain(failure)}{told}") from None
        finally:
            self.stop()

    def send(self, typed: str) -> None:
        """Types this. The console takes it when it can."""
        machine = self.start()
        left = typed.encode()
        deadline = time.monotonic() + EXPECT_SECONDS
        while left := machine.write(left):
            self.receive(deadline, f"the console to take {typed!r}", 0.01)

    def expect(self, wanted: str, timeout: float = EXPECT_SECONDS) -> str:
        """Waits for this text on the console. Returns what stood before it; the next expect() goes on behind it."""
        self.start()
        deadline = time.monotonic() + timeout
        while (at := self.console.find(wanted.encode(), self.read_to)) < 0:
            self.receive(deadline, f"{wanted!r} on the console")
        before = text(self.console[self.read_to:at])
        self.read_to = at + len(wanted.encode())
        return before

    def expect_log(self, wanted: str, timeout: float = EXPECT_SECONDS) -> str:
        """Waits for a line with this text in the kernel's log and returns the line. The guest may have ended by then."""
        machine = self.start()
        deadline = time.monotonic() + timeout
        while True:
            ended = machine.process.poll() is not None
            for line in machine.log().splitlines():
                if wanted in line:
                    return line
            if ended:
                raise GuestFailed(self.explain(f"{wanted!r} never came in the kernel's log: {machine.why_it_ended()}"))
            if time.monotonic() > deadline:
                raise GuestFailed(self.explain(GuestHung(f"{wanted!r} in the kernel's log")))
            self.console += machine.read(0.05) or b""

    def wait_end(self, timeout: float = EXPECT_SECONDS) -> int:
        """Waits until QEMU ends by itself. Returns its exit status: 33 power-off, 35 panic, 37 boot refused, 39 supervisor died."""
        machine = self.start()
        status = machine.wait(timeout)
        if status is None:
            raise GuestFailed(self.explain(GuestHung("the end of the machine")))
        return status

    def receive(self, deadline: float, what: str, longest: float = 0.5) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise GuestFailed(self.explain(GuestHung(what)))
        data = self.machine.read(min(longest, left))
        if data is None:
            self.machine.process.wait()
            raise GuestFailed(self.explain(f"while waiting for {what}, {self.machine.why_it_ended()}"))
        self.console += data

    def explain(self, failure: Exception | str) -> str:
        reason = f"no sign of {failure}" if isinstance(failure, GuestHung) else str(failure)
        return f"{reason}\n{self.last_words()}"

    def drain(self) -> None:
        while self.machine and (data := self.machine.read(0)):
            self.console += data

    def last_words(self) -> str:
        self.drain()
        return (f"  the console ends with:\n{last_lines(text(self.console), END_LINES)}\n"
                f"  the kernel's log ends with:\n{last_lines(self.log(), END_LINES)}")


def text(data: bytes) -> str:
    return bytes(data).decode("utf-8", "replace")


def describe_alive() -> str:
    """The last words of every guest that is up, for a test that hangs."""
    return "\n".join(guest.last_words() for guest in _alive) or "  no guest is running"


def stop_all() -> None:
    for guest in list(_alive):
        guest.stop()
