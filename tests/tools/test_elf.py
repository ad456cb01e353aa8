# SPDX-License-Identifier: BSD-2-Clause
"""The ELF reader: what it refuses (rows 1 to 4 of docs/faults.md), and that no file makes it fail otherwise or linger."""

import random
import time
import unittest

from support import BASE, PT_DYNAMIC, PT_GNU_STACK, PT_INTERP, R, RW, RWX, SHT_REL, SHT_RELA, Refusal, ToolTest, load, make_elf
from signetkit.image import elf

PAGE = 4096


def extra(kind, flags=R):
    return {"kind": kind, "address": 0, "content": b"", "flags": flags}


class ElfTest(ToolTest):
    def refuses(self, pattern, data):
        self.refused("^t.elf: .*" + pattern, elf.read, data, "t.elf")

    def refuses_segment(self, pattern, **fields):
        self.refuses(pattern, make_elf([load(), load(**{"address": BASE + PAGE, "flags": R, **fields})]))

    def test_a_good_file_is_read(self):
        data = make_elf([load(BASE + PAGE, b"data", RW, memory_bytes=5000), load(), extra(PT_GNU_STACK, RW)])
        program = elf.read(data, "t.elf", ["__stubs_end", "nothing"])
        self.assertEqual([(s.address, s.memory_bytes, s.writable, s.executable) for s in program.segments],
                         [(BASE, 4, False, True), (BASE + PAGE, 5000, True, False)])
        self.assertEqual((program.entry, program.symbols), (BASE, {"__stubs_end": BASE + 4}))

    # Row 1.

    def test_a_file_shorter_than_its_header_is_refused(self):
        for size in (0, 1, 4, 63):
            self.refuses(f"{size} bytes are too short", make_elf()[:size])

    def test_what_is_not_elf64_little_endian_for_x86_64_is_refused(self):
        self.refuses("not an ELF", make_elf(ident=b"#!/bin/sh".ljust(16)))
        self.refuses("not a 64-bit", make_elf(ident=b"\x7fELF\x01\x01\x01" + bytes(9)))
        self.refuses("not little-endian", make_elf(ident=b"\x7fELF\x02\x02\x01" + bytes(9)))
        self.refuses("unknown version", make_elf(version=2))
        self.refuses("machine 183", make_elf(machine=183))

    def test_what_is_not_an_executable_at_fixed_addresses_is_refused(self):
        for kind in (0, 1, 3, 4, 0xFFFF):
            self.refuses("link it statically", make_elf(type=kind))
        self.refuses("ET_DYN", make_elf(type=3))

    def test_dynamic_linking_is_refused(self):
        self.refuses("PT_INTERP", make_elf([load(), extra(PT_INTERP)]))
        self.refuses("PT_DYNAMIC", make_elf([load(), extra(PT_DYNAMIC)]))

    def test_relocations_are_refused_unless_empty(self):
        self.refuses(r"relocations \(RELA\)", make_elf(sections=[(SHT_RELA, 24)]))
        self.refuses(r"relocations \(REL\)", make_elf(sections=[(SHT_REL, 16)]))
        elf.read(make_elf(sections=[(SHT_RELA, 0)]), "t.elf")

    # Row 2.

    def test_sizes_that_wrap_or_leave_the_file_are_refused(self):
        self.refuses_segment("leaves the file", offset=0xFFFFFFFFFFFFF000, file_bytes=0x2000, memory_bytes=0x2000)
        self.refuses_segment("leaves the file", file_bytes=0x100000)
        self.refuses_segment("wraps around", memory_bytes=0xFFFFFFFFFFFFFFFF)
        self.refuses_segment("in the file but only", file_bytes=16, content=bytes(16), memory_bytes=15)
        self.refuses("program header table .* leaves", make_elf(phoff=0xFFFFFFFFFFFFFFF8))
        self.refuses("section header table .* leaves", make_elf(shoff=0xFFFFFFFFFFFFFFF8))
        self.refuses("section 3 leaves the file", make_elf(sections=[(1, 1 << 63)]))

    # Row 3.

    def test_addresses_that_are_not_for_images_are_refused(self):
        for address, why in [(0, "page 0"), (0xFFF, "page 0"), (0xFFFFFFFF80000000, "kernel's half"), (0x00007FFFFFFFF000, "outside"),
                             (0x0000800000000000, "not canonical"), (BASE - PAGE, "outside"), (0x80000000, "outside")]:
            self.refuses_segment(why, address=address)
        self.refuses_segment("outside", address=0x80000000 - PAGE, memory_bytes=PAGE + 1)
        elf.read(make_elf([load(), load(0x80000000 - PAGE, b"x", R, memory_bytes=PAGE)]), "t.elf")

    def test_overlapping_segments_are_refused(self):
        self.refuses("overlap", make_elf([load(), load(BASE, b"x", R)]))
        self.refuses("overlap", make_elf([load(memory_bytes=PAGE + 1), load(BASE + PAGE, b"x", R)]))

    def test_writable_code_and_executable_stacks_are_refused(self):
        self.refuses_segment("writable and executable", flags=RWX)
        self.refuses_segment("writable and executable", flags=3)
        self.refuses_segment("may not be read", flags=0)
        self.refuses("executable stack", make_elf([load(), extra(PT_GNU_STACK, RWX)]))

    def test_an_entry_outside_code_is_refused(self):
        for entry in (0, BASE - 1, BASE + 4, BASE + PAGE):
            self.refuses("entry point", make_elf([load(), load(BASE + PAGE, b"data", RW)], entry=entry))

    # Row 4.

    def test_65535_segments_are_refused_at_once(self):
        start = time.monotonic()
        self.refuses("65535 program headers", make_elf(phnum=65535))
        self.refuses("65 program headers", make_elf([load()] * 65))
        self.assertLess(time.monotonic() - start, 1)

    def test_a_symbol_table_is_walked_once_however_often_it_is_listed(self):
        self.refused("two symbol tables", elf.read, make_elf(sections=[(2, 24)]), "t.elf", ["x"])

    def test_empty_tables_are_refused(self):
        self.refuses("no program headers", make_elf(phnum=0))
        self.refuses("program headers are of 0 bytes", make_elf(phentsize=0))
        self.refuses("section headers are of 0 bytes", make_elf(shentsize=0))
        self.refuses("section header table is empty", make_elf(shnum=0))
        self.refuses("nothing to load", make_elf([extra(PT_GNU_STACK)]))
        self.refuses("nothing to load", make_elf([load(content=b"")]))

    def test_odd_alignments_are_refused(self):
        for alignment in (0, 1, 2048, 4097, 12288, 1 << 63 | 1):
            self.refuses_segment("not a power of two", alignment=alignment)
        self.refuses_segment("does not fit its alignment", offset=0x1008, file_bytes=4)
        self.refuses_segment("does not begin a page", address=BASE + PAGE + 8, offset=0x1008, file_bytes=4)

    # Any bytes at all.

    def test_damaged_files_are_read_or_refused_and_nothing_else(self):
        rng = random.Random(4)
        good = make_elf([load(), load(BASE + PAGE, b"const", R), load(BASE + 2 * PAGE, b"data", RW, memory_bytes=9000)])
        values = [0, 1, 0xFF, 0xFFFF, 1 << 31, 1 << 32, 1 << 47, 1 << 63, (1 << 64) - 1, (1 << 64) - PAGE, PAGE, BASE]
        tables = list(range(0, 64 + 3 * 56)) + list(range(len(good) - 300, len(good)))
        refused = 0
        for _ in range(20000):
            data = bytearray(good)
            for _ in range(rng.randrange(1, 4)):
                at = rng.choice(tables)
                size = rng.choice((1, 2, 4, 8))
                data[at : at + size] = (rng.choice(values) & ((1 << 8 * size) - 1)).to_bytes(size, "little")
            data = bytes(data[: rng.randrange(len(data))] if rng.random() < 0.1 else data)
            try:
                program = elf.read(data, "t.elf", ["__stubs_start"])
            except Refusal:
                refused += 1
                continue
            self.check_promises(program)
        self.assertGreater(refused, 10000)
        self.assertLess(refused, 19900)

    def check_promises(self, program):
        end = BASE
        for segment in program.segments:
            self.assertTrue(segment.address % PAGE == 0 and end <= segment.address and segment.end <= 0x80000000)
            self.assertLessEqual(len(segment.content), segment.memory_bytes)
            self.assertFalse(segment.writable and segment.executable)
            end = segment.end
        self.assertTrue(any(s.executable and s.address <= program.entry < s.end for s in program.segments))


if __name__ == "__main__":
    unittest.main()
