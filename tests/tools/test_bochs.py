# SPDX-License-Identifier: BSD-2-Clause
"""signet run --emulator bochs, against a fake Bochs: the configuration, the console, the endings, what it does not take."""

import os
import pty
import subprocess
import sys
import unittest
from pathlib import Path

from test_run import alone
from toolbox import HERE, ToolTest

from signetkit.guest import bochs, qemu, run
from signetkit.plain import Problem


class Bochs(ToolTest):
    def setUp(self) -> None:
        super().setUp()
        os.environ["SIGNET_BOCHS"] = str(HERE / "fake_bochs.py")
        firmware = self.folder / "firmware"
        firmware.write_bytes(b"")
        self.addCleanup(setattr, bochs, "BIOS", bochs.BIOS)
        bochs.BIOS = (firmware, firmware)

    def run_command(self, command: str, **hardware) -> tuple[int, bytes, str]:
        asked = qemu.Hardware(emulator="bochs", **({"cpu": bochs.CPU, "iso": True} | hardware))
        return self.captured(run.run, run.Run(asked, 0, command, 20))

    def test_output_error_and_status_of_the_guest_are_ours(self):
        status, out, err = self.run_command("echo 'a; b'")
        self.assertEqual((status, out, err), (3, b"echo 'a; b'\n", "an error\n"))
        self.assert_nothing_left()

    def test_every_byte_comes_through_unchanged(self):
        self.assertEqual(self.run_command("binary")[1], b"binary\n" + bytes(range(256)) * 1000)

    def test_a_guest_that_dies_is_125_and_its_ending_is_named(self):
        self.pretend("dies")
        status, out, err = self.run_command("x")
        self.assertEqual((status, out), (125, b"x\n"))
        self.assertIn("the kernel panicked", err)
        self.pretend("refuses")
        self.assertIn("the kernel refused to boot", self.run_command("x")[2])
        self.assert_nothing_left()

    def test_bochs_own_words_are_told_when_it_does_not_start(self):
        status, out, err = self.run_command("x", cpu="no_such_cpu")
        self.assertEqual((status, out), (125, b""))
        self.assertIn("Bochs ended: bochsrc:4: 'no_such_cpu' is no CPU", err)

    def test_a_session_ends_with_the_machine(self):
        """In a process of its own, with a terminal."""
        code = ("import sys; sys.path[:0] = sys.argv[1:3]; import toolbox; from pathlib import Path; "
                "from signetkit.guest import bochs, qemu, run; bochs.BIOS = (Path(sys.argv[3]),) * 2; "
                "sys.exit(run.run(run.Run(qemu.Hardware(emulator='bochs', iso=True), 0, None, 20)))")
        ours, theirs = pty.openpty()
        words = [sys.executable, "-c", code, str(HERE), str(HERE.parents[1] / "tools"), str(self.folder / "firmware")]
        process = subprocess.Popen(words, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.write(ours, b"poweroff\n")
        said = process.communicate(timeout=30)[0]
        os.close(ours)
        os.close(theirs)
        self.assertEqual(process.returncode, 0, said)
        self.assertIn(b"signet> ", said)

    def test_the_configuration_names_cpu_memory_and_the_iso(self):
        hardware = qemu.Hardware(mem_mib=48, cpu="ryzen", iso_file=self.folder / "build/signet.iso", emulator="bochs")
        text = bochs.configuration(hardware, Path("/f"), Path("/f/log"), "/dev/pts/7")
        for line in ("cpu: model=ryzen, count=1,", "memory: guest=48, host=48", f'path="{self.folder}/build/signet.iso"',
                     'dev="/f/log"', 'dev="/dev/pts/7"', 'display_library: rfb, options="timeout=0"', "sync=none"):
            self.assertIn(line, text)

    def test_without_bochs_its_firmware_or_the_iso_the_way_out_is_named(self):
        os.environ["SIGNET_BOCHS"] = str(self.folder / "none")
        with self.assertRaisesRegex(Problem, "Bochs is not installed: run `tools/signet setup`"):
            self.run_command("x")
        os.environ["SIGNET_BOCHS"] = str(HERE / "fake_bochs.py")
        (self.folder / "build/signet.iso").unlink()
        with self.assertRaisesRegex(Problem, "the boot ISO is missing"):
            self.run_command("x")
        (self.folder / "build/signet.iso").write_bytes(b"")
        bochs.BIOS = (self.folder / "no-bios", self.folder / "firmware")
        with self.assertRaisesRegex(Problem, "Bochs' firmware is missing"):
            self.run_command("x")
        self.assert_nothing_left()

    def test_what_bochs_does_not_take_is_refused_in_one_line(self):
        for words, what in ((["--smp", "2"], "--smp"), (["--disk", "/etc/hostname"], "--disk"), (["--accel", "tcg", "--print"], "--print"),
                            (["--trace", "ipc"], "--trace"), (["--", "-d", "int"], "QEMU's options")):
            with self.subTest(words):
                done = subprocess.run(alone("--emulator", "bochs", "-c", "x", *words), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                      check=False, timeout=20)
                self.assertEqual((done.returncode, done.stdout, len(done.stderr.splitlines())), (125, "", 1), done.stderr)
                self.assertIn(what, done.stderr)


if __name__ == "__main__":
    unittest.main()
