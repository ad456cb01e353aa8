# SPDX-License-Identifier: BSD-2-Clause
"""ext2 images: what was in the folder is in the image, the same folder gives the same file system, and mistakes are named."""

import os
import subprocess
import unittest

from toolbox import ToolTest

from signetkit import cli
from signetkit.guest import disk
from signetkit.paths import find_program
from signetkit.plain import Problem


class DiskTest(ToolTest):
    def setUp(self) -> None:
        super().setUp()
        self.root = self.folder / "root"
        (self.root / "deep/er").mkdir(parents=True)
        (self.root / "deep/er/file").write_text("content\n")
        (self.root / "link").symlink_to("deep/er/file")
        (self.root / ("n" * 255)).write_text("long name")
        self.image = self.folder / "disk.img"

    def debugfs(self, command: str) -> str:
        return subprocess.run([find_program("debugfs"), "-R", command, self.image], capture_output=True, text=True, check=True).stdout

    def test_every_block_size_is_clean_and_complete(self):
        for block_size in disk.BLOCK_SIZES:
            with self.subTest(block_size):
                disk.make_image(self.root, self.image, None, block_size)
                subprocess.run([find_program("e2fsck"), "-fn", self.image], capture_output=True, check=True)
                self.assertEqual(self.debugfs("cat /deep/er/file"), "content\n")
                self.assertIn("Block size:               " + str(block_size), self.debugfs("stats"))

    def test_the_same_folder_gives_the_same_image(self):
        disk.make_image(self.root, self.image)
        first = self.image.read_bytes()
        for path in (self.root, self.root / "deep" / "er", self.root / "deep" / "er" / "file"):
            os.utime(path, ns=(path.stat().st_atime_ns + 3_000_000_000, path.stat().st_mtime_ns))  # read later; this changes ctime, too
        disk.make_image(self.root, self.image)
        self.assertEqual(self.image.read_bytes(), first)

    def test_a_size_is_kept_and_one_too_small_is_refused(self):
        disk.make_image(self.root, self.image, 8 << 20)
        self.assertEqual(self.image.stat().st_size, 8 << 20)
        (self.root / "big").write_bytes(os.urandom(3 << 20))
        with self.assertRaisesRegex(Problem, "does not fit on a disk of 2 MiB"):
            disk.make_image(self.root, self.folder / "other.img", 2 << 20)
        self.assertFalse((self.folder / "other.img").exists())
        self.assertEqual([path.name for path in self.folder.glob("other*")], [])

    def test_many_small_files_and_a_hole_fit_by_themselves(self):
        for number in range(3000):
            (self.root / f"deep/{number}").write_text("x")
        with open(self.root / "hole", "wb") as file:
            file.truncate(1 << 30)
        for block_size in disk.BLOCK_SIZES:
            disk.make_image(self.root, self.image, None, block_size)
        self.assertLess(self.image.stat().st_size, 64 << 20)

    def test_mistakes_name_the_folder(self):
        for words, wanted in ((["/no/such", "-o", str(self.image)], "/no/such does not exist"),
                              ([str(self.root / "link"), "-o", str(self.image)], "is not a folder"),
                              ([str(self.root), "-o", str(self.folder)], "is a folder: -o takes the name of the image"),
                              ([str(self.root), "-o", "/proc/img"], "cannot write /proc/img: "),
                              ([str(self.root), "-o", "/no/such/img"], "the folder for /no/such/img does not exist")):
            status, _, err = self.captured(cli.main, ["disk", *words])
            self.assertEqual(status, 1)
            self.assertIn(wanted, err)

    def test_the_default_disk_holds_samples_and_is_made_once(self):
        self.image = disk.default_image()
        self.assertIn("Hello", self.debugfs("cat /samples/hello.txt"))
        made = self.image.stat().st_mtime_ns
        self.assertEqual(disk.default_image().stat().st_mtime_ns, made)


if __name__ == "__main__":
    unittest.main()
