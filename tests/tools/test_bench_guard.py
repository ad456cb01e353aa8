# SPDX-License-Identifier: BSD-2-Clause
"""signet bench --guard and --accept: what has grown since the baseline, and a new baseline."""

import unittest
from unittest import mock

from bench_cases import BenchTest, row

from signetkit.bench import guard


class Guard(BenchTest):
    def setUp(self) -> None:
        super().setUp()
        self.baseline = self.folder / "baseline.json"
        for function in (guard.guard, guard.accept):
            self.enterContext(mock.patch.object(function, "__defaults__", (self.baseline,)))
        self.tell(row("a", 10, 1000), row("b", 1, 50, bytes=8), row("slow", 1, 9, disk=True))
        self.assertEqual(self.bench("--accept")[0], 0)

    def test_one_counted_run_with_the_figures_of_the_baseline(self):
        before = len(self.commands())
        status, printed, said = self.bench("--guard")
        self.assertEqual((status, len(self.commands()) - before), (0, 1), said)
        self.assertIn("are as the baseline has them", printed)

    def test_more_than_two_percent_fails_and_names_the_row(self):
        for ticks, status in ((1020, 0), (1021, 1), (500, 0)):
            self.tell(row("a", 10, ticks), row("b", 1, 50))
            got, _, said = self.bench("--guard")
            self.assertEqual(got, status, said)
        self.tell(row("a", 10, 1021), row("b", 1, 50))
        self.assertIn("a: 100 -> 102.1 instructions (+2.1 %), 2 % is allowed", self.bench("--guard")[2])
        self.assertEqual(self.bench("--guard", "--rows", "b")[0], 0)

    def test_a_row_that_is_gone_fails(self):
        self.tell(row("a", 10, 1000))
        status, _, said = self.bench("--guard")
        self.assertEqual((status, "b: the row is gone; the baseline has 50.0 instructions" in said), (1, True))

    def test_a_new_row_and_a_better_one_are_only_said(self):
        self.tell(row("a", 10, 900), row("b", 1, 50), row("new", 1, 7))
        status, _, said = self.bench("--guard")
        self.assertEqual(status, 0)
        self.assertIn("a: 100 -> 90 instructions (-10.0 %)", said)
        self.assertIn("new: new, 7 instructions (`tools/signet bench --accept` takes it over)", said)

    def test_the_baseline_is_a_row_a_line_and_has_no_disk(self):
        lines = self.baseline.read_text(encoding="utf-8").splitlines()
        self.assertEqual([line.strip() for line in lines if '"name"' in line],
                         ['{"name": "a", "instructions": 100, "ops": 10},', '{"name": "b", "instructions": 50, "ops": 1, "bytes": 8}'])

    def test_accept_says_what_changed(self):
        self.tell(row("a", 10, 2000), row("c", 1, 1))
        status, _, said = self.bench("--accept")
        self.assertEqual(status, 0)
        for text in ("a: 100 -> 200 instructions (+100.0 %)", "b: gone, it had 50", "c: new, 1", "has 2 rows now"):
            self.assertIn(text, said)
        self.assertEqual(self.bench("--guard")[0], 0)

    def test_what_is_over_its_limit_can_be_accepted(self):
        self.tell(row("null_call", 1, 51))
        status, printed, _ = self.bench("--accept")
        self.assertEqual((status, "OVER" in printed), (0, True))

    def test_a_run_that_went_wrong_is_not_accepted(self):
        before = self.baseline.read_bytes()
        self.tell(row("a", 1, 1), "BENCH {oops\n")
        self.assertEqual((self.bench("--accept")[0], self.baseline.read_bytes()), (1, before))

    def test_a_baseline_that_is_missing_or_bad(self):
        self.baseline.write_text('{"format":1,"system":"x","rows":[{"name":"a"}]}')
        self.assertIn('the row a has no "instructions"', self.bench("--guard")[2])
        self.baseline.unlink()
        status, _, said = self.bench("--guard")
        self.assertEqual((status, "there is no baseline" in said), (1, True))


if __name__ == "__main__":
    unittest.main()
