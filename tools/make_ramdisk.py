#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes the disk of servers/ramdisk: the default disk's files, but the large ones. It is hashed at each boot, so it is small."""

import argparse
import pathlib
import sys
import tempfile

from signetkit.guest import disk
from signetkit.plain import Problem

SIZE = disk.MIB


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True, help="the ext2 image to write")
    parser.add_argument("--depfile", type=pathlib.Path, help="write what the image was made of, for make and ninja")
    options = parser.parse_args()
    parts = disk.small_parts()
    with tempfile.TemporaryDirectory() as folder:
        disk.fill(pathlib.Path(folder), parts, disk.SMALL_NUMBERS)
        disk.make_image(pathlib.Path(folder), options.output.absolute(), SIZE)
    if options.depfile:
        names = " ".join(str(path).replace(" ", "\\ ") for path in parts)
        options.depfile.write_text(f"{options.output}: {names}\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except Problem as problem:
        sys.exit(f"make_ramdisk: {problem}")
