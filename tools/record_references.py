#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Records which pages ring 3 uses, in order, while Signet runs some commands: the recorded string of docs/replacement.md.

    record_references.py [--commands 'CMD; CMD'] [--out FILE]

A number for each use: process * 1,024 + page * 2, and 1 more if it is written. Processes and their pages are numbered as they come.
QEMU runs with a plug-in, tests/bench/record_plugin.c, and with so much RAM that nothing leaves it.
"""

import argparse
import sys
import tempfile
import textwrap
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
from signetkit.bench import counting  # noqa: E402
from signetkit.guest.guest import Guest  # noqa: E402
from signetkit.plain import Problem  # noqa: E402

FILE = ROOT / "tests/unit/kernel/recorded_string.inc"
COMMANDS = "; ".join(["ls /; cat /README.md; sha256 /docs/architecture.md; ping 20; hog 1"] * 2 + ["ls /docs; cat /docs/model.md; ping 20"])
PROCESSES, PAGES, USES = 16, 512, 24000  # tests/unit/kernel/reference_strings.h
MEM_MIB = 128


def record(commands: str) -> list[int]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "uses"
        result = Guest(mem=MEM_MIB, extra=counting.flags(counting.plugin("record_plugin"), out)).run(commands, timeout=600)
        if result.status != 0:
            raise Problem(f"the guest's commands ended with {result.status}:\n{result.stderr}")
        return numbered([tuple(map(int, line.split())) for line in out.read_text(encoding="ascii").splitlines()[1:]])


def numbered(uses: list[tuple[int, int, int]]) -> list[int]:
    processes: dict[int, int] = {}
    pages: defaultdict[int, dict[int, int]] = defaultdict(dict)
    numbers = []
    for of, place, write in uses:
        process = processes.setdefault(of, len(processes))
        page = pages[of].setdefault(place, len(pages[of]))
        if process >= PROCESSES or page >= PAGES:
            raise Problem(f"more than {PROCESSES} processes, or than {PAGES} pages of one: the unit test cannot hold that")
        numbers.append((process * PAGES + page) * 2 + write)
    if len(numbers) > USES:
        raise Problem(f"{len(numbers)} uses, and the unit test holds {USES}")
    return numbers


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commands", default=COMMANDS, help="what the shell does meanwhile")
    parser.add_argument("--out", type=Path, default=FILE)
    wish = parser.parse_args()
    try:
        numbers = record(wish.commands)
    except Problem as problem:
        print(f"record_references: {problem}", file=sys.stderr)
        return 1
    head = ["/* SPDX-License-Identifier: BSD-2-Clause */", "/* Written by tools/record_references.py. */"]
    lines = textwrap.wrap(", ".join(map(str, numbers)) + ",", 118)
    wish.out.write_text("\n".join(head + lines) + "\n", encoding="ascii")
    print(f"{wish.out.name}: {len(numbers)} uses of {len({number // 2 for number in numbers})} pages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
