# SPDX-License-Identifier: BSD-2-Clause
"""The recorded string of docs/replacement.md: how uses are numbered, and that recording works."""

import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools")]

import record_references  # noqa: E402
from signetkit.plain import Problem  # noqa: E402


class Numbers(unittest.TestCase):
    def test_processes_and_their_pages_are_numbered_as_they_come(self):
        uses = [(7, 30, 0), (7, 31, 1), (9, 30, 1), (7, 30, 1)]
        self.assertEqual(record_references.numbered(uses), [0, 3, 1025, 1])

    def test_what_the_unit_test_cannot_hold_is_refused(self):
        for uses, why in (([(n, 1, 0) for n in range(17)], "16 processes"), ([(1, n, 0) for n in range(513)], "512 pages"), ([(1, 1, 0)] * 24001, "24001 uses")):
            with self.assertRaisesRegex(Problem, why):
                record_references.numbered(uses)


class Recording(unittest.TestCase):
    def test_a_hog_of_a_mib_uses_its_256_pages_one_after_the_other_writing(self):
        numbers = record_references.record("hog 1")
        uses: dict[int, list[int]] = {}
        for number in numbers:
            uses.setdefault(number // 1024, []).append(number % 1024)
        self.assertGreater(len(uses), 5)
        of_hog = next(uses for process, uses in reversed(uses.items()) if len({use // 2 for use in uses}) > 256)
        written = [use // 2 for use in of_hog if use % 2]
        self.assertGreaterEqual(len(set(written)), 256)
        self.assertTrue(any(written[at:at + 200] == list(range(written[at], written[at] + 200)) for at in range(len(written) - 200)), written)

    def test_commands_that_fail_are_refused(self):
        with self.assertRaisesRegex(Problem, "ended with"):
            record_references.record("cat /nothing")


if __name__ == "__main__":
    unittest.main()
