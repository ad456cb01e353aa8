# SPDX-License-Identifier: BSD-2-Clause
"""Which tests there are, and which of them a command line asks for.

Groups are the folders of tests/. System tests are the functions test_* of tests/system/test_*.py, found without running
the files; all others are what CMake registered, with the group as their label (and the label `long` if they are long).
"""

import ast
import fnmatch
import json
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from ..paths import REPO, build_dir, need_program, shown
from ..plain import Problem

SYSTEM = "system"
LONG = "long"
SYSTEM_SECONDS = 120


@dataclass(frozen=True)
class Test:
    """file and function are those of a system test; without them ctest runs it."""

    name: str
    group: str
    long: bool = False
    seconds: int = SYSTEM_SECONDS
    file: Path | None = None
    function: str = ""


def groups() -> list[str]:
    return sorted(path.name for path in (REPO / "tests").glob("*") if path.is_dir() and not path.name.startswith((".", "_")))


def system_tests() -> list[Test]:
    return [test for path in sorted((REPO / "tests" / SYSTEM).glob("test_*.py")) for test in tests_of_file(path)]


def tests_beside(description: Path) -> list[Test]:
    """Those of a system that is not the kit's."""
    folder = description.parent / "tests"
    found = [test for path in sorted(folder.glob("test_*.py")) for test in tests_of_file(path)]
    if not found:
        raise Problem(f"there are no tests: they are functions test_* in {shown(folder)}/test_*.py")
    return [replace(test, name=test.name.removeprefix(f"{SYSTEM}/")) for test in found]


def tests_of_file(path: Path) -> list[Test]:
    try:
        parsed = ast.parse(path.read_text(encoding="utf-8"), str(path))
    except SyntaxError as error:
        raise Problem(f"{path}:{error.lineno}: {error.msg}") from error
    found = []
    for node in parsed.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            marks = [ast.unparse(mark).split(".")[-1] for mark in node.decorator_list]
            limits = [int(mark[8:-1]) for mark in marks if mark.startswith("timeout(")]
            name = f"{SYSTEM}/{path.stem.removeprefix('test_')}/{node.name.removeprefix('test_')}"
            found.append(Test(name, SYSTEM, LONG in marks, limits[0] if limits else SYSTEM_SECONDS, path, node.name))
    return found


def ctest_tests() -> list[Test]:
    """What CMake registered, without the one entry by which plain ctest runs the system tests."""
    asked = subprocess.run([need_program("ctest"), "--test-dir", build_dir(), "--show-only=json-v1"], capture_output=True,
                           text=True, check=False)
    if asked.returncode != 0:
        raise Problem(f"cannot list the tests of {build_dir()}: {asked.stderr.strip()}")
    return [test for test in map(from_json, json.loads(asked.stdout)["tests"]) if test.group != SYSTEM]


def from_json(entry: dict) -> Test:
    labels = next((item["value"] for item in entry.get("properties", []) if item["name"] == "LABELS"), [])
    named = [label for label in labels if label != LONG]
    return Test(entry["name"], named[0] if named else "", LONG in labels)


def choose(tests: list[Test], words: list[str]) -> list[Test]:
    """The tests that a command line asks for. A word is `long`, a group, a name or part of one, or a pattern with *.

    A long test runs if `long` is said or if it is named.
    """
    with_long = LONG in words
    words = [word for word in words if word != LONG]
    if not words:
        return [test for test in tests if with_long or not test.long]
    chosen: dict[Test, None] = {}
    for word in words:
        found = match(tests, word, with_long)
        if not found and word not in groups():
            raise Problem(f"no test is called '{word}'; the groups are: {', '.join(groups())}")
        chosen |= dict.fromkeys(found)
    return list(chosen)


def match(tests: list[Test], word: str, with_long: bool) -> list[Test]:
    if word in groups():
        return [test for test in tests if test.group == word and (with_long or not test.long)]
    part = word.removeprefix("test_")
    return [test for test in tests if part in test.name or fnmatch.fnmatchcase(test.name, word)]
