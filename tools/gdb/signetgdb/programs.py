# SPDX-License-Identifier: BSD-2-Clause
"""signet symbols: the symbols of one program at a time, as all programs are linked to the same address.

At each stop in user mode they become those of the process that runs. In the kernel they stay as they were.
"""

from pathlib import Path

import gdb

from . import described, kernel, processes
from .command import Command, answer

_loaded: Path | None = None


def install() -> None:
    Command("symbols", symbols, (0, 1), of_machine=False, usage="[PROC]")
    gdb.events.stop.connect(follow)


def symbols(words: list[str]) -> str:
    """Loads the symbols of a process's program (or of a program that no process runs yet) in place of those loaded before.

    Without a name it says which are loaded. Stopping in a process loads its own.
    """
    if words:
        load(file_of(program_named(words[0])))
    return f"symbols: the kernel's and {_loaded.stem}'s ({_loaded})" if _loaded else "symbols: the kernel's only"


def program_named(word: str) -> str:
    """Of a process, of one that the system description has, or just a program."""
    try:
        return answer(lambda _: processes.program(processes.find(word)), [], True)
    except gdb.GdbError as error:
        program = described.programs().get(word, word)
        if (folder() / f"{described.elf_name(program)}.elf").is_file():
            return program
        raise kernel.Trouble(f"{error}; programs that were built: {', '.join(built()) or 'none'}") from error


def folder() -> Path:
    return Path(kernel.objfile().filename).parent / "programs"


def built() -> list[str]:
    return sorted(path.stem for path in folder().glob("*.elf"))


def file_of(program: str) -> Path:
    path = folder() / f"{described.elf_name(program)}.elf"
    if path.is_file():
        return path
    raise kernel.Trouble(f"{path} is missing: {program} was not built here, so its symbols are not to be had")


def load(path: Path | None) -> None:
    """None: no program's."""
    global _loaded
    if path == _loaded:
        return
    if _loaded:
        gdb.execute(f"with confirm off -- remove-symbol-file {quoted(_loaded)}", to_string=True)
        _loaded = None
    if path:
        gdb.execute(f"with confirm off -- add-symbol-file {quoted(path)}", to_string=True)
        _loaded = path


def quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


def loaded() -> Path | None:
    return _loaded


def follow(_event: gdb.Event) -> None:
    """A stop in a process whose program is not here leaves no wrong symbols behind."""
    try:
        process = answer(lambda _: processes.running_program(), [], True)
        if process is None:
            return
        before = _loaded
        try:
            load(file_of(processes.program(process)))
        except kernel.Trouble:
            load(None)
            raise
        if _loaded != before:
            gdb.write(f"[in process {processes.name(process)}: its symbols are loaded]\n{gdb.execute('frame', to_string=True)}")
    except kernel.TooEarly:
        pass
    except (gdb.GdbError, gdb.error) as trouble:
        gdb.write(f"[{trouble}]\n")
