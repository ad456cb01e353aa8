#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The fast path cannot touch the words of a message: its object code names none of the registers that they are in.
With parts it may use them, but leaves by a jump, its own caller's values in them: nothing returns to it, and it to nobody.
What ends where it began cannot touch any register but RAX: it gives back those that it changes, and calls nobody.

    check_fast.py --elf build/signet.elf
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

from tree import Fault, report

FUNCTIONS = ("kernel_fast_call", "kernel_fast_reply_recv", "special_call", "special_reply_recv", "kernel_bytes_call", "kernel_bytes_reply_recv",
             "kernel_pages_call")
PARTS = ("kernel_page_call", "kernel_parts_call", "kernel_parts_reply_recv")
QUICK = ("kernel_quick_clock_now", "kernel_quick_ipc_notify")
CHANGED = re.compile(r"(?!cmp|test|bt\s)\w+\s+(?:.*,)?%(\w+)$")
IMPLIED = {"rdtsc": "rdx", "mul": "rdx", "imul": "rdx", "div": "rdx", "cqto": "rdx", "rep": "rcx"}
FREE = ("rax", "eax", "ax", "al", "rsp")
WORDS = re.compile(r"%(?:[re]?b[xp]|b[lh]|bpl|r1[2-5][dwb]?)\b")


def body_of(listing: str, function: str) -> list[str]:
    """The instructions of a function, and of what the compiler split off it."""
    parts = re.findall(rf"^[0-9a-f]+ <{function}(?:\.[\w.]+)?>:\n((?:.+\n)+)", listing, re.M)
    return [line.partition(":")[2].partition("#")[0].strip() for part in parts for line in part.splitlines()]


def named_in(listing: str, function: str) -> list[str]:
    """The instructions that name a word's register."""
    return [line for line in body_of(listing, function) if WORDS.search(line)]


def whole(register: str) -> str:
    """ecx and cl are parts of rcx."""
    old = re.fullmatch(r"[re]?([abcd])[xlh]", register) or re.fullmatch(r"[re]?(si|di|bp|sp)l?", register)
    if old is None:
        return register.rstrip("dwb")
    return f"r{old[1]}x" if len(old[1]) == 1 else f"r{old[1]}"


def changed_by(line: str) -> str | None:
    """The register that an instruction changes, as AT&T writes it: last."""
    implied = next((IMPLIED[name] for name in IMPLIED if line.startswith(name)), None)
    named = CHANGED.fullmatch(line)
    return implied or (whole(named[1]) if named and not line.startswith(("push", "pop")) else None)


def lost_in(listing: str, function: str) -> list[str]:
    """What a function does to registers that it has not pushed; whatever it calls might do that, too."""
    body = body_of(listing, function)
    kept = {line.split("%")[1] for line in body if line.startswith("push")}
    return [line for line in body if line.startswith("call") or (changed_by(line) or "rax") not in kept | set(FREE)]


def stays_in(listing: str, function: str) -> list[str]:
    """What would return from a function, or make one of the ways out return to it."""
    return [line for line in body_of(listing, function) if re.match(r"ret|call.*<(hal_context_answer|hal_decline)", line)]


def check(elf: Path) -> list[Fault]:
    shown = subprocess.run(["objdump", "-d", "--no-show-raw-insn", elf], capture_output=True, text=True, check=True).stdout
    missing = [Fault(function, 1, "is not there") for function in FUNCTIONS + PARTS + QUICK if not body_of(shown + "\n", function)]
    words = [Fault(function, 1, line) for function in FUNCTIONS + QUICK for line in named_in(shown + "\n", function)]
    stays = [Fault(function, 1, line) for function in FUNCTIONS + PARTS for line in stays_in(shown + "\n", function)]
    return missing + words + stays + [Fault(function, 1, line) for function in QUICK for line in lost_in(shown + "\n", function)]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--elf", type=Path, required=True)
    return report("fast", check(parser.parse_args().elf))


if __name__ == "__main__":
    sys.exit(main())
