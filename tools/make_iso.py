#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes a bootable ISO: GRUB (BIOS), the kernel by multiboot2, the system image as its module."""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile

GRUB_CFG = """\
set timeout=0
set default=0
menuentry "Signet" {
	multiboot2 /boot/signet.elf APPEND
	module2 /boot/system.img
	boot
}
"""


def make_iso(kernel: pathlib.Path, image: pathlib.Path, output: pathlib.Path, append: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        boot = pathlib.Path(folder) / "boot"
        (boot / "grub").mkdir(parents=True)
        (boot / "grub" / "grub.cfg").write_text(GRUB_CFG.replace(" APPEND", f" {append}".rstrip()))
        shutil.copy(image, boot / "system.img")
        # GRUB needs no debug information, and reads the ISO slowly.
        subprocess.run(["strip", "--strip-debug", "-o", boot / "signet.elf", kernel], check=True)
        command = ["grub-mkrescue", "-d", "/usr/lib/grub/i386-pc", "--compress=xz", "--locales=", "--fonts=", "--themes=",
                   "-o", str(output), folder]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            output.unlink(missing_ok=True)
            sys.exit(f"make_iso: grub-mkrescue failed:\n{done.stderr}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernel", type=pathlib.Path, required=True, help="signet.elf")
    parser.add_argument("--image", type=pathlib.Path, required=True, help="system.img")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True, help="the ISO to write")
    parser.add_argument("--append", default="", metavar="WORDS", help="the kernel's command line")
    options = parser.parse_args()
    for path in (options.kernel, options.image):
        if not path.is_file():
            sys.exit(f"make_iso: {path}: no such file")
    make_iso(options.kernel, options.image, options.output, options.append)


main()
