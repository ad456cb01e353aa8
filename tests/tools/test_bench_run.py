# SPDX-License-Identifier: BSD-2-Clause
"""signet bench of Signet's own system: all its runs, what they must agree in, the limits, and options that do not go together."""

import os
import unittest
from unittest import mock

from bench_cases import HEAD, BenchTest, row

from signetkit.bench import limits, measure, quick
from signetkit.guest import kvm
from signetkit.paths import REPO
from signetkit.setup import build


class Own(BenchTest):
    def all_rows(self, over: str = "", **extra: str) -> str:
        """Every row that has a limit, at it; `over` is one above."""
        rows = {name: row(name, 10, 10 * (most + (name == over))) for name, most in limits.INSTRUCTIONS.items()} | extra
        return "".join(rows.values())

    def test_a_full_measurement(self):
        rows = self.all_rows()
        self.tell(rows)
        self.tell(rows, 'BENCH {"name":"ipc_rt_0w","kernel":1500,"events":{"cr3":20,"sysret":19,"iretq":1}}\n', name="events")
        out = self.folder / "own.json"
        status, printed, said = self.bench("--json", out)
        self.assertEqual((status, len(self.commands())), (0, 8), said)
        self.assertRegex(printed, r"(?m)^ipc_rt_0w +220 +220 +150  220 \(220\.\.220\); cr3 2, sysret 1\.9, iretq 0\.1$")
        made = {entry["name"]: entry for entry in self.json(out)["rows"]}["ipc_rt_0w"]
        self.assertEqual((made["kernel_instructions"], made["events"]["cr3"], made["limit"]), (150, 2, 220))
        self.assertEqual(sum("signet-bench.elf" in command for command in self.commands()), 1)

    def test_a_row_over_its_limit(self):
        self.tell(self.all_rows(over="null_call"))
        status, printed, said = self.bench()
        self.assertEqual(status, 1)
        self.assertRegex(printed, r"(?m)^null_call .*  OVER$")
        self.assertIn("null_call takes 51 instructions, 50 at most", said)
        self.assertEqual(printed.count("OVER"), 1)

    def test_what_ring_0_spends_has_limits_too(self):
        for line, why in (('"kernel":2001', "200.1 instructions in ring 0, 200 at most"), ('"events":{"cr3":21}', "2.1 of cr3, 2 at most"),
                          ('"events":{"sysret":11,"iretq":10}', "2.1 of sysret+iretq, 2 at most")):
            self.tell(self.all_rows())
            self.tell(self.all_rows(), f'BENCH {{"name":"ipc_rt_0w",{line}}}\n', name="events")
            status, _, said = self.bench()
            self.assertEqual((status, f"ipc_rt_0w {'has' if 'of' in why else 'takes'} {why}" in said), (1, True), said)

    def test_stubs_may_add_a_little_to_a_message_by_hand(self):
        for more, status in ((12, 0), (13, 1)):
            self.tell(self.all_rows(), row("ipc_rt_stubs", 10, 10 * (240 + more)))
            got, _, said = self.bench("--rows", "ipc_rt_*")
            self.assertEqual((got, "ipc_rt_stubs takes 13 instructions more than ipc_rt_6w, 12 at most" in said), (status, bool(status)), said)

    def test_the_curve_of_bytes_copied_has_no_step(self):
        usual = {1024: 600, 2048: 916, 4096: 1428, 8192: 2759}
        for size, cost, why in ((8192, 2759, ""), (8192, 2760, "8192 takes 1,332 instructions more than ipc_rt_copy_4096, 1,331.2 at most"),
                                (1024, 583, "2048 takes 333 instructions more than ipc_rt_copy_1024, 332.8 at most")):
            self.tell(*(row(f"ipc_rt_copy_{at}", 10, 10 * one) for at, one in (usual | {size: cost}).items()))
            status, _, said = self.bench("--rows", "ipc_rt_copy_????")
            self.assertEqual((status, f"ipc_rt_copy_{why}" in said), (int(why != ""), why != ""), said)

    def test_without_a_kernel_that_counts_the_rest_is_measured(self):
        self.tell(self.all_rows())
        with mock.patch.object(build, "has_target", return_value=False):
            status, _, said = self.bench()
        self.assertEqual((status, len(self.commands()), "is left out" in said), (0, 7, True))

    def test_a_row_with_a_limit_must_be_there(self):
        self.tell(self.all_rows(irq_off_max=""))
        status, _, said = self.bench()
        self.assertEqual((status, "the row irq_off_max is missing" in said), (1, True))
        self.assertEqual(self.bench("--rows", "ipc_*")[0], 0)

    def test_a_row_that_only_the_counting_kernel_has(self):
        self.tell(self.all_rows(irq_off_max=""))
        self.tell(self.all_rows(irq_off_max='BENCH {"name":"irq_off_max","max":20001,"of":"flip_4k"}\n'), name="events")
        out = self.folder / "own.json"
        status, _, said = self.bench("--json", out)
        self.assertEqual((status, "irq_off_max takes 20,001 instructions, 20,000 at most; it is in flip_4k" in said), (1, True))
        self.assertEqual({entry["name"]: entry for entry in self.json(out)["rows"]}["irq_off_max"]["of"], "flip_4k")

    def test_counted_runs_that_differ(self):
        self.tell(self.all_rows())
        self.tell(self.all_rows(null_call=row("null_call", 10, 490)), name="icount.2")
        status, _, said = self.bench()
        self.assertEqual((status, "the row null_call differs between two counted runs: 50.0 and 49.0 instructions" in said), (1, True), said)
        self.tell(self.all_rows(null_call=""), name="icount.10")
        self.assertIn("the row null_call is in only one of two counted runs", self.bench()[2])

    def test_a_row_that_waits_for_a_disk_is_the_median_of_five(self):
        self.tell("")
        for run, ticks in ((1, 10), (2, 30), (3, 80), (4, 20), (5, 90)):
            self.tell(row("read", 1, ticks + 5, halted=5, disk=True), name=f"icount.{run}")
        out = self.folder / "own.json"
        _, _, said = self.bench("--image", self.kernel, "--json", out)
        self.assertEqual((self.json(out)["rows"][0]["instructions"], "differs" in said), (30, False))

    def test_kvm_adds_cycles(self):
        self.tell(self.all_rows())
        self.tell(self.all_rows(null_call=row("null_call", 10, 950)), name="kvm")
        with mock.patch.object(kvm, "why_not", return_value=None):
            status, printed, _ = self.bench("--accel", "kvm")
        self.assertEqual((status, len(self.commands())), (0, 13))
        self.assertRegex(printed, r"(?m)^null_call +50 +50 +- +95 ")

    def test_kvm_that_is_not_there(self):
        real = os.access
        with mock.patch.object(os, "access", side_effect=lambda path, mode: path != "/dev/kvm" and real(path, mode)):
            status, _, said = self.bench("--accel", "kvm")
        self.assertEqual(status, 2)
        self.assertIn("/dev/kvm is not there or may not be used", said)

    def test_kvm_on_a_cpu_that_has_nothing_for_it(self):
        info, modules = self.folder / "cpuinfo", self.folder / "module"
        (modules / "kvm_soft").mkdir(parents=True)
        with mock.patch.object(os, "access", return_value=True), mock.patch.multiple(kvm, CPU_INFO=info, MODULES=modules):
            for flags, able in (("fpu nx hypervisor", False), ("fpu svm nx", True), ("vmx", True), ("svm_lock", False)):
                info.write_text(f"model name\t: A\nflags\t\t: {flags}\nflags\t\t: {flags}\n", encoding="utf-8")
                self.assertEqual(kvm.why_not() is None, able, flags)
            status, printed, said = self.bench("--accel", "kvm")
        self.assertEqual((status, printed, self.commands()), (2, "", []))
        self.assertIn("offers no virtualisation (neither vmx nor svm is among its flags): what is behind /dev/kvm (kvm_soft) runs", said)

    def test_kvm_that_does_not_get_to_the_end_costs_only_the_cycles(self):
        self.tell(self.all_rows())
        self.tell(HEAD, row("null_call", 10, 95), name="kvm", whole=False)
        out = self.folder / "own.json"
        for ending, why in (("hangs", "it was stopped after 3 s"), ("39", "the supervisor died")):
            with (mock.patch.object(kvm, "why_not", return_value=None), mock.patch.dict(os.environ, FAKE_END_KVM=ending),
                  mock.patch.multiple(measure, KVM_LEAST_SECONDS=3.0, KVM_TIMES_TCG=0)):
                status, _, said = self.bench("--accel", "kvm", "--json", out)
            self.assertEqual((status, len(self.commands()), len(self.json(out)["rows"])), (1, 9, len(limits.INSTRUCTIONS)), said)
            self.assertRegex(said, rf"run 9 of 13 \(cycles\): under KVM the guest does not get to its end, .* s without; .*\. {why}; the last line")
            for path in self.told.glob("ran.*"):
                path.unlink()

    def test_rows_are_chosen(self):
        self.tell(self.all_rows())
        _, printed, said = self.bench("--rows", "ipc_rt_?w,null*", "--quick")
        self.assertEqual([line.split()[0] for line in printed.splitlines()[1:]], ["null_call", "ipc_rt_0w", "ipc_rt_6w"])
        status, _, said = self.bench("--rows", "nothing", "--quick")
        self.assertEqual((status, "no row is called nothing; there are: null_call, ipc_rt_0w" in said), (1, True))

    def test_quick_has_the_figures_of_a_first_look(self):
        self.tell(self.all_rows())
        with mock.patch.object(quick, "bench", return_value=0) as first_look:
            self.assertEqual((self.bench("--quick")[0], len(self.commands())), (0, 1))
            self.assertEqual(self.bench("--quick", "--rows", "null_call")[0], 0)
        self.assertEqual(first_look.call_count, 1)

    def test_bytes_per_instruction(self):
        self.tell(row("bulk_bytes_per_1000_instructions", 10, 160_000, bytes=65536))
        self.assertIn("4,096 bytes per 1,000 instructions", self.bench("--image", self.kernel)[1])

    def test_options_that_do_not_go_together(self):
        for words, why in ((("--guard", "--accept"), "not allowed with"), (("--compare", "a", "b", "--guard"), "not allowed with"),
                           (("--compare", "a"), "two files at least"), (("--compare", "a", "b", "--accel", "kvm"), "full measurement"),
                           (("--compare", "a", "b", "--mem", "64"), "runs nothing"), (("--accept", "--rows", "a"), "takes all rows"),
                           (("--guard", "--quick"), "one run anyway"), (("--append", "x"), "for the kernel that --image names"),
                           (("--json", "/"), "cannot be written"), (("--", "-d"), "is for QEMU"), (("--rows",), "expected one argument")):
            status, printed, said = self.bench(*words)
            self.assertEqual((status, printed), (2, ""), words)
            self.assertIn(why, said)
        self.assertEqual(self.commands(), [])

    def test_the_page_shows_the_limits(self):
        page = (REPO / "docs/bench-format.md").read_text(encoding="utf-8")
        for name, most in (limits.INSTRUCTIONS | limits.PAGING).items():
            self.assertIn(f"| `{name}` | {most:,} |", page)


if __name__ == "__main__":
    unittest.main()
