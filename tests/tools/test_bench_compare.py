# SPDX-License-Identifier: BSD-2-Clause
"""signet bench --compare, --plot, and files of figures that are bad."""

import json
import os
import shutil
import unittest
import xml.etree.ElementTree as xml
from pathlib import Path
from unittest import mock

from bench_cases import BenchTest, row

from signetkit.bench import model, plot
from signetkit.paths import REPO


class Compare(BenchTest):
    def figures(self, name: str, *rows: dict, **more) -> Path:
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps({"format": 1, "system": name, "rows": list(rows)} | more), encoding="utf-8")
        return path

    def two(self) -> tuple[Path, Path]:
        return (self.figures("ours", {"name": "null_call", "instructions": 50}, {"name": "ipc_rt_0w", "instructions": 200, "ns": 1000},
                             {"name": "mine", "instructions": 3}),
                self.figures("theirs", {"name": "null_call", "instructions": 247}, {"name": "ipc_rt_0w", "instructions": 437, "ns": {"median": 7848}},
                             {"name": "ping", "cycles": 803, "source": "published"}))

    def test_ratios_are_to_the_first_and_rows_of_one_are_shown(self):
        out = self.folder / "both.json"
        status, printed, _ = self.bench("--compare", *self.two(), "--json", out)
        self.assertEqual(status, 0)
        for line in (r"null_call +50 +247  4\.94x", r"ipc_rt_0w +200 +437  2\.19x", r"ipc_rt_0w +1,000 +7,848  7\.85x", r"mine +3 +-", r"ping +- +803"):
            self.assertRegex(printed, f"(?m)^{line}$")
        made = self.json(out)
        self.assertEqual(made["compare"], ["ours", "theirs"])
        self.assertEqual(made["rows"][0], {"name": "null_call", "metric": "instructions", "values": [50, 247], "ratios": [1, 4.94]})
        self.assertIn({"name": "ping", "metric": "cycles", "values": [None, 803], "ratios": [None, None]}, made["rows"])

    def test_rows_are_chosen_and_nothing_is_said(self):
        _, printed, _ = self.bench("--compare", *self.two(), "--rows", "null*")
        self.assertNotIn("ipc", printed)
        status, _, said = self.bench("--compare", *self.two(), "--rows", "x")
        self.assertEqual((status, "no row to compare that is called x" in said), (1, True))

    def test_two_runs_of_one_system_are_told_apart(self):
        ours, _ = self.two()
        other = self.folder / "before.json"
        shutil.copy(ours, other)
        self.assertIn("ours (before)", self.bench("--compare", ours, other)[1])

    def test_a_cost_of_nothing_has_no_ratio(self):
        files = [self.figures(name, {"name": "a", "instructions": cost}) for name, cost in (("x", 0), ("y", 5))]
        self.assertRegex(self.bench("--compare", *files)[1], r"(?m)^a +0 +5$")

    def test_bad_files_are_named_with_the_line_or_the_member(self):
        good, _ = self.two()
        bad = self.folder / "bad.json"
        for text, why in (("{\n\n  oops", r"bad\.json:3: is not JSON"), ("[1]", "is not an object"), ('{"format":2}', "format is not 1"),
                          ('{"format":1,"system":""}', "system is no name"), ('{"format":1,"system":"x"}', "rows is no list"),
                          ('{"format":1,"system":"x","rows":[5]}', r"rows\[0\] is no object"),
                          ('{"format":1,"system":"x","rows":[{"name":"A"}]}', r"rows\[0\]\.name is no name"),
                          ('{"format":1,"system":"x","rows":[{"name":"a"},{"name":"a"}]}', r"rows\[1\]\.name is there again"),
                          ('{"format":1,"system":"x","rows":[{"name":"a","instructions":-1}]}', r"rows\[0\]\.instructions is no number"),
                          ('{"format":1,"system":"x","rows":[{"name":"a","instructions":NaN}]}', "NaN is no number"),
                          ('{"format":1,"system":"x","rows":[{"name":"a","instructions":1e999}]}', r"rows\[0\]\.instructions is no number"),
                          ('{"format":1,"system":"x","rows":[{"name":"a","ns":{"min":1}}]}', r"rows\[0\]\.ns has no \"median\""),
                          ('{"format":1,"system":"x","rows":[{"name":"a","events":[1]}]}', r"rows\[0\]\.events"),
                          ('{"format":1,"system":"x","rows":[],"machine":3}', "machine is no object"), ("[" * 100_000, "is not JSON")):
            bad.write_text(text, encoding="utf-8")
            status, printed, said = self.bench("--compare", good, bad)
            self.assertEqual((status, printed), (1, ""), text)
            self.assertRegex(said, why)
            self.assertIn("bad.json", said)
        bad.write_bytes(b"\xff\xfe\0")
        self.assertIn("is not text", self.bench("--compare", good, bad)[2])
        self.assertIn("none.json: cannot be read", self.bench("--compare", good, self.folder / "none.json")[2])

    def test_what_is_written_can_be_read_again(self):
        path = self.folder / "t.json"
        table = model.Table("toy", {"a": model.Row("a", 1.25, 8, 64, True, model.Spread(1, 0.5, 2), None, 3, {"cr3": 2}, 7, None, 9, "there")})
        model.write(path, table)
        self.assertEqual(model.read(path), table)

    def test_peers_are_good_files(self):
        peers = sorted((REPO / "tests/bench/peers").glob("*.json"))
        self.assertGreaterEqual(len(peers), 3)
        for path in peers:
            table = model.read(path)
            self.assertTrue(all(row.source or table.source for row in table.rows.values()), path)
        self.assertEqual(self.bench("--compare", *peers)[0], 0)


