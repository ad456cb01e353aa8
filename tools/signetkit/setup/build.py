# SPDX-License-Identifier: BSD-2-Clause
"""signet build: configures and builds with CMake. Output goes to stderr, and there is none when nothing had to be done."""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TextIO

from ..paths import REPO, build_dir, need_program
from ..plain import Problem

PROGRESS = re.compile(r"^\[\s*\d+[/%]")
QUIET = re.compile(r"ninja: no work to do\.|\[\d+/\d+\] Re-checking globbed directories\.\.\.")


def build(preset: str | None = None) -> None:
    """Brings the build folder up to date. Two at once take turns: neither Ninja nor Make would see the other."""
    folder = build_dir()
    with build_lock(folder) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if preset:
            check_preset(preset)
            step([need_program("cmake"), "--preset", preset], "configure the build")
            step([need_program("cmake"), "--build", "--preset", preset], "build")
            return
        if not is_configured(folder):
            step([need_program("cmake"), "-S", REPO, "-B", folder, "-G", "Ninja"], "configure the build")
        step([need_program("cmake"), "--build", folder], "build")


def system_folder(system: Path) -> Path:
    """Where a system that is not the kit's own is built: below the build folder, one for each description."""
    path = system.resolve()
    return build_dir() / "systems" / f"{path.stem}-{hashlib.sha256(os.fspath(path).encode()).hexdigest()[:8]}"


def build_system(system: Path) -> Path:
    """Builds the kernel, the programs that a description names, its system image and its ISO. Returns the folder that has them."""
    folder = system_folder(system)
    with build_lock(folder) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        cmake = need_program("cmake")
        if not is_configured(folder):
            step([cmake, "-S", REPO, "-B", folder, "-G", "Ninja", f"-DSIGNET_SYSTEM={system.resolve()}"], "configure the build")
        step([cmake, "--build", folder, "--target", "system"], f"build {system}")
    return folder


def build_target(folder: Path, target: str) -> None:
    """Builds what the usual build of a folder leaves out."""
    with build_lock(folder) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        step([need_program("cmake"), "--build", folder, "--target", target], f"build {target}")


def has_target(folder: Path, file: str) -> bool:
    """Does the build of a folder know how to make that file?"""
    try:
        return file in (folder / "build.ninja").read_text(encoding="utf-8")
    except OSError:
        return False


def build_lock(folder: Path) -> TextIO:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return open(folder / ".signet.lock", "w", encoding="ascii")
    except OSError as error:
        raise Problem(f"cannot build in {folder}: {error.strerror}; SIGNET_BUILD=FOLDER names another place") from error


def is_configured(folder: Path) -> bool:
    """A configuration that failed half way leaves a cache but no build file; then CMake must run again, from nothing."""
    if (folder / "build.ninja").is_file() or (folder / "Makefile").is_file():
        return True
    (folder / "CMakeCache.txt").unlink(missing_ok=True)
    shutil.rmtree(folder / "CMakeFiles", ignore_errors=True)
    return False


def check_preset(name: str) -> None:
    try:
        presets = json.loads((REPO / "CMakePresets.json").read_text(encoding="utf-8")).get("configurePresets", [])
    except (OSError, ValueError):
        presets = []
    names = [preset["name"] for preset in presets if not preset.get("hidden")]
    if name not in names:
        raise Problem(f"there is no build preset '{name}'; there are: {', '.join(names) or 'none'}")


def step(command: list, what: str) -> None:
    """On a terminal the build's progress stays on one line; elsewhere every line is kept, for logs."""
    on_terminal = sys.stderr.isatty()
    progress_shown = False
    words = [str(word) for word in command]
    with subprocess.Popen(words, cwd=REPO, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as running:
        for raw in running.stdout:
            line = raw.decode("utf-8", "replace").rstrip()
            if QUIET.fullmatch(line):
                continue
            if on_terminal and PROGRESS.match(line):
                width = shutil.get_terminal_size().columns - 1
                sys.stderr.write(f"\r\033[K{line[:width]}")
                progress_shown = True
            else:
                sys.stderr.write(("\n" if progress_shown else "") + line + "\n")
                progress_shown = False
            sys.stderr.flush()
    if progress_shown:
        sys.stderr.write("\r\033[K")
    if running.returncode != 0:
        raise Problem(f"cannot {what}: the reason stands above ({Path(words[0]).name} ended with status {running.returncode})")
