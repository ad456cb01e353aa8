# SPDX-License-Identifier: BSD-2-Clause
"""Run in the second gdb of `signet bt`: every thread's stack under a line with its number."""

import sys
from pathlib import Path

import gdb

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

import stubs  # noqa: E402

NOWHERE = " 0x0000000000000000 in ?? ()"  # where a thread's first function would return to

stubs.install()
for thread in sorted(gdb.selected_inferior().threads(), key=lambda one: one.ptid[1]):
    thread.switch()
    gdb.write(f"\nthread {thread.ptid[1] - 1}\n")
    try:
        frames = gdb.execute("bt", to_string=True).splitlines()
        gdb.write("\n".join(line for line in frames if not line.endswith(NOWHERE)) + "\n")
    except gdb.error as error:
        gdb.write(f"{error}\n")