class Plot(BenchTest):
    def curve(self, system: str, factor: int) -> model.Table:
        names = ("ipc_rt_copy_8", "ipc_rt_copy_4096", "flip_4k", "flip_4m_aligned", "flip_rt_4k", "flip_rt_64m", "ipc_rt_0w")
        return model.Table(system, {name: model.Row(name, factor * (at + 1)) for at, name in enumerate(names)})

    def test_rows_that_differ_in_size_only_are_a_curve(self):
        self.assertEqual(plot.curves(self.curve("x", 1)), {"ipc_rt_copy": [(8, 1), (4096, 2)], "flip": [(4096, 3), (4 << 20, 4)], "flip_rt": [(4096, 5), (64 << 20, 6)]})

    def test_a_measurement_is_drawn(self):
        self.tell(*(row(f"ipc_rt_copy_{size}", 1, size) for size in (8, 64, 512)))
        svg = self.folder / "a.svg"
        status, _, said = self.bench("--image", self.kernel, "--quick", "--plot", svg)
        self.assertEqual(status, 0, said)
        self.assertTrue(xml.parse(svg).getroot().tag.endswith("svg"))
        self.assertIn("ipc_rt_copy", svg.read_text(encoding="utf-8"))

    def test_systems_are_drawn_side_by_side(self):
        files = []
        for name, factor in (("it's \\ours", 1), ("theirs", 3)):
            files.append(self.folder / f"{factor}.json")
            model.write(files[-1], self.curve(name, factor))
        svg = self.folder / "b.svg"
        status, _, said = self.bench("--compare", *files, "--plot", svg)
        self.assertEqual(status, 0, said)
        drawn = "".join(xml.parse(svg).getroot().itertext())
        for text in ("theirs: ipc_rt_copy", "ipc_rt_0w", "it's \\ours: flip_rt", "instructions of one operation"):
            self.assertIn(text, drawn)

    def test_nothing_to_draw(self):
        self.tell(row("a", 1, 1))
        status, _, said = self.bench("--image", self.kernel, "--quick", "--plot", self.folder / "a.svg")
        self.assertEqual((status, "nothing to draw" in said), (1, True))

    def test_gnuplot_that_is_missing_is_said_before_the_measurement(self):
        with mock.patch.object(plot, "find_program", return_value=None):
            status, _, said = self.bench("--image", self.kernel, "--plot", self.folder / "a.svg")
        self.assertEqual((status, "which is not installed: run `tools/signet setup`" in said, self.commands()), (1, True, []))

    def test_gnuplot_that_fails_is_said(self):
        broken = self.folder / "gnuplot"
        broken.write_text("#!/bin/sh\necho 'line 1: bad' >&2\nexit 1\n")
        broken.chmod(0o755)
        os.environ["PATH"] = f"{self.folder}:{os.environ['PATH']}"
        self.assertRaisesRegex(plot.Problem, "gnuplot did not draw: line 1: bad", plot.draw, "plot")


if __name__ == "__main__":
    unittest.main()
