# SPDX-License-Identifier: BSD-2-Clause
"""Reads what a guest prints: the lines `BENCH {...}` of docs/bench-format.md, among whatever else it prints.

The guest may be anybody's, so its bytes may be anything. A line that is not right is one complaint with its number, and
all other lines count.
"""

from dataclasses import dataclass, field

from . import words

MARK = "BENCH {"
FORMAT = 1
LINE_BYTES = 1 << 16
ROWS_MOST = 4096
NUMBERS = {"ops": 1, "ticks": 0, "halted": 0, "bytes": 0, "kernel": 0, "max": 0}  # and the least that each may be
COST = ("ticks", "max", "samples")
ADDED = ("kernel", "events")  # may come on a line of their own


@dataclass
class Told:
    """One row, as one run told it."""

    name: str
    ops: int = 1
    ticks: int = 0
    halted: int = 0
    bytes: int | None = None
    disk: bool = False
    most: int | None = None  # of a row that is a maximum, not a mean
    kernel: int | None = None
    events: dict[str, int] = field(default_factory=dict)
    of: str = ""  # the row that a maximum was in
    has_cost: bool = False

    def cost(self) -> float:
        """Ticks of one operation, those spent halted left out."""
        return self.most if self.most is not None else (self.ticks - self.halted) / self.ops

    def elapsed(self) -> float:
        """Ticks of one operation, halted or not: what a clock shows."""
        return self.most if self.most is not None else self.ticks / self.ops

    def repeats(self) -> tuple:
        """What two counted runs must agree in."""
        return self.ops, self.ticks, self.halted, self.most


class Wrong(Exception):
    """Why a line cannot be taken."""


class Reader:
    """Takes a guest's bytes as they come."""

    def __init__(self, on_row=None):
        self.system = ""
        self.version = ""
        self.hz = 0
        self.begun = False
        self.ended = False
        self.rows: dict[str, Told] = {}
        self.notes: list[str] = []
        self.errors: list[str] = []
        self.complaints: list[str] = []
        self.on_row = on_row or (lambda name: None)
        self.lines = 0
        self.rest = b""
        self.skipping = False  # the rest of a line that is too long

    def feed(self, data: bytes) -> None:
        *whole, last = data.split(b"\n")
        for part in whole:
            self.take(part)
            self.end_line()
        self.take(last)

    def finish(self) -> None:
        """The guest is gone: a last line without its end counts if it can be read."""
        if self.rest or self.skipping:
            self.end_line()

    def take(self, part: bytes) -> None:
        if not self.skipping:
            self.rest += part
        if len(self.rest) > LINE_BYTES:
            if MARK.encode() in self.rest:
                self.complain(self.lines + 1, f"is longer than {LINE_BYTES:,} bytes")
            self.skipping, self.rest = True, b""

    def end_line(self) -> None:
        self.lines += 1
        line, self.rest, self.skipping = self.rest, b"", False
        if MARK.encode() in line:
            self.read_line(line.decode("utf-8", "replace").rstrip())

    def complain(self, line: int, why: str) -> None:
        self.complaints.append(f"line {line:,} {why}")

    def read_line(self, line: str) -> None:
        """A newline that was lost leaves two objects on a line: both count, with a complaint."""
        at = line.find(MARK)
        while at >= 0:
            start = at + len(MARK) - 1
            end = start
            try:
                members, end = words.DECODER.raw_decode(line, start)
                self.read_object(members)
            except Wrong as wrong:
                self.complain(self.lines, str(wrong))
            except (ValueError, RecursionError) as error:
                self.complain(self.lines, f"is not JSON: {getattr(error, 'msg', error) or 'too deep'}: {words.printable(line[at:], 60)}")
            at = line.find(MARK, end)
            left = line[end:at] if at >= 0 else line[end:]
            if end > start and left.strip():
                self.complain(self.lines, f"has more behind its object: {words.printable(left.strip(), 60)}")
            elif end > start and at >= 0:
                self.complain(self.lines, "has two objects: a newline is missing")

    def read_object(self, members: dict) -> None:
        kinds = {"bench": self.read_head, "name": self.read_row, "note": self.read_note, "error": self.read_error, "end": self.read_end}
        kind = next((kind for kind in kinds if kind in members), None)
        if kind is None:
            raise Wrong(f"has none of the members {', '.join(kinds)}")
        if self.ended and kind != "end":
            raise Wrong("comes after {\"end\":true}: it does not count")
        kinds[kind](members)

    def read_head(self, members: dict) -> None:
        if members["bench"] != FORMAT or type(members["bench"]) is not int:
            raise Wrong(f"says format {words.printable(str(members['bench']), 20)}: this reads {FORMAT}")
        for name in ("system", "version"):
            if not isinstance(members.get(name, ""), str):
                raise Wrong(f"has a \"{name}\" that is no text")
        if not words.is_whole(members.get("hz", 0)):
            raise Wrong("has a \"hz\" that is no whole number from 0 on")
        if self.begun:
            raise Wrong("begins anew: has the guest been reset?")
        self.begun = True
        self.system, self.version = words.printable(members.get("system", ""), 60), words.printable(members.get("version", ""), 60)
        self.hz = members.get("hz", 0)

    def read_note(self, members: dict) -> None:
        self.notes.append(text_of(members, "note"))

    def read_error(self, members: dict) -> None:
        self.errors.append(text_of(members, "error"))

    def read_end(self, members: dict) -> None:
        if members["end"] is not True:
            raise Wrong("has an \"end\" that is not true")
        self.ended = True

    def read_row(self, members: dict) -> None:
        name = members["name"]
        if not words.is_name(name):
            raise Wrong(f"has a bad name, {words.printable(repr(name), 40)}: {words.NAME_RULE}")
        check_members(name, members)
        row = self.rows.get(name) or Told(name)
        if any(member in members for member in COST):
            if row.has_cost:
                raise Wrong(f"has the row {name} again: the first one counts")
            take_cost(row, members)
        elif not any(member in members for member in ADDED):
            raise Wrong(f"has the row {name} without \"ticks\" and \"ops\"")
        row.kernel = members.get("kernel", row.kernel)
        row.events = members.get("events", row.events)
        if name not in self.rows and len(self.rows) == ROWS_MOST:
            raise Wrong(f"has one row too many: {ROWS_MOST:,} at most")
        self.rows[name] = row
        self.on_row(name)


