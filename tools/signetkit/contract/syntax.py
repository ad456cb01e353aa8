# SPDX-License-Identifier: BSD-2-Clause
"""A contract as it is written: what parser.py makes of the text. Nothing is resolved: numbers may be names, types may not exist."""

from dataclasses import dataclass, field
from typing import NamedTuple

from ..toml.scan import Mark


class Name(NamedTuple):
    text: str
    mark: Mark


class Number(NamedTuple):
    value: int  # if it has no name
    name: str  # of a constant, or ""
    mark: Mark


@dataclass
class Type:
    kind: str  # "value", "string", "bytes", "array", "lent read", "lent write", "given" or "channel"
    mark: Mark
    name: Name = None  # of a value: scalar, enum or struct; of an array: its struct; of a channel: its contract
    low: Number = None  # None: <n> was written, and high is n
    high: Number = None
    count: Number = None  # NAME[count]
    states: list = field(default_factory=list)  # of a channel: Names


@dataclass
class Field:
    name: Name
    type: Type
    doc: str


@dataclass
class Const:
    name: Name
    value: Number
    doc: str


@dataclass
class Enum:
    name: Name
    doc: str
    members: list = field(default_factory=list)  # Const


@dataclass
class Struct:
    name: Name
    doc: str
    fields: list = field(default_factory=list)  # Field


@dataclass
class State:
    name: Name
    end: bool
    doc: str


@dataclass
class Notify:
    to: str  # "client" or "server"
    name: Name
    doc: str


@dataclass
class Operation:
    name: Name
    doc: str
    states: list = None  # Names; None: not said
    next: Name = None
    idempotent: Mark = None
    deadline: Mark = None
    request: list = field(default_factory=list)  # Field
    reply: list = field(default_factory=list)
    errors: list = None  # Names; None: not said


@dataclass
class Tree:
    name: Name
    doc: str
    clauses: list = field(default_factory=list)  # in the file's order

    def of(self, kind):
        return [clause for clause in self.clauses if isinstance(clause, kind)]
