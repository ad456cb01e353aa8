# SPDX-License-Identifier: BSD-2-Clause
"""signet check: every mistake with its exact message and place, all of them at once, what is proved, and how long it takes."""

import os
import re
import subprocess
import sys
import time
import unittest

from broken_manifests import MANIFESTS
from broken_systems import SYSTEMS
from good_system import FILES_BY_NAME
from support import ROOT, ToolTest
from signetkit.system import check, wiring

PROPERTIES = ["keys", "parameters", "contracts", "roles", "wiring", "channels", "clients", "calls", "children", "claims", "ranks", "pinned",
              "memory"]


class CheckTest(ToolTest):
    def setUp(self):
        super().setUp()
        before = os.getcwd()
        os.chdir(self.folder)
        self.addCleanup(os.chdir, before)
        for name, text in FILES_BY_NAME.items():
            self.write(name, text)

    def change(self, file, old, new):
        """Replaces what is there once; with nothing to replace, a new file."""
        if not old:
            self.write(file, new)
            return
        with open(file, encoding="utf-8") as given:
            text = given.read()
        self.assertEqual(text.count(old), 1, f"{file} has {old!r} {text.count(old)} times")
        self.write(file, text.replace(old, new))

    def errors(self, path="system.toml", **machine):
        return [str(error) for error in check.prove(path, **machine).errors]

    def signet(self, *words):
        return subprocess.run([sys.executable, "-B", ROOT / "tools/signet", *words], capture_output=True, text=True, check=False)


class Broken(CheckTest):
    """One test for each mistake of the two tables."""


def add_test(sentence, changes, messages):
    def test(self):
        for change in changes:
            self.change(*change)
        self.assertEqual(self.errors(), messages)

    name = "test_" + re.sub(r"\W+", "_", sentence)
    assert not hasattr(Broken, name), name
    setattr(Broken, name, test)


for case in MANIFESTS + SYSTEMS:
    add_test(*case)


