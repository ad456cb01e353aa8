# SPDX-License-Identifier: BSD-2-Clause
"""signet bench --peer linux: Debian's kernel and an initramfs whose only program, tests/bench/linux, measures it.

Nothing of Linux is in the repository: the kernel is fetched (setup/linux.py), the program is compiled here.
"""

import re
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from .. import files
from ..paths import REPO, build_dir, need_program
from ..plain import Problem, last_lines
from ..setup import linux as package
from . import linux_cpio as cpio
from .subject import Subject, foreign

SOURCES = REPO / "tests/bench/linux"
INIT = ("init.c", "common.c", "ipc.c", "bulk.c", "memory.c", "life.c")
TINY = ("tiny.c",)  # what the rows about processes start
SWAPPER = ("swap.c", "common.c", "../phases.c")  # of `signet bench swap`
INIT_FLAGS = ("-std=gnu2x", "-O2", "-static", "-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers", f"-I{REPO}")
TINY_FLAGS = (*INIT_FLAGS, "-nostdlib")
WORDS = "mitigations=off console=ttyS0 quiet"
PATTERNS = re.compile(r"[\w.,*?-]+")
MEM_MIB = 512
# Linux reads the time of day while it boots: with the host's, no two counted runs would be alike.
EXTRA = ("-rtc", "base=2026-01-01,clock=vm")


class Peer(NamedTuple):
    kernel: Path
    initrd: Path
    append: str
    build: dict


def build_linux_peer(rows: str | None = None) -> Peer:
    """Everything QEMU needs. rows: patterns that reach the program by the kernel's command line, if they fit on it."""
    need_program("gcc")
    kernel = package.linux()
    build = {"package": kernel.parent.name, "compiler": compiler(), "flags": " ".join(INIT_FLAGS), "append": WORDS}
    chosen = f" rows={rows}" if rows and PATTERNS.fullmatch(rows) else ""
    return Peer(kernel, initramfs(build_dir() / "peers"), WORDS + chosen, build)


def subject_of_linux(rows: str | None, mem_mib: int | None = None) -> Subject:
    peer = build_linux_peer(rows)
    found = foreign([peer.kernel, peer.initrd], peer.append, mem_mib or MEM_MIB, EXTRA)
    return replace(found, name="linux", build=found.build | peer.build)


def build_linux_swapper(mib: int, available_mib: int) -> Peer:
    """The kernel with a virtio disk's modules, and a program that touches so much memory in so much."""
    kernel = package.linux(with_modules=True)
    folder = build_dir() / "peers"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        init = compiled(SWAPPER, INIT_FLAGS, Path(scratch) / "init")
        entries = [cpio.folder("dev"), cpio.device("dev/console", 5, 1), cpio.folder("proc"), cpio.folder("modules"),
                   cpio.program("init", init.read_bytes())]
    entries += [cpio.program(f"modules/{at:02}.ko", module.read_bytes()) for at, module in enumerate(package.modules(kernel))]
    target = folder / "linux-swap.cpio"
    files.write_bytes(target, cpio.archive(entries))
    return Peer(kernel, target, f"{WORDS} mib={mib} available={available_mib}", {"package": kernel.parent.name})


def compiler() -> str:
    shown = subprocess.run(["gcc", "--version"], capture_output=True, text=True, check=False).stdout
    return shown.partition("\n")[0]


def initramfs(folder: Path) -> Path:
    """Compiled and packed anew: it takes a second, and is then what the sources say."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        init = compiled(INIT, INIT_FLAGS, Path(scratch) / "init")
        tiny = compiled(TINY, TINY_FLAGS, Path(scratch) / "tiny")
        entries = [cpio.folder("dev"), cpio.device("dev/console", 5, 1), cpio.folder("tmp"),
                   cpio.program("init", init.read_bytes()), cpio.program("tiny", tiny.read_bytes())]
    target = folder / "linux.cpio"
    files.write_bytes(target, cpio.archive(entries))
    return target


def compiled(names: tuple[str, ...], flags: tuple[str, ...], target: Path) -> Path:
    done = subprocess.run([need_program("gcc"), *flags, *(SOURCES / name for name in names), "-o", target], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        raise Problem(f"cannot compile {SOURCES.relative_to(REPO)} (is libc6-dev installed?); gcc said:\n{last_lines(done.stderr, 12)}")
    return target
