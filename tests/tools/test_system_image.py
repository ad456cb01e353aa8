# SPDX-License-Identifier: BSD-2-Clause
"""System images: deterministic, whole, and every broken one of row 5 of docs/faults.md refused."""

import random
import struct
import subprocess
import sys
import unittest

from support import ROOT, Refusal, ToolTest, make_program
from signetkit.image import system_image


class SystemImageTest(ToolTest):
    def setUp(self):
        super().setUp()
        self.images = {"supervisor": self.image("supervisor"), "pager": self.image("pager", top="pager = true"), "t": self.image("t")}
        self.good = system_image.build(self.images, b"description")

    def refuses(self, pattern, data):
        self.refused("s.img: .*" + pattern, system_image.read, data, "s.img")

    def entries(self, *names):
        return [(name, self.images.get(name, b"description")) for name in names]

    def test_what_goes_in_comes_back(self):
        image = system_image.read(self.good)
        self.assertEqual(image.entries, {**self.images, "system": b"description"})
        self.assertIn(image.hash.hex(), system_image.table(image))
        self.assertEqual(len(self.good) % 4096, 0)

    def test_the_order_of_the_inputs_changes_nothing(self):
        again = system_image.build(dict(reversed(self.images.items())), b"description")
        self.assertEqual(again, self.good)

    def test_an_image_that_is_cut_short_is_refused(self):
        for size in (0, 100, 4096, 8191, 8192, len(self.good) - 1):
            self.refuses("cut short", self.good[:size])
        self.refuses("too long", self.good + b"\0")

    def test_any_flipped_bit_is_refused(self):
        rng = random.Random(5)
        for at in [0, 8, 12, 16, 24, 55, 56, 8192, len(self.good) - 1] + [rng.randrange(len(self.good)) for _ in range(200)]:
            data = bytearray(self.good)
            data[at] ^= 1 << rng.randrange(8)
            self.refused("s.img: ", system_image.read, bytes(data), "s.img")
        data = bytearray(self.good)
        data[-1] ^= 1
        self.refuses("its hash is", bytes(data))

    def test_a_duplicate_name_is_refused(self):
        self.refuses("two entries are named 't'", system_image.write(self.entries("pager", "supervisor", "t", "t", "system")))

    def test_an_image_without_pager_supervisor_or_description_is_refused(self):
        names = {"supervisor": "the entry 'supervisor'", "system": "the entry 'system'", "pager": "a pager"}
        for lacking, told in names.items():
            self.refuses(f"lacks {told}", system_image.write(self.entries(*(name for name in names if name != lacking))))
        for lacking, told in (("supervisor", "the supervisor"), ("pager", "a pager")):
            rest = {name: data for name, data in self.images.items() if name != lacking}
            self.refused(f"lacks {told}", system_image.build, rest, b"")

    def test_entries_that_lie_about_themselves_are_refused(self):
        good = self.entries("pager", "supervisor", "system")
        self.refuses("another name inside", system_image.write(good + [("u", self.images["t"])]))
        self.refuses("not a sealed image", system_image.write(good + [("u", bytes(4096))]))
        self.refused("cannot be the entry 'u'", system_image.build, {**self.images, "u": self.images["t"]}, b"")
        for offset, size in ((0, 1), (4096, 1), (8193, 1), (8192, 1 << 63), ((1 << 64) - 4096, 8192)):
            data = bytearray(self.good)
            data[56 + 32 : 56 + 48] = struct.pack("<QQ", offset, size)
            self.refuses("not aligned or leaves", system_image.with_hash(bytes(data)))
        data = bytearray(self.good)
        data[56 + 48] ^= 1
        self.refuses("another hash than the table says", system_image.with_hash(bytes(data)))
        for name in (b"", b"x" * 32, b"a\0b"):
            data = bytearray(self.good)
            data[56 : 56 + 32] = name.ljust(32, b"\0")
            self.refuses("no proper name", system_image.with_hash(bytes(data)))

    def test_damage_under_a_right_hash_is_read_or_refused_and_nothing_else(self):
        rng = random.Random(6)
        for _ in range(2000):
            data = bytearray(self.good)
            at = rng.choice([rng.randrange(56 + 4 * 80), 8192 + rng.randrange(512)])
            data[at : at + 8] = rng.choice((bytes(8), b"\xff" * 8, rng.randbytes(8)))
            try:
                system_image.read(system_image.with_hash(bytes(data)))
            except Refusal:
                pass


class CommandTest(ToolTest):
    """The two command lines that the build uses, from ELF files to a system image."""

    SYSTEM = "".join(f'[[process]]\nname = "{name}"\nmanifest = "{name}.toml"\n' for name in ("supervisor", "pager"))

    def run_tool(self, tool, *arguments):
        return subprocess.run([sys.executable, ROOT / "tools" / tool, *arguments], cwd=self.folder, capture_output=True, text=True)

    def setUp(self):
        super().setUp()
        for name in ("supervisor", "pager"):
            self.write(f"{name}.toml", self.manifest_text(name, top=f"{name} = true"))
            self.write(f"{name}.elf", make_program())
            done = self.run_tool("make_image.py", "--elf", f"{name}.elf", "--manifest", f"{name}.toml", "-o", f"{name}.img")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.write("system.toml", self.SYSTEM)

    def make_system(self):
        return self.run_tool("make_system.py", "--system", "system.toml", "--images", ".", "-o", "system.img", "--depfile", "system.d")

    def test_a_system_image_is_built(self):
        done = self.make_system()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with open(f"{self.folder}/system.img", "rb") as file:
            image = system_image.read(file.read())
        self.assertEqual(list(image.entries), ["pager", "supervisor", "system"])
        self.assertIn(f"root hash {image.hash.hex()}", done.stdout)
        with open(f"{self.folder}/system.d", encoding="utf-8") as file:
            self.assertEqual(file.read(), "system.img: system.toml supervisor.toml pager.toml ./pager.img ./supervisor.img\n")

    def test_paths_with_spaces_are_escaped_for_make(self):
        done = self.run_tool("make_system.py", "--system", "system.toml", "--images", ".", "-o", "a b.img", "--depfile", "system.d")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with open(f"{self.folder}/system.d", encoding="utf-8") as file:
            self.assertTrue(file.read().startswith("a\\ b.img: system.toml "))

    def test_a_manifest_that_changed_since_its_image_was_made_is_refused(self):
        self.write("pager.toml", self.manifest_text("pager", top="pager = true", quotas="busy = 3"))
        done = self.make_system()
        self.assertEqual(done.returncode, 1)
        self.assertIn("build it again", done.stderr)

    def test_an_image_that_is_missing_is_refused_by_place(self):
        self.write("system.toml", self.SYSTEM.replace("pager.toml", "t.toml").replace('"pager"', '"t"'))
        self.write("t.toml", self.manifest_text("t"))
        self.assertIn("there is no pager", self.make_system().stderr)
        self.write("system.toml", self.SYSTEM + '[[process]]\nname = "x"\nmanifest = "t.toml"\n')
        self.assertIn("system.toml:8:8: process.manifest: its sealed image ./t.img is missing", self.make_system().stderr)

    def test_a_manifest_of_another_program_is_refused(self):
        done = self.run_tool("make_image.py", "--elf", "pager.elf", "--manifest", "supervisor.toml", "-o", "x.img")
        self.assertIn("image: this manifest is of supervisor.elf", done.stderr)


if __name__ == "__main__":
    unittest.main()
