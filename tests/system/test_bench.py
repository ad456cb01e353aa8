# SPDX-License-Identifier: BSD-2-Clause
"""The benchmark's system and its isolated build: every row is there, and counted runs are alike. docs/benchmarks.md."""

import json
import re
import subprocess
import tempfile
from pathlib import Path

from signetkit.guest import Guest, qemu, timeout
from signetkit.paths import REPO, build_dir

RUN_SECONDS = 60.0
SIZES = (8, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536)
ROWS = {
    "null_call", "ipc_rt_0w_vec", "ipc_rt_stubs", "flip_4k", "flip_4m_aligned", "handle_move", "notify_pingpong", "deadline_set",
    "deadline_hit", "mem_map_unmap_4k", "map_touch_unmap_4k", "minor_fault", "thread_life", "process_life", "irq_to_handler",
    "bulk_bytes_per_1000_instructions",
    *(f"ipc_rt_{words}w" for words in range(7)),
    *(f"ipc_rt_copy_{size}" for size in SIZES),
    *(f"flip_rt_{size}" for size in ("4k", "64k", "2m", "4m", "16m", "64m")),
    *(f"lend_rt_{size}" for size in ("4k", "64k", "2m")),
}


def calls() -> set[str]:
    """Of kernel/abi/syscall.h."""
    return set(re.findall(r"CALL\(\d+, (\w+),", (REPO / "kernel/abi/syscall.h").read_text(encoding="utf-8")))


def run(**hardware) -> list[dict]:
    """The lines of one run, up to the power-off."""
    with Guest(disk=None, swap=0, mem=256, image=build_dir() / "bench.img", **hardware) as guest:
        status = guest.wait_end(RUN_SECONDS)
        log = guest.log()
    assert status == qemu.POWER_OFF and "BENCH" in log, log
    return [json.loads(line.partition("BENCH ")[2]) for line in log.splitlines() if "BENCH " in line]


def counted() -> list[dict]:
    return run(cpu=qemu.COUNTING_CPU, accel=qemu.COUNTING_ACCEL, extra=qemu.COUNTING)


@timeout(150)
def test_every_row_is_printed_and_counted_runs_are_alike():
    lines = counted()
    assert lines[0]["bench"] == 1 and lines[0]["system"] == "signet" and lines[-1] == {"end": True}, (lines[0], lines[-1])
    rows = {line["name"]: line for line in lines if "name" in line}
    wanted = ROWS | {f"call_{name}" for name in calls()}
    assert rows.keys() == wanted, rows.keys() ^ wanted
    assert len(rows) == len(lines) - 2, "a line that is no row, or a row twice"
    for name, row in rows.items():
        assert row["ops"] > 0 and row["ticks"] >= row["ops"], name
    assert counted() == lines


def test_every_row_is_printed_on_a_plain_cpu():
    """Time, not instructions; and a CPU that lacks what newer ones have."""
    assert {line.get("name") for line in run(cpu="qemu64")} >= ROWS


@timeout(120)
def test_the_isolated_build_prints_what_its_transport_has():
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "isolated.json"
        done = subprocess.run([REPO / "tools/signet", "bench", "--image", build_dir() / "isolated.elf", "--json", told],
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        rows = {row["name"]: row for row in json.loads(told.read_text(encoding="utf-8"))["rows"]}
    wanted = {name for name in ROWS if re.match("ipc_rt_[0-9c]|flip|lend|bulk|notify", name)}
    assert rows.keys() == wanted, rows.keys() ^ wanted
    # What makes it a peer: no hand-over grows with the memory, no copy goes unpaid.
    assert rows["flip_rt_64m"]["instructions"] < rows["flip_rt_4k"]["instructions"] + 10
    assert rows["ipc_rt_copy_65536"]["instructions"] > 2 * 65536 / 8
