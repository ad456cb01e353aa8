#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the documents name exists: files, names in the code, commands and their options. What is generated is up to date.

    check_docs.py [ROOT]

Looked at are links and `code` in *.md, and the commands in indented or fenced blocks. A path is from the root of the project or
from the document's folder; `path:name` also wants the name in that file; NAME in capitals stands for any file.
"""

import functools
import re
import subprocess
import sys
from pathlib import Path

import tree
from tree import Fault

LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"(?:\./)?((?:[\w.*-]+/)+[\w.*-]*|[\w-]+\.(?:c|h|py|md|asm|toml|svg|ld|txt|json|cmake))(?::(\w+))?")
NAME = re.compile(r"(?:struct |enum )?([a-z][a-z0-9]*(?:_[a-z0-9]+)+)(?:\(\))?")
CONSTANT = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
COMMAND = re.compile(r"(?:\$ )?(?:python3 )?((?:tools|tests)/[\w./-]+)((?: [^`]*)?)")
PLACEHOLDER = re.compile(r"\b[A-Z]{4,}\b(?!\.md)")
PRODUCTS = ("build/", "/")  # what the build makes, and paths of the guest
SOURCES = (".c", ".h", ".asm", ".py", ".toml", ".ld", ".cmake", ".contract", ".pml", "CMakeLists.txt", "signet")


@functools.cache
def words_of(root: Path) -> frozenset[str]:
    """Every name that occurs in the sources."""
    found = set()
    for path in tree.files(root, *SOURCES):
        found.update(re.findall(r"\w+", tree.read(root, path)))
    return frozenset(found)


@functools.cache
def help_of(root: Path, command: str, sub: str) -> str | None:
    """What `COMMAND [SUB] --help` says; None if it does not want to."""
    asked = [sys.executable, "-B", str(root / command), *([sub] if sub else []), "--help"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, cwd=root)
    return done.stdout if done.returncode == 0 else None


def exists(root: Path, folder: str, path: str) -> Path | None:
    """The first file that a path may mean."""
    pattern = PLACEHOLDER.sub("*", path.rstrip("/"))
    for base in (root, root / folder):
        if "*" not in pattern:
            if (base / pattern).exists():
                return base / pattern
            continue
        found = next(iter(base.glob(pattern)), None)
        if found:
            return found
    return None


def check_path(root: Path, folder: str, path: str, name: str | None) -> str | None:
    if path.startswith(PRODUCTS):
        return None
    file = exists(root, folder, path)
    if file is None:
        return f"there is no {path}"
    if name and not (file.is_file() and re.search(rf"\b{name}\b", file.read_text(encoding="utf-8"))):
        return f"{path} has no {name}"
    return None


def check_command(root: Path, command: str, rest: str) -> str | None:
    if not (root / command).is_file():
        return f"there is no {command}"
    words = rest.partition(" -- ")[0].split()
    sub = words[0] if words and command == "tools/signet" and re.fullmatch(r"[a-z]+", words[0]) else ""
    text = help_of(root, command, sub)
    if text is None:
        return f"`{command} {sub}` is no command"
    options = [word.partition("=")[0] for word in words if re.fullmatch(r"--[a-z][a-z-]*(?:=.*)?", word)]
    wrong = next((option for option in options if not re.search(rf"{option}\b", text)), None)
    return f"`{command} {sub}` knows no {wrong}" if wrong else None


def check_code(root: Path, folder: str, code: str) -> str | None:
    command = COMMAND.fullmatch(code)
    if command and (command[2] or code.startswith("python3 ")):
        return check_command(root, command[1], command[2])
    path = PATH.fullmatch(code)
    if path and ("/" not in path[1] or exists(root, folder, path[1].split("/")[0]) or path[1].startswith(PRODUCTS)):
        return check_path(root, folder, path[1], path[2])
    name = NAME.fullmatch(code) or CONSTANT.fullmatch(code)
    if name and not words_of(root) & {name[name.re.groups], f"ST_{name[0]}", f"FAULT_{name[0]}"}:
        return f"nothing is called {name[0]} in the sources"
    return None


def check_document(root: Path, path: str) -> list[Fault]:
    folder = str(Path(path).parent)
    faults, fenced = [], False
    for number, line in enumerate(tree.read(root, path).splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
            continue
        wrong = []
        if fenced or line.startswith("    "):
            command = COMMAND.fullmatch(re.split(r"\s{2,}#? ?|  #", line.strip())[0])
            if command:
                wrong.append(check_command(root, command[1], command[2]))
        else:
            links = [link for link in LINK.findall(CODE.sub("", line)) if not re.match(r"[a-z]+:|#", link)]
            wrong += [None if (root / folder / link.partition("#")[0]).exists() else f"there is no {link}" for link in links]
            wrong += [check_code(root, folder, code) for code in CODE.findall(line)]
        faults += [Fault(path, number, reason) for reason in wrong if reason]
    return faults


def check_generated(root: Path) -> list[Fault]:
    faults = []
    made = subprocess.run([sys.executable, "-B", str(root / "tools/make_calls_doc.py"), "-o", "-"], capture_output=True, text=True, check=False)
    document = root / "docs/calls.md"
    if made.returncode != 0:
        faults.append(Fault("docs/calls.notes.toml", 1, made.stderr.strip()))
    elif not document.is_file() or document.read_text(encoding="utf-8") != made.stdout:
        faults.append(Fault("docs/calls.md", 1, "not what kernel/abi/ says now: run tools/make_calls_doc.py"))
    command = [sys.executable, "-B", "tools/signet", "graph", "--check", "-o", "docs/system.svg"]
    drawn = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if drawn.returncode != 0:
        faults.append(Fault("docs/system.svg", 1, (drawn.stdout + drawn.stderr).strip().partition(": ")[2] or "cannot be checked"))
    return faults + check_contract_pages(root)


def check_contract_pages(root: Path) -> list[Fault]:
    contracts = sorted(path.relative_to(root).as_posix() for path in (root / "libsys/contracts").glob("*.contract"))
    command = [sys.executable, "-B", "tools/make_contract.py", *contracts, "--docs", "docs/contracts", "--check"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    told = re.findall(r"^(\S+?):(\d+)(?::\d+)?: (.*)$", done.stderr, re.MULTILINE) or [("docs/contracts", "1", "cannot be checked")]
    return [Fault(file, int(line), message) for file, line, message in told]


def check_rows(root: Path) -> list[Fault]:
    """docs/faults.md has each of the 47 rows once, each with tests that there are, or `not yet`."""
    document = "docs/faults.md"
    if not (root / document).is_file():
        return []
    tests = set(re.findall(r"\w+", "\n".join(tree.read(root, path) for path in tree.files(root, *SOURCES, under=("tests",)))))
    faults, rows = [], []
    for number, line in enumerate(tree.read(root, document).splitlines(), 1):
        row = re.fullmatch(r"\| (\d+) \|.*\| (.*) \|", line)
        if not row:
            continue
        rows.append(int(row[1]))
        named = [name[1] for name in map(NAME.fullmatch, CODE.findall(row[2])) if name]
        faults += [Fault(document, number, f"there is no test {name}") for name in named if name not in tests]
        if not named and "**die**" not in row[2] and "not yet" not in row[2]:
            faults.append(Fault(document, number, "which tests, or `not yet`?"))
    return faults + ([] if rows == list(range(1, 48)) else [Fault(document, 1, f"the rows are not 1 to 47 in order: {rows}")])


def check_map(root: Path) -> list[Fault]:
    """kernel/README.md names every file of the kernel: a .h with a .c of its name goes with it."""
    document = "kernel/README.md"
    if not (root / document).is_file():
        return []
    text = tree.read(root, document)
    modules = {path for path in tree.files(root, ".c", ".h", under=("kernel",))
               if path.endswith(".c") or not (root / path).with_suffix(".c").exists()}
    return [Fault(document, 1, f"{path} is not on the map") for path in sorted(modules) if path.removeprefix("kernel/") not in text]


def check(root: Path, generated: bool = True) -> list[Fault]:
    faults = [fault for path in tree.files(root, ".md") for fault in check_document(root, path)]
    return faults + check_rows(root) + check_map(root) + (check_generated(root) if generated else [])


if __name__ == "__main__":
    sys.exit(tree.report("docs", check(Path(sys.argv[1]) if len(sys.argv) > 1 else tree.ROOT)))
