# SPDX-License-Identifier: BSD-2-Clause
"""Records of the kernel's trace points, told in names; and what `signet run --trace` does with them before and beside the guest."""

import argparse
import contextlib
import random
import re
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from toolbox import REPO, ToolTest

from signetkit import abi
from signetkit.contract import load
from signetkit.guest import qemu, run
from signetkit.plain import Problem
from signetkit.setup import build
from signetkit.trace import run as trace_run
from signetkit.trace.names import CATEGORIES, categories
from signetkit.trace.trace import CALLS_BY_STATE, TOUCHED, WHY, Trace, WithoutRecords

FILES = load.find("files")
PAGER = load.find("pager")
MIXED = """contract mixed "One of everything."
state one
state two
notify client ready
notify server wake
operation both {
    in one
    -> two
    request blob: bytes<0..10>
    request room: given pages<1..4>
    reply there: channel mixed in two
}
operation back {
    in two
    -> one
}
"""


def number(operation: str, of=FILES) -> int:
    return of.operations[operation].number


def tag(op: int, size: int = 0, pages: int = 0, kind: int = 0, ends: int = 0) -> str:
    return f"{op | kind << 16 | ends << 18 | size << 32 | pages << 49:x}"


def call(word: str, operation: int, badge: int = 0, more: str = "0", contract: int = FILES.id, who: str = "shell:7 files:5", **parts) -> str:
    return f"{word} {who} 400003 {contract:x} {badge:x} {tag(operation, **parts)} {more}"


