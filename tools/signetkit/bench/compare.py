# SPDX-License-Identifier: BSD-2-Clause
"""Figures side by side: each row's of every file, and the ratio to the first file's."""

from pathlib import Path
from typing import NamedTuple

from .. import files
from . import words
from .model import FORMAT, Row, Table, dump, read, tidy

METRICS = ("instructions", "cycles", "ns")
CELL = 20


class Line(NamedTuple):
    """One row in one measure. None where a file has no such figure."""

    name: str
    metric: str
    values: list[float | None]

    def ratios(self) -> list[float | None]:
        first = self.values[0]
        return [value / first if first and value is not None else None for value in self.values]


def read_all(paths: list[Path], pattern: str | None) -> list[Table]:
    tables = [read(path) for path in paths]
    for table in tables:
        table.rows = {name: row for name, row in table.rows.items() if words.wanted(name, pattern)}
    name_apart(tables, paths)
    return tables


def name_apart(tables: list[Table], paths: list[Path]) -> None:
    """Two runs of one system are told apart by their files' names."""
    systems = [table.system for table in tables]
    for table, path in zip(tables, paths):
        if systems.count(table.system) > 1:
            table.system = f"{table.system} ({words.printable(path.stem, 30)})"


def value_of(row: Row | None, metric: str) -> float | None:
    if row is None:
        return None
    return row.ns.median if metric == "ns" and row.ns else None if metric == "ns" else getattr(row, metric)


def lines(tables: list[Table]) -> list[Line]:
    """Every row, in the measures that two have, or else in the first that any has."""
    names = list(dict.fromkeys(name for table in tables for name in table.rows))
    found, shown = [], set()
    for metric in METRICS:
        for name in names:
            values = [value_of(table.rows.get(name), metric) for table in tables]
            count = sum(value is not None for value in values)
            if count > 1 or (count == 1 and name not in shown):
                found.append(Line(name, metric, values))
                shown.add(name)
    return found


def show(tables: list[Table], found: list[Line]) -> None:
    for metric in METRICS:
        block = [line for line in found if line.metric == metric]
        if not block:
            continue
        width = max(max(CELL, len(table.system) + 2) for table in tables)
        print(f"{metric:34}" + "".join(f"{table.system:>{width}}" for table in tables))
        for line in block:
            print(f"{line.name:34}" + "".join(f"{cell(value, ratio, at):>{width}}" for at, (value, ratio) in enumerate(zip(line.values, line.ratios()))))
        print()


def cell(value: float | None, ratio: float | None, at: int) -> str:
    if value is None:
        return "-"
    return words.number(value) + (f"  {ratio:.2f}x" if at and ratio is not None else "")


def write(path: Path, tables: list[Table], found: list[Line]) -> None:
    """The same as JSON, with a null where a file has no figure."""
    rows = [{"name": line.name, "metric": line.metric, "values": list(map(tidy, line.values)),
             "ratios": list(map(tidy, line.ratios()))} for line in found]
    files.write_bytes(path, dump({"format": FORMAT, "compare": [table.system for table in tables], "rows": rows}))
