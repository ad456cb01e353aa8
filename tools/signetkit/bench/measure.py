# SPDX-License-Identifier: BSD-2-Clause
"""All runs that a table is made of: two counted ones that must be identical, timed ones, one with the kernel that counts events."""

import platform
import re
import statistics
import subprocess
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from ..guest import qemu
from ..paths import need_program
from . import limits, words
from .capture import Run, run
from .model import Row, Spread, Table
from .progress import Progress
from .serial import Reader, Told
from .subject import Subject

SECONDS = 600.0
MEDIAN_OF = 5
KVM_LEAST_SECONDS, KVM_TIMES_TCG = 20.0, 3  # a KVM that is slower than this runs the guest in software, too


@dataclass(frozen=True)
class Mode:
    """How QEMU runs the guest. what: for progress."""

    what: str
    cpu: str
    accel: str
    extra: tuple[str, ...] = ()

    def of(self, hardware: qemu.Hardware) -> qemu.Hardware:
        return replace(hardware, cpu=self.cpu, accel=self.accel, extra=hardware.extra + self.extra)


COUNTED = Mode("instructions", qemu.COUNTING_CPU, qemu.COUNTING_ACCEL, qemu.COUNTING)
EVENTS = replace(COUNTED, what="events")
TIMED = Mode("time", qemu.COUNTING_CPU, "tcg")
CYCLES = Mode("cycles", qemu.KVM_CPU, "kvm")


@dataclass(frozen=True)
class Plan:
    """How many runs of each kind."""

    counted: int = 2
    timed: int = MEDIAN_OF
    events: bool = True
    cycles: int = 0
    pattern: str | None = None
    seconds: float = SECONDS


@dataclass
class Result:
    table: Table
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def measure(subject: Subject, plan: Plan) -> Result:
    """Whatever goes wrong in a run is among the problems; the rows that came are in the table all the same."""
    return Measurement(subject, plan).measure()


class Taken(NamedTuple):
    """What one run is kept for."""

    rows: dict[str, Told]
    hz: int  # the guest's clock may tick otherwise in each run


