# SPDX-License-Identifier: BSD-2-Clause
"""signet bt PROC and signet core PROC FILE: a process's threads from their saved registers, whoever's page tables are loaded.

A second gdb reads a core file of the process, so nothing has to be switched in this one.
"""

import subprocess
import tempfile
from pathlib import Path

import gdb
from signetkit import abi

from . import core, processes, programs, tasks
from .command import Command
from .kernel import Trouble

SECONDS = 60
BACKTRACES = Path(__file__).with_name("backtraces.py")


def install() -> None:
    Command("bt", bt, (1, 1), usage="PROC")
    Command("core", write_core, (2, 2), usage="PROC FILE")


def bt(words: list[str]) -> str:
    """The call stack of each thread of a process."""
    process = processes.find(words[0])
    threads = processes.threads(process)
    if not threads:
        return f"{processes.name(process)} has no threads (any more)"
    program = programs.file_of(processes.program(process))
    with tempfile.TemporaryDirectory(prefix="signet-core-") as folder:
        core.write(process, Path(folder, "core"))
        found = stacks(program, Path(folder, "core"))
    said = []
    for thread in threads:
        number = int(thread["number"])
        said += [f"{processes.name(process)} thread {number}  {tasks.describe(thread)}", found.get(number, "    (no stack)")]
    return "\n".join(said)


def stacks(program: Path, core_file: Path) -> dict[int, str]:
    """What the other gdb says, by the thread's number: it puts a line `thread N` before each."""
    command = ["gdb", "-nx", "-q", "-batch", "-iex", "set osabi GNU/Linux", "-iex", "set debuginfod enabled off", "-d", str(abi.ROOT),
               str(program), str(core_file), "-x", str(BACKTRACES)]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise Trouble(f"no answer in {SECONDS} s of: {' '.join(command)}") from error
    found: dict[int, str] = {}
    for part in done.stdout.split("\nthread ")[1:]:
        number, _, lines = part.partition("\n")
        found[int(number)] = "\n".join("    " + line for line in lines.rstrip().splitlines())
    if not found:
        raise Trouble(f"the stacks cannot be read: {done.stderr.strip()}")
    return found


def write_core(words: list[str]) -> str:
    """Saves a process as a core file, to be looked at later: gdb -iex 'set osabi GNU/Linux' build/programs/NAME.elf FILE."""
    process = processes.find(words[0])
    try:
        core.write(process, Path(words[1]))
    except OSError as error:
        raise Trouble(f"{words[1]}: {error.strerror}") from error
    return f"{processes.name(process)} is in {words[1]}"
