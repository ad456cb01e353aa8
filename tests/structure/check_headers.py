#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every header compiles alone, and twice in one file, with gcc and clang and the flags of its place.

    check_headers.py [ROOT] [--newlib DIR] [--under FOLDER...]

--newlib: where the programs' C library lies; without it, `tools/signet path newlib` is asked.
"""

import argparse
import atexit
import functools
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import tree
from tree import Fault

WARNINGS = "-Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Werror".split()
KERNEL = "-ffreestanding -fno-pic -mcmodel=kernel -mno-red-zone -mgeneral-regs-only".split()
COMPILERS = ("gcc", "clang")
PLACES = ("kernel", "hal", "libsys", "servers", "pager", "tests")


@functools.cache
def newlib_of(root: Path) -> str:
    asked = subprocess.run([root / "tools/signet", "path", "newlib"], capture_output=True, text=True, check=False)
    if asked.returncode != 0:
        sys.exit(f"check_headers: newlib is not there: {asked.stderr.strip()}")
    return asked.stdout.strip()


@functools.cache
def own_headers_of(compiler: str) -> str:
    return subprocess.run([compiler, "-print-file-name=include"], capture_output=True, text=True, check=True).stdout.strip()


def ring3(compiler: str, newlib: str) -> list[str]:
    return ["-ffreestanding", "-nostdinc", "-isystem", f"{newlib}/include", "-isystem", own_headers_of(compiler)]


def places_of(path: str) -> tuple[str, ...]:
    """Where a header is used: the kernel's ABI is everybody's."""
    if path.startswith("kernel/abi/"):
        return "kernel", "ring3", "host"
    if path.startswith(("kernel/", "hal/include/")):
        return "kernel", "host"
    if path.startswith("hal/x86_64/"):
        return ("kernel",)
    return ("ring3",) if path.startswith(("libsys/", "servers/", "pager/")) else ("host",)


@functools.cache
def contracts_of(root: Path) -> str:
    """A folder with the headers that are made from the contracts."""
    made = tempfile.TemporaryDirectory()
    atexit.register(made.cleanup)
    files = sorted(str(path) for path in root.glob("libsys/contracts/*.contract"))
    files += sorted(str(path) for path in root.glob("tests/unit/contracts/*.contract"))
    files += sorted(str(path) for path in root.glob("tests/bench/signet/contracts/*.contract"))
    if files:
        subprocess.run([sys.executable, "-B", str(root / "tools/make_contract.py"), *files, "-o", f"{made.name}/contracts"], check=True)
    return made.name


def compile_one(root: Path, newlib: str | None, path: str, compiler: str, place: str) -> list[Fault]:
    flags = KERNEL if place == "kernel" else []
    if place == "ring3":
        flags = ring3(compiler, newlib or newlib_of(root))
    include = path.removeprefix("hal/include/").removeprefix("hal/x86_64/inline/").removeprefix("hal/x86_64/bench/off/").removeprefix("kernel/trace/off/")
    source = f'#include "{include}"\n#include "{include}"\n'
    command = [compiler, "-std=gnu2x", "-fsyntax-only", *flags, *WARNINGS, "-I.", "-Ihal/include", "-Ihal/x86_64/inline", "-Ihal/x86_64/bench/off", "-Ikernel/trace/off", f"-I{contracts_of(root)}", f"-I{Path(path).parent}",
               "-x", "c", "-"]
    done = subprocess.run(command, cwd=root, input=source, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    what = next((line for line in done.stderr.splitlines() if "error" in line), done.stderr.strip())
    return [Fault(path, 1, f"does not compile alone with {compiler} as the {place}'s: {what}")]


def check(root: Path, newlib: str | None = None, under: tuple[str, ...] = PLACES) -> list[Fault]:
    jobs = [(root, newlib, path, compiler, place) for path in tree.files(root, ".h", under=under)
            for place in places_of(path) for compiler in COMPILERS]
    contracts_of(root)  # once, before several threads want it
    with ThreadPoolExecutor(2) as pool:
        return [fault for faults in pool.map(lambda job: compile_one(*job), jobs) for fault in faults]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("root", metavar="ROOT", nargs="?", type=Path, default=tree.ROOT)
    parser.add_argument("--newlib", metavar="DIR")
    parser.add_argument("--under", metavar="FOLDER", nargs="+", default=PLACES)
    asked = parser.parse_args()
    return tree.report("headers", check(asked.root, asked.newlib, tuple(asked.under)))


if __name__ == "__main__":
    sys.exit(main())
