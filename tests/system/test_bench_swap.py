# SPDX-License-Identifier: BSD-2-Clause
"""What paging costs, and the same beside Linux: docs/benchmarks.md. The short form of the second is in every run, the whole in `test long`."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from signetkit.bench import limits, paging, swap
from signetkit.guest import long, timeout
from signetkit.paths import REPO, build_dir
from signetkit.setup import build


def held(made: dict, said: str) -> None:
    for row in made["rows"]:
        assert all(row["ratios"][system] <= row["limits"][system] for system in row["limits"]), (row, said)


def swapped(*words: str, seconds: int) -> tuple[int, dict, str]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "swap.json"
        command = [sys.executable, "-B", REPO / "tools/signet", "bench", "swap", *words, "--json", out]
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=seconds)
        assert out.is_file(), done.stdout + done.stderr
        return done.returncode, json.loads(out.read_text(encoding="utf-8")), done.stdout + done.stderr


@timeout(300)
def test_what_a_page_costs_is_measured_with_the_seal_and_without():
    rows = paging.table().rows
    assert set(rows) == set(limits.PAGING), rows
    cost = {name: row.instructions for name, row in rows.items()}
    assert all(cost[name] <= most for name, most in limits.PAGING.items()), cost
    assert 10_000 < cost["page_in_total"] - cost["page_in_without_crypto"] < cost["seal_open"], cost


@timeout(300)
def test_linux_and_signet_swap_side_by_side():
    _, made, said = swapped("--quick", seconds=280)
    assert [row["name"] for row in made["rows"]] == list(limits.SWAP), said
    for row in made["rows"]:
        for system in ("linux", "signet", "signet_unsealed"):
            assert row[system]["pages_in"] + row[system]["pages_out"] > 1000 and row[system]["pages_per_second"][0] > 0, (row, said)
        assert row["signet"]["instructions"] - row["signet_unsealed"]["instructions"] > 10_000, (row, said)  # the seal was on
    held(made, said)


@long
@timeout(1500)
def test_signet_swaps_at_what_it_may_cost_beside_linux():
    _, made, said = swapped(seconds=1480)
    assert len(made["rows"]) == len(limits.SWAP), said
    held(made, said)


@timeout(120)
def test_both_signets_touch_the_same_pages():
    """With the seal and without, the same program under the same policy moves as many pages, but for when a request is answered."""
    build.build_target(build_dir(), swap.UNSEALED_TARGET)
    runs = [swap.Signet(swap.QUICK, kernel).run(()) for kernel in ("signet.elf", swap.UNSEALED_KERNEL)]
    for name in limits.SWAP:
        sealed, unsealed = (sum(run.moved[name]) for run in runs)
        assert abs(sealed - unsealed) * 10 <= sealed, (name, sealed, unsealed)
