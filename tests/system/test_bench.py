# SPDX-License-Identifier: BSD-2-Clause
"""The benchmark's system and its isolated build: every row is there, and counted runs are alike. docs/benchmarks.md."""

import collections
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from signetkit.guest import Guest, long, qemu, timeout
from signetkit.paths import REPO, build_dir
from signetkit.setup import build

RUN_SECONDS = 60.0
COUNTING_TARGET, COUNTING_KERNEL = "signet_bench", "signet-bench.elf"
WITHOUT_EVENTS = {"deadline_hit", "irq_to_handler", "call_thread_exit", "call_process_exit"}
PASS = 9 + 15  # instructions that counting adds to each pass through ring 0, beside one for each event
SIZES = (8, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536)
ROWS = {
    "null_call", "ipc_rt_0w_vec", "ipc_rt_stubs", "flip_4k", "flip_4m_aligned", "handle_move", "notify_pingpong", "deadline_set",
    "deadline_hit", "mem_map_unmap_4k", "map_touch_unmap_4k", "minor_fault", "thread_life", "process_life", "process_stop_16m", "irq_to_handler", "page_out_in",
    "bulk_bytes_per_1000_instructions",
    *(f"ipc_rt_{words}w" for words in range(7)),
    *(f"ipc_rt_thread_{words}w" for words in range(7)),
    *(f"ipc_rt_copy_{size}" for size in SIZES),
    *(f"flip_rt_{size}" for size in ("4k", "64k", "2m", "4m", "16m", "64m")),
    *(f"lend_rt_{size}" for size in ("4k", "64k", "2m")),
}


def calls() -> set[str]:
    """Of kernel/abi/syscall.h."""
    return set(re.findall(r"CALL\(\d+, (\w+),", (REPO / "kernel/abi/syscall.h").read_text(encoding="utf-8")))


def run(image: Path | None = None, **hardware) -> list[dict]:
    """The lines of one run, up to the power-off."""
    with Guest(disk=None, swap=0, mem=256, image=image or build_dir() / "bench.img", **hardware) as guest:
        status = guest.wait_end(RUN_SECONDS)
        log = guest.log()
    assert status == qemu.POWER_OFF and "BENCH" in log, log
    return [json.loads(line.partition("BENCH ")[2]) for line in log.splitlines() if "BENCH " in line]


def counted(**hardware) -> list[dict]:
    return run(cpu=qemu.COUNTING_CPU, accel=qemu.COUNTING_ACCEL, extra=qemu.COUNTING, **hardware)


def by_name(lines: list[dict]) -> dict[str, dict]:
    """All that is said of each row."""
    rows: dict[str, dict] = {}
    for line in lines:
        if "name" in line:
            rows.setdefault(line["name"], {}).update(line)
    return rows


def counting_kernel() -> Path:
    build.build_target(build_dir(), COUNTING_TARGET)
    return build_dir() / COUNTING_KERNEL


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
    wanted = {name for name in ROWS if re.match("ipc_rt_[0-9c]|flip|lend|bulk|notify|handle|null|map_touch|thread_life|process_life", name)}
    assert rows.keys() == wanted, rows.keys() ^ wanted
    # What makes it a peer: no hand-over grows with the memory, no copy goes unpaid.
    assert rows["flip_rt_64m"]["instructions"] < rows["flip_rt_4k"]["instructions"] + 10
    assert rows["ipc_rt_copy_65536"]["instructions"] > 2 * 65536 / 8
    # Memory comes cleared, a domain has a copy of its program.
    assert rows["map_touch_unmap_4k"]["instructions"] > 4096 / 8 and rows["process_life"]["instructions"] > 16384 / 8


