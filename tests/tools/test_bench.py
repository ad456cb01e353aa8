# SPDX-License-Identifier: BSD-2-Clause
"""How figures are read and judged, and how lines are counted."""

import subprocess
import unittest

from toolbox import ToolTest

from signetkit.bench import lines, quick
from signetkit.testing import coverage


class Bench(ToolTest):
    def test_figures_are_found_in_any_line(self):
        self.assertEqual(quick.FIGURE.findall("[1.0] figure ipc.call 512 instructions\r\nfigures 5\nfigure x y z"),
                         [("ipc.call", "512", "instructions")])

    def test_a_figure_over_its_limit_or_missing_is_bad(self):
        for value, bad in ((600, False), (601, True)):
            got = self.captured(quick.row, "a", 600, "what", quick.Figure("a", value, "s"))
            self.assertEqual((got[0], b"TOO MUCH" in got[1]), (bad, bad))
        self.assertTrue(self.captured(quick.row, "a", 600, "what", None)[0])
        self.assertFalse(self.captured(quick.row, "a", None, "beside", None)[0])

    def test_comments_and_blank_lines_are_no_code(self):
        source = self.folder / "x.c"
        source.write_text("/* one\n two */\n\nint x; // three\n  // four\nint y; /* five */\n")
        self.assertEqual(lines.code_lines(source), 2)
        source = self.folder / "x.asm"
        source.write_text("; one\n\n\tret ; two\n")
        self.assertEqual(lines.code_lines(source), 1)

    def test_what_the_kernel_is_not_made_of_does_not_count(self):
        for name in ("kernel/mm/a.c", "hal/x86_64/inline/hal/b.h", "kernel/trace/c.c", "hal/x86_64/bench/d.c", "hal/host/e.c", "kernel/f.md"):
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("int a;\n")
        self.assertEqual(lines.of_kernel(self.folder), 2)


class Coverage(ToolTest):
    def test_a_line_that_any_test_ran_is_covered(self):
        self.addCleanup(setattr, coverage, "REPO", coverage.REPO)
        coverage.REPO = self.folder
        (self.folder / "kernel").mkdir()
        (self.folder / "kernel/f.c").write_text("int f(int x)\n{\n\tif (x)\n\t\treturn 1;\n\treturn 2;\n}\n")
        build = self.folder / "build"
        for value in (0, 1):
            (build / f"main{value}.c").write_text(f"int f(int); int main(void) {{ f({value}); return 0; }}\n")
            subprocess.run(["gcc", "--coverage", f"main{value}.c", "../kernel/f.c", "-o", f"test{value}"], cwd=build, check=True)
            subprocess.run([build / f"test{value}"], cwd=build, check=True)
            status, out, _ = self.captured(coverage.coverage, build, "kernel", 85)
            self.assertEqual((status, b"100.0 %" in out), (0, True) if value else (1, False), out)


if __name__ == "__main__":
    unittest.main()
