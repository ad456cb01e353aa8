# SPDX-License-Identifier: BSD-2-Clause
"""The statuses of kernel/abi/status.h by their names in lower case: what a contract's errors are."""

import functools
import re

from .. import abi
from ..refusal import Refusal

HEADER = "kernel/abi/status.h"
_STATUS = re.compile(r'\bS\(([A-Z_]+), ([0-9]+), "([^"]*)"\)')


@functools.cache
def _table():
    try:
        found = _STATUS.findall((abi.ROOT / HEADER).read_text(encoding="utf-8"))
    except OSError as error:
        raise Refusal(f"{HEADER}: cannot be read: {error.strerror}") from None
    return {name.lower(): (int(number), text) for name, number, text in found}


def statuses():
    """Name to what it means."""
    return {name: text for name, (_, text) in _table().items()}


def number_of(name):
    return _table()[name][0]