class Told(unittest.TestCase):
    """Each record, in words."""

    def setUp(self) -> None:
        self.trace = Trace()
        self.count = 0

    def tell(self, record: str, us: int = 0xBC6150) -> str:
        self.count += 1
        lines = self.trace.feed(f"~{self.count:x} {us:x} {record}\r\n".encode())
        self.assertEqual(len(lines), 1, lines)
        return lines[0]

    def assert_told(self, record: str, expected: str) -> None:
        self.assertEqual(self.tell(record), f"  12.345680 {expected}")

    def test_a_call_has_its_operation_state_and_what_comes_with_it(self):
        self.assert_told(call("call", number("open"), size=12), "ipc   shell -> files  files.open (tree) path 12 bytes")
        self.assert_told(call("call", number("stat"), size=1), "ipc   shell -> files  files.stat (tree) path 1 byte")
        self.assert_told(call("queued", number("open")), "ipc   shell -> files  files.open (tree): has to wait")
        self.assert_told(call("queued", number("open"), who="shell:7 -"), "ipc   shell -> nobody  files.open (tree): has to wait, nobody serves")
        self.assert_told(call("taken", number("open"), size=12), "ipc   shell -> files  files.open (tree) path 12 bytes: taken now")

    def test_an_answer_has_its_status_and_what_comes_with_it(self):
        self.assert_told(call("reply", number("open"), more=tag(0, ends=1)), "ipc   files -> shell  files.open: ok, 1 end")
        self.assert_told(call("reply", number("open"), more=tag(13)), "ipc   files -> shell  files.open: not_found")
        self.assert_told(call("reply", number("readlink"), more=tag(0, size=7)), "ipc   files -> shell  files.readlink: ok, target 7 bytes")

    def test_the_server_s_own_part_of_the_badge_is_no_state(self):
        self.assert_told(call("call", number("open"), badge=0xABCD00), "ipc   shell -> files  files.open (tree)")

    def test_a_change_of_state_is_told_once(self):
        self.trace = Trace([self.enterContext(folder_with(MIXED))])
        mixed = next(one for one in self.trace.contracts.by_id.values() if one.name == "mixed")
        self.assert_told(call("call", 1, contract=mixed.id, size=3, pages=2, kind=3), "ipc   shell -> files  mixed.both (one) blob 3 bytes, room 2 pages given")
        self.assert_told(call("reply", 1, contract=mixed.id, badge=1, more=tag(0)), "ipc   files -> shell  mixed.both: ok, now in state two")
        self.assert_told(call("reply", 1, contract=mixed.id, badge=1, more=tag(0)), "ipc   files -> shell  mixed.both: ok")
        self.assert_told(f"notify shell:7 files:5 1 {mixed.id:x} 1 1", "ipc   shell -> files  mixed notification: wake")
        self.assert_told(f"notify files:5 shell:7 1 {mixed.id:x} 0 1", "ipc   files -> shell  mixed notification: ready")

    def test_other_ends_of_a_call_have_their_reason(self):
        self.assert_told(call("ended", number("open"), more="7"), "ipc   shell -> files  files.open (tree): ended without an answer, timed_out")
        self.assert_told(call("ended", number("open"), more="9"), "ipc   shell -> files  files.open (tree): ended without an answer, interrupted")
        self.assert_told(call("ended", number("open"), more="14"), "ipc   shell -> files  files.open (tree): ended without an answer, its caller has ended")

    def test_the_kernel_speaks_the_pager_s_contract_and_nobody_else_does_without_one(self):
        self.assert_told(call("call", number("out", PAGER), contract=0, who="- pager:4", pages=1, kind=1), "ipc   (kernel) -> pager  pager.out data 1 page lent")
        self.assert_told(call("reply", number("out", PAGER), contract=0, who="- pager:4"), "ipc   pager -> (kernel)  pager.out: ok")
        self.assert_told(call("call", 1, contract=0), "ipc   shell -> files  ?0000000000000000.?1 (?0)")

    def test_news_moves_and_interrupts(self):
        self.assert_told(f"notify - files:5 1 {FILES.id:x} 1 8000000000000000", "ipc   (closed) -> files  files notification: closed")
        self.assert_told(f"notify shell:7 files:5 1 {FILES.id:x} 1 4000000000000004", "ipc   shell -> files  files notification: ?bit 2, restarted")
        self.assert_told("child hog:9 supervisor:0 4", "ipc   hog -> supervisor  news of a child: gone")
        self.assert_told("child hog:9 - 2", "ipc   hog -> nobody  news of a child: ending")
        self.assert_told("irq console:2 101", "ipc   interrupt -> console  handle 0x101")
        self.assert_told(f"move files:5 shell:7 files:5 1 {FILES.id:x} 1", "ipc   files -> shell  a channel to files, files (file)")

    def test_faults_and_ends(self):
        self.assert_told("fault hog:9.1 1000 write made ffffffff", "fault hog  write at 0x1000: gets a zero page")
        self.assert_told("fault hog:9.2 1000 read swapped 10", "fault hog thread 2  read at 0x1000: in swap, slot 16")
        self.assert_told("end hog:9 2 99 0", "fault hog  ends: it read an address that is not mapped (address 0x99)")
        self.assert_told("end hog:9 0 0 3", "fault hog  exits with code 3")
        self.assert_told("end hog:9 63 0 0", "fault hog  ends: ?99 (address 0x0)")

    def test_switches(self):
        self.assert_told("switch shell:7.1 served files:5.1", "sched shell (waits for the answer) -> files")
        self.assert_told("switch - - files:5.2", "sched idle -> files thread 2")
        self.assert_told("switch files:5.2 receiving -", "sched files thread 2 (waits for messages) -> idle")

    def test_pages(self):
        self.assert_told("evict hog:9 5000 8", "page  hog  0x5000 leaves RAM, slot 8 has it already")
        self.assert_told("out hog:9 5000 8", "page  hog  0x5000, slot 8: goes out")
        self.assert_told("paged 8 0 0", "page  hog  0x5000, slot 8: is written, ok")
        self.assert_told("in hog:9 5000 8", "page  hog  0x5000, slot 8: is asked for")
        self.assert_told("paged 8 1 11", "page  hog  0x5000, slot 8: is read, io_error")
        self.assert_told("paged 9 1 0", "page  ?, slot 9: is read, ok")

    def test_system_calls(self):
        self.assert_told("did hog:9 8 4", "call  hog  mem_map: no_memory")
        self.assert_told("did hog:9 0 13", "call  hog  ipc_call: waits")
        self.assert_told("did hog:9 0 12", "call  hog  ipc_call: waits for memory, then starts again")
        self.assert_told("did hog:9 f 14", "call  hog  process_exit: does not come back")
        self.assert_told("did hog:9 3f 63", "call  hog  ?63: ?99")
        self.assert_told("back hog:9.1 served 9", "call  hog  back from ipc_call: interrupted")

    def test_two_processes_of_one_name_are_told_apart(self):
        self.assert_told("did hog:9 8 0", "call  hog  mem_map: ok")
        self.assert_told("did hog:a 8 0", "call  hog#10  mem_map: ok")
        self.assert_told("back hog:9.3 served 0", "call  hog#9 thread 3  back from ipc_call: ok")

    def test_unknown_contracts_operations_and_states_are_numbers(self):
        self.assert_told(call("call", 0xFFF, badge=0x3E, size=2), "ipc   shell -> files  files.?4095 (?62) 2 bytes")
        self.assert_told(call("call", 3, contract=0xC0FFEE, size=2), "ipc   shell -> files  ?0000000000c0ffee.?3 (?0) 2 bytes")
        self.assert_told(call("reply", 3, contract=0xC0FFEE, more=tag(0xFFF)), "ipc   files -> shell  ?0000000000c0ffee.?3: ?4095")

    def test_a_gap_in_the_numbers_is_told(self):
        self.tell("did hog:9 8 0")
        self.count += 12
        lines = self.trace.feed(b"~e 1 did hog:9 8 0\n~f 2 did hog:9 8 0\n~d 2 did hog:9 8 0\n")
        self.assertEqual([line for line in lines if line[0] == "?"], ["? 12 records are missing here", "? records are out of order here"])
        self.assertEqual(len(lines), 5)

    def test_lines_arrive_in_pieces_and_among_others(self):
        whole = b"[   0.1] log ~1 1 did x:1 1 0\r\n~1 1 did hog:9 8 0\r\n[   0.2] log\r\n~2 2 did hog:9 9 0\r\n~3 3 did"
        expected = Trace().feed(whole)
        self.assertEqual(len(expected), 2)
        trace = Trace()
        self.assertEqual([line for at in range(len(whole)) for line in trace.feed(whole[at:at + 1])], expected)

    def test_what_the_kernel_can_say_has_words(self):
        source = (REPO / "kernel/trace/trace.c").read_text()
        states = abi_words("kernel/task/thread.c", "names[THREAD_STATES]")
        self.assertGreater(len(states), 8)
        self.assertLessEqual(states - {"new", "running"}, set(WHY))
        self.assertLessEqual(set(CALLS_BY_STATE), states)
        touches = abi_words("kernel/trace/trace.c", "touches[]")
        self.assertEqual(touches, set(TOUCHED) | {"swapped"})
        self.assertEqual(tuple(words_in(source, "categories[CATEGORIES]")), CATEGORIES)

    def test_garbage_is_shown_and_harms_nothing(self):
        rng = random.Random(47)
        good = [f"~{i:x} 5 {text}".encode() for i, text in enumerate((
            call("call", 1, size=3), call("reply", 1), call("ended", 1), call("queued", 1), call("taken", 2), "irq console:2 101",
            f"notify a:1 b:2 3 {FILES.id:x} 0 ffffffffffffffff", "child hog:9 - ff", f"move a:1 b:2 c:3 4 {FILES.id:x} 5", "begin 1f",
            "fault hog:9.1 1000 write made ffffffff", "end hog:9 2 99 0", "switch a:1.1 served -", "evict a:1 5 8", "out a:1 5 8",
            "in a:1 5 8", "paged 8 0 0", "did a:1 8 0", "back a:1.1 served 0"))]
        trace, told = Trace(), 0
        for _ in range(20000):
            line = bytearray(rng.choice(good))
            for _ in range(rng.randrange(4)):
                at = rng.randrange(len(line))
                change = rng.randrange(4)
                if change == 0:
                    line[at] = rng.randrange(256)
                elif change == 1:
                    del line[at:at + rng.randrange(1, 9)]
                elif change == 2:
                    line[at:at] = rng.choice((b" ", b"-", b":", b"ffffffffffffffff", b"\xff", b"~", b"\x1b[2J", b"g"))
                else:
                    line[at:] = b""
                line = line or bytearray(b"~")
            for text in trace.feed(bytes(line) + b"\n"):
                told += 1
                self.assertTrue(text.isprintable(), text)
                self.assertRegex(text, r"^(\? | *\d+\.\d{6} (ipc|fault|sched|page|call) +\S)")
        self.assertGreater(told, 10000)
        self.assertEqual(trace.feed(b"\n~0 0 begin 1\n~1 1 did fresh:9 8 0\n")[-1], "   0.000001 call  fresh  mem_map: ok")

    def test_a_line_without_an_end_takes_no_memory(self):
        trace = Trace()
        for _ in range(100):
            trace.feed(b"~" * 100000)
        self.assertLess(len(trace.rest), 2000)


