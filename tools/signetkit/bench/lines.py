# SPDX-License-Identifier: BSD-2-Clause
"""Lines of code: more than blanks and comments. Counted is what signet.elf is made of."""

import re
from pathlib import Path

from ..paths import REPO

COUNTED = ("kernel", "hal/x86_64")
LEFT_OUT = ("kernel/trace/", "hal/x86_64/bench/", "kernel/paging/seal_off.c")  # what only the kernels for measuring have
SOURCES = (".c", ".h", ".asm", ".S", ".inc")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


def counts(path: str) -> bool:
    """Is this one of the files, by its path in the checkout?"""
    return path.startswith(tuple(f"{top}/" for top in COUNTED)) and path.endswith(SOURCES) and not path.startswith(LEFT_OUT)


def of_kernel(root: Path = REPO) -> int:
    files = [path for top in COUNTED for path in (root / top).rglob("*") if path.is_file()]
    return sum(code_lines(path) for path in files if counts(path.relative_to(root).as_posix()))


def code_lines(path: Path) -> int:
    text = path.read_text(encoding="utf-8")
    if path.suffix in (".asm", ".inc"):
        text = re.sub(r";[^\n]*", "", text)
    else:
        text = COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
    return sum(bool(line.strip()) for line in text.splitlines())
