# SPDX-License-Identifier: BSD-2-Clause
"""What system tests boot, against the fake guest."""

import unittest

from toolbox import ToolTest

from signetkit.guest import Guest, GuestFailed
from signetkit.guest.guest import describe_alive


class GuestTest(ToolTest):
    def test_run_gives_all_that_the_commands_did(self):
        result = Guest(disk=None).run("ls; cat x")
        self.assertEqual((result.status, result.stdout, result.stderr, result.qemu_status), (3, "ls; cat x\n", "an error\n", 33))
        self.assertIn("signet: line one\n", result.log)
        self.assert_nothing_left()

    def test_a_guest_can_be_run_twice(self):
        guest = Guest(disk=None)
        self.assertEqual([guest.run("a").stdout, guest.run("b").stdout], ["a\n", "b\n"])

    def test_expect_and_send(self):
        with Guest(disk=None) as guest:
            guest.expect("signet> ")
            guest.send("one\n")
            self.assertEqual(guest.expect(" one"), "got")
            guest.expect("signet> ")
            self.assertIn("line one", guest.expect_log("line one"))
            guest.send("poweroff\n")
            self.assertEqual(guest.wait_end(5), 33)
        self.assert_nothing_left()

    def test_what_never_comes_is_named_with_the_last_words(self):
        with Guest(disk=None) as guest:
            with self.assertRaises(GuestFailed) as failure:
                guest.expect("nonsense", timeout=0.5)
            for wanted in ("no sign of 'nonsense'", "signet>", "last line of the log"):
                self.assertIn(wanted, str(failure.exception))
            with self.assertRaisesRegex(GuestFailed, "no sign of 'nonsense' in the kernel's log"):
                guest.expect_log("nonsense", timeout=0.3)
            self.assertIn("signet>", describe_alive())

    def test_a_guest_that_hangs_or_dies_in_its_commands_is_named(self):
        for mode, wanted in (("hangs", "no sign of the end of the commands"), ("dies", "panicked"), ("silent", "prompt")):
            with self.subTest(mode):
                self.pretend(mode)
                with self.assertRaisesRegex(GuestFailed, f"(?s)`x`.*{wanted}.*last line of the log"):
                    Guest(disk=None).run("x", timeout=1.0)
        self.assert_nothing_left()

    def test_a_machine_that_ends_while_something_is_awaited(self):
        self.pretend("refuses")
        with Guest(disk=None) as guest:
            self.assertEqual(guest.wait_end(5), 37)
            with self.assertRaisesRegex(GuestFailed, "refused to boot"):
                guest.expect("signet> ")
            with self.assertRaisesRegex(GuestFailed, "never came"):
                guest.expect_log("nonsense")


if __name__ == "__main__":
    unittest.main()
