# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of the host tools share: small ELF files, manifests, sealed images, made from nothing."""

import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from signetkit.image import elf, sealed_image  # noqa: E402
from signetkit.refusal import Refusal  # noqa: E402
from signetkit.system import manifest  # noqa: E402

R, RX, RW, RWX = 4, 5, 6, 7
PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_GNU_STACK = 1, 2, 3, 0x6474E551
SHT_SYMTAB, SHT_STRTAB, SHT_RELA, SHT_REL = 2, 3, 4, 9
BASE = 0x1480000
STUBS = b"\x0f\x05\xc3\x90"


def load(address=BASE, content=STUBS, flags=RX, **fields):
    """A PT_LOAD segment; fields override what the header says: kind, offset, file_bytes, memory_bytes, alignment."""
    return {"kind": PT_LOAD, "address": address, "content": content, "flags": flags, **fields}


def make_elf(segments=None, symbols=(("__stubs_start", BASE), ("__stubs_end", BASE + 4)), sections=(), **header):
    """An ELF file. sections: more (type, size) pairs; header: fields to override."""
    segments = [load()] if segments is None else segments
    body, table = b"", b""
    for part in segments:
        offset = 0x1000 + len(body)
        body += part["content"] + bytes(-len(part["content"]) % 4096)
        size = part.get("file_bytes", len(part["content"]))
        memory, alignment = part.get("memory_bytes", size), part.get("alignment", 4096)
        table += struct.pack("<IIQQQQQQ", part["kind"], part["flags"], part.get("offset", offset), part["address"], 0, size, memory, alignment)
    strings = b"\0" + b"".join(name.encode() + b"\0" for name, _ in symbols)
    records, at = bytes(24), 1
    for name, value in symbols:
        records += struct.pack("<IBBHQQ", at, 0x10, 0, 1, value, 0)
        at += len(name) + 1
    where = 0x1000 + len(body)
    headers = [(0, 0, 0, 0, 0), (SHT_SYMTAB, where, len(records), 2, 24), (SHT_STRTAB, where + len(records), len(strings), 0, 0)]
    headers += [(kind, 0, size, 0, 0) for kind, size in sections]
    body += records + strings
    section_table = b"".join(struct.pack("<IIQQQQIIQQ", 0, kind, 0, 0, offset, size, link, 0, 1, entry) for kind, offset, size, link, entry in headers)
    fields = {
        "ident": b"\x7fELF\x02\x01\x01" + bytes(9), "type": 2, "machine": 62, "version": 1, "entry": BASE, "phoff": 64,
        "shoff": 0x1000 + len(body), "flags": 0, "ehsize": 64, "phentsize": 56, "phnum": len(segments), "shentsize": 64,
        "shnum": len(headers), "shstrndx": 0, **header,
    }
    return (struct.pack("<16sHHIQQQIHHHHHH", *fields.values()) + table).ljust(0x1000, b"\0") + body + section_table


def make_program():
    """An ELF file that the verifier has nothing against: a stub of clock_now is all it is."""
    stub = b"\xb8\x15\0\0\0\x0f\x05\xc3"
    return make_elf([load(content=stub)], symbols=(("__stubs_start", BASE), ("__stubs_end", BASE + len(stub))))


MANIFEST = """
name = "{name}"
description = "a test"
calls = "{calls}"
priority = 8
{top}
[quotas]
frames = 64
{quotas}
{rest}
"""


class ToolTest(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        mode = "wb" if isinstance(text, bytes) else "w"
        with open(path, mode) as file:
            file.write(text)
        return path

    def contracts(self, *names):
        """A small contract of each name, where manifests in the test's folder find it."""
        for name in names:
            self.write(f"contracts/{name}.contract", f'contract {name} "A test"\noperation ask "Asks." {{\n\trequest value: u64\n}}\n')

    def manifest_text(self, name="t", top="", quotas="", rest="", calls="client"):
        return MANIFEST.format(name=name, top=top, quotas=quotas, rest=rest, calls=calls)

    def manifest(self, name="t", **parts):
        return manifest.read(self.write(f"{name}.toml", self.manifest_text(name, **parts)))

    def refused(self, pattern, function, *arguments):
        with self.assertRaisesRegex(Refusal, pattern):
            function(*arguments)

    def image(self, name="t", **parts):
        """A small sealed image's bytes."""
        return sealed_image.seal(elf.read(make_elf(), f"{name}.elf", sealed_image.SYMBOLS), self.manifest(name, **parts))

    def run_c(self, source, argument):
        """What a C program over the project's headers prints, the same by every compiler that is here."""
        printed = set()
        for compiler in filter(shutil.which, ("gcc", "clang")):
            program = os.path.join(self.folder, compiler)
            flags = "-std=c2x -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Werror".split()
            subprocess.run([compiler, *flags, f"-I{ROOT}", self.write("reader.c", source), "-o", program], check=True)
            printed.add(subprocess.run([program, argument], check=True, capture_output=True, text=True).stdout)
        self.assertEqual(len(printed), 1)
        return printed.pop().splitlines()
