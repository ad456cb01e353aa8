# SPDX-License-Identifier: BSD-2-Clause
"""Takes a TOML table apart key by key, so that each refusal is file:line:column: key: message and no key goes unread."""

import re

from ..contracts import NAME
from .reader import Table
from .scan import TomlError

_SIZE = re.compile(r"([0-9]+) ?(KiB|MiB|GiB)")
_UNITS = {"KiB": 1, "MiB": 1 << 10, "GiB": 1 << 20}
_TYPE_NAMES = {str: "a string", int: "a whole number", bool: "true or false", list: "an array", Table: "a table"}


def fail(item, key, message):
    raise TomlError(item.mark, f"{key}: {message}")


class Fields:
    """One table. Each key is taken by its type; unknown() and done() tell what nobody takes."""

    def __init__(self, table, mark, path="", keys=()):
        """keys: those that exist, where they are not all taken in each case."""
        self.table = table
        self.mark = mark  # of the table, for keys that are missing
        self.path = path
        self.known = list(keys)

    def label(self, key):
        return f"{self.path}.{key}" if self.path else key

    def take(self, key, kind, required=False):
        """The Item of a key, checked to be of a Python type, or None."""
        if key not in self.known:
            self.known.append(key)
        item = self.table.get(key)
        if item is None:
            if required:
                raise TomlError(self.mark, f"{self.label(key)}: this key is missing")
            return None
        if type(item.data) is not kind and not (kind is list and isinstance(item.data, list)):
            fail(item, self.label(key), f"this should be {_TYPE_NAMES[kind]}")
        return item

    def flag(self, key):
        item = self.take(key, bool)
        return item is not None and item.data

    def text(self, key, required=False):
        item = self.take(key, str, required)
        return item.data if item else ""

    def name(self, key, longest, required=False):
        item = self.take(key, str, required)
        return check_name(item, self.label(key), longest) if item else ""

    def number(self, key, low, high, default=None):
        """A whole number within bounds; without a default the key is required."""
        item = self.take(key, int, default is None)
        if item is None:
            return default
        if not low <= item.data <= high:
            fail(item, self.label(key), f"{item.data} is not from {low} to {high}")
        return item.data

    def kib(self, key, unit_kib, high, default=None, any_value=None):
        """A size as a number of units or as "4 MiB", in units of unit_kib KiB. "any" gives any_value where that is allowed."""
        item = self.table.get(key)
        if item is None or type(item.data) is int:
            return self.number(key, 0, high, default)
        words = 'a number, a size like "64 KiB"' + ("" if any_value is None else ' or "any"')
        if not isinstance(item.data, str):
            fail(item, self.label(key), f"this should be {words}")
        text = self.text(key)
        if text == "any" and any_value is not None:
            return any_value
        found = _SIZE.fullmatch(text)
        if not found:
            fail(item, self.label(key), f"{text!r} is not {words}")
        units, rest = divmod(int(found[1]) * _UNITS[found[2]], unit_kib)
        if rest or units > high:
            fail(item, self.label(key), f"{text!r} is not a multiple of {unit_kib} KiB up to {high * unit_kib} KiB")
        return units

    def items(self, key, kind):
        """The elements of an array, each an Item of one type; absent is empty."""
        array = self.take(key, list)
        for item in array.data if array else []:
            if type(item.data) is not kind:
                fail(item, self.label(key), f"each element should be {_TYPE_NAMES[kind]}")
        return list(array.data) if array else []

    def table_items(self, key):
        """(name, Item) of a table's entries; absent is empty."""
        item = self.take(key, Table)
        return list(item.data.items()) if item else []

    def unknown(self):
        """An error for each key that is not known."""
        known = ", ".join(self.known)
        return [TomlError(item.key_mark, f"{self.label(key)}: unknown key (known are {known})")
                for key, item in self.table.items() if key not in self.known]

    def done(self):
        for error in self.unknown():
            raise error


def check_name(item, key, longest, text=None):
    """A name of ours: lower-case letters, digits, '-' and '_', so that it can be printed and typed anywhere."""
    text = item.data if text is None else text
    if not NAME.fullmatch(text) or len(text) > longest:
        fail(item, key, f"{text!r} is not a name of 1 to {longest} of a-z, 0-9, '-' and '_' that begins with a letter")
    return text
