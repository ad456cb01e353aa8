# SPDX-License-Identifier: BSD-2-Clause
"""The one table of what a machine needs, and whether it has it."""

import re
import subprocess
from typing import NamedTuple

from ..paths import find_program
from ..plain import Problem


class Need(NamedTuple):
    """command '' where the package has none; minimum () where any version of Debian 12 will do."""

    package: str
    command: str
    minimum: tuple[int, ...]
    why: str


NEEDS = (
    Need("gcc", "gcc", (12,), "compiles the kernel, the programs and newlib"),
    Need("libc6-dev", "", (), "compiles the unit tests, which run on this machine"),
    Need("make", "make", (), "builds newlib"),
    Need("nasm", "nasm", (2, 15), "assembles the kernel's entry paths"),
    Need("cmake", "cmake", (3, 25), "describes the build"),
    Need("ninja-build", "ninja", (), "runs the build"),
    Need("clang", "clang", (14,), "compiles the kernel a second time, as a check"),
    Need("libclang-rt-14-dev", "", (), "sanitizers for what clang compiles"),
    Need("clang-format", "clang-format", (14,), "checks the layout of the sources"),
    Need("clang-tidy", "clang-tidy", (14,), "checks the sources for mistakes"),
    Need("libcmocka-dev", "", (1, 1), "unit tests of the kernel's logic"),
    Need("qemu-system-x86", "qemu-system-x86_64", (7, 2), "the machine that Signet runs on"),
    Need("bochs", "bochs", (2, 7), "a second machine that Signet runs on, with a CPU that has PCID"),
    Need("bochs-x", "", (2, 7), "a display that the package bochs wants"),
    Need("bochsbios", "", (2, 7), "firmware of that machine"),
    Need("vgabios", "", (0, 8), "firmware of that machine"),
    Need("grub-pc-bin", "", (2, 6), "boot loader for the ISO"),
    Need("grub-common", "grub-mkrescue", (2, 6), "makes the ISO"),
    Need("xorriso", "xorriso", (), "makes the ISO"),
    Need("mtools", "mformat", (), "makes the ISO"),
    Need("e2fsprogs", "mke2fs", (1, 46), "makes and checks ext2 disks"),
    Need("newlib-source", "", (3, 3), "source of the programs' C library"),
    Need("dpkg-dev", "dpkg-source", (), "unpacks the sources of Debian packages"),
    Need("ca-certificates", "", (), "fetches from package mirrors that use https"),
    Need("xz-utils", "xz", (), "unpacks sources"),
    Need("gdb", "gdb", (13,), "signet debug"),
    Need("graphviz", "dot", (), "draws the graph of a system"),
    Need("spin", "spin", (6, 5), "checks models of the protocols"),
    Need("python3-capstone", "", (4,), "decodes instructions for signet verify"),
    Need("gnuplot-nox", "gnuplot", (5, 4), "draws the benchmarks"),
    Need("git", "git", (), "keeps the history"),
)


def upstream_version(debian: str) -> tuple[int, ...]:
    """1:7.2+dfsg-7 is 7.2: the leading numbers after the epoch."""
    digits = re.match(r"(?:\d+:)?(\d+(?:\.\d+)*)", debian)
    return tuple(int(part) for part in digits[1].split(".")) if digits else ()


def installed_versions() -> dict[str, str]:
    """All packages of the table in one question, because a question costs as much as all of them."""
    command = ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status} ${Version}\n"]
    try:
        asked = subprocess.run(command + [need.package for need in NEEDS], capture_output=True, text=True, check=False)
    except OSError as error:
        raise Problem("dpkg-query is missing: Signet is set up by itself on Debian 12 only") from error
    rows = (line.split(" ") for line in asked.stdout.splitlines())
    return {row[0]: row[2] for row in rows if len(row) == 3 and row[1] == "installed"}


def what_lacks(need: Need, versions: dict[str, str]) -> str | None:
    """Why this need is not met, in plain words, or None."""
    version = versions.get(need.package)
    if version is None:
        return "not installed"
    if need.minimum and upstream_version(version) < need.minimum:
        wanted = ".".join(str(part) for part in need.minimum)
        return f"version {version} is too old, {wanted} is needed"
    if need.command and not find_program(need.command):
        return f"installed, but the command {need.command} is not in PATH"
    return None


def missing_needs() -> list[tuple[Need, str]]:
    versions = installed_versions()
    reasons = ((need, what_lacks(need, versions)) for need in NEEDS)
    return [(need, reason) for need, reason in reasons if reason]