class Whole(CheckTest):
    def test_the_tables_have_at_least_sixty_mistakes(self):
        self.assertGreaterEqual(len(MANIFESTS) + len(SYSTEMS), 60)

    def test_the_unbroken_system_holds(self):
        self.assertEqual(self.errors(), [])

    def test_each_property_has_one_line_and_then_comes_who_is_trusted(self):
        done = self.signet("check", "system.toml")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        proved, _, trusted = done.stdout.partition("\n\n")
        self.assertEqual([re.match(r"ok  (\w+): \S", line)[1] for line in proved.splitlines()], PROPERTIES)
        self.assertIn("channels: 6 channels, both ends of each have the same contract", proved)
        self.assertIn("children: host starts plugin (up to 3)", proved)
        self.assertIn("pinned: pager, swap, supervisor with 512 KiB committed; 1 other pinned", proved)
        names = [line.split(":")[0].strip() for line in trusted.splitlines()[1:]]
        self.assertEqual(names, ["kernel", "host tools", "supervisor", "disk", "swap", "pager", "host"])
        self.assertRegex(trusted, "disk: its device masters the bus and there is no IOMMU")

    def test_a_failure_is_told_by_property_and_place_and_the_status_is_1(self):
        self.change("system.toml", '{ root = "/" }', '{ rood = "/" }')
        done = self.signet("check", "system.toml")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, "no  parameters: 1 fault\n")
        self.assertEqual(done.stderr, "system.toml:16:16: process.parameters.rood: files.toml accepts no such parameter (it has root)\n")

    def test_all_that_is_wrong_is_told_at_once_and_each_thing_once(self):
        self.change("block.toml", "priority = 28", "priority = 99")
        self.change("block.toml", "frames = 32", "frames = -1")
        self.change("uart.toml", "irq = 3", "irq = 4")
        self.change("host.toml", '"files", optional', '"filse", optional')
        self.change("system.toml", 'started_by = "host"', 'started_by = "ghost"\ncolour = 1')
        self.change("system.toml", '{ store = "swap" }', '{ shop = "swap" }')
        self.assertEqual([error.split(": ")[0] for error in self.errors()],
                         ["block.toml:4:12", "block.toml:10:10", "host.toml:8:22", "system.toml:25:14", "system.toml:35:14", "system.toml:36:1",
                          "uart.toml:14:7"])

    def test_what_follows_from_another_mistake_is_not_told(self):
        self.change("uart.toml", "irq = 3", "irq = 4")  # nobody can be wired to it now
        self.change("supervisor.toml", "priority = 26", "priority = 99")  # and there is no supervisor
        self.assertEqual([error.split(": ")[0] for error in self.errors()], ["supervisor.toml:4:12", "uart.toml:14:7"])

    def test_ranks_put_a_plug_in_below_its_host_if_the_host_calls_it(self):
        ranks = {entry.name: entry.rank for entry in check.prove("system.toml").system.entries}
        self.assertEqual(ranks, {"supervisor": 0, "uart": 1, "disk": 1, "files": 2, "swap": 1, "pager": 2, "plugin": 2, "host": 3})

    def test_counts_of_a_plug_in_are_of_each_instance_of_its_host(self):
        entries = {entry.name: entry.instances for entry in check.prove("system.toml").system.entries}
        self.assertEqual((entries["host"], entries["plugin"]), (2, 6))

    def test_memory_is_added_up_over_all_that_may_run_at_once(self):
        """In pages: the kernel's, frames or frames_min, and 16 of kernel objects, for one of each, two hosts and six plug-ins."""
        never_paged = 1280 + 80 + 24 + 48 + 24 + 48 + 48 + 2 * 24 + 6 * 24
        *_, (_, resident, used) = wiring.memory_needs(check.prove("system.toml").system)
        self.assertEqual(resident, never_paged)
        self.assertEqual(used, 1280 + 80 + 80 + 48 + 528 + 48 + 48 + 2 * 144 + 6 * 80)
        self.assertIn("6976 KiB of 16 MiB of RAM can never be paged out", self.signet("check", "system.toml").stdout)

    def test_the_description_says_for_which_machine_it_is_unless_one_is_given(self):
        self.change("host.toml", "frames = 64", "frames = 2048\nframes_min = 2048")
        self.assertEqual(len(self.errors()), 1)
        self.assertEqual(self.errors(ram_mib=64), [])
        self.change("system.toml", '[[process]]\nname = "supervisor"', '[machine]\nram = "64 MiB"\nswap = "0 MiB"\n[[process]]\nname = "supervisor"')
        self.assertEqual(self.errors(), [])
        self.assertEqual(len(self.errors(ram_mib=16)), 2)

    def test_each_circle_is_shown_by_its_shortest_path_and_not_more_than_can_be_read(self):
        self.write("contracts/n.contract", FILES_BY_NAME["contracts/codec.contract"].replace("codec", "n"))
        text = FILES_BY_NAME["system.toml"][: FILES_BY_NAME["system.toml"].index("[[kind]]")]
        for number in range(50):
            wires = {step: (number + step) % 50 for step in (1, 10)}
            uses = "".join(f'c{step} = "n"\n' for step in wires)
            self.write(f"n{number}.toml", self.manifest_text(f"n{number}", top='serves = "n"', calls="server", rest=f"[uses]\n{uses}"))
            wired = ", ".join(f'c{step} = "p{server}"' for step, server in wires.items())
            text += f'[[process]]\nname = "p{number}"\nmanifest = "n{number}.toml"\nchannels = {{ {wired} }}\n'
        circles = [error for error in self.errors(self.write("round.toml", text)) if "in a circle" in error]
        self.assertIn("calls in a circle: p0 -> p10 -> p20 -> p30 -> p40 -> p0 (", circles[0])
        self.assertLessEqual(max(circle.count(" -> ") for circle in circles), 14)
        self.assertLessEqual(len(circles), 20)

    def line_of_kinds(self, count, uses):
        """Kinds that start one another, each with so many ends from its parent, behind the system's host."""
        self.write("contracts/n.contract", FILES_BY_NAME["contracts/codec.contract"].replace("codec", "n"))
        text = FILES_BY_NAME["system.toml"]
        for number in range(count):
            rest = "[uses]\n" + "".join(f'c{place} = "n"\n' for place in range(uses))
            self.write(f"k{number}.toml", self.manifest_text(f"k{number}", calls="supervisor", rest=rest))
            wires = ", ".join(f'c{place} = "parent"' for place in range(uses))
            parent = f"k{number - 1}" if number else "host"
            text += f'[[kind]]\nname = "k{number}"\nmanifest = "k{number}.toml"\nmax_count = 1\nstarted_by = "{parent}"\nchannels = {{ {wires} }}\n'
        return self.write("line.toml", text)

    def test_a_line_of_kinds_that_start_one_another_is_searched_once(self):
        started = time.monotonic()
        errors = self.errors(self.line_of_kinds(8, 12))
        self.assertLess(time.monotonic() - started, 5.0)
        self.assertTrue(errors and all("line.toml" in error or "host" in error for error in errors), errors)

    def test_a_line_of_kinds_has_an_end(self):
        errors = self.errors(self.line_of_kinds(40, 1))
        self.assertTrue(any("kind.started_by: more than 15 start one another in a line: " in error for error in errors), errors)

    def test_a_system_that_is_named_twice_or_not_there_is_refused(self):
        self.assertIn("named twice", self.signet("check", "system.toml", "--system", "system.toml").stderr)
        done = self.signet("check", "nowhere.toml")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("the system description is missing: nowhere.toml", done.stderr)


class Speed(CheckTest):
    """Wall time, the best of three: the machine may be busy with other tests."""

    def seconds(self, *words):
        best = 1000.0
        for _ in range(3):
            started = time.monotonic()
            done = self.signet("check", *words)
            best = min(best, time.monotonic() - started)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        return best

    def test_the_default_system_is_checked_within_a_second(self):
        self.assertLess(self.seconds(), 1.0)

    def test_500_processes_with_5000_channels_are_checked_within_10_seconds(self):
        self.write("contracts/n.contract", FILES_BY_NAME["contracts/codec.contract"].replace("codec", "n"))
        text = FILES_BY_NAME["system.toml"][: FILES_BY_NAME["system.toml"].index("[[kind]]")]
        for number in range(500):
            servers = range(number - 1, number - 12, -1) if number >= 11 else ()  # a chain of calls as long as there are processes
            uses = "".join(f'c{step} = "n"\n' for step in range(len(servers)))
            self.write(f"n{number}/manifest.toml", self.manifest_text(f"n{number}", top='serves = "n"', calls="server",
                                                                     quotas="frames_min = 1\nkernel_kib = 4", rest=f"[uses]\n{uses}"))
            wires = ", ".join(f'c{step} = "p{server}"' for step, server in enumerate(servers))
            text += f'[[process]]\nname = "p{number}"\nmanifest = "n{number}/manifest.toml"\nchannels = {{ {wires} }}\n'
        path = self.write("large.toml", text)
        self.assertGreaterEqual(len(check.wires_of(check.prove(path).system)), 5000)
        self.assertLess(self.seconds("large.toml"), 10.0)


if __name__ == "__main__":
    unittest.main()
