# SPDX-License-Identifier: BSD-2-Clause
"""signet coverage: which lines of a folder the unit tests ran, from the .gcda files that they left, by gcc's own gcov."""

import json
import subprocess
from collections import defaultdict
from pathlib import Path

from .paths import REPO, need_program
from .plain import Problem

Lines = dict[Path, dict[int, bool]]


def coverage(build: Path, folder: str, least: float) -> int:
    """Prints a line a file and the total; the exit status is 1 if the total is under `least` per cent."""
    lines = read_lines(build, (REPO / folder).resolve())
    if not lines:
        raise Problem(f"no test that ran from {build} covers {folder}/: run the unit tests first")
    ran = all_lines = 0
    for path in sorted(lines):
        hit, count = sum(lines[path].values()), len(lines[path])
        ran, all_lines = ran + hit, all_lines + count
        print(f"{100 * hit / count:6.1f} %  {hit:5} of {count:5}  {path.relative_to(REPO)}")
    percent = 100 * ran / all_lines
    print(f"{percent:6.1f} %  {ran:5} of {all_lines:5}  {folder}/, at least {least:g} % wanted")
    return 0 if percent >= least else 1


def read_lines(build: Path, folder: Path) -> Lines:
    """A file compiled into several tests counts a line as run if one of them ran it."""
    lines: Lines = defaultdict(dict)
    for data in sorted(build.rglob("*.gcda")):
        for entry in gcov(data)["files"]:
            path = (data.parent / entry["file"]).resolve()
            if path.is_relative_to(folder):
                for line in entry["lines"]:
                    number = line["line_number"]
                    lines[path][number] = lines[path].get(number, False) or line["count"] > 0
    return lines


def gcov(data: Path) -> dict:
    command = [need_program("gcov"), "--json-format", "--stdout", str(data)]
    done = subprocess.run(command, cwd=data.parent, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not done.stdout.strip():
        raise Problem(f"gcov cannot read {data}: {done.stderr.strip()}")
    return json.loads(done.stdout.splitlines()[0])
