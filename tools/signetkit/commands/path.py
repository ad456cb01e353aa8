# SPDX-License-Identifier: BSD-2-Clause
"""signet path."""

import argparse

from ..options import add_command


def add(commands) -> None:
    parser = add_command(commands, "path", "say where a third-party part lies, making it first (for the build)", """
  tools/signet path newlib      built from Debian's newlib-source
  tools/signet path bearssl     the source of Debian's bearssl""")
    parser.add_argument("part", choices=["newlib", "bearssl"])
    parser.set_defaults(call=do)


def do(args: argparse.Namespace) -> int:
    from ..setup import newlib, sources
    print(newlib.newlib() if args.part == "newlib" else sources.bearssl())
    return 0
