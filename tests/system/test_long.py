# SPDX-License-Identifier: BSD-2-Clause
"""The same as elsewhere, for longer: only `signet test long` runs these."""

import re

import disks
from signetkit.guest import Guest, long, timeout
from signetkit.paths import build_dir


@long
@timeout(600)
def test_a_thousand_programs_come_and_go_and_leave_nothing():
    once = "ping 10; die divide; die stack-overflow; ping handle 5; "
    rounds = once * 120 + "mem; " + once * 120 + "mem"  # the first rounds fill the console's and the shell's buffers
    result = Guest(mem=16).run(rounds, timeout=580)
    free = [int(kib) for kib in re.findall(r"RAM:\s+\d+ KiB, (\d+) KiB free", result.stdout)]
    assert len(free) == 2 and free[0] == free[1], free


@long
@timeout(1500)
def test_a_million_processes_are_made_and_stopped_and_leave_nothing():
    result = Guest(mem=16, swap=0, disk=None, image=build_dir() / "tests/system.img").run("attack rounds 1000000", timeout=1480)
    assert result.stdout == "rounds: survived\n", result


@long
@timeout(900)
def test_hogs_of_fifteen_times_the_ram_are_verified():
    result = Guest(mem=16).run("hog 240; echo $?", timeout=880)
    assert "hog: 240 MiB written and verified" in result.stdout and result.stdout.endswith("0\n"), result


@long
@timeout(900)
def test_files_read_right_for_minutes_under_three_hogs():
    data = disks.pattern(900_000)
    with disks.disk_of({"a": data}) as image:
        result = Guest(mem=24, disk=image).run("hog 60 & hog 60 & hog 60 & " + "sha256 /a; " * 60 + "wait; echo done $?", timeout=880)
    assert result.stdout.count(disks.sha256(data)) == 60, result.stdout[-2000:]
    assert result.stdout.count("60 MiB written and verified") == 3 and result.stdout.endswith("done 0\n"), result.stdout[-2000:]


@long
@timeout(900)
def test_every_kind_of_fault_ten_times_over_while_memory_is_short():
    kinds = re.findall(r"^(\S+)\s+(\d+)\s", Guest().run("die list").stdout, re.M)
    wanted = [(name, status) for name, status in kinds if name != "spin"]
    commands = "".join(f"die {name}; echo {name} $?\n" for name, _ in wanted)
    result = Guest(mem=20).run("hog 100 &\n" + commands * 10 + "wait; echo done $?", timeout=880)
    got = re.findall(r"^(\S+) (\d+)$", result.stdout, re.M)
    assert got[: len(wanted) * 10] == wanted * 10, [pair for pair in zip(got, wanted * 10) if pair[0] != pair[1]][:10]
    assert "done 0" in result.stdout


@long
@timeout(600)
def test_memory_beyond_4_gib_holds_what_is_written_there():
    result = Guest(mem=5120, swap=0).run("hog 4600", timeout=580)
    assert result.status == 0 and "4600 MiB written and verified" in result.stdout, result
