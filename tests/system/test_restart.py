# SPDX-License-Identifier: BSD-2-Clause
"""Rows 14, 37 and 45 of docs/faults.md: what dies is started again, what dies too often is given up, and the rest is told.

tests/system/programs/restart.toml is the system: the default one, servers that fail, their clients, and a program that kills.
"""

import contextlib
import re
import struct

import disks
from signetkit.guest import Guest, timeout
from signetkit.image import system_image
from signetkit.paths import build_dir

BIG = 600_000


def guest(**hardware) -> Guest:
    return Guest(image=build_dir() / "tests/restart.img", **hardware)


def run(commands: str, **hardware):
    return guest(**hardware).run(commands, timeout=100)


def rows(text: str) -> dict[str, list[str]]:
    """The lines of `ps`: a process's name to STATE PRI RESIDENT SWAPPED PINNED RESTARTS and, for a job, its number."""
    return {line.split()[0]: line.split()[1:] for line in text.splitlines() if re.match(r"\S+ +[a-z-]+ +\d+ +\d+ ", line)}


def restarts(text: str, name: str) -> int:
    return int(rows(text)[name][5])


@contextlib.contextmanager
def patched(name: str, change):
    """The path of a system image like that of the build, but for its description."""
    image = system_image.read((build_dir() / name).read_bytes())
    entries = [(entry, change(data) if entry == system_image.DESCRIPTION else data) for entry, data in image.entries.items()]
    with disks.folder() as folder:
        (folder / "system.img").write_bytes(system_image.write(entries))
        yield folder / "system.img"


def of_another_version(data: bytes) -> bytes:
    return data[:8] + struct.pack("<I", 99) + data[12:]


def without_clients(data: bytes) -> bytes:
    """Nobody may call the supervisor: the clients of the first contract that record 0 serves, 64 bytes from its start."""
    at = struct.unpack_from("<I", data, 24)[0] + 64
    return data[:at] + bytes(16) + data[at + 16 :]


def never_restarted(data: bytes, name: str) -> bytes:
    """struct description and struct description_process of servers/supervisor/description.h; the policy stands at byte 32."""
    for at in struct.unpack_from(f"<{struct.unpack_from('<I', data, 16)[0]}I", data, 24):
        text = struct.unpack_from("<I", data, at)[0]
        if data[text:].startswith(name.encode() + b"\0"):
            return data[: at + 32] + bytes(4) + data[at + 36 :]
    raise AssertionError(f"the description has no {name}")


# ---- what dies is started again ----


def test_a_killed_file_system_comes_back_and_its_clients_go_on():
    result = run("ls /; echo --; kill files; ls /; echo --; ps")
    before, after, table = result.stdout.split("--\n")
    assert "docs" in before and before == after, result
    assert restarts(table, "files") == 1 and restarts(table, "shell") == 0, table
    assert result.status == 0 and result.stderr == "", result


def test_a_disk_driver_killed_between_calls_is_not_missed():
    result = run("sha256 /README.md; kill disk; sha256 /README.md; ps")
    first, second = re.findall(r"^[0-9a-f]{64}", result.stdout, re.M)
    assert first == second and restarts(result.stdout, "disk") == 1, result


def test_a_killed_pong_answers_again():
    result = run("ping 20; kill pong; ping 20; kill pong; ping 20; ps")
    assert result.stdout.count("ping: 20 round trips") == 3 and restarts(result.stdout, "pong") == 2, result


@timeout(150)
def test_files_and_disk_killed_under_load_cost_at_most_the_command_that_ran():
    data = disks.pattern(BIG)
    with disks.disk_of({"big": data, "small": b"small\n"}) as image:
        reads = "; ".join(["sha256 /big", "ls /"] * 12)
        result = run(f"killer files 6 150 & killer disk 4 190 & {reads}; wait; ls /; sha256 /big; ps", disk=image)
    hashes = re.findall(r"^([0-9a-f]{64})", result.stdout, re.M)
    assert set(hashes) == {disks.sha256(data)} and result.stdout.count("small\n") >= 2, result
    assert "killer: files: " in result.stdout and restarts(result.stdout, "files") >= 4, result
    assert restarts(result.stdout, "disk") >= 2 and rows(result.stdout)["files"][0] == "waiting", result
    for line in result.stderr.splitlines():
        assert re.fullmatch(r"\[\d+\]|(ls|sha256): \S+: .*", line), line


@timeout(150)
def test_a_swap_disk_that_was_started_again_is_paged_to():
    result = run("kill swapdisk; ask-silent 300; hog 48; ps")
    assert "48 MiB written and verified" in result.stdout and restarts(result.stdout, "swapdisk") == 1, result


@timeout(150)
def test_hundreds_of_restarts_use_up_neither_memory_nor_handles():
    """More than the supervisor has handles."""
    result = run("restart pong; ping 1; mem; " + "restart pong files; ping 1; stat /README.md; " * 130 + "mem; ps", swap=0)
    free = [int(kib) for kib in re.findall(r"(\d+) KiB free", result.stdout)]
    assert restarts(result.stdout, "pong") == 131 and restarts(result.stdout, "files") == 130, result
    assert abs(free[0] - free[1]) < 100 and result.stderr == "", (free, result.stderr)


def test_to_be_killed_is_no_failure_however_often():
    result = run("kill pong; ping 1; " * 8 + "ps")
    assert result.stdout.count("ping: 1 round trip") == 8 and restarts(result.stdout, "pong") == 8, result


# ---- the console ----


