# SPDX-License-Identifier: BSD-2-Clause
"""Rows 7, 8, 11-13, 31-33 of docs/faults.md from ring 3: each fault ends its own process with a named reason, and no other."""

import re

from signetkit.guest import Guest, timeout


def kinds(**hardware) -> list[tuple[str, int]]:
    result = Guest(**hardware).run("die list")
    assert result.status == 0, result
    found = re.findall(r"^(\S+)\s+(\d+)\s", result.stdout, re.M)
    assert len(found) >= 30, result.stdout
    return [(name, int(status)) for name, status in found]


def check_all(**hardware) -> None:
    wanted = [(name, status) for name, status in kinds(**hardware) if name != "spin"]
    commands = "; ".join(f"die {name}; echo {name} $?" for name, _ in wanted)
    result = Guest(**hardware).run(commands + "; echo alive; die nosuch", timeout=110)
    got = dict(re.findall(r"^(\S+) (\d+)$", result.stdout, re.M))
    wrong = [(name, status, got.get(name)) for name, status in wanted if got.get(name) != str(status)]
    assert not wrong, f"kind, expected status, seen: {wrong}"
    assert "alive\n" in result.stdout
    assert result.status == 2 and "nosuch" in result.stderr
    for name, status in wanted:
        assert status <= 128 or "die: ended:" in result.stderr


@timeout(150)
def test_every_kind_of_fault_ends_its_process_with_its_name_and_no_other():
    check_all()


@timeout(150)
def test_every_kind_of_fault_is_named_on_an_old_cpu_too():
    check_all(cpu="qemu64")


def test_a_spinning_program_does_not_stop_the_shell():
    with Guest() as guest:
        guest.expect("signet> ")
        guest.send("die spin &\n")
        guest.expect("signet> ")
        guest.send("echo still here\n")
        guest.expect("still here\r\n")
        guest.expect("signet> ")


def test_an_unknown_command_is_127():
    result = Guest().run("nosuchcommand")
    assert result.status == 127 and "nosuchcommand" in result.stderr
