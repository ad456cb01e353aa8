# SPDX-License-Identifier: BSD-2-Clause
"""Memory: three times the RAM, paged drivers, and what happens when there is no more."""

import re
import time

import disks
from signetkit.guest import Guest, timeout
from signetkit.paths import build_dir


def rows_of_ps(text: str) -> dict[str, list[str]]:
    return {line.split()[0]: line.split() for line in text.splitlines() if line and not line.startswith("PROCESS")}


@timeout(180)
def test_a_program_of_three_times_the_ram_runs_without_noticing():
    result = Guest(mem=32).run("hog 96", timeout=170)
    assert result.status == 0 and "96 MiB" in result.stdout, result


@timeout(180)
def test_drivers_and_file_systems_are_paged_and_go_on_working():
    data = disks.pattern(200_000)
    with disks.disk_of({"a": data}) as image:
        with Guest(mem=32, disk=image) as guest:
            guest.expect("signet> ")
            guest.send("hog 96 &\n")
            guest.expect("signet> ")
            swapped = {"console": 0, "files": 0, "shell": 0}
            for _ in range(12):
                guest.send("sha256 /a\n")
                assert disks.sha256(data) in guest.expect("signet> ", timeout=60)
                guest.send("ps\n")
                guest.expect("ps")
                shown = rows_of_ps(guest.expect("signet> ", timeout=60))
                for name in swapped:
                    swapped[name] = max(swapped[name], int(shown[name][4]))
                if "hog" not in shown or min(swapped["files"], swapped["console"]) > 0:
                    break
                time.sleep(0.7)
            assert swapped["files"] > 0 and swapped["console"] > 0, swapped
            guest.send("wait; echo $?\n")
            guest.expect("0\r\n", timeout=170)


def test_a_hog_larger_than_ram_and_swap_is_refused_and_the_system_lives():
    result = Guest(mem=32, swap=64).run("hog 500; echo alive")
    assert result.stdout.endswith("alive\n"), result
    assert "500 MiB" in result.stderr, result


def test_without_swap_memory_that_is_not_there_is_refused():
    result = Guest(mem=32, swap=0).run("hog 64; echo $?; hog 8; echo alive")
    assert "alive" in result.stdout and "1\n" in result.stdout, result
    assert "8 MiB" in result.stdout, result


@timeout(180)
def test_two_hogs_share_the_machine():
    result = Guest(mem=32).run("hog 40 & hog 40 & wait; echo done $?", timeout=170)
    assert len(re.findall("40 MiB", result.stdout)) == 2 and "done 0" in result.stdout, result


def test_16_mib_are_enough_to_page():
    result = Guest(mem=16).run("hog 32", timeout=100)
    assert result.status == 0, result


@timeout(180)
def test_pages_given_while_most_are_outside_ram_arrive_as_they_were():
    guest = Guest(mem=32, disk=None, image=build_dir() / "tests/system.img")
    result = guest.run("giver 6", timeout=170)
    found = re.fullmatch(r"giver: 6 rounds, at least (\d+) pages outside RAM, all as it should be\n", result.stdout)
    assert result.status == 0 and found and int(found[1]) > 500, result


@timeout(120)
def test_4_mib_lent_while_some_are_outside_ram_or_never_touched_come_back_as_they_were_written():
    guest = Guest(mem=32, disk=None, image=build_dir() / "tests/system.img")
    result = guest.run("giver lends 6", timeout=110)
    found = re.fullmatch(r"giver: lent 6 times, at least (\d+) pages outside RAM, done, 0 wrong\n", result.stdout)
    assert result.status == 0 and found and int(found[1]) > 100, result


def memory(text: str) -> dict[str, int]:
    """The numbers that `mem` shows, by the words around them."""
    patterns = {"ram": r"RAM: +(\d+)", "free": r"(\d+) KiB free", "low": r"low mark (\d+)", "high": r"high mark (\d+)",
                "swap": r"swap: +(\d+)", "used": r"(\d+) KiB used", "in": r"in: +(\d+)", "ahead": r"(\d+) read ahead",
                "ahead_used": r"(\d+) of these used", "out": r"out: +(\d+)", "dropped": r"(\d+) dropped clean"}
    return {name: int(re.findall(pattern, text)[-1]) for name, pattern in patterns.items()}


@timeout(180)
def test_ps_and_mem_count_what_paging_has_done():
    result = Guest(mem=32).run("mem; hog 64; mem; ps -m", timeout=170)
    before, after = memory(result.stdout.split("hog:")[0]), memory(result.stdout)
    assert (before["in"], before["ahead"], before["dropped"]) == (0, 0, 0) and before["used"] == before["out"], before
    assert before["free"] > before["high"] > before["low"] > 0, before
    out = 64 * 1024 - before["free"]  # what does not fit has to be written once at least, and read again
    assert after["out"] > out and after["in"] > out and after["dropped"] > 0, after
    assert after["ahead_used"] <= after["ahead"] < after["in"] and "did not open" not in result.stdout, after
    titles = result.stdout[result.stdout.index("PROCESS"):].splitlines()[0].split("RESTARTS")[0].split()
    rows = [dict(zip(titles, row)) for row in rows_of_ps(result.stdout[result.stdout.index("PROCESS"):]).values()]
    paged = [row for row in rows if row["PINNED"] != row["RESIDENT"]]
    assert len(rows) > len(paged) > 3, rows
    for row in rows:
        kib = {key: int(row[key]) for key in titles[2:]}
        assert kib["STORED"] <= kib["RESIDENT"] and kib["MINOR"] > 0, row
        assert kib["IN"] >= kib["STORED"] and kib["IN"] - kib["AHEAD"] <= 4 * kib["MAJOR"], row
        assert row in paged or (kib["SWAPPED"], kib["IN"], kib["OUT"]) == (0, 0, 0), row
    assert any(int(row["IN"]) > 0 and int(row["OUT"]) > 0 for row in paged), rows


@timeout(180)
def test_a_program_that_fills_swap_starves_nobody():
    data = disks.pattern(50_000)
    with disks.disk_of({"a": data}) as image:
        with Guest(mem=32, swap=16, disk=image) as guest:
            guest.expect("signet> ")
            guest.send("hog 41 &\n")
            guest.expect("signet> ")
            most = 0
            for _ in range(12):
                guest.send("sha256 /a\n")
                assert disks.sha256(data) in guest.expect("signet> ", timeout=60)
                guest.send("hog 1\n")
                assert "1 MiB" in guest.expect("signet> ", timeout=60)
                guest.send("mem\n")
                seen = memory(guest.expect("signet> ", timeout=60))
                most = max(most, seen["used"])
                if most > seen["swap"] * 8 // 10:
                    break
            assert most > 13 * 1024, most  # slots get scarce at 7/8: then pages in RAM give theirs up
            guest.send("wait; echo $?\n")
            guest.expect("0\r\n", timeout=170)


def test_data_is_copied_or_given_whichever_costs_less():
    guest = Guest(disk=None, image=build_dir() / "tests/system.img")
    result = guest.run("giver data 100 4096 8192 8193 65536 1048576")
    ways = re.findall(r"giver: (\d+) bytes, (copied|given), arrived\n", result.stdout)
    assert result.status == 0, result
    assert [way for _, way in ways] == ["copied", "copied", "given", "copied", "given", "given"], result
