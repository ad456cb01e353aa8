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
STUBS_MOST = 12  # instructions that stubs may add to a call by hand, both sides together
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
    "ipc.call": (600, "a call and its reply, six words, by hand"),
    "ipc.call_stubs": (None, "the same through the stubs of a contract, each message checked"),
    "ipc.stubs": (STUBS_MOST, "what the stubs add to it, both sides together"),
    "kernel.text": (96 * 1024, "the kernel's text"),
    "kernel.lines": (9_000, "lines of code in kernel/ and hal/x86_64/"),
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
    """Boots under -icount with 128 MiB, and collects what the guests measured of themselves."""
    say("counting instructions (a boot, and calls)")
    done = run_counted("true", disk=default_image())
    boot = figures_in(done.log)
    calls = figures_in(run_counted("rawping; ping", image=build_dir() / "tests/system.img").stdout)
    return boot + prompt(boot, done.log) + calls + stubs(calls)


def run_counted(commands: str, **hardware):
    guest = Guest(**({"disk": None} | hardware), mem=128, cpu=qemu.COUNTING_CPU, accel=qemu.COUNTING_ACCEL, extra=qemu.COUNTING)
    try:
        return guest.run(commands, timeout=COUNTED_SECONDS)
    except GuestFailed as failure:
        raise Problem(f"the counted run failed: {failure}") from failure


def figures_in(text: str) -> list[Figure]:
    """Cycles are the guest's word for ticks of its time-stamp counter: under -icount each is an instruction."""
    return [Figure(name, int(value), unit.replace("cycles", "instructions")) for name, value, unit in FIGURE.findall(text)]


def stubs(figures: list[Figure]) -> list[Figure]:
    """The difference, which may be less than nothing: a stub that moves words only takes less out of the answer."""
    beside = {figure.name: figure.value for figure in figures}
    if not {"ipc.call", "ipc.call_stubs"} <= beside.keys():
        return []
    return [Figure("ipc.stubs", beside["ipc.call_stubs"] - beside["ipc.call"], "instructions")]


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
