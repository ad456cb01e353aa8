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


def boot(commands: str, rules):
    with disks.folder() as place:
        swap = disks.failing(place, SWAP_MIB, *rules)
        return Guest(image=build_dir() / "tests/hostile.img", swap_file=swap).run(commands, timeout=60)


def run(*rules: str):
    result = boot("owner told; owner honest; echo = $?; owner told; echo alive", rules)
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
    """Read and once more; as often before, at worst, for pages that were read ahead with one that is good."""
    result = run(*at_slots(1, 'iotype = "read"'))
    assert f"owner: ended: {NOT_READ_BACK}\n" in result.stderr and 2 <= errors(result) <= 8, result
    assert re.search(rf"process owner ended: {NOT_READ_BACK} \(address 4000000[0-9a-f]{{5}}, ", result.log), result.log


@timeout(90)
def test_a_page_whose_write_fails_stays_in_ram():
    result = run(*at_slots(16, 'iotype = "write"', 'once = "on"'))
    assert errors(result) > 2 and "could not be written" in result.log, result
    assert_owner_is_well(result)


@timeout(90)
def test_who_can_write_no_page_out_ends_and_the_system_does_not_hang():
    """The witness, whose pages have to go as well when it looks at others, is not asked."""
    result = boot("owner told; owner honest; echo = $?; echo alive", at_slots(1, 'iotype = "write"'))
    assert "process owner ended: memory and swap are used up" in result.log and result.stdout.endswith("alive\n"), result
    assert 0 < result.log.count("could not be written") < 100, result.log
