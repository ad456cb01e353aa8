# SPDX-License-Identifier: BSD-2-Clause
"""What the host tools know of the kernel's ABI, read from its headers so that there is one source only."""

import functools
import pathlib
import re

from .refusal import Refusal

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE_BYTES = 4096

_CONSTANT = re.compile(r"^(?:#define\s+|\s*)([A-Z][A-Z0-9_]+)\s*(?:=\s*)?(0x[0-9a-f]+|[0-9]+)(?:ull|u)?\s*(?=,|}|/\*|$)", re.MULTILINE)
_CALL = re.compile(r"\bCALL\(([0-9]+), ([a-z0-9_]+),")


def _text(header):
    path = ROOT / header
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise Refusal(f"{path}: cannot be read: {error.strerror}") from None


@functools.cache
def constants(header):
    """Every NAME = number and #define NAME number of a header (a path from the root), as a dict."""
    return {name: int(value, 0) for name, value in _CONSTANT.findall(_text(header).replace("{ ", "\n").replace(", ", ",\n"))}


@functools.cache
def calls():
    """The system calls: name to number, in order of their numbers."""
    found = {name: int(number) for number, name in _CALL.findall(_text("kernel/abi/syscall.h"))}
    if sorted(found.values()) != list(range(len(found))) or len(found) > 64:
        raise Refusal("kernel/abi/syscall.h: the numbers of the calls are not 0, 1, 2, ... to 63")
    return found


def pages(size_bytes):
    """Pages that hold so many bytes."""
    return -(-size_bytes // PAGE_BYTES)


def page_pad(data):
    """The bytes, filled up with zeros to whole pages."""
    return data + bytes(-len(data) % PAGE_BYTES)
