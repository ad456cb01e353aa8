# SPDX-License-Identifier: BSD-2-Clause
"""What the commands of tools/signet share of their options: the parser, kinds of numbers, the machine, the system."""

import argparse
import os
import re
import sys
from pathlib import Path
from typing import NoReturn

from .paths import DEFAULT_SYSTEM, need_file, shown
from .plain import TOOL_FAILED, USAGE, Problem

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
GRUB_MIB = 4
RAM_MIB = 32
DEFAULT_CPU = "max"


class Parser(argparse.ArgumentParser):
    """Says a mistake in one line and where help is, instead of a usage wall."""

    def error(self, message: str) -> NoReturn:
        print(f"signet: {message} (try `{self.prog} --help`)", file=sys.stderr)
        sys.exit(TOOL_FAILED if self.prog.endswith(" run") else USAGE)


def add_command(commands, name: str, what: str, examples: str) -> argparse.ArgumentParser:
    """A command's own parser. what: one line, as the list of commands has it; examples: lines that can be typed."""
    parser = commands.add_parser(name, help=what, description=what[0].upper() + what[1:] + ".",
                                 epilog="examples:" + examples, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.set_defaults(parser=parser, takes_rest=False)
    return parser


def whole(text: str, least: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number")
    if int(text) < least:
        raise argparse.ArgumentTypeError(f"'{text}' is too small, the least is {least}")
    return int(text)


def count(text: str) -> int:
    return whole(text, 1)


def memory(text: str) -> int:
    """With 1 MiB not even the kernel's own text is loaded, so nobody could say that this is too little."""
    return whole(text, 2)


def count_or_none(text: str) -> int:
    return whole(text, 0)


def seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,7}(\.[0-9]+)?", text) or float(text) <= 0:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds")
    return float(text)


def size(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,12})([KMG]?)", text.upper().removesuffix("B").removesuffix("I"))
    if not found or int(found[1]) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is not a size such as 64M or 1G")
    return int(found[1]) * UNITS[found[2]]


def add_system_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--system", metavar="FILE", help="the system description (the kit's own, servers/system.toml)")


def system_path(given: str | Path | None) -> str:
    """The description that was named, or the kit's own, as a person would type it."""
    if given is None:
        return shown(DEFAULT_SYSTEM)
    return str(need_file(Path(given), "the system description", "this takes a TOML file; docs/manifests.md explains it"))


def system_of(args: argparse.Namespace) -> Path | None:
    """The description that --system names, which is there; None: nothing was named, or the kit's own."""
    path = Path(system_path(args.system)).resolve()
    return None if path == DEFAULT_SYSTEM else path


def add_machine_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--disk", metavar="IMG", help="ext2 image for the data disk, never written; `none` for no disk")
    swap = parser.add_mutually_exclusive_group()
    swap.add_argument("--swap", metavar="MiB", type=count_or_none, default=256, help="size of the swap disk (256; 0 for none)")
    swap.add_argument("--swap-file", metavar="IMG", help="use this file as the swap disk; it is overwritten")
    add("--mem", metavar="MiB", type=memory, help="RAM (32, or what the system description wants)")
    add("--smp", metavar="N", type=count, default=1, help="number of CPUs (1)")
    add("--cpu", metavar="MODEL", default=DEFAULT_CPU, help="CPU model of QEMU, such as max or qemu64 (max)")
    add("--accel", choices=["tcg", "kvm"], default="tcg", help="how QEMU runs the guest (tcg, which works everywhere)")
    add("--iso", action="store_true", help="boot the ISO through GRUB instead of the kernel directly")


def bochs_hardware_of(args: argparse.Namespace, built: Path | None, ram_mib: int):
    """The same for Bochs, which boots the ISO and knows neither QEMU's options nor its disks."""
    from .guest import bochs, qemu
    for given, what in ((args.disk, "--disk"), (args.swap_file, "--swap-file"), (args.smp != 1, "--smp"), (args.accel != "tcg", "--accel"),
                        (args.rest, "QEMU's options")):
        if given:
            raise Problem(f"Bochs does not take {what}: its system has all that it needs in the ISO", TOOL_FAILED)
    cpu = bochs.CPU if args.cpu == DEFAULT_CPU else args.cpu
    return qemu.Hardware(mem_mib=args.mem or ram_mib, cpu=cpu, iso=True, build=built, emulator="bochs", realtime=args.command is None)


def hardware_of(args: argparse.Namespace, built: Path | None = None, ram_mib: int = RAM_MIB):
    """The machine that the options describe, its files looked for. built: what prepare() returned; ram_mib: unless --mem says otherwise."""
    from .guest import kvm, qemu, run
    swap = run.need_image(args.swap_file, "swap file") if args.swap_file else None
    if args.accel == "kvm" and (why := kvm.why_not()):
        raise Problem(f"--accel kvm: {why}; without it, everything works, slower", TOOL_FAILED)
    mem = args.mem or ram_mib
    if args.iso and mem < GRUB_MIB:
        raise Problem(f"--iso needs --mem {GRUB_MIB} at least: with less, GRUB itself does not start", TOOL_FAILED)
    cpu = qemu.KVM_CPU if (args.accel, args.cpu) == ("kvm", DEFAULT_CPU) else args.cpu
    return qemu.Hardware(mem_mib=mem, cpus=args.smp, cpu=cpu, accel=args.accel, iso=args.iso,
                         disk=run.choose_disk(args.disk), swap=swap, build=built, extra=tuple(args.rest))
