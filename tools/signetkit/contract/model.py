# SPDX-License-Identifier: BSD-2-Clause
"""A contract as its parser leaves it: what every generator reads. Names are as written; numbers are resolved."""

from dataclasses import dataclass, field

from ..toml.scan import Mark

SCALARS = {"u8": 8, "u16": 16, "u32": 32, "u64": 64, "i64": 64, "bool": 1}  # bits


@dataclass
class Constant:
    name: str
    value: int
    doc: str
    mark: Mark


@dataclass
class Enum:
    name: str
    members: dict  # name to value, in order
    doc: str
    mark: Mark
    docs: dict = field(default_factory=dict)  # of the members


@dataclass
class StructField:
    name: str
    type: str  # a scalar's, enum's or struct's name, or "string"
    count: int  # elements of an array; for a string the most characters; 0: one value
    offset: int  # bytes
    doc: str
    mark: Mark


@dataclass
class Struct:
    name: str
    fields: list
    bytes: int
    align: int
    doc: str
    mark: Mark


@dataclass
class State:
    name: str
    number: int
    end: bool  # no operation is legal here, on purpose
    doc: str
    mark: Mark


@dataclass
class Notification:
    name: str
    bit: int
    doc: str
    mark: Mark


@dataclass
class Word:
    """A scalar field: one word of the message."""

    name: str
    type: str  # of SCALARS, or an enum's name
    place: int  # 0 to 5
    doc: str
    mark: Mark


@dataclass
class Bytes:
    """The message's bytes: at most one such field in a direction."""

    name: str
    kind: str  # "string", "bytes", "struct" or "array"
    struct: str  # of a struct or an array
    low: int  # characters, bytes or elements; 1 and 1 for a struct
    high: int
    doc: str
    mark: Mark


@dataclass
class Pages:
    """The message's pages: at most one such field in a direction."""

    name: str
    kind: str  # "lent read", "lent write" or "given"
    low: int
    high: int
    doc: str
    mark: Mark


@dataclass
class End:
    """A channel's client end that moves with the message."""

    name: str
    contract: str
    states: list  # names of that contract's states it may be in; empty: the first
    place: int  # 0 to 3
    doc: str
    mark: Mark
    contract_mark: Mark = None
    state_marks: list = field(default_factory=list)  # of the states


@dataclass
class Direction:
    """What a request or a reply carries; `fields` has them all in the order of their appearance."""

    fields: list = field(default_factory=list)

    def of(self, kind):
        return [f for f in self.fields if isinstance(f, kind)]

    @property
    def words(self):
        return self.of(Word)

    @property
    def ends(self):
        return self.of(End)

    @property
    def bytes(self):
        return next(iter(self.of(Bytes)), None)

    @property
    def pages(self):
        return next(iter(self.of(Pages)), None)

    @property
    def plain(self):
        """Words only."""
        return len(self.words) == len(self.fields)


@dataclass
class Operation:
    name: str
    number: int  # from 1
    states: list  # names, where it is legal
    next_state: str  # after success; "" if the state stays
    idempotent: bool
    deadline: bool
    request: Direction
    reply: Direction
    errors: list  # lower-case status names
    doc: str
    mark: Mark
    idempotent_mark: Mark = None


@dataclass
class Contract:
    file: str
    name: str
    id: int  # 64 bits
    doc: str
    constants: dict  # name to Constant, as all below
    enums: dict
    structs: dict
    states: dict  # never empty: a contract that names none has one, "open"
    to_client: dict  # Notification
    to_server: dict
    operations: dict
    mark: Mark
