# SPDX-License-Identifier: BSD-2-Clause
"""The one place that knows QEMU's flags, its exit statuses, and the words it fails with."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from ..paths import build_dir, need_file

POWER_OFF = 33
ENDINGS = {
    0: "the guest reset itself without a word (a triple fault?)",
    POWER_OFF: "the guest powered off",
    35: "the kernel panicked",
    37: "the kernel refused to boot",
    39: "the supervisor died",
}
# Under these every instruction takes one tick of the TSC, so runs can be compared; see docs/architecture.md.
COUNTING_ACCEL = "tcg,thread=single"
COUNTING = ("-icount", "shift=0,sleep=off", "-seed", "1")
COUNTING_CPU = "max,-erms"
KVM_CPU = "max,-arch-capabilities"  # some hosts offer that MSR and then refuse it


@dataclass(frozen=True)
class Hardware:
    """The machine to start. kernel and image are those of the build if None; disk and swap are absent if None.

    build: the folder that has them, and the ISO; None for the kit's own system. emulator: qemu, or bochs, which boots the ISO
    and knows no disks.
    """

    mem_mib: int = 32
    cpus: int = 1
    cpu: str = "max"
    accel: str = "tcg"
    iso: bool = False
    disk: Path | None = None
    swap: Path | None = None
    kernel: Path | None = None
    image: Path | None = None
    build: Path | None = None
    append: str = ""  # the kernel's command line, without --iso
    iso_file: Path | None = None  # with --iso: this one instead of the build's
    boot: tuple[str, ...] = ()  # instead of all of these: the flags that boot somebody else's kernel
    extra: tuple[str, ...] = ()
    emulator: str = "qemu"
    realtime: bool = False  # Bochs: for a person at the shell


def program() -> str:
    """$SIGNET_QEMU replaces QEMU, by one built elsewhere or by the tests' fake guest."""
    return os.environ.get("SIGNET_QEMU") or "qemu-system-x86_64"


def escaped(path: Path) -> str:
    """QEMU's options are comma-separated; a comma in a file's name is written twice."""
    return str(path).replace(",", ",,")


def drive(name: str, path: Path, slot: str, mode: str) -> list[str]:
    """A modern virtio disk at a fixed place, so that the system description can claim it."""
    return ["-drive", f"if=none,id={name},file={escaped(path)},format=raw,{mode}",
            "-device", f"virtio-blk-pci,disable-legacy=on,drive={name},addr={slot}"]


def boot_flags(hardware: Hardware) -> list[str]:
    if hardware.boot:
        return list(hardware.boot)
    build = hardware.build or build_dir()
    fix = "run `tools/signet build`"
    if hardware.iso:
        return ["-cdrom", str(need_file(hardware.iso_file or build / "signet.iso", "the boot ISO", fix)), "-boot", "d"]
    kernel = need_file(hardware.kernel or build / "signet.elf", "the kernel", fix)
    image = need_file(hardware.image or build / "system.img", "the system image", fix)
    flags = ["-kernel", str(kernel), "-initrd", str(image)]  # not split at commas: QEMU loads a PVH kernel's initrd by its plain name
    return flags + (["-append", hardware.append] if hardware.append else [])


def command_line(hardware: Hardware, log: Path, console: tuple[str, str] = ("stdio", "signal=off")) -> list[str]:
    """COM1 is the kernel's log, into a file; COM2 the console: a kind of chardev and its options, by
    default QEMU's own standard input and output.

    The data disk is a snapshot: a user's image is never written. What the swap disk holds is worthless after a power cut,
    so QEMU need not flush it.
    """
    flags = ["-M", "q35", "-cpu", hardware.cpu, "-m", str(hardware.mem_mib), "-smp", str(hardware.cpus),
             "-accel", hardware.accel, "-nodefaults", "-display", "none", "-no-reboot"]
    flags += boot_flags(hardware)
    flags += ["-chardev", f"file,id=log,path={escaped(log)}", "-serial", "chardev:log"]
    flags += ["-chardev", f"{console[0]},id=console,{console[1]}", "-serial", "chardev:console"]
    if hardware.disk:
        flags += drive("disk", hardware.disk, "4.0", "snapshot=on")
    if hardware.swap:
        flags += drive("swap", hardware.swap, "5.0", "cache=unsafe")
    flags += ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"]
    return [program(), *flags, *hardware.extra]


def describe_ending(status: int) -> str:
    if status < 0:
        return f"QEMU was killed by signal {-status}"
    return ENDINGS.get(status, f"QEMU ended with status {status}")


def explain_stderr(text: str, hardware: Hardware) -> str:
    """QEMU's own complaint in plain words, naming what the user gave."""
    if "unable to find CPU model" in text:
        return f"QEMU knows no CPU model '{hardware.cpu}' (a list: {program()} -cpu help)"
    if re.search(r"Property '.*' not found|Expected key=value format|invalid accelerator", text):
        return f"QEMU does not take `-cpu {hardware.cpu}` or `-accel {hardware.accel}`: {first_complaint(text)}"
    if "kvm" in text.lower() and "kvm" in hardware.accel:
        return f"KVM cannot be used here: {first_complaint(text)} (without --accel kvm it works everywhere)"
    return f"QEMU did not start: {first_complaint(text)}"


def first_complaint(text: str) -> str:
    """Its first line that is no warning, without the program's name."""
    lines = [line for line in text.splitlines() if line.strip() and "warning:" not in line]
    return re.sub(r"^qemu-system-x86_64: ", "", lines[0]) if lines else "it gave no reason"
