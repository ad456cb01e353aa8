# SPDX-License-Identifier: BSD-2-Clause
"""How the tool talks: problems as one plain sentence, progress on stderr, and never a traceback for a user's mistake."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Sequence

USAGE = 2  # the command line makes no sense
TOOL_FAILED = 125  # of `signet run`: Signet itself failed, not the guest's command


class Problem(Exception):
    """Something that a person can understand and mend. str() is the sentence, status the exit status."""

    def __init__(self, text: str, status: int = 1):
        super().__init__(text)
        self.status = status


def say(text: str) -> None:
    """Progress and remarks go to stderr: stdout belongs to what was asked for."""
    print(f"signet: {text}", file=sys.stderr, flush=True)


def last_lines(text: str, count: int) -> str:
    """The end of a log, indented so that it reads apart from our own words."""
    return "\n".join("    " + line.rstrip("\r") for line in text.rstrip().split("\n")[-count:])


def read_log(path: Path) -> str:
    """A log may be absent and may hold any bytes; neither is a reason to fail while reporting a failure."""
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def run_shown(command: Sequence[str | Path], what: str, **options) -> None:
    """Runs a step whose output people may want to see: it goes to stderr. `what` completes 'cannot ...'."""
    words = [os.fspath(word) for word in command]
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False, **options)
    except OSError as error:
        raise Problem(f"cannot {what}: {words[0]}: {error.strerror}") from error
    if done.returncode != 0:
        raise Problem(f"cannot {what}: `{shlex.join(words)}` ended with status {done.returncode}")
