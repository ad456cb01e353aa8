#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Draws who may call whom in a system description, as an SVG made by Graphviz.

    draw_system.py [--system servers/system.toml] [-o docs/system.svg]
    draw_system.py --check      is the picture of the description as it is now? (needs no Graphviz)

The SVG carries the SHA-256 of the graph that it shows; that is what --check compares.
"""

import argparse
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

from signetkit import description, wiring
from signetkit.refusal import Refusal

ROOT = Path(__file__).resolve().parents[1]
MEMORY_MIB = (16, 256, 5)  # RAM, swap and reserve that the quotas have to fit, as for the image

STYLE = """\
	rankdir=BT; nodesep=0.35; ranksep=0.55; fontname="Helvetica"; fontsize=11;
	node [fontname="Helvetica", fontsize=11, shape=box, style="rounded,filled", fillcolor="#eef3fa", color="#4a6285"];
	edge [fontname="Helvetica", fontsize=9, color="#4a6285", fontcolor="#4a6285", arrowsize=0.7, dir=back, arrowtail=normal];
"""


def node(entry) -> str:
    """Pinned processes are darker; programs that may be started at run time are dashed."""
    claims = "".join(f"\\n{device.name} ({device.kind})" for device in entry.manifest.devices)
    count = f" (up to {entry.max_count})" if entry.is_kind else ""
    look = ', style="rounded,filled,dashed"' if entry.is_kind else ""
    look += ', fillcolor="#c9d8ee"' if entry.pinned else ""
    return f'\t"{entry.name}" [label="{entry.name}{count}{claims}"{look}];\n'


def graph(system) -> str:
    """In Graphviz' language. An arrow points from who calls to who serves; below is who is called."""
    entries = sorted(system.processes + system.kinds, key=lambda entry: (entry.rank, entry.name))
    lines = ["digraph system {\n", STYLE]
    for rank in sorted({entry.rank for entry in entries}):
        row = [entry for entry in entries if entry.rank == rank]
        lines += [node(entry) for entry in row]
        lines.append("\t{ rank=same; " + " ".join(f'"{entry.name}";' for entry in row) + " }\n")
    lines.append('\tkernel [label="the kernel", shape=box, style=filled, fillcolor="#f3e7d3", color="#8a6d3b"];\n')
    for entry in entries:
        for local, wire in sorted(entry.wires.items()):
            use = entry.manifest.uses[local]
            style = ", style=dashed" if use.optional else ""
            lines.append(f'\t"{wire.server}" -> "{entry.name}" [label="{use.contract}"{style}];\n')
        if entry.manifest.pager:
            lines.append(f'\t"{entry.name}" -> kernel [label="pages", color="#8a6d3b", fontcolor="#8a6d3b"];\n')
    return "".join(lines) + "}\n"


def read_graph(path: str) -> str:
    system = description.read(path)
    wiring.check(system, *MEMORY_MIB)
    return graph(system)


def mark_of(dot: str) -> str:
    return f"<!-- graph {hashlib.sha256(dot.encode()).hexdigest()} -->"


def draw(dot: str) -> str:
    try:
        done = subprocess.run(["dot", "-Tsvg"], input=dot, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        sys.exit("draw_system: Graphviz is missing; `tools/signet setup` installs it")
    if done.returncode != 0:
        sys.exit(f"draw_system: {done.stderr.strip()}")
    head, found, rest = done.stdout.partition("<svg")
    return re.sub(r"<!--.*?-->\s*", "", head, flags=re.DOTALL) + mark_of(dot) + "\n" + found + rest


def is_current(system: str, picture: str) -> bool:
    return Path(picture).is_file() and mark_of(read_graph(system)) in Path(picture).read_text(encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--system", default=os.path.relpath(ROOT / "servers/system.toml"))
    parser.add_argument("-o", "--output", default=os.path.relpath(ROOT / "docs/system.svg"))
    parser.add_argument("--check", action="store_true", help="compare instead of drawing")
    asked = parser.parse_args()
    if asked.check:
        if is_current(asked.system, asked.output):
            return 0
        print(f"{asked.output}:1: not of {asked.system} as it is now: run tools/draw_system.py")
        return 1
    Path(asked.output).write_text(draw(read_graph(asked.system)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Refusal as refusal:
        sys.exit(f"draw_system: {refusal}")
