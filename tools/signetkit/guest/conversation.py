# SPDX-License-Identifier: BSD-2-Clause
"""Gives a booted guest one line of commands and receives what it writes. The protocol is in frames.py."""

import time
from typing import Callable

from . import qemu
from .frames import ERR, EXIT, OUT, PROMPT, Frames, request
from .machine import Machine

POWER_OFF_SECONDS = 5.0


class GuestHung(Exception):
    """The time is up. str() says what it was waiting for."""


class GuestDied(Exception):
    """QEMU ended before the commands did, or not as it should. str() says how."""


Sink = Callable[[bytes], None]


def converse(machine: Machine, command: bytes, seconds: float, out: Sink, err: Sink, console: bytearray | None = None) -> int:
    """Returns the exit status of the guest's commands, once the guest has powered off.

    `console`, if given, collects every raw byte of the console, for whoever wants to know what hung.
    """
    deadline = time.monotonic() + seconds
    await_prompt(machine, deadline, console)
    status = await_end(machine, command, deadline, {OUT: out, ERR: err}, console)
    ended = machine.wait(POWER_OFF_SECONDS)
    if ended is not None and ended != qemu.POWER_OFF:
        raise GuestDied(f"after its last command, {machine.why_it_ended()}")
    return status


def receive(machine: Machine, deadline: float, what: str, console: bytearray | None, longest: float = 1.0) -> bytes:
    left = deadline - time.monotonic()
    if left <= 0:
        raise GuestHung(what)
    data = machine.read(min(longest, left))
    if data is None:
        machine.process.wait()
        raise GuestDied(f"while waiting for {what}, {machine.why_it_ended()}")
    if console is not None:
        console += data
    return data


def await_prompt(machine: Machine, deadline: float, console: bytearray | None) -> None:
    seen = b""
    while PROMPT not in seen:
        seen = seen[-len(PROMPT):] + receive(machine, deadline, "the shell's prompt", console)


def await_end(machine: Machine, command: bytes, deadline: float, sinks: dict[str, Sink], console: bytearray | None) -> int:
    frames = Frames()
    unsent = request(command)
    while True:
        unsent = machine.write(unsent) if unsent else b""
        data = receive(machine, deadline, "the end of the commands", console, 0.01 if unsent else 1.0)
        for kind, payload in frames.feed(data):
            if kind == EXIT:
                return int(payload)
            sinks[kind](payload)
