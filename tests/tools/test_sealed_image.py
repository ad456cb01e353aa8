# SPDX-License-Identifier: BSD-2-Clause
"""Sealed images: what goes in comes back, and what the kernel would refuse is refused."""

import random
import struct
import unittest

from support import BASE, R, RW, RX, Refusal, ToolTest, load, make_elf
from signetkit.image import elf, sealed_image

PAGE = 4096
READER = r"""
#include <stdio.h>
#include "kernel/abi/image.h"

int main(int argc, char **argv)
{
	struct image_header h;
	FILE *file = fopen(argv[argc - 1], "rb");
	if (fread(&h, sizeof h, 1, file) != 1 || h.magic != IMAGE_MAGIC || h.version != IMAGE_VERSION)
		return 1;
	const struct manifest *m = &h.manifest;
	printf("%s %jx %jx %jx+%jx\n", h.name, (uintmax_t)h.image_bytes, (uintmax_t)h.entry, (uintmax_t)h.stub_base, (uintmax_t)h.stub_bytes);
	printf("%jx %jx %u %u %u %u %u %u %u\n", (uintmax_t)m->allowed_calls, (uintmax_t)m->flags, m->frames_max, m->frames_min, m->swap_max,
	       m->kernel_kib_max, m->busy_max, m->stack_pages, m->priority);
	for (const struct image_segment *s = h.segments; s < h.segments + h.segment_count; s++)
		printf("%jx %jx %jx %jx %jx\n", (uintmax_t)s->address, (uintmax_t)s->offset, (uintmax_t)s->file_bytes,
		       (uintmax_t)s->memory_bytes, (uintmax_t)s->prot);
	return fclose(file);
}
"""


