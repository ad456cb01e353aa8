# SPDX-License-Identifier: BSD-2-Clause
"""`signet run --trace`: what it tells of a real system, that it loses nothing under load, and that it costs nothing when off."""

import json
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from signetkit.guest import Guest, Result, timeout
from signetkit.paths import REPO, build_dir
from signetkit.setup import build
from signetkit.trace import run as trace_run
from signetkit.trace.names import CATEGORIES
from signetkit.trace.trace import Trace

POINT = re.compile(r"\btrace_[a-z_]+\([^;{}]*\);")
TIMED = re.compile(r" *\d+\.\d{6} (ipc|fault|sched|page|call) +(.*)")


def traced(commands: str, *categories: str, seconds: float = 100.0, **hardware) -> tuple[Result, list[str]]:
    """Runs them with trace points, and returns what those told."""
    build.build_target(build_dir(), trace_run.TARGET)
    guest = Guest(kernel=build_dir() / trace_run.KERNEL, append=f"trace={','.join(categories or CATEGORIES)}", **hardware)
    done = guest.run(commands, timeout=seconds)
    folders = [str(path) for path in (REPO / "tests/system/programs").glob("*/contracts")]
    return done, Trace(folders).feed(done.log.encode())


def signet(*words: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-B", REPO / "tools/signet", "run", *words], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=100, **options)


def texts(lines: list[str], category: str) -> list[str]:
    return [found[2] for found in map(TIMED.fullmatch, lines) if found and found[1] == category]


def has(lines: list[str], *wanted: str) -> None:
    """Each pattern is a line, in this order."""
    left = iter(lines)
    for pattern in wanted:
        assert any(re.fullmatch(pattern, line) for line in left), f"no line {pattern!r} at its place in:\n" + "\n".join(lines[-200:])


def test_a_file_that_is_read_is_told_call_by_call():
    done, lines = traced("cat /README.md", "ipc")
    assert done.status == 0 and "# Signet" in done.stdout
    has(texts(lines, "ipc"),
        r"supervisor -> shell  a channel to files, files \(tree\)",
        r"shell -> files  files\.open \(tree\) path 10 bytes",
        r"files -> shell  a channel to files, files \(file\)",
        r"files -> shell  files\.open: ok, 1 end",
        r"shell -> files  files\.read \(file\).*",
        r"files -> shell  files\.read: ok.*",
        r"\(closed\) -> files  files notification: closed")
    assert {found[1] for found in map(TIMED.fullmatch, lines) if found} == {"ipc"}
    assert not [line for line in lines if "?" in line], lines


def test_the_fast_path_and_the_slow_one_are_told_alike():
    done, lines = traced("ping 3", "ipc", image=build_dir() / "tests/system.img")
    assert done.status == 0, done
    calls = [line for line in texts(lines, "ipc") if re.match(r"ping -> pong |pong -> ping ", line)]
    asked = [line for line in calls if line.startswith("ping -> pong  ping.") and not re.search("wait|taken", line)]
    answered = [line for line in calls if line.startswith("pong -> ping  ping.") and ": ok" in line]
    assert len(asked) == len(answered) >= 3 and len({re.sub(r"\d+ bytes?", "", line) for line in asked}) <= 3, calls


def test_calls_that_wait_or_end_otherwise_are_told_with_the_reason():
    _, lines = traced("ask-silent 300; ask-crasher 20000", "ipc", "fault", image=build_dir() / "tests/restart.img")
    said = texts(lines, "ipc")
    has(said, r"ask-silent -> silent  ping\.words \(plain\)", r"ask-silent -> silent  ping\.words \(plain\): ended without an answer, timed_out",
        r"ask-crasher -> nobody  ping\.words \(plain\): has to wait, nobody serves",
        r"ask-crasher -> nobody  ping\.words \(plain\): ended without an answer, peer_gone", r"\(closed\) -> ask-crasher  ping notification: closed")
    has(said, r"crasher\S* -> supervisor  news of a child: ending", r"crasher\S* -> supervisor  news of a child: gone")
    has(texts(lines, "fault"), r"crasher\S*  ends: it executed an instruction that does not exist \(address 0x\w+\)")


def test_faults_are_told_with_what_becomes_of_them():
    done, lines = traced("die null-read", "fault")
    assert done.status == 130
    said = texts(lines, "fault")
    has(said, r"shell  write at 0x1000000000: gets a zero page", r"die  read at 0x0: nothing is there",
        r"die  ends: it read an address that is not mapped \(address 0x0\)")


def test_switches_are_told_with_the_reason():
    _, lines = traced("cat /README.md", "sched")
    said = texts(lines, "sched")
    has(said, r"shell \(waits for the answer\) -> files.*", r"files.* \(waits for the answer\) -> disk", r"disk \(waits for messages\) -> .*",
        r".* -> disk", r"files.* \(waits for messages\) -> shell")
    who = [re.sub(r" \([^)]*\)", "", line).split(" -> ") for line in said]
    gaps = [(a, b) for a, b in zip(who, who[1:]) if a[1] != b[0]]
    assert len(gaps) * 50 < len(who), gaps  # each leaves the CPU to the next; an ended thread has no name any more


def test_calls_are_told_by_name_with_their_status():
    _, lines = traced("cat /nothing", "call")
    said = texts(lines, "call")
    has(said, r"shell  ipc_call: waits", r"shell  back from ipc_call: ok", r"supervisor  process_exit: does not come back")
    has(said, r"supervisor  process_create: ok")
    has(said, r"\w+  ipc_reply_recv: waits", r"\w+  back from ipc_recv: ok")


@timeout(240)
def test_under_full_load_with_every_category_no_record_is_lost():
    done, lines = traced("hog 36; echo alive", mem=32, seconds=200)
    assert (done.status, done.qemu_status) == (0, 33) and "36 MiB written and verified" in done.stdout and "alive" in done.stdout, done
    assert len(lines) > 50_000 and not [line for line in lines if not TIMED.fullmatch(line)], [line for line in lines if "?" in line][:10]
    page = texts(lines, "page")
    assert sum(": goes out" in line for line in page) == sum(": is written, ok" in line for line in page) > 1000
    assert sum(": is asked for" in line for line in page) == sum(": is read, ok" in line for line in page) > 500
    has(page, r"hog  0x\w+, slot \d+: goes out", r"hog  0x\w+, slot \d+: is written, ok", r"hog  0x\w+, slot \d+: is asked for",
        r"hog  0x\w+, slot \d+: is read, ok")
    has(texts(lines, "ipc"), r"\(kernel\) -> pager  pager\.out data 1 page lent", r"pager -> \(kernel\)  pager\.out: ok")
    has(texts(lines, "fault"), r"hog  read at 0x\w+: in swap, slot \d+")


def test_output_and_trace_do_not_mix():
    plain, said = signet("-c", "echo hello"), signet("--trace", "ipc,sched", "-c", "echo hello")
    assert (said.returncode, said.stdout) == (0, "hello\n") and plain.stdout == "hello\n"
    told = [line.removeprefix("trace: ") for line in said.stderr.splitlines() if line.startswith("trace: ")]
    has(told, r" *\d+\.\d{6} ipc   shell -> console  console\.write .*", r" *\d+\.\d{6} ipc   shell -> supervisor  supervisor\.poweroff.*")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "trace.txt"
        said = signet("--trace", "ipc,sched", "--trace-file", str(file), "-c", "echo hello")
        assert (said.returncode, said.stdout) == (0, "hello\n") and "trace:" not in said.stderr, said
        has(file.read_text().splitlines(), r" *\d+\.\d{6} sched shell .*")


@timeout(120)
def test_grub_passes_the_categories_on_too():
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "trace.txt"
        said = signet("--iso", "--mem", "64", "--trace", "fault,call", "--trace-file", str(file), "-c", "echo hello")
        assert (said.returncode, said.stdout) == (0, "hello\n"), said
        lines = file.read_text().splitlines()
        assert {found[1] for found in map(TIMED.fullmatch, lines) if found} == {"fault", "call"}, lines[:20]


@timeout(150)
def test_another_system_is_told_with_its_own_contracts():
    with tempfile.TemporaryDirectory() as folder:
        made = subprocess.run([sys.executable, "-B", REPO / "tools/signet", "new", "project", f"{folder}/mine"], capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr
        said = signet("--system", f"{folder}/mine/system.toml", "--trace", "ipc", "-c", "hello-ask world")
        names = {path.stem for path in Path(folder).rglob("*.contract")}
        assert said.returncode == 0 and "ipc   supervisor -> " in said.stderr and not re.search(r"trace:.*\?", said.stderr), said.stderr[-3000:]
        assert all(re.search(rf"trace:.*\b{name}\b", said.stderr) for name in names), (names, said.stderr[-3000:])


def compiled(entry: dict, text: str, folder: Path) -> list[str]:
    """The instructions, without their operands, of a source of the kernel that has this text instead of its own."""
    source = folder / "source.c"
    source.write_text(f'#line 1 "{entry["file"]}"\n{text}')
    words = shlex.split(entry["command"])
    flags = [word for word in words[1:words.index("-o")] if word.startswith(("-I", "-f", "-m", "-O", "-std"))]
    flags += [words[at + 1] for at, word in enumerate(words) if word == "-isystem"]
    flags = [f"-I{flag}" if flag.startswith("/") else flag for flag in flags]
    subprocess.run([words[0], *flags, "-std=gnu2x", "-w", "-c", source, "-o", folder / "object.o"], cwd=entry["directory"], check=True)
    listed = subprocess.run(["objdump", "-d", "--no-show-raw-insn", folder / "object.o"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^ *[0-9a-f]+:\t(\w+)", listed, re.MULTILINE)


def test_switched_off_the_points_leave_nothing_in_the_kernel():
    """Each source with a point in it compiles to the same instructions without it. (The order of a comparison's operands may differ.)"""
    known = json.loads((build_dir() / "compile_commands.json").read_text())
    usual = [entry for entry in known if "/signet.dir/" in entry["command"] and entry["file"].startswith(f"{REPO}/kernel/") and entry["file"].endswith(".c")]
    points = 0
    with tempfile.TemporaryDirectory() as folder:
        for entry in usual:
            text = Path(entry["file"]).read_text()
            without, found = POINT.subn(";", text)
            points += found
            if found:
                usually = compiled(entry, text, Path(folder))
                assert len(usually) > 50 and usually == compiled(entry, without, Path(folder)), entry["file"]
    assert points > 15, points
    names = subprocess.run(["nm", build_dir() / "signet.elf"], capture_output=True, text=True, check=True).stdout
    assert not re.search(r"\btrace_", names)


def example() -> tuple[list[str], list[str]]:
    """The command in docs/debugging.md that has --trace, and what it is said to tell."""
    found = re.search(r"^    tools/signet (run --trace .*)\n\n((?:    .*\n)+)", (REPO / "docs/debugging.md").read_text(), re.MULTILINE)
    assert found, "docs/debugging.md has no example of --trace"
    return shlex.split(found[1])[1:], [line.strip() for line in found[2].splitlines()]


def test_the_example_in_the_manual_is_what_comes():
    words, shown = example()
    said = signet(*words)
    told = [TIMED.fullmatch(line.removeprefix("trace: ")) for line in said.stderr.splitlines() if line.startswith("trace: ")]
    wanted = [TIMED.fullmatch(line.removeprefix("trace: ")) for line in shown]
    assert said.returncode == 0 and all(wanted), shown
    has([found[0][found.start(1):] for found in told if found], *(re.escape(found[0][found.start(1):]) for found in wanted))
