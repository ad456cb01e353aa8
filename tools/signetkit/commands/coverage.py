# SPDX-License-Identifier: BSD-2-Clause
"""signet coverage."""

import argparse
from pathlib import Path

from ..options import add_command


def add(commands) -> None:
    parser = add_command(commands, "coverage", "line coverage of a folder by the unit tests that ran last", """
  tools/signet coverage --build build --of kernel --least 85""")
    parser.add_argument("--build", metavar="DIR", type=Path, help="build folder of the tests (build)")
    parser.add_argument("--of", metavar="FOLDER", default="kernel", help="(kernel)")
    parser.add_argument("--least", metavar="PERCENT", type=int, default=0, help="fail if there is less (0)")
    parser.set_defaults(call=do)


def do(args: argparse.Namespace) -> int:
    from ..paths import build_dir
    from ..testing import coverage
    return coverage.coverage((args.build or build_dir()).absolute(), args.of, args.least)
