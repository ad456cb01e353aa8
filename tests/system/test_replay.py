# SPDX-License-Identifier: BSD-2-Clause
"""Rows 14 and 40 of docs/faults.md: calls that a server held when it died are given to its successor, and nobody notices.

The system is that of test_restart.py: tests/system/programs/restart.toml.
"""

import re

import disks
from signetkit.guest import timeout
from test_restart import guest, restarts, run


def test_an_idempotent_call_goes_to_the_next_server_and_any_other_is_interrupted():
    result = run("ask-recovering 20000 again & ask-recovering 20000 & ask-silent 300; kill recovering; wait; ps")
    assert result.stdout.count("ask-recovering: answered\n") == 1, result
    assert result.stdout.count("ask-recovering: the server died while it held the call\n") == 1, result
    assert restarts(result.stdout, "recovering") == 1, result


def test_a_call_that_kills_two_servers_is_interrupted_and_the_third_lives():
    result = run("ask-poisoned 20000 again; ask-silent 1500; ps")
    assert "ask-poisoned: the server died while it held the call\n" in result.stdout, result
    assert result.log.count("process poisoned ended") == 2 and restarts(result.stdout, "poisoned") == 2, result


# ---- the disk is slow, so whoever is killed has something in flight ----

SLOW = ("-set", "drive.disk.throttling.iops-total=30")
BIG = 500_000


def on_a_slow_disk(commands: str):
    with disks.disk_of({"small": b"small\n", "big": disks.pattern(BIG)}) as image:
        result = guest(disk=image, extra=SLOW).run(f"{commands}; wait; cat /small; ps", timeout=140)
    assert re.sub(r"\[\d+\]\n", "", result.stderr) == "" and "small\nPROCESS" in result.stdout, result
    return result


@timeout(150)
def test_a_file_is_read_on_when_the_disk_driver_dies_with_dma_in_flight():
    result = on_a_slow_disk("endure /big 9 disk")
    assert "endure: 9 reads, 9 kills\n" in result.stdout and restarts(result.stdout, "disk") == 9, result
    assert restarts(result.stdout, "files") == 0, result


@timeout(150)
def test_a_file_is_read_on_when_the_file_system_dies():
    result = on_a_slow_disk("endure /big 9 files")
    assert "endure: 9 reads, 9 kills\n" in result.stdout and restarts(result.stdout, "files") == 9, result


@timeout(150)
def test_a_file_is_read_on_when_both_die_in_turn():
    result = on_a_slow_disk("endure /big 10 disk files")
    assert "endure: 10 reads, 10 kills\n" in result.stdout, result
    assert restarts(result.stdout, "disk") == 5 and restarts(result.stdout, "files") == 5, result


@timeout(150)
def test_commands_go_through_deaths_of_the_disk_and_of_the_file_system():
    """One of each: a second might find the same call, which is interrupted then."""
    data = disks.sha256(disks.pattern(BIG))
    result = on_a_slow_disk("killer files 1 300 & killer disk 1 900 & " + "; ".join(["ls /; sha256 /big; stat /small"] * 5))
    assert result.stdout.count(data) == 5 and result.stdout.count("big\nlost+found\nsmall\n") == 5, result
