# SPDX-License-Identifier: BSD-2-Clause
"""Rows 5, 45, 46 of docs/faults.md: what the machine is, and what the loader brings."""

import re

import disks
from signetkit.guest import Guest
from signetkit.paths import build_dir

HELLO = "echo hello"


def says_hello(**hardware) -> str:
    result = Guest(**hardware).run(HELLO)
    assert result.status == 0 and result.stdout == "hello\n", result
    assert result.qemu_status == 33, result.qemu_status
    return result.log


def test_boots_with_16_mib():
    assert "15 MiB of RAM" in says_hello(mem=16)  # less what the firmware keeps


def test_boots_with_more_than_4_gib_and_uses_them():
    log = says_hello(mem=5120)
    free = int(re.search(r"memory: (\d+) KiB free", log)[1])
    assert free > 4.9 * (1 << 20), log


def test_boots_with_1_to_16_cpus_and_parks_all_but_one():
    for cpus in (1, 2, 16):
        assert f"1 of {cpus} CPUs ({cpus - 1} parked)" in says_hello(smp=cpus)


def test_boots_without_a_disk():
    result = Guest(disk=None).run("echo hello; ls /")
    assert result.stdout == "hello\n"
    assert result.status == 1 and "disk" in result.stderr, result


def test_boots_without_swap_and_says_so():
    log = says_hello(swap=0)
    assert "pager: there is no swap disk: the system runs without paging" in log and "paging: off" in log, log


def test_boots_on_a_cpu_without_the_newer_protections():
    assert "NX on; no SMEP SMAP UMIP" in says_hello(cpu="qemu64")


def test_boots_by_grub_from_the_iso():
    assert "Signet: GRUB" in says_hello(iso=True)


def test_the_log_names_the_system_images_hash():
    image = (build_dir() / "system.img").read_bytes()
    root_hash = image[24:56].hex()
    assert root_hash[:16] in says_hello()


def boot_refused(image: bytes, reason: str, mem: int = 32) -> None:
    with disks.folder() as place:
        path = place / "system.img"
        path.write_bytes(image)
        with Guest(image=path, mem=mem) as guest:
            assert guest.wait_end() == 37
            assert reason in guest.log(), guest.log()


def good_image() -> bytes:
    return (build_dir() / "system.img").read_bytes()


def test_a_system_image_with_one_bit_changed_is_refused():
    image = bytearray(good_image())
    image[len(image) // 2] ^= 0x10
    boot_refused(bytes(image), "SHA-256")


def test_a_system_image_that_is_cut_short_is_refused():
    boot_refused(good_image()[:-5000], "cut short")


def test_a_module_that_is_no_system_image_is_refused():
    boot_refused(b"\x7fELF" + bytes(100000), "no system image")


def test_too_little_memory_is_named():
    for mem in (2, 3):
        with Guest(mem=mem) as guest:
            assert guest.wait_end() == 37, guest.log()
            assert "boot refused: too little memory" in guest.log(), guest.log()


def test_poweroff_ends_the_machine_cleanly():
    with Guest() as guest:
        guest.expect("signet> ")
        guest.send("poweroff\n")
        assert guest.wait_end() == 33


def test_a_system_image_with_a_comma_in_its_name_boots():
    with disks.folder() as place:
        path = place / "a,b c.img"
        path.write_bytes(good_image())
        assert Guest(image=path).run(HELLO).stdout == "hello\n"
