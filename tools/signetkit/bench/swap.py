# SPDX-License-Identifier: BSD-2-Clause
"""signet bench swap: Linux and Signet touch more memory than there is, on the same QEMU and disk, in the same six phases.

Each system is run once with the plug-in that counts instructions and some times without, for the time. Signet takes part with the
seal and without: the second is a kernel of its own, built for this.
"""

import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from ..guest import qemu
from ..guest.guest import Guest, GuestFailed
from ..paths import build_dir, need_file
from ..plain import Problem, say
from ..setup import build
from . import capture, counting, linux, serial, swap_table, words
from .swap_table import Figures, LINUX, SEALED, UNSEALED

IMAGE = "bench-swap.img"
UNSEALED_KERNEL, UNSEALED_TARGET = "signet-unsealed.elf", "signet_unsealed"
SWAP_MIB = 256
SECONDS = 600.0
LINUX_MEM_MIB = 128  # of which it locks what is too much
OWN_MIB = 3  # what the kernel and its image take beside what is available to programs


@dataclass(frozen=True)
class Size:
    """So much is touched, in so much RAM that a program can have; so many timed runs."""

    mib: int
    available_mib: int
    timed: int


FULL = Size(128, 64, 3)
QUICK = Size(24, 12, 1)


class Reader(serial.Reader):
    """Each row has the pages that were moved, too. dropped: gone without being written, where the guest tells it."""

    def __init__(self) -> None:
        super().__init__()
        self.moved: dict[str, tuple[int, int]] = {}
        self.dropped: dict[str, int] = {}

    def read_row(self, members: dict) -> None:
        name, pages = members["name"], (members.get("pages_in"), members.get("pages_out"), members.get("pages_dropped", 0))
        if not all(map(words.is_whole, pages)):
            raise serial.Wrong(f"has the row {words.printable(str(name), 40)} without \"pages_in\" and \"pages_out\"")
        super().read_row(members)
        self.moved[name], self.dropped[name] = pages[:2], pages[2]


def bench(size: Size, json_file: Path | None, judge_time: bool) -> int:
    """Measures, prints, writes. The exit status is 1 if a figure is not what it must be."""
    figures: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory(prefix="signet-swap-") as folder:
        systems = {LINUX: Linux(size), UNSEALED: Signet(size, UNSEALED_KERNEL), SEALED: Signet(size, "signet.elf")}
        for name, system in systems.items():
            say(f"counting {name}'s instructions")
            figures[name] = counted(system, Path(folder) / "counts")
        for at in range(size.timed):
            for name, system in systems.items():
                say(f"timing {name}, {at + 1} of {size.timed}")
                figures[name].add_timed(system.run(()))
    problems = swap_table.show(figures) + swap_table.judge(figures, judge_time)
    if json_file:
        made = {"format": 1, "touched_mib": size.mib, "available_mib": size.available_mib} | swap_table.to_json(figures)
        json_file.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    for problem in problems:
        say(problem)
    return 1 if problems else 0


def counted(system, out: Path) -> Figures:
    reader = system.run(counting.flags(counting.plugin(), out))
    stretches = counting.stretches(out, len(reader.rows))
    return Figures({name: stretch.instructions for name, stretch in zip(reader.rows, stretches)}, reader)


def whole(reader: Reader, system: str, ending: str = "") -> Reader:
    """Or what is wrong with it."""
    wrong = reader.errors + reader.complaints + ([] if reader.ended else [f"it did not get to its end{ending}"])
    if wrong:
        raise Problem(f"{system}: {'; '.join(wrong)}")
    return reader


class Linux:
    """Debian's kernel with the program of tests/bench/linux/swap.c."""

    def __init__(self, size: Size):
        peer = linux.build_linux_swapper(size.mib, size.available_mib)
        boot = ("-kernel", str(peer.kernel), "-initrd", str(peer.initrd), "-append", peer.append)
        self.hardware = qemu.Hardware(mem_mib=LINUX_MEM_MIB, cpu=qemu.COUNTING_CPU, boot=boot, extra=linux.EXTRA)

    def run(self, extra: tuple[str, ...]) -> Reader:
        reader = Reader()
        done = capture.run(replace(self.hardware, extra=self.hardware.extra + extra), SECONDS, reader, SWAP_MIB)
        return whole(reader, "Linux", f": {done.ending}; it last said:\n{done.tail}")


class Signet:
    """build/bench-swap.img, and a command to its shell."""

    def __init__(self, size: Size, kernel: str):
        folder = build_dir()
        if kernel == UNSEALED_KERNEL:
            build.build_target(folder, UNSEALED_TARGET)
        self.command = f"benchswap {size.mib}"
        self.mem_mib = size.available_mib + OWN_MIB
        self.kernel = need_file(folder / kernel, "the kernel", "run `tools/signet build`")
        self.image = need_file(folder / IMAGE, "the system image that swaps", "run `tools/signet build`")

    def run(self, extra: tuple[str, ...]) -> Reader:
        guest = Guest(disk=None, mem=self.mem_mib, swap=SWAP_MIB, cpu=qemu.COUNTING_CPU, kernel=self.kernel, image=self.image, extra=extra)
        reader = Reader()
        try:
            reader.feed(guest.run(self.command, timeout=SECONDS).stdout.encode())
        except GuestFailed as failure:
            raise Problem(f"Signet: {failure}") from failure
        return whole(reader, "Signet")
