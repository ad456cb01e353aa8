# SPDX-License-Identifier: BSD-2-Clause
"""How a command is made: its manners when something is wrong, and gdb's state left as it was."""

from collections.abc import Callable

import gdb

from . import kernel, processes


class Prefix(gdb.Command):
    """What Signet's kernel and processes are doing. The machine is only read, never changed."""

    def __init__(self):
        super().__init__("signet", gdb.COMMAND_DATA, gdb.COMPLETE_NONE, True)


class Command(gdb.Command):
    """`signet NAME`. The function's doc string is the help, what it returns is printed.

    A command `of_machine` needs a kernel that runs. One that takes a process has its name completed.
    """

    def __init__(self, name: str, function: Callable[[list[str]], str | None], words: tuple[int, int] = (0, 0), of_machine: bool = True,
                 usage: str = ""):
        self.__doc__ = f"{function.__doc__}\nUsage: signet {name} {usage}".rstrip()
        super().__init__(f"signet {name}", gdb.COMMAND_DATA)
        self.name, self.function, self.words, self.of_machine, self.usage = name, function, words, of_machine, usage

    def invoke(self, argument: str, from_tty: bool) -> None:
        words = gdb.string_to_argv(argument)
        if not self.words[0] <= len(words) <= self.words[1]:
            raise kernel.Trouble(f"usage: signet {self.name} {self.usage}".rstrip() + self.choices())
        said = answer(self.function, words, self.of_machine)
        if said:
            gdb.write(said.rstrip("\n") + "\n")

    def choices(self) -> str:
        """Which processes one could have named; nothing if that cannot be told now."""
        if "PROC" not in self.usage:
            return ""
        try:
            return "; " + answer(lambda _: processes.there_are(), [], True)
        except gdb.GdbError:
            return ""

    def complete(self, argument: str, word: str) -> list[str]:
        if "PROC" not in self.usage or " " in argument.strip():
            return []
        try:
            return [name for name in answer(lambda _: processes.names(), [], True) if name.startswith(word)]
        except gdb.GdbError:
            return []


def answer(function: Callable, words: list[str], of_machine: bool):
    """Runs it on the boot CPU and goes back to the thread and frame that were selected. Any failure is a sentence."""
    before, frame = gdb.selected_thread(), selected_frame()
    try:
        if of_machine:
            kernel.need_machine()
        return function(words)
    except gdb.MemoryError as error:
        raise kernel.Trouble(f"the kernel's memory cannot be read here: {error} "
                             "(it is still starting, or changing this at this moment)") from error
    except gdb.error as error:
        raise kernel.Trouble(f"gdb: {error}") from error
    finally:
        if before and before.is_valid() and gdb.selected_thread() != before:
            before.switch()
        if frame and frame.is_valid():
            frame.select()


def selected_frame() -> gdb.Frame | None:
    try:
        return gdb.selected_frame()
    except gdb.error:
        return None


def table(rows: list[list[str]], numbers: str = "") -> str:
    """Columns as wide as they must be; those whose letter in `numbers` is r are set to the right."""
    widths = [max(len(row[i]) for row in rows if i < len(row)) for i in range(max(map(len, rows)))]
    lines = []
    for row in rows:
        cells = [cell.rjust(width) if numbers[i:i + 1] == "r" else cell.ljust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
