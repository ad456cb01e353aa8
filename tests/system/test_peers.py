# SPDX-License-Identifier: BSD-2-Clause
"""A peer measured for real: Debian's Linux kernel (fetched, if the cache has none) under `signet bench --peer linux`."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from signetkit.guest import long, timeout
from signetkit.paths import REPO

# Debian mends its kernel now and then, so what was published need not be hit to the instruction.
WITHIN = 0.15
PUBLISHED = REPO / "tests/bench/peers/linux.json"


def rows_of(path: Path) -> dict[str, dict]:
    return {row["name"]: row for row in json.loads(path.read_text(encoding="utf-8"))["rows"]}


@long
@timeout(400)
def test_linux_measured_here_costs_what_was_published():
    names = ("null_call", "ipc_rt_0w", "notify_pingpong", "process_life")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "linux.json"
        command = [sys.executable, "-B", REPO / "tools/signet", "bench", "--peer", "linux", "--rows", ",".join(names), "--json", out]
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=380)
        assert done.returncode == 0, done.stdout + done.stderr  # both counted runs were identical, too
        measured = rows_of(out)
    published = rows_of(PUBLISHED)
    assert set(measured) == set(names), measured
    for name in names:
        ratio = measured[name]["instructions"] / published[name]["instructions"]
        assert abs(ratio - 1) <= WITHIN, f"{name}: {measured[name]}, published {published[name]}"
        assert measured[name]["ns"]["median"] > 0, measured[name]
