# SPDX-License-Identifier: BSD-2-Clause
"""A second CPU, stricter than TCG's and with PCID: Bochs' Skylake-X boots the ISO and runs the tests of messages (rows 7-20, 29, 32).

It checks the rules of PCIDs, but keeps no translation over a write of CR3: what is stale is unit/kernel_space's.

The system is tests/system/programs/ramdisk.toml: nothing but a serial port and a RAM disk.
"""

import contextlib
import re
import subprocess
import sys

import disks
from signetkit.guest import Guest, long, timeout
from signetkit.guest.bochs import CPU
from signetkit.paths import REPO, build_dir

EMPTY_HANDED = ("ranges", "handles", "tags", "replies", "odd-loans", "windows", "keep", "hole", "race")
OTHERS = ("unasked", "contracts", "births", "peers", "severed", "circles", "fuzz")
ENDLESS = ("spawns", "channels", "threads", "maps", "notify", "deadlines")


@contextlib.contextmanager
def bochs(**hardware):
    """A Guest on Bochs, with an ISO of its own."""
    with disks.folder() as folder:
        subprocess.run([sys.executable, "-B", REPO / "tools/make_iso.py", "--kernel", build_dir() / "signet.elf",
                        "--image", build_dir() / "tests/ramdisk.img", "-o", folder / "test.iso"], check=True)
        yield Guest(**({"disk": None, "emulator": "bochs", "cpu": CPU, "iso_file": folder / "test.iso"} | hardware))


def run(commands: str, **hardware):
    """Its result; the machine ended as it should."""
    with bochs(**hardware) as guest:
        result = guest.run(commands, timeout=160)
    assert result.qemu_status == 33 and "PANIC" not in result.log, result.log
    return result


def survive(names) -> None:
    result = run("; ".join(f"attack {name}" for name in names) + "; ping 100; cat /samples/hello.txt")
    missing = [name for name in names if f"{name}: survived\n" not in result.stdout]
    assert not missing, f"{missing}: {result.stdout}{result.stderr}"
    assert "ping: 100 round trips\n" in result.stdout and "Hello from an ext2 disk.\n" in result.stdout, result


def test_the_iso_boots_to_the_shell_with_pcid():
    result = run("ls /; sha256 /samples/numbers.txt; exit 7")
    assert result.status == 7 and "README.md\n" in result.stdout, result
    assert "8060aa0ac20a3e5db2b67325c98a0122f2d09a612574458225dcb9a086f87cc3" in result.stdout, result
    on, off = re.search(r"cpu: .*;(.*) on; no(.*)", result.log).groups()
    assert {"NX", "SMEP", "SMAP", "PCID"} <= set(on.split()) and "PCID" not in off, result.log
    assert "disk: 1024 KiB in memory" in result.log and "paging: off" in result.log, result.log


@long
def test_a_cpu_without_pcid_boots_too():
    result = run("ping 100", cpu="core2_penryn_t9600")
    assert re.search(r"; no.* PCID", result.log) and "ping: 100 round trips\n" in result.stdout, result


@timeout(170)
def test_messages_with_words_bytes_pages_and_handles_arrive():
    result = run("ping 1000; " + "; ".join(f"ping {what} 100" for what in ("bytes", "pages", "give", "handle")))
    assert result.status == 0 and len(re.findall(r"^ping: 100 round trips with", result.stdout, re.M)) == 4, result


@long
@timeout(170)
def test_attacks_by_message_fail():
    survive(EMPTY_HANDED)


@long
@timeout(170)
def test_attacks_on_peers_and_channels_fail():
    survive(OTHERS)


@long
@timeout(170)
def test_making_things_without_end_fails():
    survive(ENDLESS)


@long
@timeout(170)
def test_vector_registers_are_kept_between_programs():
    result = run("vectors 1 & vectors 2 & ping 300; wait")
    assert all(f"vectors {n}: kept for 1000 rounds with AVX\n" in result.stdout for n in (1, 2)), result


@long
@timeout(170)
def test_every_kind_of_fault_ends_its_process_with_its_name():
    listed = run("die list").stdout
    wanted = dict(re.findall(r"^(\S+)\s+(\d+)\s", listed, re.M))
    wanted.pop("spin")
    assert len(wanted) >= 30, listed
    result = run("; ".join(f"die {name}; echo {name} $?" for name in wanted) + "; echo alive")
    got = dict(re.findall(r"^(\S+) (\d+)$", result.stdout, re.M))
    assert got == wanted and "alive\n" in result.stdout, [(name, status, got.get(name)) for name, status in wanted.items() if got.get(name) != status]


def test_a_killed_server_comes_back_and_a_killed_ram_disk_with_the_files_of_its_image():
    result = run("kill files; ls /; kill pong; ping 100; kill disk; sha256 /samples/numbers.txt; ps")
    assert "README.md\n" in result.stdout and "ping: 100 round trips\n" in result.stdout, result
    assert "8060aa0ac20a3e5db2b67325c98a0122f2d09a612574458225dcb9a086f87cc3" in result.stdout, result
    for name in ("files", "pong", "disk"):
        assert re.search(rf"^{name} .* [1-9]\d*$", result.stdout, re.M), result.stdout


def test_a_session_at_the_console_ends_with_the_machine():
    with bochs() as made, made as guest:
        guest.expect("signet> ", timeout=60)
        guest.send("echo still he''re\n")
        guest.expect("still here\r\n")
        guest.expect("signet> ")
        guest.send("poweroff\n")
        assert guest.wait_end(timeout=60) == 33