def test_a_console_killed_between_frames_keeps_the_frames():
    result = run("echo before; kill console; echo after; kill console; echo again; ps")
    assert result.stdout.startswith("before\nafter\nagain\nPROCESS") and result.log.count("console: started again") == 2, result
    assert result.status == 0 and result.stderr == "", result


def test_the_shell_goes_on_when_the_console_dies_while_it_waits_for_input():
    with guest() as one:
        one.expect("signet> ")
        one.send("killer console 2 700 &\n")
        one.expect_log("console: started again")
        one.send("echo still here\n")
        one.expect("still here\r\n")
        one.expect("signet> ")
        assert "process shell" not in one.log(), one.log()


def test_without_a_console_the_shell_exits_and_is_given_up():
    with patched("tests/restart.img", lambda data: never_restarted(data, "console")) as image, Guest(image=image) as one:
        one.expect("signet> ")
        one.send("kill console\n")
        one.expect_log("process shell exited with code 1")
        one.expect_log("shell: not started: a server that it needs is not there; given up after 6 failures in a row")


# ---- what dies too often ----


def test_a_crash_loop_is_backed_off_then_given_up_and_its_clients_are_told():
    result = run("ask-crasher closed & ask-crasher 20000; wait; ps; ask-crasher 100")
    assert "ask-crasher: the other end is gone" in result.stdout and "ask-crasher: told that the channel is closed" in result.stdout, result
    assert rows(result.stdout)["crasher"][0] == "given-up" and restarts(result.stdout, "crasher") == 3, result
    assert "ask-crasher: cannot be started" in result.stderr, result
    waits = [int(ms) for ms in re.findall(r"crasher: .*; it is started again in (\d+) ms", result.log)]
    assert waits == [200, 400, 800] and "crasher: ended: it executed an instruction that does not exist; given up after 4 failures" in result.log


def test_restart_tries_again_what_was_given_up():
    result = run("ask-crasher 20000; restart crasher; ask-crasher 20000; ps")
    assert result.stdout.count("ask-crasher: the other end is gone") == 2, result
    assert restarts(result.stdout, "crasher") == 7 and len(re.findall("crasher: .*given up", result.log)) == 2, result


def test_what_leaves_by_itself_stays_ended_and_its_clients_are_told():
    result = run("ask-silent 300; ps; ask-leaver 100; restart leaver; ask-silent 300; ps")
    assert rows(result.stdout)["leaver"][0] == "ended" and "ask-leaver: cannot be started" in result.stderr, result
    assert restarts(result.stdout.split("ask-silent")[-1], "leaver") == 1 and result.log.count("leaver: exited with code 0") == 2, result


# ---- what hangs ----


def test_a_silent_server_and_one_that_spins_are_escaped_by_a_deadline_and_disturb_nobody():
    result = run("ask-silent 300; ask-spinner 300; ping 20; ls /; ps")
    assert "ask-silent: the deadline passed" in result.stdout and "ask-spinner: the deadline passed" in result.stdout, result
    assert "ping: 20 round trips" in result.stdout and "docs\n" in result.stdout, result
    assert rows(result.stdout)["spinner"][5] == "0", result


def test_a_call_that_a_dead_server_held_is_interrupted():
    result = run("ask-silent 60000 & ask-spinner 300; kill silent; wait; ask-poisoned 60000")
    assert "ask-silent: the server died while it held the call" in result.stdout, result
    assert "ask-poisoned: the server died while it held the call" in result.stdout, result


def test_a_call_that_nobody_held_waits_for_the_next_instance():
    result = run("ask-spinner 2000 & ask-silent 200; kill spinner; wait; ps")
    assert "ask-spinner: the deadline passed" in result.stdout and restarts(result.stdout, "spinner") >= 1, result


# ---- kill and restart ----


def test_a_job_is_killed_by_its_number_and_by_its_name():
    result = run("hog 4 & ask-silent 20000 & kill %2; wait 2; echo $?; wait 1; ask-silent 20000 & kill ask-silent; wait; echo $?")
    ends = re.findall(r"^(\d+)$", result.stdout, re.M)
    assert len(ends) == 2 and ends[0] == ends[1] and int(ends[0]) > 128, result
    assert result.stderr.count("ask-silent: ended: ") == 2, result


def test_what_cannot_be_killed_or_restarted_is_said():
    result = run("ask-silent 300; kill supervisor; echo $?; kill nobody; restart %77; kill leaver; restart supervisor; kill; echo $?; ps")
    assert "supervisor" in rows(result.stdout) and "passed\n1\n2\n" in result.stdout, result
    for name in ("kill: supervisor: ", "kill: nobody: ", "restart: %77: ", "kill: leaver: ", "restart: supervisor: ", "usage: kill"):
        assert name in result.stderr, (name, result)


# ---- the supervisor ----


def test_a_program_that_may_not_call_the_supervisor_is_refused():
    with patched("system.img", without_clients) as image, Guest(image=image) as one:
        one.expect("signet> ")
        one.send("ps\n")
        one.expect("this program may not call that server")
        one.send("kill files; mem\n")
        one.expect("kill: files: this is not to be ended")
        assert "files: ended" not in one.log()


def test_a_supervisor_that_dies_stops_the_machine_with_its_own_exit_status():
    with patched("system.img", of_another_version) as image, Guest(image=image) as one:
        one.expect_log("supervisor: the system description is of another version")
        one.expect_log("the supervisor died: the system stops")
        assert one.wait_end() == 39
