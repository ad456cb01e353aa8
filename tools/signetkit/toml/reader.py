# SPDX-License-Identifier: BSD-2-Clause
"""Reads TOML 1.0 and remembers where everything stood.

The standard library's reader gives values without places, and a checker that cannot say file:line:column is of little use.
This one accepts and refuses exactly what tomllib does (tests/tools/test_toml.py compares the two), except that it also
refuses values nested more than NESTING_MAX deep instead of running out of stack.
"""

import enum
from typing import NamedTuple

from .scan import BARE_KEY, BLANK, Mark, Scanner, TomlError

NESTING_MAX = 100


class Made(enum.Enum):
    """How a table came to be, which decides how it may still grow."""

    IMPLIED = 1  # named on the way to another: may still be declared, once
    DECLARED = 2  # by [header]: grows only under that header
    DOTTED = 3  # by a.b = ...: grows by further dotted keys, cannot be declared
    CLOSED = 4  # an inline table: complete as written


class Table(dict):
    """Maps each key to its Item."""

    def __init__(self, made):
        super().__init__()
        self.made = made


class TableArray(list):
    """What [[name]] headers make; unlike an array written as a value it can still grow."""


class Item(NamedTuple):
    """A value and the places of its key and of itself. In an array the two places are the same."""

    data: object  # str, int, float, bool, datetime, date, time, Table, or list of Item
    key_mark: Mark
    mark: Mark


def plain(data):
    """The same data without places, as tomllib gives it."""
    if isinstance(data, dict):
        return {key: plain(item.data) for key, item in data.items()}
    if isinstance(data, list):
        return [plain(item.data) for item in data]
    return data


def read_file(path):
    """Reads a file into a Table. Raises TomlError, also when the file is not UTF-8 or cannot be read."""
    try:
        with open(path, "rb") as file:
            raw = file.read()
    except OSError as error:
        raise TomlError(Mark(str(path), 1, 1), f"cannot be read: {error.strerror}") from None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        good = raw[: error.start].decode("utf-8")
        line = good.count("\n") + 1
        raise TomlError(Mark(str(path), line, len(good) - good.rfind("\n")), "this is not UTF-8") from None
    return read_text(text, str(path))


def read_text(text, file="<text>"):
    return _Parser(text.replace("\r\n", "\n"), file).document()


class _Parser(Scanner):
    def __init__(self, text, file):
        super().__init__(text, file)
        self.depth = 0

    # The document: headers and key = value lines.

    def document(self):
        root = Table(Made.DECLARED)
        current = root
        while True:
            self.blank_lines()
            if self.at >= len(self.text):
                return root
            if self.sees("["):
                current = self.header(root)
            else:
                self.pair(current)
            self.line_end()

    def header(self, root):
        start = self.mark()
        close = "]]" if self.takes("[[") else "]"
        if close == "]":
            self.at += 1
        self.match(BLANK)
        path = self.key()
        self.expect(close, "after the table's name")
        table = self.descend_header(root, path[:-1])
        name, mark = path[-1]
        if close == "]]":
            return self.append_table(table, name, mark, start)
        return self.declare_table(table, name, mark, start)

    def descend_header(self, table, path):
        for name, mark in path:
            if name not in table:
                table[name] = Item(Table(Made.IMPLIED), mark, mark)
            data = table[name].data
            if isinstance(data, TableArray):
                data = data[-1].data
            self.need_open_table(data, name, mark)
            table = data
        return table

    def need_open_table(self, data, name, mark):
        if not isinstance(data, Table):
            raise TomlError(mark, f"{name!r} already has a value that is not a table")
        if data.made is Made.CLOSED:
            raise TomlError(mark, f"{name!r} is an inline table and cannot grow")

    def declare_table(self, parent, name, mark, start):
        if name not in parent:
            parent[name] = Item(Table(Made.DECLARED), mark, start)
            return parent[name].data
        data = parent[name].data
        if not isinstance(data, Table) or data.made is not Made.IMPLIED:
            raise TomlError(mark, f"{name!r} is already defined at {parent[name].key_mark}")
        data.made = Made.DECLARED
        parent[name] = Item(data, mark, start)
        return data

    def append_table(self, parent, name, mark, start):
        if name not in parent:
            parent[name] = Item(TableArray(), mark, start)
        array = parent[name].data
        if not isinstance(array, TableArray):
            raise TomlError(mark, f"{name!r} is already defined at {parent[name].key_mark}")
        array.append(Item(Table(Made.DECLARED), mark, start))
        return array[-1].data

    def pair(self, table):
        """Reads key = value into a table, through dotted keys."""
        path = self.key()
        self.expect("=", "after the key")
        self.match(BLANK)
        value_mark = self.mark()
        data = self.value()
        for name, mark in path[:-1]:
            if name not in table:
                table[name] = Item(Table(Made.DOTTED), mark, mark)
            inner = table[name].data
            self.need_open_table(inner, name, mark)
            if inner.made is Made.DECLARED:
                raise TomlError(mark, f"{name!r} is already declared at {table[name].key_mark}")
            inner.made = Made.DOTTED
            table = inner
        name, mark = path[-1]
        if name in table:
            raise TomlError(mark, f"{name!r} is already defined at {table[name].key_mark}")
        table[name] = Item(data, mark, value_mark)

    def key(self):
        """Reads a dotted key: a list of (name, Mark). Stops after the blanks that follow it."""
        path = []
        while True:
            mark = self.mark()
            bare = self.match(BARE_KEY)
            if bare:
                path.append((bare.group(), mark))
            elif self.sees('"'):
                path.append((self.basic_string(), mark))
            elif self.sees("'"):
                path.append((self.literal_string(), mark))
            else:
                self.fail(f"expected a key, found {self.found()}")
            self.match(BLANK)
            if not self.takes("."):
                return path
            self.match(BLANK)

    # Values.

    def value(self):
        if self.sees("[") or self.sees("{"):
            return self.nested()
        return self.scalar()

    def nested(self):
        self.depth += 1
        if self.depth > NESTING_MAX:
            self.fail(f"values are nested more than {NESTING_MAX} deep")
        data = self.array() if self.takes("[") else self.inline_table()
        self.depth -= 1
        return data

    def array(self):
        items = []
        self.blank_lines()
        while not self.takes("]"):
            mark = self.mark()
            items.append(Item(self.value(), mark, mark))
            self.blank_lines()
            if not self.takes(","):
                self.expect("]", "or ',' in an array")
                break
            self.blank_lines()
        return items

    def inline_table(self):
        self.at += 1
        table = Table(Made.DOTTED)
        self.match(BLANK)
        if not self.takes("}"):
            while True:
                self.pair(table)
                self.match(BLANK)
                if not self.takes(","):
                    break
                self.match(BLANK)
            self.expect("}", "or ',' in an inline table")
        table.made = Made.CLOSED
        return table