@contextlib.contextmanager
def folder_with(contract: str):
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "mixed.contract").write_text(contract)
        (Path(place) / "wrong.contract").write_text("contract wrong operation")  # is passed over
        yield place


def words_in(source: str, array: str) -> list[str]:
    return re.findall(r'"(\w+)"', source.partition(array)[2].partition(";")[0])


def abi_words(path: str, array: str) -> set[str]:
    return set(words_in((abi.ROOT / path).read_text(), array))


class Log(ToolTest):
    """What people see of the log itself has no records in it."""

    def test_records_are_taken_out_however_the_log_comes(self):
        log = b"[ 0.1] one\r\n~1 1 did\r\n[ 0.2] two ~ three\r\n~2 2 did\r\nhalf"
        self.assertEqual(WithoutRecords().feed(log), b"[ 0.1] one\r\n[ 0.2] two ~ three\r\nhalf")
        for size in range(1, len(log)):
            without = WithoutRecords()
            pieces = b"".join(without.feed(log[at:at + size]) for at in range(0, len(log), size))
            self.assertEqual(pieces, b"[ 0.1] one\r\n[ 0.2] two ~ three\r\nhalf", size)

    def follow(self, asked: trace_run.Tracing, *pieces: bytes) -> tuple[bytes, str]:
        log = self.folder / "serial.log"
        log.write_bytes(b"")

        def grow() -> int:
            with trace_run.follow(log, asked):
                for piece in pieces:
                    with open(log, "ab") as file:
                        file.write(piece)
                    time.sleep(2 * trace_run.PAUSE_SECONDS)
                with open(log, "ab") as file:  # the machine's last words
                    file.write(b"~2 3 did hog:9 8 0\r\n")
            return 0
        _, out, err = self.captured(grow)
        return out, err

    def test_records_are_told_as_they_come_and_to_the_last(self):
        out, err = self.follow(trace_run.Tracing(("call",)), b"[ 0.1] log\r\n~0 1 begin 10\r\n~1 2 did ho", b"g:9 9 0\r\n")
        self.assertEqual((out, err), (b"", "trace:    0.000002 call  hog  mem_unmap: ok\ntrace:    0.000003 call  hog  mem_map: ok\n"))

    def test_in_a_file_they_have_no_mark(self):
        file = self.folder / "told"
        self.assertEqual(self.follow(trace_run.Tracing(("call",), file), b"~1 2 did hog:9 9 0\r\n"), (b"", ""))
        self.assertEqual(file.read_text(), "   0.000002 call  hog  mem_unmap: ok\n   0.000003 call  hog  mem_map: ok\n")

    def test_a_file_that_cannot_be_written_is_named(self):
        with self.assertRaisesRegex(Problem, "cannot write the trace to /no/such/file: No such file") as raised:
            self.follow(trace_run.Tracing(("call",), Path("/no/such/file")))
        self.assertEqual(raised.exception.status, 125)