class Measurement:
    def __init__(self, subject: Subject, plan: Plan):
        self.subject, self.plan = subject, plan
        self.with_events = plan.events and subject.counting is not None
        self.progress = Progress(plan.counted + plan.timed + plan.cycles + self.with_events)
        self.head: Reader | None = None
        self.failed = False
        self.timed_seconds = 0.0  # the longest timed run
        self.seen: dict[str, str] = {}  # each problem, and the first run that had it
        self.differences: list[str] = []

    def measure(self) -> Result:
        plan, hardware = self.plan, self.subject.hardware
        counted = self.runs(COUNTED, plan.counted, hardware)
        if len(counted) > 1:
            self.differences = differences(counted[0].rows, counted[1].rows)
            if any(row.disk for one in counted for row in one.rows.values()):
                self.progress.more(MEDIAN_OF - plan.counted)
                counted += self.runs(COUNTED, MEDIAN_OF - plan.counted, hardware)
        events = self.runs(EVENTS, 1, self.subject.counting) if self.with_events and self.subject.counting else []
        timed = self.runs(TIMED, plan.timed, hardware)
        cycles = self.runs(CYCLES, plan.cycles, hardware)
        self.progress.done()
        table = self.table()
        for name in names_of(counted + events + timed + cycles):
            table.rows[name] = self.row(name, counted, events, timed, cycles)
        return Result(table, self.problems(bool(table.rows)), self.head.notes if self.head else [])

    def runs(self, mode: Mode, count: int, hardware: qemu.Hardware) -> list[Taken]:
        """After a run that did not come to its end there are no more: they would take as long and end as badly."""
        found: list[Taken] = []
        while len(found) < count and not self.failed:
            which = self.progress.begin(mode.what)
            began = time.monotonic()
            done = run(mode.of(hardware), self.seconds_for(mode), Reader(self.progress.row))
            if mode is TIMED:
                self.timed_seconds = max(self.timed_seconds, time.monotonic() - began)
            for problem in done.problems():
                self.seen.setdefault(self.explain(mode, done, problem), f"{which} ({mode.what})")
            reader = done.reader
            self.failed = not reader.ended
            self.head = reader if reader.begun or not self.head else self.head
            found.append(Taken({name: told for name, told in reader.rows.items() if words.wanted(name, self.plan.pattern)}, reader.hz))
        return found

    def seconds_for(self, mode: Mode) -> float:
        return min(self.plan.seconds, max(KVM_LEAST_SECONDS, KVM_TIMES_TCG * self.timed_seconds)) if mode is CYCLES else self.plan.seconds

    def explain(self, mode: Mode, done: Run, problem: str) -> str:
        if mode is not CYCLES or done.reader.ended:
            return problem
        return f"under KVM the guest does not get to its end, which took {self.timed_seconds:.1f} s without; there are no cycles, all else is good. {problem}"

    def problems(self, any_row: bool) -> list[str]:
        found = [f"{which}: {problem}" for problem, which in self.seen.items()] + self.differences
        if not any_row and self.head and self.head.rows:
            found.append(f"no row is called {self.plan.pattern}; there are: {', '.join(self.head.rows)}")
        return found

    def table(self) -> Table:
        head = self.head
        made = Table(head.system if head and head.system else self.subject.name, machine=self.machine(), build=dict(self.subject.build))
        if head and head.version:
            made.build["version"] = head.version
        return made

    def row(self, name: str, counted: list[Taken], events: list[Taken], timed: list[Taken], cycles: list[Taken]) -> Row:
        row = Row(name, limit=limits.INSTRUCTIONS.get(name) if self.subject.own else None)
        by_counter = next((one.rows[name] for one in events if name in one.rows), None)
        told = [one.rows[name] for one in counted if name in one.rows]
        one = told[0] if told else by_counter
        if one and one.has_cost:
            take_counted(row, one, told)
        if by_counter:
            take_events(row, by_counter, row.ops or by_counter.ops)
        clocked = [one for one in timed if name in one.rows]
        spread = spread_of([one.rows[name].elapsed() * (1e9 / one.hz if one.hz else 1) for one in clocked])
        if all(one.hz for one in clocked):
            row.ns = spread
        else:
            row.ticks = spread
        ran = spread_of([one.rows[name].elapsed() for one in cycles if name in one.rows])
        row.cycles = ran.median if ran else None
        return row

    def machine(self) -> dict:
        plan = self.plan
        modes = [mode.accel + (" " + " ".join(mode.extra) if mode.extra else "")
                 for mode, count in ((COUNTED, plan.counted), (TIMED, plan.timed), (CYCLES, plan.cycles)) if count]
        return {"qemu": qemu_version(), "cpu": qemu.COUNTING_CPU, "mem_mib": self.subject.hardware.mem_mib, "accel": modes, "host_cpu": host_cpu()}


def take_counted(row: Row, one: Told, told: list[Told]) -> None:
    """one: the first of them, or what the kernel that counts events says where no other run has the row."""
    row.instructions = statistics.median(other.cost() for other in told) if one.disk and told else one.cost()
    row.counted_by = "" if told else "counting kernel"
    row.ops, row.bytes, row.disk, row.of = one.ops, one.bytes, one.disk, one.of
    if one.bytes and row.instructions and "bytes_per" in row.name:
        row.rate = 1000 * one.bytes / row.instructions


def take_events(row: Row, told: Told, ops: int) -> None:
    ops = told.ops if told.has_cost else ops
    row.kernel_instructions = None if told.kernel is None else told.kernel / ops
    row.events = {event: count / ops for event, count in told.events.items()}


def differences(first: dict[str, Told], second: dict[str, Told]) -> list[str]:
    """Two counted runs agree to the instruction, but for rows that wait for a disk."""
    found = []
    for name in dict.fromkeys([*first, *second]):
        one, other = first.get(name), second.get(name)
        if one is None or other is None:
            found.append(f"the row {name} is in only one of two counted runs")
        elif not one.disk and one.repeats() != other.repeats():
            found.append(f"the row {name} differs between two counted runs: {one.cost():,} and {other.cost():,} instructions")
    return found


def names_of(runs: list[Taken]) -> list[str]:
    """In the order in which they came."""
    return list(dict.fromkeys(name for one in runs for name in one.rows))


def spread_of(values: list[float]) -> Spread | None:
    return Spread(statistics.median(values), min(values), max(values)) if values else None


def qemu_version() -> str:
    asked = subprocess.run([need_program(qemu.program()), "--version"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    found = re.search(r"version (\S+)", asked.stdout)
    return found[1] if found else "unknown"


def host_cpu() -> str:
    try:
        found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1].strip() if found else platform.machine()
