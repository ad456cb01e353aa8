# SPDX-License-Identifier: BSD-2-Clause
"""The figures of one kernel, and the JSON file that holds them: docs/bench-format.md."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from .. import files
from ..plain import Problem
from . import words

FORMAT = 1
FILE_BYTES = 16 << 20
NUMBERS = ("instructions", "kernel_instructions", "cycles", "limit", "rate")
SPREADS = ("ns", "ticks")


class Spread(NamedTuple):
    """Of several runs."""

    median: float
    least: float
    most: float


@dataclass
class Row:
    """One operation. None: not measured. ticks are those of a guest that does not know how long one takes."""

    name: str
    instructions: float | None = None
    ops: int | None = None
    bytes: int | None = None
    disk: bool = False
    ns: Spread | None = None
    ticks: Spread | None = None
    kernel_instructions: float | None = None
    events: dict[str, float] = field(default_factory=dict)
    cycles: float | None = None
    rate: float | None = None  # bytes moved in 1,000 instructions
    limit: int | None = None
    source: str = ""
    of: str = ""  # the row that a maximum was in
    counted_by: str = ""  # "counting kernel" if only that one has the row

    def to_json(self) -> dict:
        made = {"name": self.name, "instructions": tidy(self.instructions), "ops": self.ops, "bytes": self.bytes}
        for name in SPREADS:
            spread = getattr(self, name)
            made[name] = spread and {"median": tidy(spread.median), "min": tidy(spread.least), "max": tidy(spread.most)}
        made |= {name: tidy(getattr(self, name)) for name in NUMBERS[1:]}
        made |= {"events": {name: tidy(count) for name, count in self.events.items()} or None, "disk": self.disk or None,
                 "of": self.of or None, "source": self.source or None, "counted_by": self.counted_by or None}
        return {name: value for name, value in made.items() if value is not None}


@dataclass
class Table:
    system: str
    rows: dict[str, Row] = field(default_factory=dict)
    machine: dict = field(default_factory=dict)
    build: dict = field(default_factory=dict)
    source: str = ""

    def to_json(self) -> dict:
        made = {"format": FORMAT, "system": self.system, "machine": self.machine, "build": self.build}
        made |= {"source": self.source} if self.source else {}
        return made | {"rows": [row.to_json() for row in self.rows.values()]}


def tidy(value: float | None) -> float | int | None:
    """Whole numbers are written as such, others with three digits behind the point."""
    if value is None:
        return None
    return int(value) if value == int(value) else round(value, 3)


def dump(made: dict) -> bytes:
    """A row a line, so that a change of the file shows what changed."""
    heads = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in made.items() if name != "rows"]
    rows = ",\n    ".join(json.dumps(row) for row in made["rows"])
    return ("{\n  " + ",\n  ".join(heads) + ',\n  "rows": [\n    ' + rows + "\n  ]\n}\n").encode()


def write(path: Path, table: Table) -> None:
    files.write_bytes(path, dump(table.to_json()))


def read(path: Path) -> Table:
    """Or a Problem that names the file and the line or the member."""
    data = files.read_bytes(path)
    if len(data) > FILE_BYTES:
        raise Problem(f"{path}: is too large for a file of figures")
    try:
        made = words.DECODER.decode(data.decode("utf-8").lstrip("\ufeff"))
    except UnicodeDecodeError:
        raise Problem(f"{path}: is not text") from None
    except json.JSONDecodeError as error:
        raise Problem(f"{path}:{error.lineno}: is not JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise Problem(f"{path}: is not JSON: {error}") from None
    return from_json(made, path)


def from_json(made, path: Path) -> Table:
    need(isinstance(made, dict), path, "", "is not an object with \"format\", \"system\" and \"rows\"")
    need(made.get("format") == FORMAT, path, "format", f"is not {FORMAT}")
    need(isinstance(made.get("system"), str) and made["system"] != "", path, "system", "is no name")
    need(isinstance(made.get("rows"), list), path, "rows", "is no list")
    table = Table(words.printable(made["system"], 60), source=words.printable(str(made.get("source", ""))))
    for name in ("machine", "build"):
        need(isinstance(made.get(name, {}), dict), path, name, "is no object")
        setattr(table, name, made.get(name, {}))
    for at, entry in enumerate(made["rows"]):
        row = row_of(entry, path, f"rows[{at}]")
        need(row.name not in table.rows, path, f"rows[{at}].name", f"is there again: {row.name}")
        table.rows[row.name] = row
    return table


def row_of(entry, path: Path, key: str) -> Row:
    need(isinstance(entry, dict), path, key, "is no object")
    need(words.is_name(entry.get("name")), path, f"{key}.name", f"is no name of a row: {words.NAME_RULE}")
    row = Row(entry["name"], source=words.printable(str(entry.get("source", ""))), disk=entry.get("disk") is True,
              of=words.printable(str(entry.get("of", ""))), counted_by=words.printable(str(entry.get("counted_by", ""))))
    for name in NUMBERS:
        if entry.get(name) is not None:
            need(words.is_number(entry[name]), path, f"{key}.{name}", "is no number from 0 on")
            setattr(row, name, entry[name])
    for name in ("ops", "bytes"):
        if entry.get(name) is not None:
            need(words.is_whole(entry[name]), path, f"{key}.{name}", "is no whole number from 0 on")
            setattr(row, name, entry[name])
    for name in SPREADS:
        setattr(row, name, spread_of(entry.get(name), path, f"{key}.{name}"))
    events = entry.get("events") or {}
    fit = isinstance(events, dict) and all(words.is_name(event) and words.is_number(count) for event, count in events.items())
    need(fit, path, f"{key}.events", "are not names and numbers")
    row.events = events
    return row


def spread_of(value, path: Path, key: str) -> Spread | None:
    """A single number stands for all three."""
    if value is None:
        return None
    if words.is_number(value):
        return Spread(value, value, value)
    need(isinstance(value, dict) and words.is_number(value.get("median")), path, key, "has no \"median\" that is a number")
    found = [value.get(name, value["median"]) for name in ("median", "min", "max")]
    need(all(map(words.is_number, found)), path, key, "has a \"min\" or \"max\" that is no number")
    return Spread(*found)


def need(holds: bool, path: Path, key: str, why: str) -> None:
    if not holds:
        raise Problem(f"{path}: {key} {why}" if key else f"{path}: {why}")