class Machines(ToolTest):
    """The kernel with trace points is built and booted, and told what to write."""

    def setUp(self) -> None:
        super().setUp()
        self.built = []
        self.addCleanup(setattr, build, "build_target", build.build_target)
        build.build_target = lambda folder, target: self.built.append((folder, target))
        (self.folder / "build" / trace_run.KERNEL).write_bytes(b"")

    def test_the_categories_are_on_the_kernel_s_command_line(self):
        hardware = trace_run.traced(qemu.Hardware(append="else"), trace_run.Tracing(("ipc", "page")))
        words = qemu.command_line(hardware, self.folder / "log")
        self.assertEqual(words[words.index("-append") + 1], "else trace=ipc,page")
        self.assertEqual(words[words.index("-kernel") + 1], str(self.folder / "build" / trace_run.KERNEL))
        self.assertEqual(self.built, [(self.folder / "build", trace_run.TARGET)])

    def test_another_system_s_kernel_is_in_its_own_folder(self):
        place = self.folder / "mine"
        place.mkdir()
        (place / trace_run.KERNEL).write_bytes(b"")
        hardware = trace_run.traced(qemu.Hardware(build=place), trace_run.Tracing(("ipc",)))
        self.assertEqual((hardware.kernel, self.built), (place / trace_run.KERNEL, [(place, trace_run.TARGET)]))

    def test_each_choice_has_an_iso_that_is_made_once(self):
        made = []
        self.addCleanup(setattr, trace_run, "run_shown", trace_run.run_shown)
        trace_run.run_shown = lambda words, what: (made.append(words), Path(words[-1]).write_bytes(b"iso"))
        for chosen in (("ipc",), ("ipc",), ("ipc", "call")):
            self.captured(lambda: trace_run.traced(qemu.Hardware(iso=True), trace_run.Tracing(chosen)) and 0)
        hardware = trace_run.traced(qemu.Hardware(iso=True), trace_run.Tracing(("ipc", "call")))
        self.assertEqual([words[words.index("--append") + 1] for words in made], ["trace=ipc", "trace=ipc,call"])
        self.assertEqual(qemu.boot_flags(hardware)[1], str(self.folder / "build/signet-trace-ipc-call.iso"))

    def test_the_end_of_the_log_after_a_failure_has_no_records(self):
        self.pretend("traces and dies")
        status, out, err = self.captured(run.run, run.Run(command="x", trace=trace_run.Tracing(("call",))))
        self.assertEqual((status, out), (125, b"x\n"))
        self.assertIn("trace:    0.000001 call  hog  mem_map: ok\n", err)
        self.assertIn("last line of the log", err)
        self.assertNotIn("~1 ", err)


class Words(unittest.TestCase):
    def test_categories_are_taken_in_any_order_each_once(self):
        self.assertEqual(categories("sched,ipc,sched"), ("ipc", "sched"))
        self.assertEqual(categories(",".join(CATEGORIES)), CATEGORIES)

    def test_an_unknown_one_is_refused_with_the_list(self):
        for text in ("ipx", "", "ipc,", "ipc, page", "IPC"):
            with self.subTest(text), self.assertRaisesRegex(argparse.ArgumentTypeError, "is no category of trace points; there are ipc,fault,sched,page,call$"):
                categories(text)

    def test_the_command_refuses_in_one_sentence(self):
        for words, sentence in ((["--trace", "everything"], "there are ipc,fault,sched,page,call"), (["--trace-file", "x"], "--trace-file needs --trace")):
            with self.subTest(words):
                done = subprocess.run([sys.executable, "-B", REPO / "tools/signet", "run", *words, "-c", "x"], capture_output=True, text=True, check=False, timeout=30)
                self.assertEqual((done.returncode, done.stdout, len(done.stderr.splitlines())), (125, "", 1), done.stderr)
                self.assertIn(sentence, done.stderr)


if __name__ == "__main__":
    unittest.main()
