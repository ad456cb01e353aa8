# SPDX-License-Identifier: BSD-2-Clause
"""signet debug."""

import argparse
import shlex
from pathlib import Path

from .. import prepare
from ..options import add_command, add_machine_options, hardware_of
from ..paths import need_file
from ..plain import Problem


def add(commands) -> None:
    parser = add_command(commands, "debug", "boot Signet stopped at its first instruction, with gdb attached", """
  tools/signet debug                     the console: `tools/signet attach` in another terminal
  tools/signet debug -c 'cat /README.md' --gdb-args="-ex 'signet break files main'"
  tools/signet debug --batch -x look.gdb -- -smp 2
docs/debugging.md says what gdb can tell of Signet""")
    add_machine_options(parser)
    parser.add_argument("-c", dest="command", metavar="'CMD; CMD'", help="what the guest's shell runs once it is up")
    parser.add_argument("-x", dest="scripts", metavar="FILE", action="append", default=[], help="a file of gdb commands to begin with")
    parser.add_argument("--batch", action="store_true", help="only run these: no prompt, and the end of gdb ends the guest")
    parser.add_argument("--gdb-args", metavar="'ARGS'", default="", help="more arguments for gdb, as one word after `=`")
    parser.set_defaults(call=do, takes_rest=True)


def do(args: argparse.Namespace) -> int:
    from ..guest import debug
    words = [word for script in args.scripts for word in ("-x", str(need_file(Path(script), "the gdb script", "-x takes a file")))]
    try:
        words += shlex.split(args.gdb_args)
    except ValueError as error:
        raise Problem(f"--gdb-args: {error}") from error
    prepare.prepare()
    return debug.debug(hardware_of(args), args.swap, args.command, words, args.batch)
