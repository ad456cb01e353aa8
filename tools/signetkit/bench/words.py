# SPDX-License-Identifier: BSD-2-Clause
"""Text and numbers that somebody else wrote: made fit to print, and refused in words."""

import json
import math
import re
from fnmatch import fnmatchcase

NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
NAME_RULE = "a name is of a-z, 0-9, _, . and -, 64 at most"
SHOWN_MOST = 200
WHOLE_MOST = (1 << 63) - 1


def printable(text: str, most: int = SHOWN_MOST) -> str:
    """Cut, and without what moves a terminal's cursor or cannot be encoded."""
    kept = "".join(letter if letter.isprintable() else "?" for letter in text[:most])
    return kept + ("..." if len(text) > most else "")


def is_name(value) -> bool:
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def is_whole(value, least: int = 0) -> bool:
    return type(value) is int and least <= value <= WHOLE_MOST


def is_number(value) -> bool:
    return type(value) in (int, float) and 0 <= value <= WHOLE_MOST and math.isfinite(value)


def refuse_constant(name: str):
    raise ValueError(f"{name} is no number of JSON")


def refuse_twins(pairs: list[tuple]) -> dict:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twin = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the member \"{printable(twin, 40)}\" is there twice")
    return found


DECODER = json.JSONDecoder(parse_constant=refuse_constant, object_pairs_hook=refuse_twins)


def wanted(name: str, pattern: str | None) -> bool:
    """Is a row asked for? A pattern has * and ?, several have commas between them."""
    return pattern is None or any(fnmatchcase(name, part) for part in pattern.split(","))


def number(value: float) -> str:
    """As a table shows it: small ones with a digit behind the point if they are not whole."""
    return f"{value:,.0f}" if value >= 10_000 else f"{value:,.1f}".removesuffix(".0")
