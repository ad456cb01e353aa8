#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every C file is as clang-format writes it, and clang-tidy finds nothing in what boots.

    check_tidy.py format          all C files, a second
    check_tidy.py tidy BUILD      the sources of a build folder made with clang, a minute
"""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import tree

AT_A_TIME = 12
FOLDERS = ("kernel", "hal/x86_64", "libsys", "servers", "pager")


def complaints(command: list[str]) -> list[str]:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, cwd=tree.ROOT)
    told = [line for line in done.stdout.splitlines() if " error: " in line or " warning: " in line]
    return told or ([] if done.returncode == 0 else done.stdout.splitlines()[-5:])


def check(command: list[str], files: list[str]) -> list[str]:
    pieces = [files[at:at + AT_A_TIME] for at in range(0, len(files), AT_A_TIME)]
    with ThreadPoolExecutor(2) as pool:
        return [line for told in pool.map(lambda piece: complaints(command + piece), pieces) for line in told]


def main(what: str, *rest: str) -> int:
    if what == "format":
        found = check(["clang-format", "--dry-run", "-Werror"], [str(path) for path in tree.files(tree.ROOT, ".c", ".h")])
    else:
        known = json.loads((Path(rest[0]) / "compile_commands.json").read_text(encoding="utf-8"))
        mine = {str(tree.ROOT / folder) + "/" for folder in FOLDERS}
        files = sorted({entry["file"] for entry in known if entry["file"].endswith(".c") and entry["file"].startswith(tuple(mine))})
        found = check(["clang-tidy", "--quiet", "-p", rest[0]], files)
    print("\n".join(sorted(set(found))) if found else f"{what}: good")
    return 1 if found else 0


sys.exit(main(*sys.argv[1:]))
