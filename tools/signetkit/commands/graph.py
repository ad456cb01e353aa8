# SPDX-License-Identifier: BSD-2-Clause
"""signet graph."""

import argparse
from pathlib import Path

from ..options import add_command, add_system_option, system_path
from ..plain import say


def add(commands) -> None:
    parser = add_command(commands, "graph", "draw a system, or tell whether information can flow in it from A to B", """
  tools/signet graph -o docs/system.svg
  tools/signet graph --system mine/system.toml           writes system.svg here
  tools/signet graph --reach shell disk                  exit status 0 if it can flow, 1 if not
a name is that of a process or kind, or process.device; a channel carries information both ways""")
    add_system_option(parser)
    parser.add_argument("-o", dest="picture", metavar="SVG", type=Path, help="the picture to write (the description's name, in this folder)")
    parser.add_argument("--reach", nargs=2, metavar=("A", "B"), help="instead of drawing, tell whether A can reach B and by which path")
    parser.add_argument("--check", action="store_true", help="instead of drawing, is the picture of the system as it is now? exit status 1 if not")
    parser.set_defaults(call=do)


def do(args: argparse.Namespace) -> int:
    from .. import files, picture as pictures
    from ..system import graph
    path = system_path(args.system)
    if args.reach:
        return graph.reach(graph.read(path), *args.reach)
    picture = args.picture or Path(Path(path).stem + ".svg")
    if args.check:
        if graph.is_current(path, picture):
            return 0
        say(f"{picture} is not of {path} as it is now: run `tools/signet graph --system {path} -o {picture}`")
        return 1
    files.write_bytes(picture, pictures.draw(graph.dot(graph.read(path))).encode())
    say(f"{picture} shows {path}")
    return 0
