# SPDX-License-Identifier: BSD-2-Clause
"""Rows 21 to 25 of docs/faults.md: a pager that cheats harms at most the process whose page it cheats with.

The system is tests/system/programs/hostile.toml. In each test the pager `cheater` cheats once or more on pages of `owner`, in the
way that the owner says. After that everybody else has to be as before: `witness` has most of its pages in the same store, another
owner pages with the same pager, now honest again, the shell answers, and no memory is lost.
"""

import re
from typing import NamedTuple

from signetkit.guest import Guest
from signetkit.paths import build_dir

SWAP_MIB = 6  # so few that slots come back
LOST_KIB_MAX = 64  # page tables and kernel objects that are made once
CAME_BACK_WRONG = "one of its pages came back from the pager wrong"
NOT_READ_BACK = "one of its pages could not be read back"
DIED = 128
BUFFER = 0x400000000000  # where the owner's pages are


class Outcome(NamedTuple):
    """What became of the owner; what the pager did; how many loans its accomplice had kept."""

    status: int
    told: str
    cheats: int
    tried: int
    refused: int
    loans: int
    log: str
    stderr: str


def cheated(how: str, times: int = 1) -> Outcome:
    """What the owner met when it was cheated that way; asserts that nobody else met anything."""
    commands = f"owner told; mem; owner {how} {times}; echo = $?; owner told; owner honest; owner release; mem; echo alive"
    result = Guest(image=build_dir() / "tests/hostile.img", swap=SWAP_MIB).run(commands, timeout=110)
    before, after = result.stdout.split("= ")
    status = int(after.split("\n")[0])
    free = [int(kib) for kib in re.findall(r"(\d+) KiB free", result.stdout)]
    cheats, refused, tried = map(int, re.search(r"pager: (\d+) cheats, (\d+) of (\d+) refused", after).groups())
    assert result.stdout.count("witness: 0 of 256 pages are wrong\n") == 2, result
    assert "owner: 0 of 256 pages are wrong\n" in after and after.endswith("alive\n") and result.status == 0, result
    assert free[0] - free[1] < LOST_KIB_MAX, free
    assert set(re.findall(r"process (\S+) ended", result.log)) <= {"owner", "pager"}, result.log
    loans = int(re.search(r"keeper: (\d+) loans", after)[1])
    return Outcome(status, before, cheats, tried, refused, loans, result.log, result.stderr)


def unnoticed(how: str, times: int = 1) -> Outcome:
    """The same, and the owner met nothing."""
    found = cheated(how, times)
    assert found.status == 0 and "owner: 0 of 256 pages are wrong\n" in found.told and found.stderr == "", found
    assert "process owner ended" not in found.log, found.log
    return found


def ended(how: str, reason: str, times: int = 1) -> Outcome:
    """The same, and the owner ended for this reason, which both log and shell tell, with one of its pages."""
    found = cheated(how, times)
    page = re.search(rf"process owner ended: {reason} \(address ([0-9a-f]+), ", found.log)
    assert page and BUFFER <= int(page[1], 16) < BUFFER + (1 << 20) and found.status > DIED, found
    assert re.search(f"owner: ended: {reason}\n", found.stderr) and "owner: " not in found.told, found
    return found


# ---- answers that are none ----


def test_of_two_answers_with_one_token_the_second_is_refused():
    found = unnoticed("twice", 5)
    assert found.cheats == found.tried == found.refused == 5, found


def test_answers_with_forged_tokens_are_refused():
    found = unnoticed("forged", 3)
    assert found.cheats == 3 and found.tried == found.refused == 3 * 64, found


def test_an_answer_that_brings_more_than_was_asked_for_is_refused():
    found = unnoticed("many", 5)
    assert found.cheats == 5 and found.tried == found.refused == 2 * 5, found


# ---- the frames ----


def test_lent_pages_are_not_unmapped():
    found = unnoticed("unmap", 5)
    assert found.cheats == found.tried == found.refused == 5, found


def test_lent_pages_are_not_given_away():
    found = unnoticed("give", 5)
    assert found.cheats == found.tried == found.refused == 5, found


def test_there_is_no_answer_while_a_device_may_reach_lent_pages():
    found = unnoticed("dma", 5)
    assert found.cheats == found.tried == found.refused == 5, found


def test_a_page_on_its_way_out_that_is_lent_on_and_kept_is_not_missed():
    found = unnoticed("keep-out", 5)
    assert found.cheats == found.loans == 5, found


def test_a_page_on_its_way_in_that_is_lent_on_and_kept_ends_its_owner():
    found = ended("keep-in", f"(?:{CAME_BACK_WRONG}|{NOT_READ_BACK})")
    assert found.cheats == found.loans == 1, found


# ---- errors ----


def test_an_error_on_page_in_is_not_noticed_if_the_second_try_works():
    assert unnoticed("error-in").cheats == 1


def test_a_page_that_can_not_be_brought_in_twice_ends_its_owner():
    assert ended("error-in", NOT_READ_BACK, 2).cheats == 2


def test_a_page_that_can_not_be_stored_stays_in_ram():
    found = unnoticed("error-out", 3)
    assert found.cheats == 3 and "could not be written" in found.log, found
