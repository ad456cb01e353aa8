# SPDX-License-Identifier: BSD-2-Clause
"""signet new."""

import argparse
from pathlib import Path

from ..options import add_command
from ..plain import USAGE, Problem


def add(commands) -> None:
    parser = add_command(commands, "new", "make a project outside the kit, or a server or driver in one", """
  tools/signet new project ~/mine               a system that boots, with a server and a program that asks it
  tools/signet new server notes --in ~/mine     contract, manifest, code, a test; wired into ~/mine/system.toml
  tools/signet new driver sata --in ~/mine      the same, for a PCI device
without --in, a server or driver is for the project of the current folder, or in the kit's checkout for the kit itself
docs/tutorial-server.md goes on from here""")
    parser.add_argument("kind", metavar="project|server|driver", choices=["project", "server", "driver"])
    parser.add_argument("name", metavar="DIR|NAME", help="a folder that is new or empty; or what the server is to be called")
    parser.add_argument("--in", dest="folder", metavar="DIR", type=Path, help="the project (that of the current folder)")
    parser.set_defaults(call=do)


def do(args: argparse.Namespace) -> int:
    from ..new import new
    if args.kind != "project":
        return new.new_program(args.kind, args.name, args.folder)
    if args.folder:
        raise Problem("a project is in no other: --in is for servers and drivers", USAGE)
    return new.new_project(Path(args.name))
