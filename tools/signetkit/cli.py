# SPDX-License-Identifier: BSD-2-Clause
"""The command line of tools/signet: finds the command (commands/ has one module for each) and answers mistakes in a sentence."""

import argparse
import os
import signal
import sys
from typing import NoReturn

from . import commands
from .options import Parser
from .plain import TOOL_FAILED, USAGE, Problem, say
from .refusal import Refusal

INTERRUPTED = 130
CLOSED_PIPE = 141


def make_parser() -> Parser:
    parser = Parser(prog="signet", description="Signet: a sealed microkernel. One command to set up, build, run and test it.",
                    epilog="first steps:\n  tools/signet run          installs what is missing, builds, boots, gives a shell\n"
                           "  tools/signet test         everything that must hold\n"
                           "environment: SIGNET_BUILD (build folder), SIGNET_CACHE (third-party builds), SIGNET_QEMU (another QEMU)",
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    parsers = parser.add_subparsers(dest="name", metavar="COMMAND", parser_class=Parser)
    for command in commands.ALL:
        command.add(parsers)
    return parser


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
    if args.rest and not args.takes_rest:
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
