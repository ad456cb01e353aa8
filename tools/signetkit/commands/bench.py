# SPDX-License-Identifier: BSD-2-Clause
"""signet bench."""

import argparse

from .. import prepare
from ..options import add_command


def add(commands) -> None:
    parser = add_command(commands, "bench", "measure the figures that the project promises", "\n  tools/signet bench --quick")
    parser.add_argument("--quick", action="store_true", help="the figures of a first look (all there are, so far)")
    parser.set_defaults(call=do)


def do(_args: argparse.Namespace) -> int:
    from ..testing import bench
    prepare.prepare()
    return bench.bench()
