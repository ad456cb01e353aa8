# SPDX-License-Identifier: BSD-2-Clause
"""signet setup."""

import argparse

from ..options import add_command


def add(commands) -> None:
    parser = add_command(commands, "setup", "install what this machine lacks (Debian 12; as root or with sudo)", """
  tools/signet setup            install, then show what is there
  tools/signet setup --check    only show; exit status 1 if something is missing""")
    parser.add_argument("--check", action="store_true", help="only tell what is missing")
    parser.set_defaults(call=do)


def do(args: argparse.Namespace) -> int:
    from ..setup import setup
    return setup.setup(args.check)
