# SPDX-License-Identifier: BSD-2-Clause
"""`signet bench swap` and `signet bench paging`: rows with pages, marks, what the figures come to, what the command line refuses."""

import json
import os
import subprocess
import unittest
from pathlib import Path

from bench_cases import END, HEAD, BenchTest, row
from toolbox import ToolTest

from signetkit.bench import counting, limits, linux, paging, serial, swap, swap_table
from signetkit.bench.swap_table import LINUX, SEALED, UNSEALED
from signetkit.plain import Problem


def reader_of(*lines: str) -> swap.Reader:
    reader = swap.Reader()
    reader.feed((HEAD + "".join(lines) + END).encode())
    return reader


def phases(pages_in: int, pages_out: int, ns: int) -> swap.Reader:
    return reader_of(*(row(name, 1, ns, pages_in=pages_in, pages_out=pages_out) for name in limits.SWAP))


def figures(per_page: dict[str, float], ns: dict[str, int] | None = None) -> dict[str, swap_table.Figures]:
    """1,000 pages come in and 1,000 go in each phase, at so many instructions, in so long."""
    found = {}
    for system, cost in per_page.items():
        ran = phases(1000, 1000, (ns or {}).get(system, 10**9))
        found[system] = swap_table.Figures({name: int(2000 * cost) for name in limits.SWAP}, ran)
        for _ in range(3):
            found[system].add_timed(ran)
    return found


class Rows(unittest.TestCase):
    def test_a_row_has_the_pages_that_were_moved(self):
        reader = reader_of(row("swap_read", 1, 5, pages_in=7, pages_out=3), row("page_in", 2, 5, pages_in=1, pages_out=0, pages_dropped=4))
        self.assertEqual((reader.complaints, reader.moved), ([], {"swap_read": (7, 3), "page_in": (1, 0)}))
        self.assertEqual((reader.dropped, reader.ended), ({"swap_read": 0, "page_in": 4}, True))

    def test_a_row_without_them_is_no_row(self):
        for pages in ({}, {"pages_in": 1}, {"pages_in": -1, "pages_out": 0}, {"pages_in": 1, "pages_out": "2"}, {"pages_in": True, "pages_out": 2}):
            reader = reader_of(row("swap_read", 1, 5, **pages))
            self.assertEqual((len(reader.complaints), reader.rows), (1, {}), pages)

    def test_what_the_guest_says_went_wrong_is_a_problem(self):
        with self.assertRaisesRegex(Problem, "Linux: mlock: no memory"):
            swap.whole(reader_of('BENCH {"error":"mlock: no memory"}\n'), "Linux")
        cut = swap.Reader()
        cut.feed(HEAD.encode())
        with self.assertRaisesRegex(Problem, "Signet: it did not get to its end: it was stopped"):
            swap.whole(cut, "Signet", ": it was stopped")


class Marks(ToolTest):
    def write(self, text: str) -> Path:
        path = self.folder / "counts"
        path.write_text(text)
        return path

    def test_stretches_lie_between_marks_two_by_two(self):
        found = counting.stretches(self.write("100 5 1\n160 11 3\n500 11 3\n1500 31 4\n"), 2)
        self.assertEqual(found, [(60, 6, 2), (1000, 20, 1)])

    def test_too_few_marks_or_none_are_a_problem(self):
        for text, why in (("100 0 0\n160 0 0\n", "executed 2 marks, not 4"), ("", "executed 0 marks"), ("x\n", "nothing of use"),
                          ("1 2 3\n4 5\n", "nothing of use")):
            with self.assertRaisesRegex(Problem, why):
                counting.stretches(self.write(text), 2)
        with self.assertRaisesRegex(Problem, "nothing of use"):
            counting.stretches(self.folder / "absent", 2)

    def test_a_function_is_found_with_where_its_callers_go_on(self):
        source = self.folder / "f.c"
        source.write_text("int decide(int); int g(int x) { return decide(x) + 1; } int h(int x) { return decide(x) * 3; }\n"
                          "__attribute__((noinline)) int decide(int x) { return x * x; }\nint main(void) { return g(1) + h(2); }\n")
        subprocess.run(["gcc", "-O1", "-fno-inline", source, "-o", self.folder / "f"], check=True)
        words = counting.around("decide", self.folder / "f")
        self.assertEqual([word.partition("=")[0] for word in words], ["enter", "leave", "leave"])
        self.assertEqual(len(set(words)), 3)
        with self.assertRaisesRegex(Problem, "nobody calls nothing"):
            counting.around("nothing", self.folder / "f")

    def test_the_plug_in_is_compiled_and_says_what_it_does_not_take(self):
        library = counting.plugin()
        self.assertTrue(library.is_file())
        flags = counting.flags(library, Path("/a,b"), ("enter=10", "leave=20"))
        self.assertEqual(flags, ("-plugin", f"{library},out=/a,,b,enter=10,leave=20"))


