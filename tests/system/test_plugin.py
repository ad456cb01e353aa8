# SPDX-License-Identifier: BSD-2-Clause
"""Plug-ins as processes: whatever one does, its host goes on, and what was not lent is as it was. docs/tutorial-plugin.md is true."""

import re
import time

import disks
import test_trace
import test_tutorial
from signetkit.guest import Guest, timeout
from signetkit.paths import REPO

WHOLE = "host: what was not lent is as it was\n"
PAGE = REPO / "docs/tutorial-plugin.md"
CRASHES = 100


def run(commands: str, **hardware):
    result = Guest(disk=None, **hardware).run(commands, timeout=100)
    assert "PANIC" not in result.log, result.log
    return result


def assert_survived(filter_name: str, reason: str) -> None:
    """Both texts get two plug-ins each, which fail; then the next filter changes them, in the same host."""
    result = run(f"host {filter_name},upper first second; echo $?")
    assert result.stdout == "FIRST\nSECOND\n1\n", result
    told = result.stderr.splitlines()
    assert len(told) == 5 and result.stderr.endswith(WHOLE), result
    for line, then in zip(told[:-1], ("a fresh one gets the text", "the text stays as it was") * 2, strict=True):
        assert re.fullmatch(f"host: {filter_name}: the plug-in {reason}; {then}", line), line


# ---- as it should be ----


def test_plug_ins_change_every_text_one_after_the_other():
    result = run('host upper "some text" more; host rot13,upper "Some text"; host wc "a b c"; echo $?')
    assert result.stdout == "SOME TEXT\nMORE\nFBZR GRKG\n0 3 5\n0\n" and result.stderr == "", result


def test_one_plug_in_serves_all_texts_and_is_stopped_when_they_are_done():
    result, lines = test_trace.traced("host upper one two three", "fault", disk=None)
    ends = [line for line in lines if " plugin  ends: " in line]
    assert len(ends) == 1 and "it was stopped by its parent" in ends[0] and result.stdout == "ONE\nTWO\nTHREE\n", (result, lines)
    assert "process plugin" not in result.log, result.log


# ---- not as it should be ----


def test_a_plug_in_that_crashes_is_named_with_its_fault():
    assert_survived("crash", r"ended: it wrote an address that is not writable \(0xdead000\)")


def test_a_plug_in_that_writes_past_the_lent_pages_ends_at_their_end():
    """The page that was lent lies at the start of a window; what follows is not there."""
    assert_survived("overrun", r"ended: it wrote an address that is not writable \(0x[0-9a-f]+1000\)")


@timeout(120)
def test_a_plug_in_that_loops_or_is_silent_is_stopped_at_the_deadline():
    for name in ("loop", "silent"):
        assert_survived(name, "did not answer within 1000 ms and was stopped")


def test_an_answer_that_is_not_of_the_contract_or_not_true_is_refused():
    for name in ("lies", "boasts"):
        assert_survived(name, "was stopped: the message is none of the contract's")


def test_words_that_name_no_filter_get_the_usage():
    for words in ("upper,,upper text", ",upper text", "upper, text", "-n 1234567 upper text", "upper"):
        result = run(f"host {words}; echo $?")
        assert (result.stdout, result.stderr) == ("2\n", "usage: host [-n ROUNDS] FILTER[,FILTER...] TEXT...\n"), (words, result)


def test_a_plug_in_that_cannot_start_is_told():
    assert_survived("nobody-knows-it", "knows no such filter")


def test_pages_that_were_answered_are_out_of_reach():
    """The plug-in answers the first text and then writes on; what it was lent is back with the host by then."""
    result = run("host keeps first second third; echo $?")
    assert result.stdout == "first\nsecond\nthird\n0\n", result
    line = r"host: keeps: the plug-in ended: it wrote an address that is not writable \(0x[0-9a-f]+000\); a fresh one gets the text\n"
    assert re.fullmatch(f"(?:{line}){{2}}{WHOLE}", result.stderr), result


# ---- what it costs ----


@timeout(150)
def test_after_100_crashes_all_memory_is_back():
    result = run(f"host crash a; mem; host -n {CRASHES // 2} crash,upper text; mem", swap=0, mem=16)
    assert f"host: {CRASHES // 2} rounds, {CRASHES} plug-ins failed\n" in result.stdout and "TEXT\n" in result.stdout, result
    pages, kernel_bytes = map(int, re.search(r"round (-?\d+) pages and (-?\d+) bytes", result.stdout).groups())
    assert pages <= 4 and kernel_bytes == 0, result
    free = [int(kib) for kib in re.findall(r"(\d+) KiB free", result.stdout)]
    assert len(free) == 2 and free[0] - free[1] < 100, free


@timeout(120)
def test_a_plug_in_does_not_outlive_its_host():
    """The host is killed while its second plug-in loops: nobody else could stop that."""
    with Guest(disk=None) as one:
        one.expect("signet> ")
        one.send("host loop text &\n")
        one.expect("a fresh one gets the text")
        time.sleep(0.3)
        one.send("kill host\n")
        one.expect_log("process plugin is stopped: nobody holds it any more")
        one.send("host upper goes-on\n")
        one.expect("GOES-ON")
        assert one.log().count("process plugin") == 1, one.log()


# ---- the page ----


@timeout(300)
def test_the_tutorial_for_plug_ins_is_true():
    blocks = test_tutorial.BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    with disks.folder() as home:
        shell = test_tutorial.Shell(home)
        try:
            commands = sum(test_tutorial.type_commands(shell, text) for kind, _, text in blocks if kind == "console")
        finally:
            shell.end()
    assert commands >= 6, commands
