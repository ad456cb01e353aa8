# SPDX-License-Identifier: BSD-2-Clause
"""signet graph: what the picture shows, whether it is current, and who can reach whom."""

import subprocess
import sys
import unittest
import xml.etree.ElementTree

from good_system import FILES_BY_NAME
from support import ROOT, ToolTest
from signetkit.system import graph

SVG = "{http://www.w3.org/2000/svg}"


class GraphTest(ToolTest):
    def setUp(self):
        super().setUp()
        for name, text in FILES_BY_NAME.items():
            self.write(name, text)

    def signet(self, *words):
        return subprocess.run([sys.executable, "-B", ROOT / "tools/signet", "graph", *words], capture_output=True, text=True, check=False,
                              cwd=self.folder)

    def reach(self, one, other):
        done = self.signet("--system", "system.toml", "--reach", one, other)
        return done.returncode, done.stdout.splitlines()

    def lines(self):
        return graph.dot(graph.read(f"{self.folder}/system.toml")).splitlines()

    def line(self, start):
        found = [line for line in self.lines() if line.startswith(f"\t{start}")]
        self.assertEqual(len(found), 1, f"{start}: {found}")
        return found[0]

    def test_the_picture_has_every_process_channel_and_device_and_a_legend(self):
        done = self.signet("--system", "system.toml")
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        picture = xml.etree.ElementTree.parse(f"{self.folder}/system.svg")
        words = {text.text for text in picture.iter(f"{SVG}text")}
        self.assertLessEqual({"supervisor", "uart", "disk", "files", "swap", "pager", "host (up to 2)", "plugin (up to 6)"}, words)
        self.assertLessEqual({"block", "console", "codec", "pages", "the kernel", "ports 0x2f8, irq 3", "PCI 00:05.0"}, words)
        self.assertLessEqual({"pinned: never paged", "trusted with more", "device"}, words)

    def test_pinned_is_dark_trusted_is_doubled_kinds_and_optional_channels_are_dashed(self):
        self.assertIn(graph.PINNED, self.line('"swap" ['))
        self.assertNotIn(graph.PINNED, self.line('"files" ['))
        self.assertIn("peripheries=2", self.line('"disk" ['))
        self.assertNotIn("peripheries=2", self.line('"uart" ['))
        self.assertIn("dashed", self.line('"host" ['))
        self.assertIn("dashed", self.line('"files" -> "host"'))
        self.assertNotIn("dashed", self.line('"disk" -> "files"'))
        self.assertIn('label="codec"', self.line('"plugin" -> "host"'))
        self.assertIn('label="console"', self.line('"uart" -> "plugin"'))

    def test_a_picture_is_current_until_the_system_changes(self):
        self.assertEqual(self.signet("--system", "system.toml", "-o", "a.svg").returncode, 0)
        self.assertEqual(self.signet("--system", "system.toml", "-o", "a.svg", "--check").returncode, 0)
        self.write("system.toml", FILES_BY_NAME["system.toml"].replace("00:05.0", "00:06.0"))
        done = self.signet("--system", "system.toml", "-o", "a.svg", "--check")
        self.assertEqual(done.returncode, 1)
        self.assertIn("a.svg is not of system.toml as it is now", done.stderr)

    def test_a_system_that_does_not_hold_is_not_drawn(self):
        self.write("system.toml", FILES_BY_NAME["system.toml"].replace('"swap" }', '"nobody" }'))
        done = self.signet("--system", "system.toml")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("system.toml:25:22: process.channels.store: there is no process 'nobody'", done.stderr)

    def test_information_flows_both_ways_over_channels_by_the_shortest_path(self):
        self.assertEqual(self.reach("host", "uart"), (0, ["yes: host -[console]- uart"]))
        self.assertEqual(self.reach("uart", "host"), (0, ["yes: uart -[console]- host"]))
        self.assertEqual(self.reach("files", "files"), (0, ["yes: files"]))

    def test_whom_every_path_leads_through_is_told(self):
        self.assertEqual(self.reach("plugin", "disk.disk"), (0, [
            "yes: plugin -[codec]- host -[files]- files -[block]- disk -[device]- disk.disk",
            "every way leads through host", "every way leads through files", "every way leads through disk"]))
        self.assertEqual(self.reach("host", "plugin"), (0, ["yes: host -[codec]- plugin"]))

    def test_an_end_that_a_message_brings_is_a_way_past_who_gave_it(self):
        self.write("contracts/lobby.contract", "contract lobby\noperation enter { reply opened: channel files }\noperation lend { request to: channel codec }\n")
        self.write("lobby.toml", self.manifest_text("lobby", top='serves = "lobby"\ncontracts = ["codec"]', calls="server", rest='[uses]\nf = "files"'))
        self.write("guest.toml", self.manifest_text("guest", top='contracts = ["files"]', calls="client", rest='[uses]\nl = "lobby"\nc = "codec"'))
        self.write("codec.toml", self.manifest_text("codec", top='serves = "codec"', calls="server"))
        self.write("system.toml", FILES_BY_NAME["system.toml"] + '[[process]]\nname = "lobby"\nmanifest = "lobby.toml"\nchannels = { f = "files" }\n'
                   'optional = true\n[[kind]]\nname = "guest"\nmanifest = "guest.toml"\nmax_count = 1\nchannels = { l = "lobby", c = "codec" }\n'
                   '[[process]]\nname = "codec"\nmanifest = "codec.toml"\n')
        self.assertEqual(self.reach("guest", "files"), (0, ["yes: guest -[files]- files"]))
        self.assertEqual(self.reach("codec", "files"), (0, ["yes: codec -[codec]- guest -[files]- files"]))
        self.assertEqual(self.reach("codec", "lobby"), (0, ["yes: codec -[codec]- lobby"]))

    def test_two_who_share_no_channels_do_not_reach_each_other(self):
        self.assertEqual(self.reach("swap", "host"), (1, ["no: swap and host are joined by no channels; swap reaches pager, swap.disk"]))
        self.assertEqual(self.reach("supervisor", "files"), (1, ["no: supervisor and files are joined by no channels; supervisor reaches nobody"]))

    def test_a_name_that_there_is_not_is_refused_with_those_that_there_are(self):
        done = self.signet("--system", "system.toml", "--reach", "host", "nobody")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("there is no 'nobody' in system.toml; there are: disk, disk.disk, files, host, pager", done.stderr)


if __name__ == "__main__":
    unittest.main()
