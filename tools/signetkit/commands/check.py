# SPDX-License-Identifier: BSD-2-Clause
"""signet check."""

import argparse
from pathlib import Path

from ..options import add_command, add_system_option, count_or_none, memory, system_path
from ..plain import Problem


def add(commands) -> None:
    parser = add_command(commands, "check", "prove a system before it boots: channels, claims, ranks, memory", """
  tools/signet check                          the kit's own system
  tools/signet check mine/system.toml --mem 64 --swap 0
one line per property; what is wrong is told as file:line:column: key: message, and the exit status is 1
docs/manifests.md says what each line means""")
    parser.add_argument("description", metavar="SYSTEM", nargs="?", type=Path, help="the system description (servers/system.toml)")
    add_system_option(parser)
    parser.add_argument("--mem", metavar="MiB", type=memory, help="RAM that the quotas must fit (what the description says, or 16)")
    parser.add_argument("--swap", metavar="MiB", type=count_or_none, help="swap that the quotas must fit (what it says, or 256)")
    parser.set_defaults(call=do)


def do(args: argparse.Namespace) -> int:
    from ..system import check
    if args.description and args.system:
        raise Problem("the system was named twice, by itself and with --system")
    path = system_path(args.description or args.system)
    return check.check(path, ram_mib=args.mem, swap_mib=args.swap)
