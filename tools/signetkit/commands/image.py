# SPDX-License-Identifier: BSD-2-Clause
"""signet image."""

import argparse
import shutil
from pathlib import Path

from .. import prepare
from ..options import add_command, add_system_option, system_of, system_path
from ..plain import Problem, say


def add(commands) -> None:
    parser = add_command(commands, "image", "build a system and write its bootable ISO", """
  tools/signet image                                       the kit's own system, as system.iso here
  tools/signet image --system mine/system.toml -o mine.iso
  tools/signet image --kernel signet.elf --image system.img     also what `qemu -kernel ... -initrd ...` takes""")
    add_system_option(parser)
    parser.add_argument("-o", dest="iso", metavar="ISO", type=Path, help="the ISO to write (the description's name, in this folder)")
    parser.add_argument("--kernel", metavar="ELF", type=Path, help="write the kernel by itself, too")
    parser.add_argument("--image", metavar="IMG", type=Path, help="write the system image by itself, too")
    parser.set_defaults(call=do)


def do(args: argparse.Namespace) -> int:
    from ..paths import build_dir
    iso = args.iso or Path(Path(system_path(args.system)).stem + ".iso")
    folder = prepare.prepare(system_of(args)) or build_dir()
    for made, wanted in (("signet.iso", iso), ("signet.elf", args.kernel), ("system.img", args.image)):
        if wanted:
            write(folder / made, wanted)
    return 0


def write(made: Path, wanted: Path) -> None:
    try:
        wanted.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(made, wanted)
    except OSError as error:
        raise Problem(f"cannot write {wanted}: {error.strerror}") from error
    say(f"{wanted} is written")
