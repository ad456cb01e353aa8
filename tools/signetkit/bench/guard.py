# SPDX-License-Identifier: BSD-2-Clause
"""The committed baseline: what each row cost when somebody last said that this is right."""

from pathlib import Path

from ..paths import REPO, shown
from ..plain import Problem, say
from . import limits, words
from .model import Row, Table, read, write

BASELINE = REPO / "tests/bench/baseline.json"
PAGING_BASELINE = REPO / "tests/bench/baseline-paging.json"  # of `signet bench paging`


def guard(measured: Table, pattern: str | None, baseline: Path = BASELINE) -> list[str]:
    """A sentence for each row that costs more than it did, or is gone. What else changed is only said."""
    before = read_baseline(baseline).rows
    problems = []
    for name, old in before.items():
        if not words.wanted(name, pattern):
            continue
        new = measured.rows.get(name)
        if new is None or new.instructions is None:
            problems.append(f"{name}: the row is gone; the baseline has {old_cost(old):,.1f} instructions")
        elif too_much(new.instructions, old_cost(old)):
            problems.append(f"{name}: {change(old_cost(old), new.instructions)}, {limits.GUARD_PERCENT} % is allowed")
    for line in differences(before, guarded(measured), pattern):
        if not any(problem.startswith(line.partition(":")[0] + ":") for problem in problems):
            say(f"{line} (`tools/signet bench --accept` takes it over)")
    return problems


def read_baseline(baseline: Path) -> Table:
    if not baseline.is_file():
        raise Problem(f"there is no baseline {shown(baseline)}: `tools/signet bench --accept` makes one")
    table = read(baseline)
    lacking = next((name for name, row in table.rows.items() if row.instructions is None), None)
    if lacking:
        raise Problem(f"{baseline}: the row {lacking} has no \"instructions\"")
    return table


def old_cost(row: Row) -> float:
    return row.instructions or 0


def too_much(new: float, old: float) -> bool:
    return new > old * (1 + limits.GUARD_PERCENT / 100)


def change(old: float, new: float) -> str:
    percent = f" ({100 * (new - old) / old:+.1f} %)" if old else ""
    return f"{words.number(old)} -> {words.number(new)} instructions{percent}"


def guarded(measured: Table) -> dict[str, Row]:
    """Rows that a counted run of the usual kernel has, and that repeat."""
    return {name: row for name, row in measured.rows.items() if row.instructions is not None and not row.counted_by and not row.disk}


def differences(before: dict[str, Row], now: dict[str, Row], pattern: str | None) -> list[str]:
    """Large enough to be worth a word, in either direction; rows that came and went."""
    found = []
    for name in sorted({*before, *now}):
        if not words.wanted(name, pattern):
            continue
        if name not in before:
            found.append(f"{name}: new, {words.number(now[name].instructions or 0)} instructions")
        elif name not in now:
            found.append(f"{name}: gone, it had {words.number(old_cost(before[name]))} instructions")
        elif abs(old_cost(now[name]) - old_cost(before[name])) * 100 > limits.GUARD_PERCENT * old_cost(before[name]):
            found.append(f"{name}: {change(old_cost(before[name]), old_cost(now[name]))}")
    return found


def accept(measured: Table, baseline: Path = BASELINE) -> None:
    """Writes the rows of a run as the new baseline, and says what changed."""
    now = guarded(measured)
    if not now:
        raise Problem("there is not one counted row to accept")
    if baseline.is_file():
        for line in differences(read_baseline(baseline).rows, now, None):
            say(line)
    made = Table(measured.system, {name: Row(name, row.instructions, row.ops, row.bytes) for name, row in sorted(now.items())})
    made.machine = {name: value for name, value in measured.machine.items() if name != "host_cpu"}
    made.build = {name: value for name, value in measured.build.items() if name in ("compiler", "flags")}
    write(baseline, made)
    say(f"{shown(baseline)} has {len(now)} rows now")