class SealedImageTest(ToolTest):
    def seal(self, data, **parts):
        return sealed_image.seal(elf.read(data, "t.elf", sealed_image.SYMBOLS), self.manifest(**parts))

    def test_what_goes_in_comes_back(self):
        parts = [load(), load(BASE + PAGE, b"text" * 2000, RX), load(BASE + 3 * PAGE, b"const", R), load(BASE + 4 * PAGE, b"data", RW, memory_bytes=9000)]
        data = self.seal(make_elf(parts))
        image = sealed_image.read(data, "t.img")
        self.assertEqual((image.name, image.entry, image.stub_base, image.stub_bytes), ("t", BASE, BASE, 4))
        self.assertEqual(image.manifest, self.manifest().pack())
        self.assertEqual([(s.address, s.memory_bytes, s.prot) for s in image.segments],
                         [(BASE, PAGE + 8000, 5), (BASE + 3 * PAGE, 5, 1), (BASE + 4 * PAGE, 9000, 3)])
        self.assertEqual(image.segments[0].content, b"\x0f\x05\xc3\x90".ljust(PAGE, b"\0") + b"text" * 2000)
        self.assertEqual(sealed_image.write(image), data)

    def test_c_reads_what_python_wrote(self):
        data = self.seal(make_elf([load(), load(BASE + PAGE, b"data", RW, memory_bytes=9000)], entry=BASE + 2), quotas="swap = 5\nbusy = 6\nframes_min = 7")
        self.assertEqual(self.run_c(READER, self.write("t.img", data)), [
            "t 3000 1480002 1480000+4", f"{int.from_bytes(self.manifest().pack()[:8], 'little'):x} 0 64 7 5 64 6 4 8",
            "1480000 1000 4 4 5", "1481000 2000 4 2328 3",
        ])

    def test_neighbours_that_end_in_zero_pages_are_not_joined(self):
        data = self.seal(make_elf([load(), load(BASE + PAGE, b"x", RW, memory_bytes=3 * PAGE), load(BASE + 4 * PAGE, b"y", RW)]))
        self.assertEqual(len(sealed_image.read(data, "t").segments), 3)

    def test_more_segments_than_fit_are_refused(self):
        parts = [load()] + [load(BASE + 2 * i * PAGE, b"x", R) for i in range(1, 7)]
        self.refused("t.elf: 7 segments", self.seal, make_elf(parts))

    def test_a_program_without_stubs_is_refused(self):
        self.refused("__stubs_start is missing", self.seal, make_elf(symbols=()))
        self.refused("__stubs_end is missing", self.seal, make_elf(symbols=[("__stubs_start", BASE)]))
        for end in (BASE, BASE - 1, BASE + 5):
            self.refused("stub range", self.seal, make_elf(symbols=[("__stubs_start", BASE), ("__stubs_end", end)]))
        two = [("__stubs_start", BASE), ("__stubs_start", BASE + 1), ("__stubs_end", BASE + 4)]
        self.refused("__stubs_start is defined twice", self.seal, make_elf(symbols=two))

    def test_an_image_beyond_its_own_quotas_is_refused(self):
        parts = [load(), load(BASE + PAGE, b"", RW, memory_bytes=200 * PAGE)]
        self.refused("t.toml: quotas.frames: t.elf needs 214 pages", self.seal, make_elf(parts))
        small = [load(), load(BASE + PAGE, b"", RW, memory_bytes=100 * PAGE)]
        self.seal(make_elf(small))  # 64 in RAM and 64 in swap
        self.refused("needs 114 pages", lambda: self.seal(make_elf(small), top='pinned = true\npinned_reason = "test"'))

    def test_broken_images_are_refused(self):
        good = sealed_image.read(self.image(), "t")
        code = good.segments[0]
        data = code._replace(address=BASE + PAGE, prot=3)
        broken = [
            ("segments", []),
            ("segments", [code] * 7),
            ("overlaps", [code, code]),
            ("overlaps", [data, code]),
            ("not aligned", [code, data._replace(address=BASE + PAGE + 1)]),
            ("in memory", [code, data._replace(memory_bytes=3)]),
            ("in memory", [code, data._replace(content=b"", memory_bytes=0)]),
            ("outside the range", [code, data._replace(memory_bytes=(1 << 64) - 1)]),
            ("outside the range", [code, data._replace(address=0xFFFFFFFF80000000)]),
            ("outside the range", [code._replace(address=0)]),
            ("protection 0x7", [code, data._replace(prot=7)]),
            ("protection 0x2", [code, data._replace(prot=2)]),
            ("protection 0x0", [code, data._replace(prot=0)]),
            ("not in code", [code._replace(prot=1)]),
        ]
        for why, segments in broken:
            self.refused("t.img: .*" + why, sealed_image.read, sealed_image.write(good._replace(segments=segments)), "t.img")
        self.refused("entry 0x0", sealed_image.read, sealed_image.write(good._replace(entry=0)), "t.img")
        for base, size in ((BASE, 0), (BASE - 1, 4), (BASE, 5), (BASE, (1 << 64) - 1)):
            self.refused("stub range", sealed_image.read, sealed_image.write(good._replace(stub_base=base, stub_bytes=size)), "t.img")

    def test_a_segment_that_leaves_the_image_is_refused(self):
        good = self.image()
        for offset, size in ((0, 1), (8192, 4), (1 << 63, 4), ((1 << 64) - PAGE, 4), (PAGE, PAGE + 1), (PAGE, 1 << 63)):
            data = bytearray(good)
            data[280 : 280 + 24] = struct.pack("<QQQ", offset, size, 1 << 63)  # offset, file_bytes, memory_bytes
            self.refused("t.img: segment at 0x1480000: leaves", sealed_image.read, bytes(data), "t.img")

    def test_a_cut_or_stretched_image_is_refused(self):
        good = self.image()
        for data in (b"", good[:PAGE - 1], good[:-1], good[:-PAGE], good + b"\0", good + bytes(PAGE)):
            self.refused("t.img: ", sealed_image.read, data, "t.img")

    def test_damaged_images_are_read_or_refused_and_nothing_else(self):
        rng = random.Random(7)
        good = self.image()
        refused = 0
        for _ in range(5000):
            data = bytearray(good)
            at = rng.randrange(512)
            data[at : at + 8] = struct.pack("<Q", rng.choice((0, 1, PAGE, 1 << 31, 1 << 63, (1 << 64) - 1, rng.getrandbits(64))))
            try:
                sealed_image.read(bytes(data), "t.img")
            except Refusal:
                refused += 1
        self.assertGreater(refused, 900)


if __name__ == "__main__":
    unittest.main()
