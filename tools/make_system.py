#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Checks a system description and makes the system image of it and its sealed images; or lists what has to be built for it."""

import argparse
import os
import sys

from signetkit import files
from signetkit.image import description_format, sealed_image, system_image
from signetkit.refusal import Refusal
from signetkit.system import check, programs
from signetkit.toml.scan import TomlError


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="the description, such as servers/system.toml")
    parser.add_argument("--images", help="the folder that holds NAME.img for each program")
    parser.add_argument("-o", "--output", help="the system image to write; without it the description is only checked")
    parser.add_argument("--depfile", help="write what the image was made of, for make and ninja")
    parser.add_argument("--mem", type=int, metavar="MIB", help="RAM that the quotas must fit (what the description says, or 16)")
    parser.add_argument("--swap", type=int, metavar="MIB", help="swap that the quotas must fit (what it says, or 256)")
    parser.add_argument("--reserve", type=int, default=5, metavar="MIB", help="RAM that is the kernel's own (5)")
    parser.add_argument("-q", "--quiet", action="store_true", help="do not print the table of entries")
    parser.add_argument("--programs", action="store_true", help="only print each program: its name, and its folder in the next line")
    options = parser.parse_args()
    if options.programs:
        print("".join(f"{name}\n{folder}\n" for name, folder in programs.folders(options.system).items()), end="")
        return
    if options.output and not options.images:
        parser.error("--output needs --images")
    system = read_system(options)
    record = description_format.write(system)
    if not options.output:
        return
    images = read_images(system, options.images)
    data = system_image.build(images, record)
    image = system_image.read(data, options.output)
    files.write_bytes(options.output, data)
    if options.depfile:
        needs = system.files + [os.path.join(options.images, f"{name}.img") for name in sorted(images)]
        files.write_bytes(options.depfile, f"{escaped(options.output)}: {' '.join(map(escaped, needs))}\n".encode())
    if not options.quiet:
        print(system_image.table(image))


def read_system(options):
    """A system that holds; else all that is wrong with it is told."""
    proof = check.prove(options.system, ram_mib=options.mem, swap_mib=options.swap, reserve_mib=options.reserve)
    if proof.errors:
        raise Refusal("\n".join(map(str, proof.errors)))
    return proof.system


def escaped(path):
    """As make and ninja read a path. A target that they do not know is as good as a missing one: all would be made again each time."""
    return path.replace(" ", "\\ ")


def read_images(system, folder):
    """The sealed images that the description names, each made of the manifest as it is now."""
    images = {}
    for entry in system.entries:
        name = entry.manifest.name
        path = os.path.join(folder, f"{name}.img")
        if not os.path.isfile(path):
            raise TomlError(entry.mark, f"{entry.key}.manifest: its sealed image {path} is missing")
        data = files.read_bytes(path)
        if sealed_image.read(data, path).manifest != entry.manifest.pack():
            raise Refusal(f"{path}: made of another version of {entry.manifest.file}: build it again")
        images[name] = data
    return images


if __name__ == "__main__":
    try:
        main()
    except Refusal as refusal:
        sys.exit(f"make_system: {refusal}")
