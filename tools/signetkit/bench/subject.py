# SPDX-License-Identifier: BSD-2-Clause
"""What is measured: Signet's own benchmark system, or somebody else's kernel from its files."""

import hashlib
import json
import os
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from ..guest import qemu
from ..paths import REPO, build_dir, need_file
from ..plain import Problem, say
from ..setup import build
from . import words

MEM_MIB = 256  # flips of 64 MiB
OWN_IMAGE = "bench.img"
COUNTING_KERNEL = "signet-bench.elf"
COUNTING_TARGET = "signet_bench"
ISO_MARK, ISO_AT = b"CD001", 0x8001
ELF_MARK = b"\x7fELF"
MULTIBOOT = bytes.fromhex("02b0ad1b")
MULTIBOOT_WITHIN = 8192
LINUX_MARK, LINUX_AT = b"HdrS", 0x202


@dataclass(frozen=True)
class Subject:
    """hardware: the machine without its mode; counting: the same with a kernel that counts events, if there is one."""

    name: str
    hardware: qemu.Hardware
    counting: qemu.Hardware | None = None
    build: dict = field(default_factory=dict)
    own: bool = False


def own(mem_mib: int = MEM_MIB, counting: bool = True) -> Subject:
    """Signet's own; the kernel that counts events is built when it is wanted."""
    folder = build_dir()
    image = need_file(folder / OWN_IMAGE, "the benchmark system's image", "run `tools/signet build`")
    hardware = qemu.Hardware(mem_mib=mem_mib, kernel=folder / "signet.elf", image=image)
    counter = None
    if counting and not build.has_target(folder, COUNTING_KERNEL):
        say("there is no kernel that counts events: what is spent in ring 0 is left out")
    elif counting:
        build.build_target(folder, COUNTING_TARGET)
        kernel = need_file(folder / COUNTING_KERNEL, "the kernel that counts events", "run `tools/signet build`")
        counter = qemu.Hardware(mem_mib=mem_mib, kernel=kernel, image=image)
    return Subject("signet", hardware, counter, own_build(folder), own=True)


def own_build(folder: Path) -> dict:
    """Which sources, which compiler, which flags."""
    found = {"commit": commit()}
    try:
        entries = json.loads((folder / "compile_commands.json").read_text(encoding="utf-8"))
        command = next(shlex.split(entry["command"]) for entry in entries if entry["file"] == str(REPO / "kernel/main.c"))
        version = subprocess.run([command[0], "--version"], capture_output=True, text=True, check=False).stdout
        found["compiler"] = words.printable(version.partition("\n")[0])
        found["flags"] = " ".join(word for word in command[1:] if word.startswith(("-O", "-m", "-f", "-std")) and "prefix-map" not in word)
    except (OSError, ValueError, KeyError, StopIteration) as error:
        say(f"the compiler's flags are not known: {error}")
    return found


def commit() -> str:
    """The commit that the checkout is at, with a + if it was changed since."""
    asked = subprocess.run(["git", "-C", REPO, "describe", "--always", "--dirty=+", "--exclude=*"], capture_output=True, text=True, check=False)
    return asked.stdout.strip() or "unknown"


def foreign(files: list[Path], append: str = "", mem_mib: int = MEM_MIB, extra: tuple[str, ...] = ()) -> Subject:
    """Somebody else's kernel: an ISO, or a kernel that QEMU can load and its modules."""
    for path in files:
        need_file(path, "the image", "--image takes an ISO, or a kernel and its modules")
    first, modules = files[0], files[1:]
    kind = kind_of(first)
    if kind == "iso":
        if modules or append:
            raise Problem(f"{first} is an ISO: it has its modules and its command line inside, and takes nothing beside it")
        flags = ["-cdrom", str(first), "-boot", "d"]
    else:
        flags = ["-kernel", str(first)] + initrd(modules, kind) + (["-append", append] if append else [])
    sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    hardware = qemu.Hardware(mem_mib=mem_mib, boot=tuple(flags), extra=extra)
    return Subject(words.printable(first.stem, 60), hardware, build={"files": sums})


def initrd(modules: list[Path], kind: str) -> list[str]:
    """QEMU splits the modules of a multiboot kernel at commas; other kernels have one, taken by its plain name."""
    if not modules:
        return []
    if kind == "multiboot":
        return ["-initrd", ",".join(qemu.escaped(path) for path in modules)]
    if len(modules) > 1:
        raise Problem(f"this kernel takes one module, not {len(modules)}: only multiboot kernels and ISOs can have more")
    return ["-initrd", os.fspath(modules[0])]


def kind_of(path: Path) -> str:
    """iso, multiboot, elf (QEMU wants a PVH note in it) or linux, by what the file says of itself."""
    try:
        with open(path, "rb") as file:
            head = file.read(MULTIBOOT_WITHIN)
            file.seek(ISO_AT)
            if file.read(len(ISO_MARK)) == ISO_MARK:
                return "iso"
    except OSError as error:
        raise Problem(f"{path}: cannot be read: {error.strerror}") from error
    if any(head[at:at + 4] == MULTIBOOT for at in range(0, len(head), 4)):
        return "multiboot"
    if head.startswith(ELF_MARK):
        return "elf"
    if head[LINUX_AT:LINUX_AT + 4] == LINUX_MARK:
        return "linux"
    raise Problem(f"{path} is nothing that QEMU boots: an ISO, a multiboot kernel, an ELF file with a PVH note, or a Linux kernel is wanted")