def text_of(members: dict, name: str) -> str:
    if not isinstance(members[name], str):
        raise Wrong(f"has a \"{name}\" that is no text")
    return words.printable(members[name])


def check_members(name: str, members: dict) -> None:
    """Nothing is taken of a line that has one bad number."""
    for member, least in NUMBERS.items():
        if member in members and not words.is_whole(members[member], least):
            shown = words.printable(str(members[member]), 24)
            raise Wrong(f"has the row {name} with \"{member}\" {shown}: a whole number from {least} to 2^63-1 is wanted")
    if type(members.get("disk", False)) is not bool:
        raise Wrong(f"has the row {name} with a \"disk\" that is neither true nor false")
    events = members.get("events", {})
    if not isinstance(events, dict) or not all(words.is_name(event) and words.is_whole(count) for event, count in events.items()):
        raise Wrong(f"has the row {name} with \"events\" that are not names and whole numbers from 0 on")
    if "of" in members and not words.is_name(members["of"]):
        raise Wrong(f"has the row {name} with \"of\", a bad name, {words.printable(repr(members['of']), 40)}: {words.NAME_RULE}")
    samples = members.get("samples", [0])
    if not isinstance(samples, list) or not samples or not all(map(words.is_whole, samples)):
        raise Wrong(f"has the row {name} with \"samples\" that are not whole numbers from 0 on")


def take_cost(row: Told, members: dict) -> None:
    most = members.get("max", max(members["samples"]) if "samples" in members else None)
    if most is None and "ops" not in members:
        raise Wrong(f"has the row {row.name} without \"ops\"")
    if members.get("halted", 0) > members.get("ticks", 0):
        raise Wrong(f"has the row {row.name} halted for longer than it took")
    row.most, row.ops, row.ticks = most, members.get("ops", 1), members.get("ticks", 0)
    row.halted, row.bytes, row.disk = members.get("halted", 0), members.get("bytes"), members.get("disk", False)
    row.of, row.has_cost = members.get("of", ""), True
