# SPDX-License-Identifier: BSD-2-Clause
"""Row 25 of docs/faults.md: the swap disk fails, once or always. QEMU's blkdebug driver fails reads or writes of some blocks.

The system is that of test_hostile_pager.py, with nobody cheating. The blocks that fail are beyond those of the witness, whose pages are
stored before `owner` begins: only the owner meets them.
"""

import re

import disks
from signetkit.guest import Guest, timeout
from signetkit.paths import build_dir
from test_hostile_pager import NOT_READ_BACK, SWAP_MIB

FIRST, SLOTS = 400, 768
SECTORS = 8  # of a slot


def run(*rules: str):
    with disks.folder() as place:
        swap = disks.failing(place, SWAP_MIB, *rules)
        result = Guest(image=build_dir() / "tests/hostile.img", swap_file=swap).run("owner told; owner honest; echo = $?; owner told; echo alive", timeout=60)
    assert result.stdout.count("witness: 0 of 256 pages are wrong\n") == 2 and result.stdout.endswith("alive\n"), result
    return result


def errors(result) -> int:
    return int(re.search(r"disk: (\d+) errors", result.stdout.split("= ")[1])[1])


def at_slots(every: int, *clauses: str) -> list[str]:
    return ["\n".join((*clauses, f'sector = "{slot * SECTORS}"')) for slot in range(FIRST, SLOTS, every)]


def assert_owner_is_well(result) -> None:
    assert "owner: 0 of 256 pages are wrong\n= 0\n" in result.stdout and "process owner" not in result.log, result


@timeout(90)
def test_a_read_that_fails_once_is_tried_again_and_nobody_notices():
    """At most one failing slot in each request."""
    result = run(*at_slots(16, 'iotype = "read"', 'once = "on"'))
    assert errors(result) > 2, result
    assert_owner_is_well(result)


@timeout(90)
def test_a_read_that_always_fails_ends_whose_page_it_is():
    result = run(*at_slots(1, 'iotype = "read"'))
    assert f"owner: ended: {NOT_READ_BACK}\n" in result.stderr and errors(result) == 2, result
    assert re.search(rf"process owner ended: {NOT_READ_BACK} \(address 4000000[0-9a-f]{{5}}, ", result.log), result.log


@timeout(90)
def test_a_page_whose_write_fails_stays_in_ram():
    result = run(*at_slots(16, 'iotype = "write"', 'once = "on"'))
    assert errors(result) > 2 and "could not be written" in result.log, result
    assert_owner_is_well(result)
