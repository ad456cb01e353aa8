#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The fast path cannot touch the words of a message: its object code names none of the registers that they are in.

    check_fast.py --elf build/signet.elf
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

from tree import Fault, report

FUNCTIONS = ("kernel_fast_call", "kernel_fast_reply_recv", "special_call", "special_reply_recv")
WORDS = re.compile(r"%(?:[re]?b[xp]|b[lh]|bpl|r1[2-5][dwb]?)\b")


def named_in(listing: str, function: str) -> list[str]:
    """The instructions of a function, and of what the compiler split off it, that name a word's register."""
    body = re.findall(rf"^[0-9a-f]+ <{function}(?:\.[\w.]+)?>:\n((?:.+\n)+)", listing, re.M)
    if not body:
        return [f"there is no {function}"]
    return [line.strip() for part in body for line in part.splitlines() if WORDS.search(line)]


def check(elf: Path) -> list[Fault]:
    shown = subprocess.run(["objdump", "-d", "--no-show-raw-insn", elf], capture_output=True, text=True, check=True).stdout
    return [Fault(function, 1, line) for function in FUNCTIONS for line in named_in(shown + "\n", function)]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--elf", type=Path, required=True)
    return report("fast", check(parser.parse_args().elf))


if __name__ == "__main__":
    sys.exit(main())
