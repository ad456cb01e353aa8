# SPDX-License-Identifier: BSD-2-Clause
"""signet verify."""

import argparse
from pathlib import Path

from ..options import add_command


def add(commands) -> None:
    parser = add_command(commands, "verify", "check what a program does against its manifest", """
  tools/signet verify shell
  tools/signet verify build/programs/shell.elf --manifest servers/shell/manifest.toml
  tools/signet verify received.img --json received.json""")
    parser.add_argument("program", metavar="PROGRAM", help="a static ELF file, a sealed image, or the name of a program of the build")
    parser.add_argument("--manifest", metavar="FILE", help="its manifest; without, of an ELF file less can be said")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write all of it here, for programs to read")
    parser.set_defaults(call=do)


def do(args: argparse.Namespace) -> int:
    from .. import files
    from ..verifier import find as verify_find
    text, facts, good = verify_find.run(args.program, args.manifest)
    if args.json:
        files.write_bytes(args.json, facts.encode())
    print(text, end="")
    return 0 if good else 1
