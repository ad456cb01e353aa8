# SPDX-License-Identifier: BSD-2-Clause
"""signet run: boots Signet in QEMU, for a person at a terminal or for one line of commands, and says plainly how it ended."""

import os
import shlex
import sys
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..paths import build_dir, shown
from ..plain import TOOL_FAILED, Problem, last_lines, say
from ..trace import run as trace_run
from ..trace.trace import WithoutRecords
from . import disk, qemu
from .conversation import GuestDied, GuestHung, converse
from .machine import Machine, make_sparse
from .machines import boot
from .terminal import interact

TIMED_OUT = 124
COMMAND_SECONDS = 600.0
LOG_LINES = 20


@dataclass(frozen=True)
class Run:
    """What was asked for on the command line."""

    hardware: qemu.Hardware = field(default_factory=qemu.Hardware)
    swap_mib: int = 256
    command: str | None = None
    seconds: float | None = None
    trace: trace_run.Tracing | None = None


def print_command(run: Run) -> int:
    """One line for a shell that starts the same machine, its console on that terminal."""
    hardware = run.hardware
    if run.swap_mib and not hardware.swap:
        hardware = replace(hardware, swap=make_sparse(build_dir() / "swap.img", run.swap_mib))
    print(shlex.join(qemu.command_line(hardware, build_dir() / "serial.log")))
    return 0


def run(asked: Run) -> int:
    """The exit status: the guest's, or 124 or 125."""
    with boot(asked.hardware, asked.swap_mib) as machine, trace_run.follow(machine.log_path, asked.trace) if asked.trace else nullcontext():
        try:
            if asked.command is not None:
                return run_command(machine, asked)
            return run_shell(machine, asked)
        except GuestHung as hung:
            say(f"time is up ({asked.seconds or COMMAND_SECONDS:g} s) while waiting for {hung}")
            show_log(machine)
            return TIMED_OUT
        except GuestDied as died:
            say(str(died))
            show_log(machine)
            return TOOL_FAILED


def run_command(machine: Machine, asked: Run) -> int:
    return converse(machine, os.fsencode(asked.command), asked.seconds or COMMAND_SECONDS,
                    lambda data: write_all(sys.stdout, data), lambda data: write_all(sys.stderr, data))


def run_shell(machine: Machine, asked: Run) -> int:
    if sys.stdin.isatty():
        say("starting; Ctrl-] or `poweroff` leaves")
    if not interact(machine, asked.seconds):
        print()
        say("left, the machine is off")
        return 0
    if machine.status() != qemu.POWER_OFF:
        raise GuestDied(machine.why_it_ended())
    return 0


def write_all(stream, data: bytes) -> None:
    """The guest's bytes as they are, as soon as they come."""
    stream.buffer.write(data)
    stream.buffer.flush()


def show_log(machine: Machine) -> None:
    """The end of the serial log, and where the whole of it is kept. A QEMU that never started has none."""
    log = WithoutRecords().feed(machine.log().encode()).decode()
    if not log.strip():
        say("the serial log is empty")
        return
    say(f"the serial log is kept in {shown(machine.keep_log())}, its end is:")
    print(last_lines(log, LOG_LINES), file=sys.stderr, flush=True)


def choose_disk(given: str | None) -> Path | None:
    """The image named by --disk; `none` for no disk; the default disk if nothing was named."""
    if given is None:
        return disk.default_image()
    if given == "none":
        return None
    return need_image(given, "disk image")


def need_image(given: str, what: str) -> Path:
    path = Path(given)
    if path.is_dir():
        hint = f" (`tools/signet disk {shlex.quote(given)} -o IMG` makes an image of it)" if what == "disk image" else ""
        raise Problem(f"{what} {given} is a folder{hint}", TOOL_FAILED)
    if not path.exists():
        raise Problem(f"{what} {given} does not exist", TOOL_FAILED)
    if not os.access(path, os.R_OK):
        raise Problem(f"{what} {given} may not be read", TOOL_FAILED)
    return path.absolute()
