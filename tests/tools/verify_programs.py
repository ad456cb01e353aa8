# SPDX-License-Identifier: BSD-2-Clause
"""Small programs for the tests of the verifier, assembled and linked as the kit's own are."""

import os
import subprocess

from support import ToolTest
from signetkit import abi
from signetkit.image import elf, sealed_image
from signetkit.verifier import verify

LINK = """
ENTRY(_start)
PHDRS { text PT_LOAD FLAGS(5); rodata PT_LOAD FLAGS(4); stack PT_GNU_STACK FLAGS(6); }
SECTIONS {
	. = 0x1480000;
	.text : { __stubs_start = .; KEEP(*(.stubs)) __stubs_end = .; *(.text) } :text
	. = ALIGN(4096);
	.rodata : { *(.rodata) } :rodata
}
"""
EXIT = "mov eax, {number}\nsyscall\nret\n"
SOURCE = """
.intel_syntax noprefix
.section .stubs, "ax"
{stubs}
.text
.globl _start
.type _start, @function
_start:
{code}
ret
.size _start, . - _start
{rest}
"""


def call(name):
    """A stub of one call."""
    return EXIT.format(number=abi.calls()[name])


class ProgramTest(ToolTest):
    def assemble(self, code="", stubs=None, rest="", options=()):
        """The bytes of an ELF file whose _start is code."""
        source = self.write("t.s", SOURCE.format(stubs=call("clock_now") if stubs is None else stubs, code=code, rest=rest))
        file = os.path.join(self.folder, "t.elf")
        script = self.write("t.ld", LINK)
        link = f"-nostdlib -static -Wl,-T,{script},-z,max-page-size=4096,--build-id=none".split()
        subprocess.run(["gcc", *link, *options, source, "-o", file], check=True)
        with open(file, "rb") as program:
            return program.read()

    def judge(self, data, top="", rest="", calls='"client"'):
        """The report on an ELF file with a manifest of these parts."""
        return verify.verify(verify.of_elf(data, "t.elf", self.grant(top, rest, calls)))

    def grant(self, top="", rest="", calls='"client"'):
        text = self.manifest_text(top=top, rest=rest).replace('calls = "client"', f"calls = {calls}")
        return verify.manifests.read(self.write("t.toml", text))

    def seal(self, data, manifest):
        return sealed_image.seal(elf.read(data, "t.elf", sealed_image.SYMBOLS), manifest)

    def judge_sealed(self, data, **parts):
        """The report on the sealed image of an ELF file, which has no symbols."""
        return verify.verify(verify.of_image(self.seal(data, self.grant(**parts)), "t.img"))
