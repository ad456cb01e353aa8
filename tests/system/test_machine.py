# SPDX-License-Identifier: BSD-2-Clause
"""Rows 31, 33, 34 of docs/faults.md: what the machine must catch in ring 0 itself, and interrupts that nothing can mask."""

import socket
import time

import disks
from signetkit.guest import Guest
from signetkit.paths import build_dir


def panics(probe: str, what: str, cpu: str = "max") -> None:
    with Guest(kernel=build_dir() / "tests" / "probe.elf", append=probe, disk=None, swap=0, cpu=cpu) as guest:
        assert guest.wait_end() == 35, guest.log()
        assert f"probe {probe}" in guest.log() and f"PANIC: {what}" in guest.log(), guest.log()


def test_the_kernel_cannot_execute_user_pages():
    panics("smep", "#PF")


def test_the_kernel_cannot_read_user_pages():
    panics("smap", "#PF")


def test_the_kernels_data_is_not_executable():
    panics("nx-data", "#PF")
    panics("nx-direct-map", "#PF")
    panics("nx-data", "#PF", cpu="qemu64")


def test_the_kernels_text_and_constants_are_not_writable():
    panics("write-text", "#PF")
    panics("write-rodata", "#PF")


def test_a_null_pointer_in_the_kernel_is_a_panic():
    panics("null", "#PF")


def test_the_kernels_stack_has_a_guard_and_the_double_fault_its_own_stack():
    panics("stack", "#DF")


def test_an_assertion_names_its_file_line_and_invariant():
    panics("assertion", "tests/system/probe/probe.c:")


def test_nmis_at_any_moment_change_nothing():
    with disks.folder() as place:
        monitor = place / "monitor"
        with Guest(extra=("-monitor", f"unix:{monitor},server=on,wait=off")) as guest:
            guest.expect("signet> ")
            guest.send("ping 60000; echo status $?\n")
            with socket.socket(socket.AF_UNIX) as line:
                line.connect(str(monitor))
                for _ in range(400):
                    line.sendall(b"nmi\n")
                    time.sleep(0.002)
            guest.expect("60000 round trips", timeout=60)
            guest.expect("status 0\r\n")
            guest.send("poweroff\n")
            assert guest.wait_end() == 33


def registers_are_kept(with_what: str, **hardware) -> None:
    commands = "".join(f"vectors {seed} 3000 & " for seed in (1, 2, 3)) + "vectors 4 3000; wait; echo done $?"
    result = Guest(disk=None, image=build_dir() / "tests" / "system.img", **hardware).run(commands)
    for seed in (1, 2, 3, 4):
        assert f"vectors {seed}: kept for 3000 rounds with {with_what}" in result.stdout, result
    assert "done 0" in result.stdout, result


def test_vector_registers_do_not_leak_between_programs():
    registers_are_kept("AVX")


def test_vector_registers_do_not_leak_on_a_cpu_without_avx():
    registers_are_kept("SSE", cpu="qemu64")


def test_vector_registers_do_not_leak_where_everybody_always_has_his_own():
    """What calls itself Intel's could read closed ones by speculation, so none are ever closed."""
    registers_are_kept("AVX", cpu="max,vendor=GenuineIntel")
    registers_are_kept("SSE", cpu="qemu64,vendor=GenuineIntel")
