# SPDX-License-Identifier: BSD-2-Clause
"""Pictures: graphs in Graphviz' language, drawn as SVG files that carry a mark of what they show."""

import hashlib
import re
import subprocess

from .plain import Problem


def mark_of(dot):
    return f"<!-- graph {hashlib.sha256(dot.encode()).hexdigest()} -->"


def draw(dot):
    """The graph as an SVG. The same graph gives the same SVG with the same Graphviz."""
    try:
        done = subprocess.run(["dot", "-Tsvg"], input=dot, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Problem("Graphviz is missing: run `tools/signet setup`") from None
    if done.returncode != 0:
        raise Problem(f"Graphviz did not draw: {done.stderr.strip()}")
    head, found, rest = done.stdout.partition("<svg")
    return re.sub(r"<!--.*?-->\s*", "", head, flags=re.DOTALL) + mark_of(dot) + "\n" + found + rest


def is_current(dot, svg):
    """Does an SVG's text show that graph? Needs no Graphviz."""
    return mark_of(dot) in svg
