# SPDX-License-Identifier: BSD-2-Clause
"""How far a measurement is, on stderr: one line that changes on a terminal, one line for each run elsewhere."""

import shutil
import sys

from ..plain import say


class Progress:
    def __init__(self, total: int):
        self.total = total
        self.number = 0
        self.what = self.kind = ""
        self.on_terminal = sys.stderr.isatty()

    def more(self, count: int) -> None:
        self.total += count

    def skip(self, count: int) -> None:
        self.total -= count

    def begin(self, what: str) -> str:
        self.number += 1
        self.what, self.kind = f"run {self.number} of {self.total}", what
        if self.on_terminal:
            self.show(f"{self.what}: {what}")
        else:
            say(f"{self.what}: {what}")
        return self.what

    def row(self, name: str) -> None:
        self.show(f"{self.what}: {self.kind}: {name}")

    def show(self, text: str) -> None:
        if self.on_terminal:
            sys.stderr.write(f"\r\033[K{('signet: ' + text)[:shutil.get_terminal_size().columns - 1]}")
            sys.stderr.flush()

    def done(self) -> None:
        if self.on_terminal:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
