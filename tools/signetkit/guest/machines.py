# SPDX-License-Identifier: BSD-2-Clause
"""Starts the machine that a Hardware describes, by the emulator that it names."""

from . import qemu
from .bochs import BochsMachine
from .machine import Machine


def boot(hardware: qemu.Hardware, swap_mib: int = 0) -> Machine:
    return BochsMachine(hardware) if hardware.emulator == "bochs" else Machine(hardware, swap_mib)
