# SPDX-License-Identifier: BSD-2-Clause
"""signet disk."""

import argparse
from pathlib import Path

from ..options import add_command, size


def add(commands) -> None:
    parser = add_command(commands, "disk", "make an ext2 image of a folder (needs no root)", """
  tools/signet disk photos -o photos.img
  tools/signet disk photos -o photos.img --size 64M --block-size 4096""")
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    parser.add_argument("-o", dest="image", metavar="IMG", type=Path, required=True, help="the image to write")
    parser.add_argument("--size", type=size, help="size of the disk, such as 64M (what fits, and room to spare)")
    parser.add_argument("--block-size", type=int, choices=[1024, 2048, 4096], default=1024, help="(1024)")
    parser.set_defaults(call=do)


def do(args: argparse.Namespace) -> int:
    from ..guest import disk
    disk.make_image(args.folder, args.image, args.size, args.block_size)
    return 0
