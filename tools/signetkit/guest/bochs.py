# SPDX-License-Identifier: BSD-2-Clause
"""Bochs, a second and stricter CPU to boot on, with PCID: its configuration, its endings, and one running Bochs.

It boots the ISO. It has no virtio, so the system has to have what it needs with it (servers/ramdisk.toml). COM1 goes to a
file as under QEMU; COM2 is a pseudo-terminal. Nobody has to look at its screen: VNC may, at the port that Bochs names in its log.
"""

import os
import re
import subprocess
import tty
from pathlib import Path

from ..paths import build_dir, find_program, need_file
from ..plain import TOOL_FAILED, Problem, read_log
from . import qemu
from .machine import Machine, guarded

CPU = "corei7_skylake_x"
SHARE = Path("/usr/share")
BIOS = (SHARE / "bochs/BIOS-bochs-latest", SHARE / "vgabios/vgabios.bin")
# Instructions that are a second of the guest's time, and so many a second it does about run.
SPEED = 50_000_000
# What hal_stop writes where QEMU would end with twice that and 1 (hal/x86_64/stop.c).
STOPPED = re.compile(r"8-bit write to 00f4 = ([0-9a-f]{1,2})\b")
PANIC = re.compile(r"^\d+p\[[^\]]*\] (?:>>PANIC<< )?(.*)", re.MULTILINE)
GO = "c\n"  # Debian's Bochs has a debugger, which waits for a word


def program() -> str:
    """$SIGNET_BOCHS replaces Bochs, as $SIGNET_QEMU does QEMU."""
    return os.environ.get("SIGNET_BOCHS") or "bochs"


def configuration(hardware: qemu.Hardware, folder: Path, log: Path, console: str) -> str:
    """realtime: Bochs sleeps when the guest is ahead of the clock, which a person at the shell wants; else time is instructions."""
    iso = need_file(hardware.iso_file or (hardware.build or build_dir()) / "signet.iso", "the boot ISO", "run `tools/signet build`")
    bios, vga = (need_file(path, "Bochs' firmware", "run `tools/signet setup`") for path in BIOS)
    return f"""\
display_library: rfb, options="timeout=0"
romimage: file="{bios}"
vgaromimage: file="{vga}"
cpu: model={hardware.cpu}, count=1, ips={SPEED}, reset_on_triple_fault=0
memory: guest={hardware.mem_mib}, host={hardware.mem_mib}
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path="{iso}", status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev="{log}"
com2: enabled=1, mode=term, dev="{console}"
speaker: enabled=0
clock: sync={"slowdown" if hardware.realtime else "none"}
log: "{folder / 'bochs.log'}"
panic: action=fatal
debug: action=ignore, unmapped=report
"""


class Pty:
    """The end of a pseudo-terminal that is ours, with the few methods of a socket that the console's users want."""

    def __init__(self) -> None:
        self.ours, self.theirs = os.openpty()
        tty.setraw(self.theirs)
        os.set_blocking(self.ours, False)
        self.name = os.ttyname(self.theirs)

    def fileno(self) -> int:
        return self.ours

    def recv(self, most: int) -> bytes:
        return os.read(self.ours, most)

    def send(self, data: bytes) -> int:
        return os.write(self.ours, data)

    def close(self) -> None:
        os.close(self.ours)
        os.close(self.theirs)


class BochsMachine(Machine):
    """A Machine that is Bochs. Its exit statuses are QEMU's, read from Bochs' log."""

    def launch(self) -> None:
        if not find_program(program()):
            raise Problem("Bochs is not installed: run `tools/signet setup`", TOOL_FAILED)
        self.console = Pty()
        (self.folder / "bochsrc").write_text(configuration(self.hardware, self.folder, self.log_path, self.console.name), encoding="utf-8")
        (self.folder / "go").write_text(GO, encoding="ascii")
        command = guarded([program(), "-q", "-f", str(self.folder / "bochsrc"), "-rc", str(self.folder / "go")])
        with open(self.stderr_path, "wb") as said:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, process_group=0)

    def read(self, seconds: float) -> bytes | None:
        """The pseudo-terminal outlives Bochs, so an end is seen by the process."""
        data = super().read(min(seconds, 0.2))
        return super().read(0) or None if data == b"" and self.process.poll() is not None else data

    def bochs_log(self) -> str:
        return read_log(self.folder / "bochs.log")

    def status(self) -> int | None:
        if self.process.poll() is None:
            return None
        stopped = STOPPED.search(self.bochs_log())
        return 2 * int(stopped[1], 16) + 1 if stopped else 0

    def why_it_ended(self) -> str:
        status = self.status()
        if status:
            return qemu.describe_ending(status)
        panics = PANIC.findall(self.bochs_log() + read_log(self.stderr_path))
        return f"Bochs ended: {panics[-1] if panics else 'it gave no reason'}"
