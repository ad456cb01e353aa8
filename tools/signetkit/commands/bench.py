# SPDX-License-Identifier: BSD-2-Clause
"""signet bench."""

import argparse
import os
from pathlib import Path

from .. import prepare
from ..guest import kvm
from ..options import add_command, memory, seconds

LIKE_THIS = """
  tools/signet bench                          every row: instructions, time, what is spent in ring 0; some minutes
  tools/signet bench --quick                  one counted run, the boot, the kernel's size
  tools/signet bench --rows 'ipc_*,flip_*' --json mine.json --plot mine.svg
  tools/signet bench --image other.iso --json other.json         somebody else's kernel
  tools/signet bench --image kernel.elf module -- -m 512         with modules, and more flags for QEMU
  tools/signet bench --peer linux --json linux.json              Linux' rows, some minutes
  tools/signet bench paging                   what a page costs that comes in and that goes, sealed and not; a minute
  tools/signet bench swap                     Linux and Signet side by side, with more memory touched than there is; some minutes
  tools/signet bench --compare mine.json other.json --plot both.svg
  tools/signet bench --guard                  has a row grown since the baseline?
  tools/signet bench --accept                 the baseline is what it is now
what files and lines hold: docs/bench-format.md
exit status: 0 all is well; 1 a figure is over its limit or missing, a run went wrong, a file is bad; 2 the command line makes no sense"""


def add(commands) -> None:
    parser = add_command(commands, "bench", "measure what things cost, or lay kernels side by side", LIKE_THIS)
    parser.add_argument("suite", nargs="?", choices=["paging", "swap"],
                        help="measure this instead: paging, what a page costs without a disk; swap, Linux and Signet with one")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--image", metavar="FILE", nargs="+", type=Path, help="measure this kernel: an ISO, or a kernel and its modules")
    what.add_argument("--peer", choices=["linux"], help="measure this system anew: Debian's kernel is fetched, never installed")
    what.add_argument("--compare", metavar="FILE", nargs="+", type=Path, help="measure nothing: ratios to the first of these files")
    what.add_argument("--guard", action="store_true", help="one counted run: has a row grown by more than 2 %% since the baseline?")
    what.add_argument("--accept", action="store_true", help="one counted run, which is the new baseline")
    parser.add_argument("--quick", action="store_true", help="one counted run instead of all; of Signet, the figures of a first look too")
    parser.add_argument("--rows", metavar="PATTERN", help="only these rows; * and ? stand for any letters, commas are between patterns")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures there")
    parser.add_argument("--plot", metavar="SVG", type=Path, help="draw them: cost against size; with --compare, side by side")
    parser.add_argument("--accel", choices=["tcg", "kvm"], default="tcg", help="kvm: cycles too, where /dev/kvm is (tcg)")
    parser.add_argument("--mem", metavar="MiB", type=memory, help="RAM of the machine (256; with --peer linux 512)")
    parser.add_argument("--append", metavar="WORDS", default="", help="command line of the kernel that --image names")
    parser.add_argument("--timeout", metavar="S", type=seconds, help="how long one run may take (600)")
    parser.set_defaults(call=do, takes_rest=True)


def do(args: argparse.Namespace) -> int:
    check(args)
    if args.suite:
        return suite(args)
    from ..bench import ask
    if args.plot:
        from ..bench import plot
        plot.need_gnuplot()
    if args.compare:
        return ask.compare_files(args.compare, args.rows, args.json, args.plot)
    if not (args.image or args.peer):
        prepare.prepare()
    return ask.measure(args)


def suite(args: argparse.Namespace) -> int:
    prepare.prepare()
    if args.suite == "swap":
        from ..bench import swap
        return swap.bench(swap.QUICK if args.quick else swap.FULL, args.json, judge_time=not args.quick)
    from ..bench import ask
    return ask.measure_paging(args)


def check(args: argparse.Namespace) -> None:
    """What does not go together is refused before anything long begins."""
    refuse = args.parser.error
    if args.suite:
        check_suite(args)
    measures_all = not (args.compare or args.guard or args.accept)
    if args.compare and len(args.compare) < 2:
        refuse("--compare takes two files at least; `signet bench --json FILE` writes one")
    if args.accept and args.rows:
        refuse("--accept takes all rows: the baseline is one run's")
    if args.quick and not measures_all:
        refuse("--quick goes with a measurement: --guard and --accept are one run anyway, --compare is none")
    if args.accel == "kvm" and (args.quick or not measures_all):
        refuse("--accel kvm goes with a full measurement")
    if args.append and not args.image:
        refuse("--append is for the kernel that --image names")
    if args.compare and (args.mem or args.timeout):
        refuse("--compare runs nothing, so --mem and --timeout mean nothing")
    if args.rest and not args.image:
        refuse("what stands after -- is for QEMU, with --image")
    if args.accel == "kvm" and (why := kvm.why_not()):
        refuse(f"--accel kvm: {why}; without it, all but the cycles is measured")
    for path in (args.json, args.plot):
        if path and (path.is_dir() or not os.access(path.absolute().parent, os.W_OK)):
            refuse(f"{path} cannot be written")


def check_suite(args: argparse.Namespace) -> None:
    """paging is measured, guarded and accepted; swap has a short form."""
    others = args.image or args.peer or args.compare or args.rows or args.plot or args.mem or args.timeout or args.rest or args.accel == "kvm"
    if args.suite == "swap" and (others or args.guard or args.accept):
        args.parser.error("swap goes with --quick and --json only")
    if args.suite == "paging" and (others or args.quick):
        args.parser.error("paging goes with --json, --guard and --accept only")
