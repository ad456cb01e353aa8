#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What every source file looks like: licence line, head, length, length of its functions, no #if in kernel/.

    check_style.py [ROOT]

A file over 400 lines has to say why in its head: the words `over 400 lines because`.
"""

import ast
import re
import sys
from pathlib import Path

import tree
from tree import Fault

LICENCE = "SPDX-License-Identifier: BSD-2-Clause"
LINES_MAX, FUNCTION_MAX, HEAD_MAX = 400, 80, 12
EXCUSE = "over 400 lines because"
FORBIDDEN = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")
CONDITIONAL = re.compile(r"^[ \t]*#[ \t]*(?:if|ifdef|ifndef|elif|else|endif)\b", re.MULTILINE)

# How a file of each kind begins.
C_LINE, HASH_LINE, ASM_LINE = f"/* {LICENCE} */", f"# {LICENCE}", f"; {LICENCE}"
OPENINGS = {".c": C_LINE, ".h": C_LINE, ".ld": C_LINE, ".asm": ASM_LINE, ".py": HASH_LINE, ".cmake": HASH_LINE,
            ".toml": HASH_LINE, ".contract": HASH_LINE, ".sh": HASH_LINE}
BY_NAME = {"CMakeLists.txt": HASH_LINE, "signet": HASH_LINE, "run": HASH_LINE}
PROSE = (".md",)


def opening_of(path: str) -> str | None:
    return BY_NAME.get(Path(path).name) or OPENINGS.get(Path(path).suffix)


def check_licence(path: str, lines: list[str]) -> list[Fault]:
    wanted = opening_of(path)
    first = 1 if lines and lines[0].startswith("#!") else 0
    if wanted is None or lines[first:first + 1] == [wanted]:
        return []
    return [Fault(path, first + 1, f"this line should be: {wanted}")]


def head_of(path: str, lines: list[str]) -> tuple[int, list[str]]:
    """The comment (or docstring) that follows the licence line: its first line's number and its lines."""
    if path.endswith(".py"):
        try:
            text = ast.get_docstring(ast.parse("\n".join(lines)), clean=False)
        except SyntaxError:
            text = None
        return 3, text.splitlines() if text else []
    head = []
    for line in lines[1:]:
        if path.endswith(".asm"):
            if not line.startswith(";"):
                break
            head.append(line)
            continue
        if not head and not line.startswith("/*"):
            break
        head.append(line)
        if "*/" in line:
            break
    return 2, head


def check_head(path: str, lines: list[str]) -> list[Fault]:
    """A .c file tells in at most 12 lines what it owns; a header is the contract and takes what it needs."""
    if not path.endswith((".c", ".h", ".asm", ".py")) or path.endswith("__init__.py"):
        return []
    at, head = head_of(path, lines)
    if not any(re.search(r"\w", line) for line in head):
        return [Fault(path, at, "the head is missing: what does this file own?")]
    inner = [line for line in head if line.strip() not in ("/*", "*/")]
    if len(inner) > HEAD_MAX and path.endswith((".c", ".asm")):
        return [Fault(path, at, f"the head has {len(inner)} lines, at most {HEAD_MAX} are read")]
    return []


def check_length(path: str, lines: list[str]) -> list[Fault]:
    if not path.endswith((".c", ".h", ".asm", ".py")) or len(lines) <= LINES_MAX:
        return []
    if EXCUSE in " ".join(head_of(path, lines)[1]):
        return []
    return [Fault(path, len(lines), f"{len(lines)} lines, {LINES_MAX} at most (or a head that says `{EXCUSE}`)")]


def c_functions(lines: list[str]):
    """(line number of the signature, number of lines): a function's braces stand in the first column, nobody else's do."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number - 1
            while start > 1 and re.match(r"[ \t]+\S", lines[start - 1]):
                start -= 1  # a signature that goes over several lines
        elif line == "}" and start is not None:
            yield start, number - start + 1
            start = None


def py_functions(text: str):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno - node.lineno + 1


def check_functions(path: str, text: str) -> list[Fault]:
    if path.endswith((".c", ".h")):
        functions = c_functions(text.splitlines())
    elif path.endswith(".py"):
        try:
            functions = list(py_functions(text))
        except SyntaxError as error:
            return [Fault(path, error.lineno or 1, error.msg)]
    else:
        return []
    return [Fault(path, line, f"a function of {length} lines, {FUNCTION_MAX} at most")
            for line, length in functions if length > FUNCTION_MAX]


def check_words(path: str, text: str) -> list[Fault]:
    return [Fault(path, tree.line_at(text, found.start()), f"{found[0]}: do it, or say in docs/ that it is not done")
            for found in FORBIDDEN.finditer(text)]


def check_kernel(path: str, text: str) -> list[Fault]:
    if not path.startswith("kernel/") or not path.endswith((".c", ".h")):
        return []
    bare = tree.without_comments(text)
    faults = [Fault(path, tree.line_at(bare, found.start()), "no #if in kernel/: CMake picks files")
              for found in CONDITIONAL.finditer(bare)]
    if path.endswith(".h") and "#pragma once" not in bare:
        faults.append(Fault(path, 1, "a header needs #pragma once"))
    return faults


def check(root: Path) -> list[Fault]:
    faults = []
    for path in tree.files(root):
        if not (opening_of(path) or path.endswith(PROSE)):
            continue
        text = tree.read(root, path)
        lines = text.splitlines()
        faults += check_licence(path, lines) + check_head(path, lines) + check_length(path, lines)
        faults += check_functions(path, text) + check_words(path, text) + check_kernel(path, text)
    return faults


if __name__ == "__main__":
    sys.exit(tree.report("style", check(Path(sys.argv[1]) if len(sys.argv) > 1 else tree.ROOT)))
