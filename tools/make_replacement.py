#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes the table of docs/replacement.md, and draws docs/replacement.svg: faults by memory, by the kernel's policy and by published ones.

    make_replacement.py PROGRAM             both anew; PROGRAM is the unit test build/tests/unit/kernel/unit_kernel_policy_strings
    make_replacement.py PROGRAM --check     only says whether the table is what the program prints

Drawing needs gnuplot.
"""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
from signetkit.bench.plot import draw  # noqa: E402
from signetkit.plain import Problem  # noqa: E402

PAGE, PICTURE = "docs/replacement.md", "docs/replacement.svg"
BEGIN, END = "<!-- table: tools/make_replacement.py -->\n", "<!-- end of table -->\n"
WAYS = ("OPT", "LRU", "FIFO", "Signet")
DRAWN = {"zipf": "zipf", "hot-cold": "hot-cold", "phases": "phases", "two": "two", "hog/0": "hog, faults of who has a working set", "loop": "loop",
         "recorded": "recorded from the system itself", "scan": "scan"}
PANEL = """set title '{title}'
set xlabel 'frames'
set ylabel 'faults'
set yrange [0:*]
plot {plots}
"""

Row = tuple[str, int, list[int], int]


def measure(program: str) -> list[Row]:
    printed = subprocess.run([program, "table"], capture_output=True, text=True, check=True).stdout
    rows = []
    for line in printed.splitlines():
        name, *numbers = line.split()
        frames, *faults, written = map(int, numbers)
        rows.append((name, frames, faults, written))
    return rows


def table(rows: list[Row]) -> str:
    lines = [f"| string | frames | {' | '.join(WAYS)} | of LRU | written |", "| --- " * 2 + "| --: " * 6 + "|"]
    for name, frames, faults, written in rows:
        share = f"{faults[3] / faults[1]:.2f}"
        lines.append(f"| {name} | {frames} | {' | '.join(map(str, faults))} | {share} | {written if '/' not in name else ''} |")
    return "\n".join(lines) + "\n"


def picture(rows: list[Row]) -> bytes:
    head = ["set terminal svg size 1100,1300 dynamic noenhanced font 'sans-serif,12' background rgb 'white'", "set encoding utf8",
            "set grid", "set key top right", "set multiplot layout 4,2"]
    data, panels = [], []
    for at, (name, title) in enumerate(DRAWN.items()):
        found = [f"{frames} {' '.join(map(str, faults))}" for of, frames, faults, _ in rows if of == name]
        data.append("\n".join([f"$d{at} << END", *found, "END"]))
        plots = [f"$d{at} using 1:{column + 2} with lines lw 2 title '{way}'" for column, way in enumerate(WAYS)]
        panels.append(PANEL.format(title=title, plots=", ".join(plots)))
    return draw("\n".join(data + head + panels) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--check", action="store_true")
    wish = parser.parse_args()
    rows = measure(wish.program)
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    old, after = rest.split(END)
    if wish.check:
        same = old == table(rows)
        print(f"{PAGE}: {len(rows)} rows, {'as measured' if same else 'not what is measured: run tools/make_replacement.py'}")
        return 0 if same and (ROOT / PICTURE).is_file() else 1
    (ROOT / PAGE).write_text(before + BEGIN + table(rows) + END + after, encoding="utf-8")
    try:
        (ROOT / PICTURE).write_bytes(picture(rows))
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
