# SPDX-License-Identifier: BSD-2-Clause
"""signet coverage: which lines of a folder the unit tests ran, from the .gcda files that they left, by gcc's own gcov."""

import json
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Iterable

from ..paths import REPO, need_program
from ..plain import Problem

Lines = dict[Path, dict[int, bool]]


def coverage(build: Path, folder: str, least: float) -> int:
    """Prints a line a file and the total; the exit status is 1 if the total is under `least` per cent."""
    lines = read_lines(build, (REPO / folder).resolve())
    for path in sorted(lines):
        print(row(lines[path].values(), str(path.relative_to(REPO))))
    together = [ran for path in lines.values() for ran in path.values()]
    print(row(together, f"{folder}/, at least {least:g} % wanted"))
    return 0 if 100 * sum(together) >= least * len(together) else 1


def total(build: Path, folder: str) -> str:
    """One line: what the unit tests that ran last cover of a folder."""
    lines = read_lines(build, (REPO / folder).resolve())
    return row([ran for path in lines.values() for ran in path.values()], f"lines of {folder}/ were run by the unit tests")


def row(ran: Iterable[bool], what: str) -> str:
    ran = list(ran)
    return f"{100 * sum(ran) / len(ran):6.1f} %  {sum(ran):5} of {len(ran):5}  {what}"


def read_lines(build: Path, folder: Path) -> Lines:
    """A file compiled into several tests counts a line as run if one of them ran it."""
    lines: Lines = defaultdict(dict)
    for data in sorted(build.rglob("*.gcda")):
        for entry in gcov(data)["files"]:
            path = source_of(data, entry["file"])
            if path.is_relative_to(folder):
                for line in entry["lines"]:
                    number = line["line_number"]
                    lines[path][number] = lines[path].get(number, False) or line["count"] > 0
    if not lines:
        raise Problem(f"no test that ran from {build} covers {folder}/: run the unit tests first")
    return lines


def source_of(data: Path, name: str) -> Path:
    """Names are relative to where the compiler ran, or, in this project's own build, to the project."""
    beside = (data.parent / name).resolve()
    return beside if beside.exists() else (REPO / name).resolve()


def gcov(data: Path) -> dict:
    command = [need_program("gcov"), "--json-format", "--stdout", str(data)]
    done = subprocess.run(command, cwd=data.parent, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not done.stdout.strip():
        raise Problem(f"gcov cannot read {data}: {done.stderr.strip()}")
    return json.loads(done.stdout.splitlines()[0])
