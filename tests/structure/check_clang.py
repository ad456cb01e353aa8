#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Everything that boots also compiles and links with clang, without a warning.

    check_clang.py BUILD    configures BUILD (kept between runs) and builds the kernel and all programs
"""

import subprocess
import sys
from pathlib import Path

import tree


def run(command: list[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        lines = [line for line in done.stdout.splitlines() if "error" in line or "FAILED" in line or "warning" in line]
        print("\n".join(lines[:40] or done.stdout.splitlines()[-20:]))
        sys.exit(1)


def main(build: Path) -> None:
    run(["cmake", "-S", str(tree.ROOT), "-B", str(build), "-G", "Ninja", "-DCMAKE_C_COMPILER=clang"])
    run(["cmake", "--build", str(build), "--target", "signet", "programs", "-j", "2"])
    print("clang: good")


main(Path(sys.argv[1]))
