# SPDX-License-Identifier: BSD-2-Clause
"""The command line of tools/signet: what may be said, in which words, and how mistakes are answered."""

import argparse
import os
import re
import shlex
import signal
import sys
from pathlib import Path
from typing import NoReturn

from .plain import TOOL_FAILED, USAGE, Problem, say
from .refusal import Refusal

INTERRUPTED = 130
CLOSED_PIPE = 141
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class Parser(argparse.ArgumentParser):
    """Says a mistake in one line and where help is, instead of a usage wall."""

    def error(self, message: str) -> NoReturn:
        print(f"signet: {message} (try `{self.prog} --help`)", file=sys.stderr)
        sys.exit(TOOL_FAILED if self.prog.endswith(" run") else USAGE)


GRUB_MIB = 4


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


def add_machine_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--disk", metavar="IMG", help="ext2 image for the data disk, never written; `none` for no disk")
    swap = parser.add_mutually_exclusive_group()
    swap.add_argument("--swap", metavar="MiB", type=count_or_none, default=256, help="size of the swap disk (256; 0 for none)")
    swap.add_argument("--swap-file", metavar="IMG", help="use this file as the swap disk; it is overwritten")
    add("--mem", metavar="MiB", type=memory, default=32, help="RAM (32)")
    add("--smp", metavar="N", type=count, default=1, help="number of CPUs (1)")
    add("--cpu", metavar="MODEL", default="max", help="CPU model of QEMU, such as max or qemu64 (max)")
    add("--accel", choices=["tcg", "kvm"], default="tcg", help="how QEMU runs the guest (tcg, which works everywhere)")
    add("--iso", action="store_true", help="boot the ISO through GRUB instead of the kernel directly")


def add_run(commands) -> None:
    parser = add_command(commands, "run", "boot Signet in QEMU, with a shell or for one line of commands", """
  tools/signet run                              a shell; Ctrl-] or `poweroff` leaves
  tools/signet run -c 'ls /docs; cat /README.md'
  tools/signet run --disk my.img --mem 64 --cpu qemu64
  tools/signet run --print -- -d int            only show QEMU's command line
exit status with -c: the last command's; 127 not found, 128+n ended by fault n, 124 time-out, 125 Signet itself failed""")
    add_machine_options(parser)
    parser.add_argument("--timeout", metavar="S", type=seconds, help="end after so many seconds (600 with -c, else never)")
    parser.add_argument("--print", action="store_true", help="show the QEMU command line and stop")
    parser.add_argument("-c", dest="command", metavar="'CMD; CMD'", help="run these and print only what they print")
    parser.set_defaults(call=do_run)


