# SPDX-License-Identifier: BSD-2-Clause
"""signet build."""

import argparse

from ..options import add_command
from ..plain import say


def add(commands) -> None:
    parser = add_command(commands, "build", "configure and build into build/", """
  tools/signet build
  tools/signet build --preset NAME      as CMakePresets.json says""")
    parser.add_argument("--preset", metavar="NAME", help="a preset of CMakePresets.json")
    parser.set_defaults(call=do)


def do(args: argparse.Namespace) -> int:
    from ..setup import build, setup
    setup.ensure()
    build.build(args.preset)
    say("built")
    return 0
