#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes what libsys/stubs.asm includes: a line for each system call, from the one table in kernel/abi/syscall.h.

    make_stubs.py -o FILE

A call without words becomes `STUB number, name, arguments, results`, which the assembler makes a function of; the calls that carry
messages have stubs of their own there, and get their numbers only.
"""

import argparse
import sys
from pathlib import Path

from make_calls_doc import calls_of, expand

MESSAGES = ("ipc_call", "ipc_recv", "ipc_reply", "ipc_reply_recv")  # their words fill six more registers
C_ARGUMENTS_MAX = 6
FIRST = "process_exit"  # in every program: where the assembler's debug information begins (libsys/stubs.asm)


def line(call) -> str:
    """What the assembler reads of one call."""
    if call.name in MESSAGES:
        return f"SYS_{call.name} equ {call.number}"
    pointers = 1 if call.results else 0  # where the results go is the C function's last argument
    if len(call.arguments) + pointers > C_ARGUMENTS_MAX:
        sys.exit(f"kernel/abi/syscall.h: {call.name} has more arguments and results than a C function takes in registers")
    return f"STUB {call.number}, {call.name}, {len(call.arguments)}, {len(call.results)}"


def make() -> str:
    head = "; Made by tools/make_stubs.py from kernel/abi/syscall.h.\n"
    return head + "".join(line(call) + "\n" for call in sorted(calls_of(expand()), key=lambda call: call.name != FIRST))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-o", "--output", required=True, metavar="FILE")
    output = Path(parser.parse_args().output)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(make(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
