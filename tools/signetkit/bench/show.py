# SPDX-License-Identifier: BSD-2-Clause
"""The table that `signet bench` prints, and which of its rows cost too much."""

from . import limits, words
from .model import Row, Table

COLUMNS = "{:34}{:>14}{:>10}{:>11}  {}"
EVENT_ORDER = ("cr3", "cr0", "msr", "invlpg", "xsave", "xrstor", "swapgs", "sysret", "iretq")


def table(measured: Table, own: bool) -> list[str]:
    """Prints it. Returns a sentence for each limit that does not hold."""
    with_cycles = any(row.cycles is not None for row in measured.rows.values())
    last = "ns median (min..max)"
    print(COLUMNS.format("row", "instructions", "at most", "in ring 0", ("cycles    " if with_cycles else "") + last + "; events"))
    found: list[str] = []
    for row in measured.rows.values():
        over = over_limits(row, measured) if own else []
        print(line(row, with_cycles) + ("  OVER" if over else ""))
        found += over
    return found + (steps(measured) if own else [])


def steps(measured: Table) -> list[str]:
    """Where the curve of bytes copied is steeper than it may be."""
    cost = {int(name.removeprefix(limits.COPIES)): row.instructions for name, row in measured.rows.items()
            if name.startswith(limits.COPIES) and row.instructions is not None}
    if not all(size in cost for size in limits.EVEN):
        return []
    first, second = limits.EVEN
    most = limits.STEP * (cost[second] - cost[first]) / (second - first)
    sizes = sorted(cost)
    return [f"{limits.COPIES}{size} takes {words.number(cost[size] - cost[before])} instructions more than {limits.COPIES}{before}, "
            f"{words.number(most * (size - before))} at most"
            for before, size in zip(sizes, sizes[1:]) if cost[size] - cost[before] > most * (size - before)]


def line(row: Row, with_cycles: bool) -> str:
    counted = "-" if row.instructions is None else words.number(row.instructions)
    ring0 = "-" if row.kernel_instructions is None else words.number(row.kernel_instructions)
    most = "-" if row.limit is None else f"{row.limit:,}"
    tail = [f"{words.number(row.cycles) if row.cycles is not None else '-':9}"] if with_cycles else []
    tail.append(spread(row))
    tail += [f"{words.number(row.rate)} bytes per 1,000 instructions"] if row.rate is not None else []
    return COLUMNS.format(row.name, counted, most, ring0, " ".join(tail) + events(row)).rstrip()


def spread(row: Row) -> str:
    found, unit = (row.ns, "") if row.ns else (row.ticks, " ticks")
    if not found:
        return "-"
    return f"{words.number(found.median)} ({words.number(found.least)}..{words.number(found.most)}){unit}"


def events(row: Row) -> str:
    names = [*EVENT_ORDER, *sorted(set(row.events) - set(EVENT_ORDER))]
    told = [f"{name} {words.number(row.events[name])}" for name in names if row.events.get(name)]
    return "; " + ", ".join(told) if told else ""


def over_limits(row: Row, measured: Table) -> list[str]:
    found = []
    other, beside = limits.BESIDE.get(row.name, ("", 0))
    base = measured.rows[other].instructions if other in measured.rows else None
    if base is not None and row.instructions is not None and row.instructions > base + beside:
        found.append(f"{row.name} takes {words.number(row.instructions - base)} instructions more than {other}, {beside} at most")
    if row.limit is not None and row.instructions is not None and row.instructions > row.limit:
        found.append(f"{row.name} takes {words.number(row.instructions)} instructions, {row.limit:,} at most" + (f"; it is in {row.of}" if row.of else ""))
    most = limits.KERNEL_INSTRUCTIONS.get(row.name)
    if most is not None and row.kernel_instructions is not None and row.kernel_instructions > most:
        found.append(f"{row.name} takes {words.number(row.kernel_instructions)} instructions in ring 0, {most:,} at most")
    for kinds, allowed in limits.EVENTS.get(row.name, {}).items():
        count = sum(row.events.get(kind, 0) for kind in kinds.split("+"))
        if count > allowed:
            found.append(f"{row.name} has {words.number(count)} of {kinds}, {allowed} at most")
    return found


def missing(measured: Table, pattern: str | None) -> list[str]:
    """Rows that have a limit must be there."""
    return [f"the row {name} is missing" for name in limits.INSTRUCTIONS if words.wanted(name, pattern) and name not in measured.rows]
