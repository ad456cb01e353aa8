#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The kernel stays small: its text, that of BearSSL in it, and the lines of code of kernel/ and hal/x86_64/. Prints the figures.

    check_size.py [ROOT] [--elf build/signet.elf]
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

import tree
from tree import Fault

sys.path.insert(0, str(tree.ROOT / "tools"))
from signetkit.bench import lines  # noqa: E402: one way to count them

TEXT_MAX = 104 * 1024
LIBRARY = ".text.bearssl"  # in a section of its own: hal/x86_64/kernel.ld
LIBRARY_TEXT_MAX = 16 * 1024
LINES_MAX = 11_750


def lines_of(root: Path) -> int:
    return lines.of_kernel(root)


def text_of(elf: Path) -> dict[str, int]:
    """Bytes of all sections whose name begins with .text."""
    shown = subprocess.run(["size", "-A", elf], capture_output=True, text=True, check=True).stdout
    return {line.split()[0]: int(line.split()[1]) for line in shown.splitlines() if re.match(r"\.text\S*\s+\d+", line)}


def over(name: str, value: int, most: int, unit: str) -> list[Fault]:
    print(f"{name}: {value:,} {unit} of {most:,}")
    return [Fault(name, 1, f"{value:,} {unit}, {most:,} at most")] if value > most else []


def check(root: Path, elf: Path | None) -> list[Fault]:
    faults = over("kernel/ and hal/x86_64/", lines_of(root), LINES_MAX, "lines of code")
    if elf is None:
        return faults
    if not elf.is_file():
        return faults + [Fault(str(elf), 1, "there is no kernel: build it first")]
    sections = text_of(elf)
    library = sections.pop(LIBRARY, 0)
    text = sum(sections.values())
    return (faults + over(str(elf), text, TEXT_MAX, "bytes of text")
            + over(f"{elf}: BearSSL", library, LIBRARY_TEXT_MAX, "bytes of text beside") + ([] if text else [Fault(str(elf), 1, "has no text")]))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("root", metavar="ROOT", nargs="?", type=Path, default=tree.ROOT)
    parser.add_argument("--elf", type=Path, help="the kernel; without it only lines are counted")
    asked = parser.parse_args()
    return tree.report("size", check(asked.root, asked.elf))


if __name__ == "__main__":
    sys.exit(main())
