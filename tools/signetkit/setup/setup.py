# SPDX-License-Identifier: BSD-2-Clause
"""signet setup: says what the machine has and lacks, and installs what it lacks with apt-get. Never edits /etc/apt."""

import os
import subprocess
import sys

from ..paths import find_program
from ..plain import Problem, run_shown, say
from . import sources
from .needs import NEEDS, Need, installed_versions, missing_needs, what_lacks

APT_OPTIONS = ("-y", "-q", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3")


def print_table() -> None:
    versions = installed_versions()
    for need in NEEDS:
        reason = what_lacks(need, versions)
        state = reason or versions[need.package]
        print(f"{'MISSING' if reason else 'ok':8}{need.package:20}{state:44}{need.why}")
    found = sources.find_bearssl()
    print(f"{'ok' if found else 'MISSING':8}{'bearssl (source)':20}{found.name if found else 'not fetched':44}"
          "SHA-256 and ciphers of the kernel")


def as_root() -> list[str]:
    """What to put before a command that needs root. sudo may ask for a password, but only if someone can answer."""
    if os.geteuid() == 0:
        return []
    sudo = find_program("sudo")
    if not sudo:
        return ["-"]
    return [sudo] if sys.stdin.isatty() else [sudo, "-n"]


def packages_known(packages: list[str]) -> bool:
    """False with empty or old package lists, when apt-get has to fetch them first."""
    asked = subprocess.run(["apt-cache", "show", "--no-all-versions", *packages], capture_output=True, check=False)
    return asked.returncode == 0 and not asked.stderr


def install(lacking: list[tuple[Need, str]]) -> None:
    packages = [need.package for need, _ in lacking]
    for need, reason in lacking:
        say(f"{need.package} ({need.why}): {reason}")
    root = as_root()
    if root == ["-"]:
        raise Problem(f"installing needs root, and sudo is not here: as root, run `apt-get install {' '.join(packages)}`")
    apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    fresh = not packages_known(packages)
    if fresh:
        say("fetching the package lists")
        run_shown([*apt, *APT_OPTIONS, "update"], "fetch the package lists")
    say(f"installing {len(packages)} packages")
    command = [*apt, *APT_OPTIONS, "install", "--no-install-recommends", *packages]
    try:
        run_shown(command, "install packages")
    except Problem:
        if fresh:
            raise
        say("trying again with fresh package lists")  # old ones name files that the mirror has replaced
        run_shown([*apt, *APT_OPTIONS, "update"], "fetch the package lists")
        run_shown(command, "install packages")


def ensure() -> None:
    """What build, run and test call first. Says nothing and takes milliseconds when nothing is missing."""
    lacking = missing_needs()
    if lacking:
        install(lacking)
        still = missing_needs()
        if still:
            raise Problem("after installing, still: " + "; ".join(f"{need.package}: {why}" for need, why in still))
    sources.bearssl()


def setup(check_only: bool) -> int:
    if check_only:
        print_table()
        complete = not missing_needs() and sources.find_bearssl() is not None
        print("Everything is here." if complete else "Something is missing: run `tools/signet setup`.")
        return 0 if complete else 1
    ensure()
    print_table()
    print("Everything is here.")
    return 0
