#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Who may include whom. In kernel/ a file includes its own layer and lower ones; everybody else has a list.

    check_layers.py [ROOT]

Paths in #include are from the root ("kernel/mm/frame.h"), those of the HAL's own headers from hal/include ("hal/mmu.h"), that of the
trace points from kernel/trace/off or kernel/trace/on ("trace/points.h"), that of the machine's inline functions
from hal/x86_64/inline or hal/host/inline ("machine/mmu_walk.h"), that of the counters from hal/x86_64/bench/off or on ("machine/count.h").
"""

import re
import sys
from pathlib import Path

import tree
from tree import Fault

# The ladder of kernel/, from the ground up. Those on one step know nothing of each other.
LADDER = (
    ("kernel/abi",),
    ("kernel/base",),
    ("kernel/trace/off", "kernel/trace/on"),
    ("hal/x86_64/bench/off", "hal/x86_64/bench/on"),
    ("hal/x86_64/inline",),
    ("hal/include",),
    ("kernel/entry.h",),
    ("kernel/core",),
    ("kernel/mm",),
    ("kernel/object",),
    ("kernel/task",),
    ("kernel/ipc",),
    ("kernel/paging", "kernel/device", "kernel/trace"),
    ("kernel/call",),
    ("kernel/main.c",),
)
RANK = {layer: rank for rank, step in enumerate(LADDER) for layer in step}

# Outside the ladder: all that a folder may include beside itself. {own} is the folder one below.
HAL = ("hal/include", "kernel/abi", "kernel/base", "kernel/entry.h")
ONLY = {
    "hal/x86_64": HAL,
    "hal/host": (*HAL, "hal/x86_64/inline", "hal/x86_64/pte.h", "hal/x86_64/mmu_space.h"),  # the fake machine has the real one's page-table entries and tags
    "libsys": ("kernel/abi",),
    "pager": ("libsys", "kernel/abi"),
    "servers": ("libsys", "kernel/abi"),  # and of servers/ its own folder only
}

# Headers in angle brackets: ring 0 has what the compiler brings, and one library's functions, each in one place.
FREESTANDING = {"float.h", "limits.h", "stdalign.h", "stdarg.h", "stdbool.h", "stddef.h", "stdint.h"}
THIRD_PARTY = {"kernel/core/hash.c": {"bearssl_hash.h"}, "kernel/paging/aead.c": {"bearssl_aead.h"}}

# Made when the project is built, for programs and libsys: from a contract, a manifest, the table of calls.
MADE = re.compile(r"contracts/([a-z0-9_]+?)(?:_server)?\.h|channels\.h|calls\.inc")

INCLUDE = re.compile(r'^\s*(?:#\s*|%)include\s+(["<])([^">]+)[">]', re.MULTILINE)
EXTERN = re.compile(r"^extern\b", re.MULTILINE)


def layer_of(path: str, layers) -> str | None:
    return next((layer for layer in layers if path == layer or path.startswith(layer + "/")), None)


def own_folder(path: str) -> str:
    """What a file outside kernel/ may include without being told: its program's or machine's folder."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] in ("hal", "servers") else parts[0]


def resolve(root: Path, included: str) -> str | None:
    """The included file's path from the root, if there is one."""
    return next((path for path in (included, f"hal/include/{included}", f"hal/x86_64/inline/{included}", f"hal/x86_64/bench/off/{included}",
                              f"kernel/trace/off/{included}") if (root / path).is_file()), None)


def is_made(root: Path, path: str, included: str) -> bool:
    found = MADE.fullmatch(included)
    if not found or not path.startswith(("libsys/", "servers/", "pager/")):
        return False
    return found[1] is None or (root / f"libsys/contracts/{found[1]}.contract").is_file()


def why_not(path: str, target: str) -> str | None:
    """Why a file may not include another, or None."""
    only = layer_of(path, ONLY)
    if only:
        if target.startswith(own_folder(path) + "/") or layer_of(target, ONLY[only]):
            return None
        return f"{only}/ may include only its own folder, {', '.join(ONLY[only])}"
    mine, theirs = layer_of(path, RANK), layer_of(target, RANK)
    if mine is None:
        return "it is on no layer: add its folder to the ladder"
    if theirs is None:
        return "that is no layer of the kernel"
    if mine == theirs or RANK[theirs] < RANK[mine]:
        return None
    return f"{mine} is {'below' if RANK[theirs] > RANK[mine] else 'beside'} {theirs}"


def check_include(root: Path, path: str, bracket: str, included: str) -> str | None:
    if bracket == "<":
        ring0 = path.startswith(("kernel/", "hal/include/", "hal/x86_64/"))
        if ring0 and included not in FREESTANDING | THIRD_PARTY.get(path, set()):
            return f"<{included}> is not a header of a freestanding compiler"
        return None
    target = resolve(root, included)
    if target is None and is_made(root, path, included):
        return None
    if target is None:
        return f"there is no {included}: paths are from the root of the project"
    reason = why_not(path, target)
    return f"must not include {included}: {reason}" if reason else None


def check(root: Path) -> list[Fault]:
    faults = []
    for path in tree.files(root, ".c", ".h", ".asm", under=("kernel", "hal", "libsys", "servers", "pager")):
        text = tree.read(root, path)
        text = text if path.endswith(".asm") else tree.without_comments(text)
        for found in INCLUDE.finditer(text):
            wrong = check_include(root, path, found[1], found[2])
            if wrong:
                faults.append(Fault(path, tree.line_at(text, found.start(1)), wrong))
        if path.startswith("kernel/") and path.endswith(".c"):
            faults += [Fault(path, tree.line_at(text, found.start()), "declares a name of another file by hand: include its header")
                       for found in EXTERN.finditer(text)]
    return faults


if __name__ == "__main__":
    sys.exit(tree.report("layers", check(Path(sys.argv[1]) if len(sys.argv) > 1 else tree.ROOT)))
