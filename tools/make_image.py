#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes a sealed image of a static ELF program and its manifest, unless the verifier refuses them."""

import argparse
import pathlib
import sys

from signetkit import files
from signetkit.image import elf, sealed_image
from signetkit.refusal import Refusal
from signetkit.system import manifest
from signetkit.verifier import verify


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--elf", required=True, help="the program, linked statically; named IMAGE.elf after the manifest's image")
    parser.add_argument("--manifest", required=True, help="its manifest.toml")
    parser.add_argument("-o", "--output", required=True, help="the sealed image to write")
    parser.add_argument("-q", "--quiet", action="store_true", help="print no notes")
    options = parser.parse_args()
    about = manifest.read(options.manifest)
    if pathlib.Path(options.elf).stem != about.image:
        raise Refusal(f"{about.file}: image: this manifest is of {about.image}.elf, not of {options.elf}")
    data = files.read_bytes(options.elf)
    report = verify.verify(verify.of_elf(data, options.elf, about))
    if report.refusals:
        raise Refusal("\nmake_image: ".join(report.refusals))
    image = sealed_image.seal(elf.read(data, options.elf, sealed_image.SYMBOLS), about)
    sealed_image.read(image, options.output)
    files.write_bytes(options.output, image)
    for finding in report.code.hidden if not options.quiet else ():
        if finding.kind in verify.DOORS:
            print(f"{options.elf}: hidden {finding.text} at {finding.where}, which is harmless: the kernel checks where calls come from")


if __name__ == "__main__":
    try:
        main()
    except Refusal as refusal:
        sys.exit(f"make_image: {refusal}")