@timeout(240)
def test_the_counting_kernel_counts_what_there_is_to_count():
    rows, usual = by_name(counted(kernel=counting_kernel())), by_name(counted())
    assert rows.keys() == usual.keys() | {"irq_off_max"} and rows["irq_off_max"]["max"] > 0
    assert rows["irq_off_max"]["of"] in usual
    assert {name for name in usual if "kernel" not in rows[name]} == WITHOUT_EVENTS
    for name, row in usual.items():
        if name in WITHOUT_EVENTS:
            continue
        events, seen = rows[name]["events"], rows[name]["ticks"] - row["ticks"]
        passes = events["sysret"] + events["iretq"]
        within = rows[name] if events["iretq"] else row  # a timer may have fired in the one run alone
        assert 0 < rows[name]["kernel"] < within["ticks"], (name, rows[name], row)
        assert 2 * events["sysret"] <= events["swapgs"] <= 2 * passes, (name, events)  # IRETQ goes back into the kernel, too
        if re.match("ipc_rt_.*w|null", name) and events["iretq"] == 0:
            assert seen == PASS * passes + sum(events.values()), (name, seen, events)
    per_trip = {event: n / usual["ipc_rt_0w"]["ops"] for event, n in rows["ipc_rt_0w"]["events"].items() if n}
    assert per_trip == {"cr3": 2, "msr": 2, "swapgs": 4, "sysret": 2}, per_trip
    told = re.search(r"\*\*kernel\*\* \| \*\*(\d+)\*\* \| \*\*(\d+)\*\*", (REPO / "docs/architecture.md").read_text(encoding="utf-8"))
    spent = rows["ipc_rt_0w"]["kernel"] / usual["ipc_rt_0w"]["ops"]
    assert abs(int(told[1]) + int(told[2]) - spent) <= 3, f"docs/architecture.md, the short cut: {told[0]}, but {spent} are counted"
    assert rows["ipc_rt_thread_0w"]["events"]["cr3"] == 0
    for name, event in (("ipc_rt_0w_vec", "xsave"), ("ipc_rt_0w_vec", "xrstor"), ("map_touch_unmap_4k", "invlpg"), ("minor_fault", "iretq")):
        assert rows[name]["events"][event] >= usual[name]["ops"], (name, event, rows[name])
    paged = rows["page_out_in"]  # a fault brings up to eight pages: from the kernel to the pager, to the store, and back
    assert paged["events"]["cr3"] >= 3 * paged["events"]["iretq"] and 8 * paged["events"]["iretq"] >= paged["ops"], paged


def image_of(folder: Path, wanted: str) -> Path:
    """The same system, with these rows only."""
    text = (REPO / "tests/bench/system.toml").read_text(encoding="utf-8")
    text = re.sub('manifest = "(.*)"', lambda found: f'manifest = "{(REPO / "tests/bench" / found[1]).resolve()}"', text)
    text = text.replace('name = "bench"\n', f'name = "bench"\nparameters = {{ rows = "{wanted}" }}\n')
    (folder / "system.toml").write_text(text, encoding="utf-8")
    subprocess.run([sys.executable, "-B", REPO / "tools/make_system.py", "-q", "--system", folder / "system.toml", "--images", build_dir() / "images",
                    "-o", folder / "bench.img"], check=True)
    return folder / "bench.img"


@timeout(120)
def test_where_closed_vector_registers_could_be_read_they_change_at_each_switch():
    """And are never closed: CR0 stays as it is."""
    with tempfile.TemporaryDirectory() as folder:
        image = image_of(Path(folder), "ipc_rt_0w$,ipc_rt_0w_vec")
        rows = by_name(run(image, kernel=counting_kernel(), cpu=f"{qemu.COUNTING_CPU},vendor=GenuineIntel", accel=qemu.COUNTING_ACCEL,
                           extra=qemu.COUNTING))
    for name in ("ipc_rt_0w", "ipc_rt_0w_vec"):
        row = rows[name]
        per_trip = {event: row["events"][event] / row["ops"] for event in ("xsave", "xrstor", "cr0", "iretq")}
        assert per_trip == {"xsave": 2, "xrstor": 2, "cr0": 0, "iretq": 0}, (name, per_trip)


def in_ring_0(pipe, at: int) -> collections.Counter:
    """How often so many instructions of the kernel's lie between two executions of a program's at this address."""
    found: collections.Counter = collections.Counter()
    here, kernel = b"/%016x/" % at, 0
    for line in pipe:
        if b"/ffffffff" in line:
            kernel += 1
        elif here in line:
            found[kernel] += 1
            kernel = 0
    return found


@long
@timeout(1200)
def test_ring_0_instructions_are_those_of_a_trace_of_every_instruction():
    """The usual kernel, instruction by instruction, against what the counting one says: a round trip without words."""
    kernel = counting_kernel()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        image = image_of(folder, "ipc_rt_0w$")
        row = by_name(counted(image=image, kernel=kernel))["ipc_rt_0w"]
        shown = subprocess.run(["objdump", "-d", "--disassemble=ipc_words_call", build_dir() / "programs/bench.elf"], capture_output=True, text=True,
                               check=True).stdout
        at = int(re.search(r"([0-9a-f]+):.*\bsyscall", shown)[1], 16)
        pipe = folder / "pipe"
        os.mkfifo(pipe)
        hardware = qemu.Hardware(mem_mib=256, cpu=qemu.COUNTING_CPU, accel=qemu.COUNTING_ACCEL, image=image,
                                 extra=(*qemu.COUNTING, "-singlestep", "-d", "exec,nochain", "-D", str(pipe)))
        with subprocess.Popen(qemu.command_line(hardware, folder / "log", ("null", "mux=off")), stdin=subprocess.DEVNULL) as running:
            with open(pipe, "rb") as trace:
                found = in_ring_0(trace, at)
            assert running.wait() == qemu.POWER_OFF
    usual, times = found.most_common(1)[0]
    assert times > 1000 and row["kernel"] == usual * row["ops"], (found, row)
