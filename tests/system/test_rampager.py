# SPDX-License-Identifier: BSD-2-Clause
"""Another pager than the default system's: servers/rampager.toml has one that keeps pages in its own memory, and no swap disk."""

import re

from signetkit.guest import Guest, timeout
from signetkit.paths import build_dir


def guest() -> Guest:
    return Guest(mem=40, swap=0, image=build_dir() / "tests/rampager.img")


def kib_of_swap(text: str) -> list[tuple[int, int]]:
    """What each `mem` shows: the whole, and what is used."""
    return [(int(whole), int(used)) for whole, used in re.findall(r"swap: (\d+) KiB, (\d+) KiB used", text)]


@timeout(120)
def test_a_pager_that_keeps_pages_in_memory_needs_no_disk():
    with guest() as one:
        one.expect("signet> ")
        one.send("hog 28 -v &\n")
        one.expect("hog: wrote 7168 of 7168 pages", timeout=100)
        one.send("mem\n")
        one.expect("swap:")
        whole, used = kib_of_swap("swap:" + one.expect("signet> ", timeout=60))[0]
        assert 15 << 10 < whole < 16 << 10 and used > 2 << 10, (whole, used)
        one.send("wait; echo $?\n")
        one.expect("28 MiB written and verified", timeout=100)
        assert "pager: keeps" in one.log() and "paging: on" in one.log(), one.log()


def test_what_does_not_fit_memory_and_the_pagers_memory_is_refused():
    result = guest().run("hog 64; echo $?; hog 8; mem")
    assert "64 MiB cannot be had: memory and swap are used up" in result.stderr, result
    assert result.stdout.startswith("1\nhog: 8 MiB written and verified"), result
