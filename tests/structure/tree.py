# SPDX-License-Identifier: BSD-2-Clause
"""What the structure checks share: the files of a tree, and how a fault is told: `file:line: message`, exit status 1."""

import os
import re
import sys
from pathlib import Path
from typing import Iterable, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
TOPS = ("kernel", "hal", "libsys", "servers", "pager", "tests", "tools", "docs", ".ci")

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


class Fault(NamedTuple):
    file: str
    line: int
    message: str


def files(root: Path, *suffixes: str, under: Iterable[str] = TOPS) -> list[str]:
    """Paths from the root, sorted, of the files below some folders, and of those in the root itself."""
    found = [path.name for path in root.iterdir() if path.is_file()] if under is TOPS else []
    for top in under:
        for folder, inner, names in os.walk(root / top):
            inner[:] = [name for name in inner if not name.startswith((".", "__pycache__", "build"))]
            found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return sorted(name for name in found if not suffixes or name.endswith(suffixes))


def read(root: Path, name: str) -> str:
    return (root / name).read_text(encoding="utf-8", errors="replace")


def without_comments(text: str) -> str:
    """C without its comments; every line keeps its number."""
    return COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)


def line_at(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def report(what: str, faults: list[Fault]) -> int:
    """Prints the faults and returns the exit status."""
    for fault in sorted(faults):
        print(f"{fault.file}:{fault.line}: {fault.message}")
    print(f"{what}: {len(faults)} faults" if faults else f"{what}: good", file=sys.stderr)
    return 1 if faults else 0