class Arithmetic(ToolTest):
    def test_the_cost_of_a_page_is_instructions_by_pages_in_and_out(self):
        found = swap_table.Figures({"swap_read": 9000}, reader_of(row("swap_read", 1, 5 * 10**8, pages_in=20, pages_out=10)))
        found.add_timed(reader_of(row("swap_read", 1, 10**9, pages_in=60, pages_out=30)))
        found.add_timed(reader_of(row("swap_read", 1, 3 * 10**9, pages_in=60, pages_out=30)))
        found.add_timed(reader_of(row("swap_read", 1, 2 * 10**9, pages_in=60, pages_out=30)))
        phase = found.phases["swap_read"]
        self.assertEqual((phase.per_page, phase.rate, phase.rates), (300.0, 45.0, [90.0, 30.0, 45.0]))

    def test_a_phase_in_which_nothing_moved_is_missing(self):
        found = figures({LINUX: 100, UNSEALED: 30, SEALED: 150})
        idle = reader_of(*(row(name, 1, 5, pages_in=0, pages_out=0) for name in limits.SWAP))
        found[SEALED] = swap_table.Figures(dict.fromkeys(limits.SWAP, 1), idle)
        missing, printed, _ = self.captured(swap_table.show, found)
        self.assertEqual(missing, [f"the phase {name} is missing" for name in limits.SWAP])
        self.assertNotIn(b"swap_", printed)

    def test_what_holds_is_no_problem_and_stands_in_the_table(self):
        found = figures({LINUX: 10_000, UNSEALED: 4_000, SEALED: 11_500}, {LINUX: 10**9, UNSEALED: 10**9, SEALED: 4 * 10**9})
        missing, printed, _ = self.captured(swap_table.show, found)
        self.assertEqual((missing, swap_table.judge(found, True)), ([], []))
        self.assertRegex(printed.decode(), r"(?m)^swap_random_read +10,000 +4,000 +0\.40 \(0\.40\) +11,500 +1\.15 \(1\.15\) +2,000 +2,000 +500$")

    def test_each_limit_that_does_not_hold_is_named(self):
        said = swap_table.judge(figures({LINUX: 10_000, UNSEALED: 4_001, SEALED: 11_501}), True)
        self.assertEqual(len(said), 8, said)  # six phases without the seal, the two random ones with it
        self.assertIn("swap_random_write: Signet takes 11,501 instructions for a page moved, 1.15 of Linux', 1.15 at most", said)
        said = swap_table.judge(figures({LINUX: 10_000, UNSEALED: 4_000, SEALED: 16_001}), True)
        self.assertEqual(len(said), 6, said)
        slow = figures({LINUX: 10_000, UNSEALED: 4_000, SEALED: 11_000}, {UNSEALED: 2 * 10**9})
        self.assertEqual(len(swap_table.judge(slow, True)), 6)
        self.assertIn("Signet without the seal moves 1,000 pages in a second, 0.50 of Linux'", swap_table.judge(slow, True)[0])
        self.assertEqual(swap_table.judge(slow, False), [])

    def test_the_file_has_figures_ratios_and_limits(self):
        made = json.loads(json.dumps(swap_table.to_json(figures({LINUX: 10_000, UNSEALED: 4_000, SEALED: 15_000}))))
        self.assertEqual([entry["name"] for entry in made["rows"]], list(limits.SWAP))
        self.assertEqual(made["rows"][0], {
            "name": "swap_first_write", "ratios": {"signet_unsealed": 0.4, "signet": 1.5}, "limits": {"signet": 1.6, "signet_unsealed": 0.4},
            **{key: {"instructions": cost, "pages_in": 1000, "pages_out": 1000, "pages_per_second": [2000] * 3}
               for key, cost in (("linux", 10_000), ("signet_unsealed", 4_000), ("signet", 15_000))}})


