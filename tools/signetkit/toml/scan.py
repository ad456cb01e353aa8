# SPDX-License-Identifier: BSD-2-Clause
"""The words of TOML: places, strings, numbers, dates. toml_reader.py makes documents of them."""

import bisect
import datetime
import re
from typing import NamedTuple

from ..refusal import Refusal


class Mark(NamedTuple):
    """A place in a file; lines and columns (in characters) count from 1."""

    file: str
    line: int
    column: int

    def __str__(self):
        return f"{self.file}:{self.line}:{self.column}"


class TomlError(Refusal):
    def __init__(self, mark, message):
        super().__init__(f"{mark}: {message}")
        self.mark = mark
        self.message = message


BLANK = re.compile(r"[ \t]*")
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_COMMENT = re.compile(r"#[^\n]*")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # what may stand in no comment and no one-line string
_CONTROL_ML = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # the same, but a line may end
_FOLD = re.compile(r"[ \t]*\n[ \t\n]*")  # what a backslash at the end of a line swallows
_HEX = re.compile(r"[0-9A-Fa-f]*")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}

_CLOCK = r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]+))?"
_TIME = re.compile(_CLOCK)
_DATE = re.compile(
    r"([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    rf"(?:[Tt ]{_CLOCK}(?:([Zz])|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))?)?"
)
_PREFIXED = re.compile(r"0x[0-9A-Fa-f](?:_?[0-9A-Fa-f])*|0o[0-7](?:_?[0-7])*|0b[01](?:_?[01])*")
_DECIMAL = re.compile(
    r"[+-]?(?:0|[1-9](?:_?[0-9])*)(\.[0-9](?:_?[0-9])*)?([eE][+-]?[0-9](?:_?[0-9])*)?"
)
_SPECIAL = re.compile(r"[+-]?(?:inf|nan)")


