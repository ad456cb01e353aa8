# SPDX-License-Identifier: BSD-2-Clause
"""signet bench --quick: figures of a first look, each beside its limit.

A figure is either measured here (sizes, lines, wall time) or printed by the guest: a line `figure NAME NUMBER UNIT`, in the
kernel's log or on standard output, is one. Instructions are counted by QEMU's -icount, so they repeat exactly.
"""

import re
import subprocess
import time
from typing import NamedTuple

from ..guest import qemu
from ..guest.disk import default_image
from ..guest.guest import Guest, GuestFailed
from ..paths import build_dir, need_file, need_program
from ..plain import Problem, say
from . import lines

READY = re.compile(r"\[\s*(\d+)\.(\d{6})\] shell: ready")
FIGURE = re.compile(r"\bfigure (\S+) (\d+) (\S+)")
COUNTED_SECONDS = 300.0
HOG_SECONDS = 300.0


class Figure(NamedTuple):
    name: str
    value: float
    unit: str


# Name: (the most it may be, or None for a figure that is printed beside; what it is).
LIMITS: dict[str, tuple[float | None, str]] = {
    "boot.supervisor": (3_000_000, "kernel entry to the supervisor's first instruction"),
    "boot.prompt": (60_000_000, "kernel entry to the shell's prompt"),
    "boot.hashing": (None, "hashing the system image (not in the two above)"),
    "boot.calibration": (None, "measuring the clock (not in the two above)"),
    "kernel.text": (104 * 1024, "the kernel's text"),
    "kernel.lines": (9_500, "lines of code in kernel/ and hal/x86_64/"),
    "hog.seconds": (120, "hog 96 in 32 MiB, wall time"),
}


def bench() -> int:
    """Prints every figure; the exit status is 1 if one is over its limit or missing."""
    figures = [kernel_text(), kernel_lines(), *counted(), hog()]
    found = {figure.name: figure for figure in figures}
    print(f"{'figure':18}{'value':>16} {'unit':14}{'at most':>12}  what it is")
    bad = [row(name, limit, what, found.get(name)) for name, (limit, what) in LIMITS.items()]
    for figure in figures:
        if figure.name not in LIMITS:
            row(figure.name, None, "", figure)
    return 1 if any(bad) else 0


def row(name: str, limit: float | None, what: str, figure: Figure | None) -> bool:
    """Prints one line; True if it is bad news."""
    most = f"{limit:,.0f}" if limit is not None else "-"
    if not figure:
        print(f"{name:18}{'missing':>16} {'':14}{most:>12}  {what}")
        return limit is not None
    over = limit is not None and figure.value > limit
    value = f"{figure.value:,.1f}" if figure.value % 1 else f"{figure.value:,.0f}"
    print(f"{name:18}{value:>16} {figure.unit:14}{most:>12}  {what}{'  TOO MUCH' if over else ''}")
    return over


def kernel_text() -> Figure:
    """.text alone, as `size -A` gives it."""
    elf = need_file(build_dir() / "signet.elf", "the kernel", "run `tools/signet build`")
    shown = subprocess.run([need_program("size"), "-A", elf], capture_output=True, text=True, check=False).stdout
    sizes = [int(line.split()[1]) for line in shown.splitlines() if re.match(r"\.text\S*\s+\d+", line)]
    if not sizes:
        raise Problem(f"{elf} has no .text section: is it a kernel?")
    return Figure("kernel.text", sum(sizes), "bytes")


def kernel_lines() -> Figure:
    return Figure("kernel.lines", lines.of_kernel(), "lines")


def counted() -> list[Figure]:
    """A boot under -icount, to the prompt."""
    say("counting the boot's instructions")
    guest = Guest(disk=default_image(), mem=128, cpu=qemu.COUNTING_CPU, accel=qemu.COUNTING_ACCEL, extra=qemu.COUNTING)
    try:
        log = guest.run("true", timeout=COUNTED_SECONDS).log
    except GuestFailed as failure:
        raise Problem(f"the counted boot failed: {failure}") from failure
    boot = figures_in(log)
    return boot + prompt(boot, log)


def figures_in(text: str) -> list[Figure]:
    """Cycles are the guest's word for ticks of its time-stamp counter: under -icount each is an instruction."""
    return [Figure(name, int(value), unit.replace("cycles", "instructions")) for name, value, unit in FIGURE.findall(text)]


def prompt(figures: list[Figure], log: str) -> list[Figure]:
    """The shell logs that it is ready; under -icount a nanosecond of the log's clock is an instruction."""
    ready = READY.search(log)
    beside = {figure.name: figure.value for figure in figures}
    if not ready or not {"boot.hashing", "boot.calibration"} <= beside.keys():
        return []
    total = (int(ready[1]) * 1_000_000 + int(ready[2])) * 1000
    return [Figure("boot.prompt", total - beside["boot.hashing"] - beside["boot.calibration"], "instructions")]


def hog() -> Figure:
    say("running hog 96 in 32 MiB")
    started = time.monotonic()
    try:
        done = Guest(mem=32).run("hog 96", timeout=HOG_SECONDS)
    except GuestFailed as failure:
        raise Problem(f"hog failed: {failure}") from failure
    if done.status != 0:
        raise Problem(f"hog 96 ended with status {done.status}: {done.stderr.strip() or done.stdout.strip()}")
    return Figure("hog.seconds", round(time.monotonic() - started, 1), "seconds")