def add_command(commands, name: str, what: str, examples: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=what, description=what[0].upper() + what[1:] + ".",
                                 epilog="examples:" + examples, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.set_defaults(parser=parser)
    return parser


def make_parser() -> Parser:
    parser = Parser(prog="signet", description="Signet: a sealed microkernel. One command to set up, build, run and test it.",
                    epilog="first steps:\n  tools/signet run          installs what is missing, builds, boots, gives a shell\n"
                           "  tools/signet test         everything that must hold\n"
                           "environment: SIGNET_BUILD (build folder), SIGNET_CACHE (third-party builds), SIGNET_QEMU (another QEMU)",
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="name", metavar="COMMAND", parser_class=Parser)

    setup = add_command(commands, "setup", "install what this machine lacks (Debian 12; as root or with sudo)", """
  tools/signet setup            install, then show what is there
  tools/signet setup --check    only show; exit status 1 if something is missing""")
    setup.add_argument("--check", action="store_true", help="only tell what is missing")
    setup.set_defaults(call=do_setup)

    build = add_command(commands, "build", "configure and build into build/", """
  tools/signet build
  tools/signet build --preset NAME      as CMakePresets.json says""")
    build.add_argument("--preset", metavar="NAME", help="a preset of CMakePresets.json")
    build.set_defaults(call=do_build)

    add_run(commands)

    test = add_command(commands, "test", "run tests: all, a group (a folder of tests/), or by name", """
  tools/signet test                  all but the long ones
  tools/signet test unit             one group
  tools/signet test long             all, the long ones too
  tools/signet test system shell     a group, and what has `shell` in its name""")
    test.add_argument("words", metavar="GROUP|NAME", nargs="*", help="which tests; NAME may be a part or a pattern with *")
    test.set_defaults(call=do_test)

    debug = add_command(commands, "debug", "boot Signet stopped at its first instruction, with gdb attached", """
  tools/signet debug                     the console: `tools/signet attach` in another terminal
  tools/signet debug -c 'cat /README.md' --gdb-args="-ex 'signet break files main'"
  tools/signet debug --batch -x look.gdb -- -smp 2
docs/debugging.md says what gdb can tell of Signet""")
    add_machine_options(debug)
    debug.add_argument("-c", dest="command", metavar="'CMD; CMD'", help="what the guest's shell runs once it is up")
    debug.add_argument("-x", dest="scripts", metavar="FILE", action="append", default=[], help="a file of gdb commands to begin with")
    debug.add_argument("--batch", action="store_true", help="only run these: no prompt, and the end of gdb ends the guest")
    debug.add_argument("--gdb-args", metavar="'ARGS'", default="", help="more arguments for gdb, as one word after `=`")
    debug.set_defaults(call=do_debug)

    attach = add_command(commands, "attach", "be the console of the guest that `signet debug` runs", "\n  tools/signet attach")
    attach.set_defaults(call=do_attach)

    disk = add_command(commands, "disk", "make an ext2 image of a folder (needs no root)", """
  tools/signet disk photos -o photos.img
  tools/signet disk photos -o photos.img --size 64M --block-size 4096""")
    disk.add_argument("folder", metavar="FOLDER", type=Path)
    disk.add_argument("-o", dest="image", metavar="IMG", type=Path, required=True, help="the image to write")
    disk.add_argument("--size", type=size, help="size of the disk, such as 64M (what fits, and room to spare)")
    disk.add_argument("--block-size", type=int, choices=[1024, 2048, 4096], default=1024, help="(1024)")
    disk.set_defaults(call=do_disk)

    bench = add_command(commands, "bench", "measure the figures that the project promises", "\n  tools/signet bench --quick")
    bench.add_argument("--quick", action="store_true", help="the figures of a first look (all there are, so far)")
    bench.set_defaults(call=do_bench)

    coverage = add_command(commands, "coverage", "line coverage of a folder by the unit tests that ran last", """
  tools/signet coverage --build build --of kernel --least 85""")
    coverage.add_argument("--build", metavar="DIR", type=Path, help="build folder of the tests (build)")
    coverage.add_argument("--of", metavar="FOLDER", default="kernel", help="(kernel)")
    coverage.add_argument("--least", metavar="PERCENT", type=int, default=0, help="fail if there is less (0)")
    coverage.set_defaults(call=do_coverage)

    path = add_command(commands, "path", "say where a third-party part lies, making it first (for the build)", """
  tools/signet path newlib      built from Debian's newlib-source
  tools/signet path bearssl     the source of Debian's bearssl""")
    path.add_argument("part", choices=["newlib", "bearssl"])
    path.set_defaults(call=do_path)
    return parser


# Each command imports what it needs: --help and a mistyped option are answered at once.

def do_setup(args: argparse.Namespace) -> int:
    from . import setup
    return setup.setup(args.check)


def prepare() -> None:
    """What run, test and bench do first, in silence when there is nothing to do."""
    from . import build, setup
    setup.ensure()
    build.build()


def do_build(args: argparse.Namespace) -> int:
    from . import build, setup
    setup.ensure()
    build.build(args.preset)
    say("built")
    return 0


def hardware_of(args: argparse.Namespace):
    from . import qemu, run
    swap = run.need_image(args.swap_file, "swap file") if args.swap_file else None
    if args.accel == "kvm" and not os.access("/dev/kvm", os.R_OK | os.W_OK):
        raise Problem("--accel kvm: /dev/kvm is not there or may not be used; without it, everything works, slower", TOOL_FAILED)
    if args.iso and args.mem < GRUB_MIB:
        raise Problem(f"--iso needs --mem {GRUB_MIB} at least: with less, GRUB itself does not start", TOOL_FAILED)
    return qemu.Hardware(mem_mib=args.mem, cpus=args.smp, cpu=args.cpu, accel=args.accel, iso=args.iso,
                         disk=run.choose_disk(args.disk), swap=swap, extra=tuple(args.rest))


def do_run(args: argparse.Namespace) -> int:
    from . import run
    for given, what in ((args.disk if args.disk != "none" else None, "disk image"), (args.swap_file, "swap file")):
        if given:
            run.need_image(given, what)  # before a long build, not after it
    try:
        prepare()
        asked = run.Run(hardware_of(args), args.swap, args.command, args.timeout)
        return run.print_command(asked) if args.print else run.run(asked)
    except Problem as problem:
        problem.status = TOOL_FAILED
        raise


def do_test(args: argparse.Namespace) -> int:
    from . import testing
    prepare()
    return testing.run_tests(args.words)


def do_debug(args: argparse.Namespace) -> int:
    from . import debug
    from .paths import need_file
    words = [word for script in args.scripts for word in ("-x", str(need_file(Path(script), "the gdb script", "-x takes a file")))]
    try:
        words += shlex.split(args.gdb_args)
    except ValueError as error:
        raise Problem(f"--gdb-args: {error}") from error
    prepare()
    return debug.debug(hardware_of(args), args.swap, args.command, words, args.batch)


def do_attach(_args: argparse.Namespace) -> int:
    from . import debug
    return debug.attach()


def do_disk(args: argparse.Namespace) -> int:
    from . import disk
    disk.make_image(args.folder, args.image, args.size, args.block_size)
    return 0


def do_bench(_args: argparse.Namespace) -> int:
    from . import bench
    prepare()
    return bench.bench()


def do_coverage(args: argparse.Namespace) -> int:
    from . import coverage
    from .paths import build_dir
    return coverage.coverage((args.build or build_dir()).absolute(), args.of, args.least)


def do_path(args: argparse.Namespace) -> int:
    from . import newlib, sources
    print(newlib.newlib() if args.part == "newlib" else sources.bearssl())
    return 0


def terminated(number: int, _frame) -> NoReturn:
    """Being asked to end cleans up as Ctrl-C does."""
    sys.exit(128 + number)


def open_missing_streams() -> None:
    """Who closes one of the three (`>&-`) wants it left alone. Python has none then, and the next file opened would take its place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))


def main(words: list[str]) -> int:
    open_missing_streams()
    parser = make_parser()
    at = words.index("--") if "--" in words else len(words)
    args, unknown = parser.parse_known_args(words[:at])
    args.rest = words[at + 1:]
    if unknown:
        getattr(args, "parser", parser).error(f"there is no {unknown[0]} here")
    if args.name is None:
        parser.print_help()
        return USAGE
    if args.rest and args.name not in ("run", "debug"):
        parser.error(f"`signet {args.name}` takes nothing after --")
    signal.signal(signal.SIGTERM, terminated)
    signal.signal(signal.SIGHUP, terminated)
    try:
        return args.call(args)
    except (Problem, Refusal) as problem:
        say(str(problem))
        return getattr(problem, "status", 1)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it flushes
        return CLOSED_PIPE
    except OSError as error:
        say(f"{error.filename or args.name}: {error.strerror or error}")
        return TOOL_FAILED if args.name == "run" else 1