class Paging(unittest.TestCase):
    """The rows that the runs of two kernels come to."""

    def run_of(self, page_in: int, turned: int, pages: int = 1000) -> swap.Reader:
        return reader_of(row("page_in", 100, 100 * page_in, pages_in=100, pages_out=0),
                         row("swap_rewrite", 1, turned, pages_in=pages, pages_out=pages))

    def test_the_seal_is_what_one_kernel_takes_more_than_the_other(self):
        rows = paging.costs(self.run_of(16_000, 30_000_000), self.run_of(2_400, 4_000_000))
        self.assertEqual([(found.name, found.instructions) for found in rows],
                         [("page_in_total", 16_000), ("page_in_without_crypto", 2_400), ("seal_open", 26_000)])

    def test_the_phase_in_which_both_moved_as_many_pages_tells_it(self):
        def run_of(rewritten: int, page_in: int, read: int) -> swap.Reader:
            return reader_of(row("page_in", 100, 100 * page_in, pages_in=100, pages_out=0), row("swap_rewrite", 1, 7_000_000, pages_in=rewritten, pages_out=rewritten),
                             row("swap_read", 1, read, pages_in=1500, pages_out=500))
        rows = paging.costs(run_of(1000, 16_000, 30_000_000), run_of(1100, 2_400, 4_000_000))
        self.assertEqual((rows[2].name, rows[2].instructions), ("seal_open", 26_000))

    def test_kernels_that_move_other_pages_cannot_be_compared(self):
        with self.assertRaisesRegex(Problem, "2,000 pages moved with the seal, 2,200 without"):
            paging.costs(self.run_of(16_000, 30_000_000), self.run_of(2_400, 4_000_000, 1100))


class Command(BenchTest):
    def test_what_makes_no_sense_is_refused(self):
        for words in (("swap", "--guard"), ("swap", "--accept"), ("swap", "--peer", "linux"), ("swap", "--rows", "a"), ("swap", "--mem", "64"),
                      ("paging", "--quick"), ("paging", "--plot", "a.svg"), ("paging", "--accel", "kvm"), ("paging", "--image", "x"),
                      ("paging", "--guard", "--accept"), ("pages",)):
            self.assertEqual(self.bench(*words)[0], 2, words)
        self.assertEqual(self.commands(), [])


class LinuxSwapper(ToolTest):
    """Its program cannot run here, as it is the first process or nothing; it must compile, and stand in its archive with the modules."""

    def test_the_modules_stand_in_the_archive_in_the_order_they_are_loaded(self):
        os.environ["SIGNET_CACHE"] = str(self.folder / "cache")
        kernel = self.folder / "cache/linux-6.1.9-2/vmlinuz"
        kernel.parent.mkdir(parents=True)
        kernel.write_bytes(b"kernel")
        self.assertIsNone(linux.package.find_linux(with_modules=True))
        for module in linux.package.modules(kernel):
            module.write_bytes(module.stem.encode())
        peer = linux.build_linux_swapper(24, 12)
        self.assertEqual((peer.kernel, peer.append), (kernel, linux.WORDS + " mib=24 available=12"))
        archive = peer.initrd.read_bytes()
        self.assertIn(b"modules/00.ko\0", archive)
        self.assertLess(archive.index(b"virtio_ring"), archive.index(b"virtio_blk"))


if __name__ == "__main__":
    unittest.main()
