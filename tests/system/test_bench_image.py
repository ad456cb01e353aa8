# SPDX-License-Identifier: BSD-2-Clause
"""The kernel that docs/bench-format.md shows is somebody else's: it is taken from the page, built as the page says, and measured."""

import json
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from signetkit.guest.guest import timeout
from signetkit.paths import REPO

PAGE = REPO / "docs/bench-format.md"
GRUB = "set timeout=0\nmenuentry toy { multiboot /toy.elf }\n"


def build(folder: Path) -> Path:
    page = PAGE.read_text(encoding="utf-8")
    (folder / "toy.c").write_text(re.search(r"^```c\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[1], encoding="utf-8")
    command = re.search(r"^    (gcc .* toy\.c -o toy\.elf)$", page, re.MULTILINE)[1]
    subprocess.run([*shlex.split(command), "-Wall", "-Wextra", "-Wconversion", "-Werror"], cwd=folder, check=True)
    return folder / "toy.elf"


def bench(folder: Path, *words) -> tuple[dict, str]:
    """The figures, and what was printed."""
    out = folder / "toy.json"
    done = subprocess.run([sys.executable, "-B", REPO / "tools/signet", "bench", *words, "--json", out], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(out.read_text(encoding="utf-8")), done.stdout


def check(figures: dict) -> None:
    (row,) = figures["rows"]
    assert (figures["system"], row["name"], row["ops"]) == ("toy", "ipc_rt_0w", 1000), figures
    assert 4 < row["instructions"] < 20, row


@timeout(180)
def test_the_kernel_of_the_page_is_measured():
    with tempfile.TemporaryDirectory(prefix="toy-") as place:
        folder = Path(place)
        figures, printed = bench(folder, "--image", build(folder))
        check(figures)
        assert figures["rows"][0]["ticks"]["median"] > 0, figures
        assert "ipc_rt_0w" in printed, printed
        _, printed = bench(folder, "--compare", REPO / "tests/bench/peers/sel4.json", set_aside(folder))
        assert re.search(r"(?m)^ipc_rt_0w +437 +\S+  0\.0\dx$", printed), printed


def set_aside(folder: Path) -> Path:
    """The figures, out of the way of the next ones."""
    return (folder / "toy.json").rename(folder / "measured.json")


@timeout(180)
def test_the_kernel_of_the_page_is_measured_from_an_iso():
    with tempfile.TemporaryDirectory(prefix="toy-") as place:
        folder = Path(place)
        build(folder)
        (folder / "iso/boot/grub").mkdir(parents=True)
        (folder / "toy.elf").rename(folder / "iso/toy.elf")
        (folder / "iso/boot/grub/grub.cfg").write_text(GRUB, encoding="ascii")
        subprocess.run(["grub-mkrescue", "-o", folder / "toy.iso", folder / "iso"], check=True, capture_output=True)
        check(bench(folder, "--image", folder / "toy.iso", "--quick")[0])
