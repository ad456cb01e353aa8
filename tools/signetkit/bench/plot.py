# SPDX-License-Identifier: BSD-2-Clause
"""Drawings by gnuplot: what an operation costs against how much it moves, and systems side by side, as one SVG."""

import os
import re
import subprocess
from pathlib import Path

from .. import files
from ..paths import find_program
from ..plain import Problem
from .compare import Line
from .model import Table

SIZE = re.compile(r"_(\d+)([km]?)(?=_|$)")
UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20}
PANEL_HEIGHT = 640
TICKS = ", ".join(f"'{at}' {size}" for at, size in {"8 B": 8, "64 B": 64, "512 B": 512, "4 KiB": 4 << 10, "32 KiB": 32 << 10,
                                                    "256 KiB": 256 << 10, "2 MiB": 2 << 20, "16 MiB": 16 << 20, "64 MiB": 64 << 20}.items())
BARS_MOST = 40
HEAD = """set terminal svg size {width},{height} dynamic noenhanced font 'sans-serif,12' background rgb 'white'
set encoding utf8
set multiplot layout {panels},1
"""
BARS = """set title '{metric} of one operation'
unset logscale x
set logscale y
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.8 noborder
set xtics rotate by -45 nomirror
set xlabel ''
set ylabel '{metric}'
set format x
set xrange [*:*]
set key top left
plot {plots}
"""
CURVES = """set title 'instructions against size'
set logscale x 2
set logscale y 10
set xtics norotate nomirror ({ticks})
set xrange [*:*]
set xlabel 'payload'
set ylabel 'instructions of one operation'
set grid
set key top left
plot {plots}
"""


def need_gnuplot() -> str:
    """Asked before a long measurement, not after it."""
    found = find_program("gnuplot")
    if not found:
        raise Problem("--plot needs gnuplot, which is not installed: run `tools/signet setup`")
    return found


def write(path: Path, tables: list[Table], found: list[Line]) -> None:
    """found: rows side by side, if there is more than one table."""
    files.write_bytes(path, draw(script(tables, found)))


def draw(text: str) -> bytes:
    done = subprocess.run([need_gnuplot()], input=text.encode(), capture_output=True, check=False, env=os.environ | {"LC_ALL": "C.UTF-8"})
    complaint = done.stderr.decode("utf-8", "replace").strip()
    if done.returncode != 0 or b"</svg>" not in done.stdout:
        raise Problem(f"gnuplot did not draw: {complaint.splitlines()[-1] if complaint else 'it gave no reason'}")
    return done.stdout


def script(tables: list[Table], found: list[Line]) -> str:
    blocks, panels = [], []
    bars = [line for line in found if line.metric == "instructions" and sum(bool(value) for value in line.values) > 1][:BARS_MOST]
    if bars:
        blocks.append(bar_data(bars))
        plots = [f"$bars using {at + 2}{':xtic(1)' if at == 0 else ''} title {quoted(table.system)}" for at, table in enumerate(tables)]
        panels.append(BARS.format(metric="instructions", plots=", ".join(plots)))
    plots = []
    for at, table in enumerate(tables):
        for family, points in curves(table).items():
            name = f"$c{len(blocks)}"
            blocks.append(f"{name} << EOD\n" + "".join(f"{size} {cost}\n" for size, cost in points) + "EOD\n")
            title = family if len(tables) == 1 else f"{table.system}: {family}"
            plots.append(f"{name} using 1:2 with linespoints lw 2 lc {len(plots) + 1} pt {at + 4} title {quoted(title)}")
    if plots:
        panels.append(CURVES.format(ticks=TICKS, plots=", ".join(plots)))
    if not panels:
        raise Problem("there is nothing to draw: no two rows that differ in size only, and no row that two systems have")
    return HEAD.format(width=1200, height=PANEL_HEIGHT * len(panels), panels=len(panels)) + "".join(blocks) + "".join(panels) + "unset multiplot\n"


def bar_data(bars: list[Line]) -> str:
    rows = [" ".join([quoted(line.name)] + [str(value) if value else "NaN" for value in line.values]) for line in bars]
    return "$bars << EOD\n" + "\n".join(rows).replace("'", '"') + "\nEOD\n"


def curves(table: Table) -> dict[str, list[tuple[int, float]]]:
    """Families of rows whose names differ in a size only, such as ipc_rt_copy_64 and ipc_rt_copy_4096; the least cost of each size."""
    found: dict[str, dict[int, float]] = {}
    for row in table.rows.values():
        named = SIZE.search(row.name)
        if named and row.instructions:
            family = SIZE.sub("", row.name, count=1).removesuffix("_aligned")
            size = int(named[1]) * UNITS[named[2]]
            points = found.setdefault(family, {})
            points[size] = min(row.instructions, points.get(size, row.instructions))
    return {family: sorted(points.items()) for family, points in found.items() if len(points) > 1}


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
