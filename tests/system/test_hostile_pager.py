# SPDX-License-Identifier: BSD-2-Clause
"""Rows 21 to 25 of docs/faults.md: a pager that cheats harms at most the process whose page it cheats with.

The system is tests/system/programs/hostile.toml. In each test the pager `cheater` cheats once or more on pages of `owner`, in the
way that the owner says. After that everybody else has to be as before: `witness` has most of its pages in the same store, another
owner pages with the same pager, now honest again, the shell answers, and no memory is lost.
"""

import re
import time
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
    outs: int  # pages of the owner that the pager stored, and looked at
    log: str
    stderr: str


def cheated(how: str, times: int = 1) -> Outcome:
    """What the owner met when it was cheated that way; asserts that nobody else met anything."""
    commands = f"owner told; mem; owner {how} {times}; echo = $?; owner told; owner honest; owner release; mem; echo alive"
    result = Guest(image=build_dir() / "tests/hostile.img", swap=SWAP_MIB).run(commands, timeout=110)
    before, after = result.stdout.split("= ")
    status = int(after.split("\n")[0])
    free = [int(kib) for kib in re.findall(r"(\d+) KiB free", result.stdout)]
    told = re.search(r"pager: (\d+) cheats, (\d+) of (\d+) refused, the marker in (\d+) of (\d+) pages", after)
    cheats, refused, tried, seen, outs = map(int, told.groups())
    assert result.stdout.count("witness: 0 of 256 pages are wrong\n") == 2, result
    assert "owner: 0 of 256 pages are wrong\n" in after and after.endswith("alive\n") and result.status == 0, result
    assert free[0] - free[1] < LOST_KIB_MAX, free
    assert set(re.findall(r"process (\S+) ended", result.log)) <= {"owner", "pager"}, result.log
    assert seen == 0, "the pager read a word of the owner's"
    loans = int(re.search(r"keeper: (\d+) loans", after)[1])
    return Outcome(status, before, cheats, tried, refused, loans, outs, result.log, result.stderr)


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


def does_not_open(how: str, cheats: int = 1) -> Outcome:
    """The owner ended since one of its pages was not what it had been, before it or anybody could see a byte of that."""
    found = ended(how, CAME_BACK_WRONG)
    assert found.cheats == cheats, found
    return found


# ---- what the pager stores and brings back ----


def test_the_pager_finds_no_word_of_its_clients_in_what_it_stores():
    assert unnoticed("twice").outs > 500


def test_a_wrong_page_does_not_open():
    does_not_open("wrong")


def test_a_page_of_zeros_does_not_open():
    does_not_open("zeros")


def test_an_old_version_of_a_page_does_not_open():
    does_not_open("old")


def test_two_pages_in_each_others_place_do_not_open():
    does_not_open("swapped")


def test_a_page_of_another_process_does_not_open():
    does_not_open("another")


def test_a_page_with_one_bit_changed_does_not_open():
    does_not_open("flipped")


def test_the_page_that_was_brought_in_before_does_not_open():
    does_not_open("repeated")


def test_too_few_pages_do_not_open():
    does_not_open("few")


def test_an_answer_that_comes_before_its_pages_does_not_open():
    does_not_open("early")


def test_a_pager_that_fills_pages_after_its_answer_ends_and_they_do_not_open():
    found = does_not_open("late", cheats=0)  # who is started again knows of none
    assert "process pager ended: it read an address that is not mapped" in found.log, found


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


# ---- it dies, or is silent ----


def dies_unnoticed(how: str, reason: str) -> None:
    """What it had stored is there, and the next instance is asked again what it had not answered."""
    found = unnoticed(how)
    assert f"process pager ended: {reason}" in found.log and found.log.count("supervisor: pager: started again") == 1, found


def test_a_pager_that_dies_with_a_page_on_its_way_in_is_not_missed():
    dies_unnoticed("die-in", "it executed an instruction that does not exist")


def test_a_pager_that_dies_with_a_page_on_its_way_out_is_not_missed():
    dies_unnoticed("die-out", "it executed an instruction that does not exist")


def test_a_pager_that_writes_to_what_it_may_only_read_ends_and_is_not_missed():
    dies_unnoticed("write-out", "it wrote an address that is not writable")


def test_a_pager_that_never_answers_is_ended_and_meanwhile_who_needs_no_page_runs_on():
    with Guest(image=build_dir() / "tests/hostile.img", swap=SWAP_MIB) as one:
        one.expect("signet> ")
        one.send("owner never &\n")
        one.expect("signet> ")
        for _ in range(4):
            time.sleep(1)
            one.send("echo still here\n")
            one.expect("still here\r\n", timeout=5)
        assert "process pager ended" not in one.log(), one.log()
        one.expect_log("process pager ended: it did not answer", timeout=40)
        one.send("wait; echo = $?\n")
        one.expect("owner: 0 of 256 pages are wrong", timeout=60)
        one.expect("= 0")


# ---- errors ----


def test_an_error_on_page_in_is_not_noticed_if_the_second_try_works():
    assert unnoticed("error-in").cheats == 1


def test_a_page_that_can_not_be_brought_in_twice_ends_its_owner():
    assert ended("error-in", NOT_READ_BACK, 2).cheats == 2


def test_a_page_that_can_not_be_stored_stays_in_ram():
    found = unnoticed("error-out", 3)
    assert found.cheats == 3 and "could not be written" in found.log, found
