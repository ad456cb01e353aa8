# SPDX-License-Identifier: BSD-2-Clause
"""What example tells of the machine that it runs on: that of `signet run`, a Q35."""

from signetkit.guest import Guest


def test_example_answers_at_once():
    result = Guest(disk=None).run("example-ask")
    lines = result.stdout.splitlines()
    assert (result.status, lines[0]) == (0, "AHCI 1.0: up to 6 ports, 32 commands each"), result
    assert lines[1:] == [f"port {number}: nothing" for number in range(6)], result


def test_example_finds_the_drive_that_the_iso_is_in():
    result = Guest(disk=None, iso=True).run("example-ask")
    assert result.status == 0 and "port 2: a disk\n" in result.stdout, result
