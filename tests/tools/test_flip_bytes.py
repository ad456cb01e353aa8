# SPDX-License-Identifier: BSD-2-Clause
"""The size from which on libsys gives pages rather than copy bytes is where the rows of the baseline cross."""

import json
import re
import unittest

import support  # noqa: F401 (puts tools/ on the path)

from signetkit.paths import REPO

PAGE = 4096


def rows() -> dict[str, float]:
    found = json.loads((REPO / "tests/bench/baseline.json").read_text(encoding="utf-8"))["rows"]
    return {row["name"]: row["instructions"] for row in found}


def crossing(cost: dict[str, float]) -> int:
    """The least size with a row of its own at which giving costs less, and does at all above. Loose pages cost the same each."""
    each = (cost["flip_rt_64k"] - cost["flip_rt_4k"]) / 15
    sizes = sorted(int(name.rpartition("_")[2]) for name in cost if re.fullmatch(r"ipc_rt_copy_\d+", name))
    whole = [size for size in sizes if size % PAGE == 0]
    given = {size: cost["flip_rt_4k"] + each * (size // PAGE - 1) for size in whole}
    less = [size for size in whole if all(given[more] < cost[f"ipc_rt_copy_{more}"] for more in whole if more >= size)]
    return less[0]


class FlipBytes(unittest.TestCase):
    def test_the_constant_is_where_the_rows_of_the_baseline_cross(self):
        header = (REPO / "libsys/data.h").read_text(encoding="utf-8")
        constant = re.search(r"IPC_FLIP_BYTES = (\d+)", header)
        self.assertEqual(int(constant[1]), crossing(rows()))

    def test_where_rows_cross(self):
        cost = {"flip_rt_4k": 100.0, "flip_rt_64k": 1600.0, "ipc_rt_copy_64": 1.0}
        cost |= {f"ipc_rt_copy_{4096 << i}": (101.0, 199.0, 401.0)[i] for i in range(3)}
        self.assertEqual(crossing(cost), 16384)


if __name__ == "__main__":
    unittest.main()
