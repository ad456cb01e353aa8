# SPDX-License-Identifier: BSD-2-Clause
"""The `signet` commands of gdb. `tools/signet debug` loads this; docs/debugging.md explains them.

Everything is read from the kernel's own structs by way of its debug information, with the machine stopped wherever it
happens to be. Nothing here writes to the machine.
"""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]  # the second for signetkit

import gdb  # noqa: E402

from signetgdb import breaks, channels, command, machine, pages, programs, stubs, tasks, threads  # noqa: E402

command.Prefix()
for commands in (tasks, channels, pages, machine, programs, breaks, threads):
    commands.install()
stubs.install()
gdb.execute("set pagination off")
