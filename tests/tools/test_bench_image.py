# SPDX-License-Identifier: BSD-2-Clause
"""signet bench --image: somebody else's kernel is booted, its lines are collected, and what lacks is said."""

import os
import unittest
from unittest import mock

from bench_cases import END, HEAD, BenchTest, row

from signetkit.bench import capture, subject


class Image(BenchTest):
    def test_rows_are_counted_and_timed(self):
        self.tell(row("ipc_rt_0w", 10, 4370), name="icount")
        for run, ticks in enumerate((100, 700, 300, 200, 500), 3):
            self.tell(row("ipc_rt_0w", 10, ticks), name=f"tcg.{run}")
        out = self.folder / "toy.json"
        status, printed, said = self.bench("--image", self.kernel, "--json", out)
        self.assertEqual(status, 0, said)
        self.assertRegex(printed, r"ipc_rt_0w +437 +- +- +30 \(10\.\.70\)")
        made = self.json(out)
        self.assertEqual((made["format"], made["system"], made["build"]["version"], made["machine"]["qemu"]), (1, "toy", "3", "7.2.22"))
        self.assertEqual(made["rows"], [{"name": "ipc_rt_0w", "instructions": 437, "ops": 10, "ns": {"median": 30, "min": 10, "max": 70}}])
        self.assertIn("run 7 of 7", said)
        self.assert_nothing_left()

    def test_the_machine_is_the_one_that_signet_has(self):
        self.tell(row("a", 1, 1))
        self.assertEqual(self.bench("--image", self.kernel, "--mem", "64", "--append", "x y", "--", "-device", "edu")[0], 0)
        first = self.commands()[0]
        self.assertIn(f"-cpu max,-erms -m 64 -smp 1 -accel tcg,thread=single -nodefaults -display none -no-reboot -kernel {self.kernel} -append x y", first)
        self.assertTrue(first.endswith("-device edu -icount shift=0,sleep=off -seed 1"), first)
        self.assertNotIn("-icount", self.commands()[2])

    def test_kinds_of_images(self):
        iso, multiboot, linux = (self.folder / name for name in ("a.iso", "multi,boot", "vmlinuz"))
        iso.write_bytes(bytes(0x8001) + b"CD001")
        multiboot.write_bytes(bytes(4096) + bytes.fromhex("02b0ad1b") + bytes(64))
        linux.write_bytes(bytes(0x202) + b"HdrS" + bytes(64))
        module = self.folder / "a,b"
        module.write_bytes(b"")
        for files, flags in (((iso,), ("-cdrom", str(iso), "-boot", "d")),
                             ((multiboot, module, module), ("-kernel", str(multiboot), "-initrd", ",".join([str(module).replace(",", ",,")] * 2))),
                             ((linux, module), ("-kernel", str(linux), "-initrd", str(module)))):
            self.assertEqual(subject.foreign(list(files)).hardware.boot, flags)
        for files, why in (((iso, module), "takes nothing beside it"), ((linux, module, module), "one module, not 2"),
                           ((module,), "nothing that QEMU boots"), ((self.folder / "none",), "is missing")):
            status, _, said = self.bench("--image", *files)
            self.assertEqual(status, 1)
            self.assertIn(why, said)

    def test_bad_lines_are_told_by_number_and_lose_nothing_else(self):
        self.tell(row("good", 10, 50), 'BENCH {"name":"bad","ops":1,"ticks":NaN}\n', 'BENCH {"name":"worse","ticks":1}\n', row("fine", 1, 7))
        out = self.folder / "toy.json"
        status, printed, said = self.bench("--image", self.kernel, "--json", out)
        self.assertEqual(status, 1)
        self.assertEqual([entry["name"] for entry in self.json(out)["rows"]], ["good", "fine"])
        self.assertEqual((said.count("line 3 is not JSON"), said.count("line 4 has the row worse without \"ops\"")), (1, 1), said)
        self.assertRegex(printed, r"(?m)^fine +7 ")

    def test_a_guest_that_ends_early(self):
        self.tell(HEAD, row("a", 1, 5), whole=False)
        status, printed, said = self.bench("--image", self.kernel)
        self.assertEqual((status, len(self.commands())), (1, 1))
        self.assertIn('the guest powered off; the last line, {"end":true}, is missing; it last said:', said)
        self.assertRegex(printed, r"(?m)^a +5 ")

    def test_a_guest_that_says_nothing(self):
        self.tell("Hello\x1b[2J\nworld\n", whole=False)
        os.environ["FAKE_END"] = "0"
        status, _, said = self.bench("--image", self.kernel)
        self.assertEqual(status, 1)
        self.assertRegex(said, r"(?s)triple fault.*not one line `BENCH \{\.\.\.\}` came on the first serial port; it last said:\n    Hello\?\[2J\n    world")

    def test_a_guest_without_its_first_line_or_rows(self):
        self.tell(row("a", 1, 5), END, whole=False)
        self.assertIn('the first line, {"bench":1,...}, is missing', self.bench("--image", self.kernel)[2])
        self.tell()
        status, _, said = self.bench("--image", self.kernel)
        self.assertEqual((status, "there is no row among the lines" in said), (1, True))

    def test_a_guest_that_reports_an_error_is_believed(self):
        self.tell(row("a", 1, 5), 'BENCH {"error":"no memory"}\n')
        status, _, said = self.bench("--image", self.kernel)
        self.assertEqual((status, "the guest says: no memory" in said), (1, True))

    def test_a_guest_that_hangs_is_stopped(self):
        self.tell(HEAD, row("a", 1, 5), whole=False)
        os.environ["FAKE_END"] = "hangs"
        status, _, said = self.bench("--image", self.kernel, "--timeout", "3")
        self.assertEqual((status, len(self.commands())), (1, 1))
        self.assertIn("it was stopped after 3 s; the last line", said)
        self.assert_nothing_left()

    def test_a_guest_that_stays_after_its_last_line_is_switched_off(self):
        self.tell(row("a", 1, 5))
        os.environ["FAKE_END"] = "hangs"
        with mock.patch.object(capture, "GRACE_SECONDS", 0.1):
            self.assertEqual(self.bench("--image", self.kernel, "--quick")[0], 0)

    def test_endless_output_ends(self):
        self.tell(HEAD, row("a", 1, 5), whole=False)
        os.environ["FAKE_END"] = "endless"
        with mock.patch.object(capture, "OUTPUT_BYTES", 1 << 22):
            status, printed, said = self.bench("--image", self.kernel)
        self.assertEqual(status, 1)
        self.assertIn("it was stopped after printing 4 MiB", said)
        self.assertRegex(printed, r"(?m)^a +5 ")
        self.assert_nothing_left()

    def test_a_clock_of_unknown_speed_gives_ticks(self):
        self.tell('BENCH {"bench":1,"system":"toy","hz":0}\n', row("a", 2, 10), END, whole=False)
        out = self.folder / "toy.json"
        status, printed, _ = self.bench("--image", self.kernel, "--json", out)
        self.assertEqual((status, self.json(out)["rows"][0]["ticks"]["median"]), (0, 5))
        self.assertIn("5 (5..5) ticks", printed)


if __name__ == "__main__":
    unittest.main()
