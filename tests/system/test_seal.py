# SPDX-License-Identifier: BSD-2-Clause
"""I-SEAL on the machine: which algorithm, the published examples, what is left of the key, and what the swap disk has."""

import re
import struct
from functools import partial
from pathlib import Path

import disks
from signetkit.guest import Guest, timeout
from signetkit.paths import build_dir
from signetkit.setup.build import build_target

AES = "AES-128-GCM (AES-NI, PCLMULQDQ)"
CHACHA = "ChaCha20-Poly1305 (SSE2)"
ICOUNT = ("-icount", "shift=0,sleep=off", "-seed", "1")
PAGE = 4096
WORD = (1 << 64) - 1
HOG_MIB, SEED = 48, 7


def probe(name: str, cpu: str = "max", status: int = 33, extra: tuple[str, ...] = ()) -> str:
    kernel = build_dir() / "tests" / "probe.elf"
    with Guest(kernel=kernel, append=name, disk=None, swap=0, cpu=cpu, extra=extra) as guest:
        assert guest.wait_end() == status, guest.log()
        return guest.log()


def test_the_log_names_the_algorithm_and_where_the_key_is_from():
    for cpu, algorithm, sources in (("max", AES, "RDRAND, timer jitter"), ("max,-rdrand", AES, "timer jitter"),
                                    ("max,-aes", CHACHA, "RDRAND, timer jitter"), ("max,-pclmulqdq", CHACHA, "RDRAND, timer jitter"),
                                    ("qemu64", CHACHA, "timer jitter")):
        log = Guest(disk=None, swap=0, cpu=cpu).run("echo").log
        assert f"paging: pages are sealed with {algorithm}, key from {sources}\n" in log.replace("\r", ""), (cpu, log)


def test_both_algorithms_compute_in_ring_0_what_is_published():
    log = probe("seal-vectors")
    assert f"{AES}: all 6 as published" in log and f"{CHACHA}: all 3 as published" in log, log
    log = probe("seal-vectors", cpu="qemu64")
    assert f"{AES}: not on this CPU" in log and f"{CHACHA}: all 3 as published" in log, log


def test_nothing_of_the_key_is_left_on_the_stack_or_in_vector_registers():
    for cpu in ("max", "max,-aes", "qemu64"):
        log = probe("seal-residue", cpu)
        assert "within a batch: 0 bytes of the stack, registers not zero" in log, log
        assert "after sealing: 0 bytes of the stack, registers zero" in log, log
        assert "after opening: 0 bytes of the stack, registers zero" in log, log


def test_a_crash_in_the_middle_of_a_page_leaves_no_key_behind():
    for cpu in ("max", "max,-aes", "qemu64"):
        log = probe("seal-panic", cpu, status=35)
        assert "before: traces on the stack, keys there" in log, log
        assert "after, no keys: 0 bytes of the stack, registers zero" in log, log
        assert log.index("after, no keys") < log.index("PANIC: #PF"), log


def test_a_page_is_sealed_and_opened_within_its_instructions():
    for cpu, most in (("max,-erms", 14_000), ("qemu64", 80_000)):
        log = probe("seal-figures", cpu, extra=ICOUNT)
        begin, seal, opens, end = map(int, re.search(r"cycles: begin (\d+) seal (\d+) open (\d+) end (\d+), opened", log).groups())
        print(f"{cpu}: begin {begin}, seal {seal}, open {opens}, end {end}")
        assert max(seal, opens) <= most and begin + end <= 300, log


def starts_of_pages(pages: int, seed: int) -> set[bytes]:
    """The first two words of each page that servers/hog writes."""
    found = set()
    for page in range(pages):
        start = mixed((page + 1) ^ seed << 40)
        found.add(struct.pack("<QQ", start, (start + (mixed(start ^ seed) | 1)) & WORD))
    return found


def mixed(x: int) -> int:
    x ^= x << 13 & WORD
    x ^= x >> 7
    x ^= x << 17 & WORD
    return x * 0x9E3779B97F4A7C15 & WORD


def stored_by_a_hog(kernel: Path | None = None) -> tuple[list[bytes], int, str]:
    """What the swap disk has after a hog, page by page; how many of the pages hold what the hog wrote; the log."""
    with disks.folder() as place:
        swap = place / "swap.img"
        with swap.open("wb") as file:
            file.truncate(64 << 20)
        result = Guest(mem=32, disk=None, swap_file=swap, kernel=kernel).run(f"hog {HOG_MIB} --seed {SEED}", timeout=170)
        assert result.status == 0 and f"{HOG_MIB} MiB" in result.stdout, result
        marks = starts_of_pages(HOG_MIB * 256, SEED)
        with swap.open("rb") as file:
            pages = [stored for stored in iter(partial(file.read, PAGE), b"") if any(stored)]
        return pages, sum(any(stored[at:at + 16] in marks for at in range(0, PAGE, 8)) for stored in pages), result.log


@timeout(180)
def test_what_a_program_holds_is_nowhere_on_the_swap_disk():
    pages, readable, _ = stored_by_a_hog()
    assert len(pages) > 16 * 256, f"only {len(pages)} pages were ever written"
    assert len({stored[:16] for stored in pages}) == len(pages)  # no two look the same
    assert readable == 0


@timeout(300)
def test_a_kernel_without_the_seal_says_so_and_then_it_is_there():
    build_target(build_dir(), "signet_unsealed")
    pages, readable, log = stored_by_a_hog(build_dir() / "signet-unsealed.elf")
    assert "paging: PAGES ARE NOT SEALED" in log and "are sealed with" not in log, log
    assert readable > len(pages) // 2


@timeout(240)
def test_vector_registers_survive_pages_that_come_and_go():
    for cpu, kind in (("max", "AVX"), ("max,vendor=GenuineIntel", "AVX"), ("qemu64", "SSE")):
        guest = Guest(mem=16, disk=None, image=build_dir() / "tests/system.img", cpu=cpu)
        result = guest.run("hog 40 & vectors 1 2000 & vectors 2 2000 & wait; echo done $?", timeout=80)
        for seed in (1, 2):
            assert f"vectors {seed}: kept for 2000 rounds with {kind}" in result.stdout, result
        assert "40 MiB written and verified" in result.stdout and "done 0" in result.stdout, result
