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
BIG = 1_500_000


def while_a_file_is_read(killers: str) -> tuple[str, str]:
    """Standard output, and what is wrong with it."""
    data = disks.pattern(BIG)
    with disks.disk_of({"big": data}) as image:
        result = guest(disk=image, extra=SLOW).run(f"ls /; {killers} & sha256 /big; wait; ps", timeout=100)
    assert re.findall(r"^([0-9a-f]{64})", result.stdout, re.M) == [disks.sha256(data)], result
    assert re.sub(r"\[\d+\]\n", "", result.stderr) == "", result
    return result


@timeout(150)
def test_a_file_is_read_on_when_the_disk_driver_dies_with_dma_in_flight():
    result = while_a_file_is_read("killer disk 3 400")
    assert restarts(result.stdout, "disk") == 3 and restarts(result.stdout, "files") == 0, result


@timeout(150)
def test_a_file_is_read_on_when_the_file_system_dies():
    result = while_a_file_is_read("killer files 2 600")
    assert restarts(result.stdout, "files") == 2 and restarts(result.stdout, "disk") == 0, result


@timeout(150)
def test_a_file_is_read_on_when_both_die():
    result = while_a_file_is_read("killer disk 2 500 & killer files 1 700")
    assert restarts(result.stdout, "files") == 1 and restarts(result.stdout, "disk") == 2, result
