# SPDX-License-Identifier: BSD-2-Clause
"""What the runs of `signet bench swap` come to: instructions for each page moved, pages in a second, and both against Linux."""

import statistics
from dataclasses import dataclass, field

from . import limits

LINUX, UNSEALED, SEALED = "Linux", "Signet without the seal", "Signet"
KEYS = {LINUX: "linux", UNSEALED: "signet_unsealed", SEALED: "signet"}
HEADS = ("{:18}{:>42}{:>36}", "{:18}{:>8}{:>9}{:>16}{:>9}{:>17}{:>11}{:>9}{:>9}")


@dataclass
class Phase:
    """instructions: of the counted run, with the pages that moved in it. rates: pages moved in a second, of each timed run."""

    instructions: int
    pages_in: int
    pages_out: int
    rates: list[float] = field(default_factory=list)

    @property
    def per_page(self) -> float:
        return self.instructions / (self.pages_in + self.pages_out)

    @property
    def rate(self) -> float | None:
        return statistics.median(self.rates) if self.rates else None


class Figures:
    """One system's, by phase."""

    def __init__(self, instructions: dict[str, int], reader):
        self.phases = {name: Phase(count, *reader.moved[name]) for name, count in instructions.items() if sum(reader.moved[name])}

    def add_timed(self, reader) -> None:
        for name, phase in self.phases.items():
            row = reader.rows.get(name)
            if row and row.ticks:
                phase.rates.append(sum(reader.moved[name]) * reader.hz / row.ticks)


def ratio(figures: dict[str, Figures], system: str, phase: str) -> float:
    """Instructions of a page moved, to Linux'."""
    return figures[system].phases[phase].per_page / figures[LINUX].phases[phase].per_page


def speed(figures: dict[str, Figures], system: str, phase: str) -> float | None:
    ours, theirs = figures[system].phases[phase].rate, figures[LINUX].phases[phase].rate
    return ours / theirs if ours and theirs else None


def complete(figures: dict[str, Figures]) -> list[str]:
    """The phases that all systems have."""
    return [name for name in limits.SWAP if all(name in one.phases for one in figures.values())]


def show(figures: dict[str, Figures]) -> list[str]:
    """Prints the table; the most that a ratio may be stands in brackets. Returns what is missing."""
    print(HEADS[0].format("", "instructions for a page moved", "pages moved in a second").rstrip())
    print(HEADS[1].format("phase", LINUX, "no seal", "of Linux'", "sealed", "of Linux'", LINUX, "no seal", "sealed"))
    for name in complete(figures):
        sealed_most, unsealed_most = limits.SWAP[name]
        cost = [figures[system].phases[name].per_page for system in KEYS]
        rates = [figures[system].phases[name].rate for system in KEYS]
        told = [f"{ratio(figures, system, name):.2f} ({most:.2f})" for system, most in ((UNSEALED, unsealed_most), (SEALED, sealed_most))]
        print(HEADS[1].format(name, f"{cost[0]:,.0f}", f"{cost[1]:,.0f}", told[0], f"{cost[2]:,.0f}", told[1],
                             *(f"{rate:,.0f}" if rate else "-" for rate in rates)))
    return [f"the phase {name} is missing" for name in limits.SWAP if name not in complete(figures)]


def judge(figures: dict[str, Figures], time: bool) -> list[str]:
    """A sentence for each limit that does not hold."""
    found = []
    for name in complete(figures):
        sealed_most, unsealed_most = limits.SWAP[name]
        for system, most in ((UNSEALED, unsealed_most), (SEALED, sealed_most)):
            if ratio(figures, system, name) > most:
                found.append(f"{name}: {system} takes {figures[system].phases[name].per_page:,.0f} instructions for a page moved, "
                             f"{ratio(figures, system, name):.2f} of Linux', {most} at most")
        faster = speed(figures, UNSEALED, name)
        if time and faster is not None and faster < 1:
            found.append(f"{name}: {UNSEALED} moves {figures[UNSEALED].phases[name].rate:,.0f} pages in a second, {faster:.2f} of Linux'")
    return found


def to_json(figures: dict[str, Figures]) -> dict:
    rows = []
    for name in complete(figures):
        row: dict = {"name": name}
        for system, key in KEYS.items():
            phase = figures[system].phases[name]
            row[key] = {"instructions": round(phase.per_page, 1), "pages_in": phase.pages_in, "pages_out": phase.pages_out,
                        "pages_per_second": [round(rate) for rate in phase.rates]}
        row["ratios"] = {KEYS[system]: round(ratio(figures, system, name), 4) for system in (UNSEALED, SEALED)}
        row["limits"] = dict(zip((KEYS[SEALED], KEYS[UNSEALED]), limits.SWAP[name]))
        rows.append(row)
    return {"rows": rows}