class Scanner:
    """Walks one text. self.at is the offset of the next character."""

    def __init__(self, text, file):
        self.text = text
        self.file = file
        self.at = 0
        self.line_starts = [0] + [found.end() for found in re.finditer("\n", text)]

    # Places, errors, and small steps.

    def mark(self, at=None):
        at = self.at if at is None else at
        line = bisect.bisect_right(self.line_starts, at)
        return Mark(self.file, line, at - self.line_starts[line - 1] + 1)

    def fail(self, message, at=None):
        raise TomlError(self.mark(at), message)

    def sees(self, piece):
        return self.text.startswith(piece, self.at)

    def takes(self, piece):
        if not self.sees(piece):
            return False
        self.at += len(piece)
        return True

    def match(self, pattern):
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def expect(self, piece, where):
        if not self.takes(piece):
            self.fail(f"expected {piece!r} {where}, found {self.found()}")

    def found(self):
        if self.at >= len(self.text):
            return "the end of the file"
        return "the end of the line" if self.text[self.at] == "\n" else repr(self.text[self.at])

    def comment(self):
        start = self.at
        found = self.match(_COMMENT)
        if found:
            bad = _CONTROL.search(found.group())
            if bad:
                self.fail(f"control character {bad.group()!r} in a comment", start + bad.start())

    def blank_lines(self):
        while True:
            self.match(BLANK)
            self.comment()
            if not self.takes("\n"):
                return

    def line_end(self):
        self.match(BLANK)
        self.comment()
        if self.at < len(self.text) and not self.takes("\n"):
            self.fail(f"expected the end of the line, found {self.found()}")

    # Values without values inside.

    def scalar(self):
        if self.sees('"""'):
            return self.long_basic_string()
        if self.sees("'''"):
            return self.long_literal_string()
        if self.sees('"'):
            return self.basic_string()
        if self.sees("'"):
            return self.literal_string()
        if self.takes("true"):
            return True
        if self.takes("false"):
            return False
        return self.date_or_number()

    def date_or_number(self):
        start = self.at
        found = self.match(_DATE)
        if found:
            return self.date(found, start)
        found = self.match(_TIME)
        if found:
            return _clock(found.groups())
        found = self.match(_PREFIXED)
        if found:
            return int(found.group(), 0)
        found = self.match(_SPECIAL)
        if found:
            return float(found.group())
        found = self.match(_DECIMAL)
        if not found:
            self.fail(f"expected a value, found {self.found()}")
        if found.group(1) or found.group(2):
            return float(found.group())
        try:
            return int(found.group())
        except ValueError:  # Python bounds the digits that it converts
            self.fail("this number is too long", start)

    def date(self, found, start):
        parts = found.groups()
        try:
            day = datetime.date(*map(int, parts[:3]))
        except ValueError as error:
            self.fail(str(error), start)
        if parts[3] is None:
            return day
        zulu, sign, hours, minutes = parts[7:]
        zone = datetime.timezone.utc if zulu else None
        if sign:
            offset = datetime.timedelta(hours=int(hours), minutes=int(minutes))
            zone = datetime.timezone(-offset if sign == "-" else offset)
        return datetime.datetime.combine(day, _clock(parts[3:7]), zone)

    # Strings.

    def literal_string(self):
        start = self.at
        self.at += 1
        return self.until("'", _CONTROL, start)

    def long_literal_string(self):
        start = self.at
        self.at += 3
        self.takes("\n")
        return self.until("'''", _CONTROL_ML, start) + self.spare_quotes("'")

    def until(self, quote, control, start):
        """The text as it stands up to the quote; start is where the string began."""
        end = self.text.find(quote, self.at)
        bad = control.search(self.text, self.at, len(self.text) if end < 0 else end)
        if bad:
            self.fail(f"control character {bad.group()!r} in a string", bad.start())
        if end < 0:
            self.fail("this string is not closed", start)
        piece = self.text[self.at : end]
        self.at = end + len(quote)
        return piece

    def spare_quotes(self, quote):
        """Up to two quotes may stand before the three that close a long string: they belong to it."""
        spare = ""
        while len(spare) < 2 and self.takes(quote):
            spare += quote
        return spare

    def basic_string(self):
        start = self.at
        self.at += 1
        return self.escaped('"', _CONTROL, start)

    def long_basic_string(self):
        start = self.at
        self.at += 3
        self.takes("\n")
        return self.escaped('"""', _CONTROL_ML, start) + self.spare_quotes('"')

    def escaped(self, quote, control, start):
        pieces = []
        while not self.takes(quote):
            if self.at >= len(self.text):
                self.fail("this string is not closed", start)
            if self.sees("\\"):
                pieces.append(self.escape(len(quote) == 3))
                continue
            if control.match(self.text, self.at):
                self.fail(f"control character {self.text[self.at]!r} in a string")
            pieces.append(self.text[self.at])
            self.at += 1
        return "".join(pieces)

    def escape(self, long):
        start = self.at
        self.at += 1
        if long and self.match(_FOLD):
            return ""
        letter = self.text[self.at : self.at + 1]
        self.at += 1
        if letter in _ESCAPES:
            return _ESCAPES[letter]
        if letter not in ("u", "U"):
            self.fail(f"unknown escape {self.text[start : start + 2]!r}", start)
        digits = self.text[self.at : self.at + (4 if letter == "u" else 8)]
        self.at += len(digits)
        if len(digits) not in (4, 8) or len(digits) == 4 and letter == "U" or _HEX.fullmatch(digits) is None:
            self.fail(f"\\{letter} wants {4 if letter == 'u' else 8} hexadecimal digits", start)
        code = int(digits, 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            self.fail(f"{code:#x} is no Unicode character", start)
        return chr(code)


def _clock(parts):
    hour, minute, second, fraction = parts
    return datetime.time(int(hour), int(minute), int(second), int((fraction or "0").ljust(6, "0")[:6]))
