# SPDX-License-Identifier: BSD-2-Clause
"""Rows 7-10, 15-20, 24 and 26 of docs/faults.md: programs that try to break the kernel, or each other, from ring 3. One boot runs many."""

from signetkit.guest import Guest, timeout
from signetkit.paths import build_dir

NUMBERED = ("spawns", "rounds", "channels", "threads", "maps", "notify", "deadlines")
UNASKED = ("unasked", "contracts", "births", "peers", "severed", "circles")
HOSTILE = ("ranges", "handles", "tags", "replies", "odd-loans", "windows", "keep", "hole")


def survive(names, **hardware) -> None:
    """Each attack says that it survived, the machine does not panic, and messages still go to and fro afterwards."""
    commands = "; ".join(f"attack {name}" for name in names) + "; ping 100; echo alive"
    result = Guest(disk=None, image=build_dir() / "tests/system.img", **hardware).run(commands, timeout=150)
    missing = [name for name in names if f"{name}: survived\n" not in result.stdout]
    assert not missing, f"{missing}: {result.stdout}{result.stderr}"
    assert "ping: 100 round trips" in result.stdout and "alive\n" in result.stdout, result
    assert "PANIC" not in result.log and result.qemu_status == 33, result.log


@timeout(170)
def test_hostile_calls_handles_tags_tokens_and_loans_are_refused_or_end_their_process():
    survive(HOSTILE)


@timeout(170)
def test_what_nobody_asked_for_is_refused_and_what_is_anothers_stays_so():
    survive(UNASKED)


@timeout(170)
def test_what_is_made_without_end_ends_at_the_quota_and_comes_back():
    survive(NUMBERED)


@timeout(170)
def test_bytes_whose_pages_leave_between_messages_are_what_is_there_or_end_their_process():
    survive(["leaving"])


@timeout(170)
def test_random_calls_with_hostile_arguments_end_at_most_their_process():
    survive(["fuzz"])


@timeout(170)
def test_buffers_and_mappings_changed_during_calls_harm_nobody():
    survive(["race"])


@timeout(170)
def test_attacks_fail_without_swap_and_on_an_old_cpu_too():
    survive(("ranges", "hole", "keep", "channels", "race", "leaving"), swap=0, cpu="qemu64")
