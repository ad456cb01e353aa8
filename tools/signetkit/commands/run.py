# SPDX-License-Identifier: BSD-2-Clause
"""signet run."""

import argparse
from dataclasses import replace
from pathlib import Path

from .. import prepare
from ..options import RAM_MIB, add_command, add_machine_options, add_system_option, bochs_hardware_of, hardware_of, seconds, system_of
from ..paths import RAMDISK_SYSTEM
from ..plain import TOOL_FAILED, Problem
from ..refusal import Refusal
from ..trace.names import CATEGORIES, categories


def add(commands) -> None:
    parser = add_command(commands, "run", "boot Signet in QEMU, with a shell or for one line of commands", """
  tools/signet run                              a shell; Ctrl-] or `poweroff` leaves
  tools/signet run -c 'ls /docs; cat /README.md'
  tools/signet run --disk my.img --mem 64 --cpu qemu64
  tools/signet run --system mine/system.toml    another system; docs/manifests.md says how to describe one
  tools/signet run --trace ipc,fault -c 'cat /README.md'
                                                what happens, in names; docs/debugging.md
  tools/signet run --print -- -d int            only show QEMU's command line
  tools/signet run --emulator bochs             another CPU, stricter and slower: the ISO, files on a RAM disk, no swap
exit status with -c: the last command's; 127 not found, 128+n ended by fault n, 124 time-out, 125 Signet itself failed""")
    add_system_option(parser)
    add_machine_options(parser)
    parser.add_argument("--emulator", choices=["qemu", "bochs"], default="qemu",
                        help="what runs it; bochs boots servers/ramdisk.toml on a Skylake-X, unless --system or --cpu name others")
    parser.add_argument("--timeout", metavar="S", type=seconds, help="end after so many seconds (600 with -c, else never)")
    parser.add_argument("--print", action="store_true", help="show the QEMU command line and stop")
    parser.add_argument("-c", dest="command", metavar="'CMD; CMD'", help="run these and print only what they print")
    parser.add_argument("--trace", metavar="WHAT", type=categories,
                        help=f"tell on stderr what happens: of {','.join(CATEGORIES)} any, with commas (the kernel with trace points is slower)")
    parser.add_argument("--trace-file", metavar="FILE", type=Path, help="tell it there")
    parser.set_defaults(call=do, takes_rest=True)


def ram_of(system: Path | None) -> int:
    """MiB, unless --mem says otherwise."""
    from ..system import description
    return max(RAM_MIB, description.read(system).machine.ram_mib) if system else RAM_MIB


def do_bochs(args: argparse.Namespace) -> int:
    from ..guest import run
    for given, what in ((args.trace, "--trace"), (args.print, "--print")):
        if given:
            raise Problem(f"{what} is for QEMU: leave out --emulator bochs", TOOL_FAILED)
    bochs_hardware_of(args, None, RAM_MIB)  # what it does not take is said before a long build
    system = RAMDISK_SYSTEM if args.system is None else system_of(args)
    built = prepare.prepare(system)
    return run.run(run.Run(bochs_hardware_of(args, built, ram_of(system)), 0, args.command, args.timeout))


def do(args: argparse.Namespace) -> int:
    from ..guest import run
    from ..trace import run as trace_run
    if args.trace_file and not args.trace:
        raise Problem(f"--trace-file needs --trace, to say what of: {','.join(CATEGORIES)}", TOOL_FAILED)
    for given, what in ((args.disk if args.disk != "none" else None, "disk image"), (args.swap_file, "swap file")):
        if given:
            run.need_image(given, what)  # before a long build, not after it
    try:
        if args.emulator == "bochs":
            return do_bochs(args)
        system = system_of(args)
        built = prepare.prepare(system)
        asked = run.Run(hardware_of(args, built, ram_of(system)), args.swap, args.command, args.timeout)
        if args.trace:
            tracing = trace_run.Tracing(args.trace, args.trace_file, trace_run.contract_folders(system))
            asked = replace(asked, hardware=trace_run.traced(asked.hardware, tracing), trace=tracing)
        return run.print_command(asked) if args.print else run.run(asked)
    except (Problem, Refusal) as problem:
        problem.status = TOOL_FAILED
        raise
