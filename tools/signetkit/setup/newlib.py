# SPDX-License-Identifier: BSD-2-Clause
"""Builds newlib, the C library of Signet's programs, from Debian's newlib-source package: once, into the cache.

The folder's name holds the version and a hash of everything that decides the result (the source, the options below, the
compiler), so build folders share it and a change makes a new one. Only the C library itself is built: system calls
(_write, _sbrk, ...) are libsys' business.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from ..paths import cache_dir, need_program
from ..plain import Problem, last_lines, read_log, say
from .sources import cache_lock

SOURCE_FOLDER = Path("/usr/src/newlib")
CONFIGURE = (
    "--host=x86_64-elf", "--disable-multilib", "--disable-dependency-tracking",
    # No system calls and no locks of its own.
    "--disable-newlib-supplied-syscalls", "--disable-newlib-multithread",
    # Small code: integer-only printf, one-arena malloc, small per-thread state, no wide or unbuffered special cases.
    "--enable-newlib-nano-formatted-io", "--enable-newlib-nano-malloc", "--enable-newlib-reent-small",
    "--enable-newlib-global-atexit", "--enable-lite-exit", "--disable-newlib-fvwrite-in-streamio",
    "--disable-newlib-fseek-optimization", "--disable-newlib-wide-orient", "--disable-newlib-unbuf-stream-opt",
)
CFLAGS = ("-O2 -g0 -w -ffreestanding -fno-pic -fno-pie -fcf-protection=none -fno-stack-protector -fno-asynchronous-unwind-tables "
          "-ffunction-sections -fdata-sections -Wa,--noexecstack")
NEEDED = ("newlib", "config", "config.sub", "config.guess", "install-sh", "missing", "config-ml.in", "config.rpath", "ltmain.sh",
          "compile", "mkinstalldirs", "depcomp", "symlink-tree", "move-if-change", "COPYING.NEWLIB")
FILES_ABOUT = 1000  # compiled files, for the progress only


def find_source() -> Path:
    found = sorted(SOURCE_FOLDER.glob("newlib-*.tar.xz"))
    if not found:
        raise Problem(f"{SOURCE_FOLDER}/newlib-*.tar.xz is missing: run `tools/signet setup`, which installs newlib-source")
    return found[-1]


def newlib() -> Path:
    """The folder with include/, lib/libc.a and lib/libm.a; built first (under a minute) if it is not there."""
    tarball = find_source()
    compiler = subprocess.run([need_program("gcc"), "--version"], capture_output=True, check=True).stdout
    recipe = hashlib.sha256(tarball.read_bytes() + compiler + repr((CONFIGURE, CFLAGS)).encode()).hexdigest()
    target = cache_dir() / f"{tarball.name.removesuffix('.tar.xz')}-{recipe[:12]}"
    if target.is_dir():
        return target
    with cache_lock("newlib"):
        return target if target.is_dir() else build(tarball, target)


def build(tarball: Path, target: Path) -> Path:
    """In a temporary folder without blanks in its name, which configure could not bear; renamed when complete."""
    say(f"building {target.name} (once for all build folders, about a minute)")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="signet-newlib-") as scratch:
        folder = Path(scratch)
        log = folder / "log"
        try:
            compile_in(folder, tarball, log)
        except subprocess.CalledProcessError as error:
            kept = cache_dir() / "newlib-failed.log"
            shutil.copyfile(log, kept)
            raise Problem(f"cannot build newlib ({error.cmd[0]} failed), all of it is in {kept}, the end is:\n"
                          + last_lines(read_log(log), 15)) from error
        collect(folder, target)
    say(f"newlib is built, in {time.monotonic() - started:.0f} s")
    return target


def compile_in(folder: Path, tarball: Path, log: Path) -> None:
    top = subprocess.run(["tar", "tf", tarball], capture_output=True, text=True, check=True).stdout.split("/", 1)[0]
    run_logged(["tar", "xf", tarball, *(f"{top}/{name}" for name in NEEDED)], folder, log)
    shutil.copyfile(folder / top / "COPYING.NEWLIB", folder / "COPYING.NEWLIB")
    (folder / "build").mkdir()
    programs = ["CC=gcc", "AR=ar", "AS=as", "RANLIB=ranlib", "NM=nm"]
    run_logged([folder / top / "newlib/configure", f"--prefix={folder}/out", *CONFIGURE, *programs, f"CFLAGS={CFLAGS}"],
               folder / "build", log)
    run_logged(["make", f"-j{os.cpu_count() or 1}"], folder / "build", log)
    run_logged(["make", "install"], folder / "build", log)


def run_logged(command: list, folder: Path, log: Path) -> None:
    """Shows a sign of life for every hundred files compiled; the words themselves go to the log."""
    clean = {name: value for name, value in os.environ.items()
             if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "CFLAGS", "CPPFLAGS", "LDFLAGS", "CC", "CONFIG_SITE", "DESTDIR")}
    words = [str(word) for word in command]
    compiled = 0
    with open(log, "ab") as out, subprocess.Popen(words, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                                  stderr=subprocess.STDOUT, env=clean | {"LC_ALL": "C"}) as running:
        for line in running.stdout:
            out.write(line)
            compiled += b" -c " in line and line.startswith(b"gcc")
            if compiled and compiled % 100 == 0 and b" -c " in line:
                say(f"newlib: {compiled} of about {FILES_ABOUT} files compiled")
    if running.returncode != 0:
        raise subprocess.CalledProcessError(running.returncode, words)


def collect(folder: Path, target: Path) -> None:
    """Keeps only what programs are compiled and linked with, and makes it appear all at once."""
    installed = folder / "out/x86_64-elf"
    with tempfile.TemporaryDirectory(prefix="newlib-", dir=target.parent) as near:
        made = Path(near) / "made"
        shutil.copytree(installed / "include", made / "include")
        (made / "lib").mkdir()
        for name in ("libc.a", "libm.a"):
            shutil.copyfile(installed / "lib" / name, made / "lib" / name)
        shutil.copyfile(folder / "COPYING.NEWLIB", made / "COPYING.NEWLIB")
        os.rename(made, target)
