# SPDX-License-Identifier: BSD-2-Clause
"""What a machine needs, and the private source list made from its own."""

import unittest

from toolbox import ToolTest

from signetkit.plain import Problem
from signetkit.setup import aptlists, needs, setup

DEB822 = """# a comment
Types: deb
URIs: http://mirror.example/debian
# Suites: sid
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc

Types: deb
URIs: https://example.org/other
Suites: nodistro
Components: main

Enabled: no
Types: deb
URIs: http://disabled.example.org/debian
Suites: bookworm
Components: main
"""
ONE_LINE = """# deb http://commented.example.org/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/k.gpg] http://mirror.example.org/debian bookworm main non-free # remark
deb cdrom:[Debian]/ bookworm main
deb https://example.org/docker bookworm stable
deb http://mirror.example.org/security bookworm-security/updates main
"""


class PrivateList(ToolTest):
    def derive(self, kind: str = "deb-src", **files: str) -> str:
        (self.folder / "sources.list.d").mkdir(exist_ok=True)
        for name, text in files.items():
            (self.folder / name.replace("__", "/").replace("_", ".")).write_text(text)
        return aptlists.derive(self.folder, "bookworm", kind)

    def test_deb822_becomes_deb_src_of_debian_only(self):
        text = self.derive(sources_list_d__debian_sources=DEB822)
        self.assertEqual(text, "Types: deb-src\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\n"
                               "Components: main\nSigned-By: \n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n")

    def test_programs_come_from_the_same_suites(self):
        sources, programs = (self.derive(kind, sources_list=ONE_LINE) for kind in ("deb-src", "deb"))
        self.assertEqual(programs, sources.replace("deb-src", "deb"))

    def test_one_line_form_keeps_its_options(self):
        text = self.derive(sources_list=ONE_LINE)
        self.assertIn("URIs: http://mirror.example.org/debian\nSuites: bookworm\nComponents: main\n"
                      "Signed-By: /usr/share/keyrings/k.gpg\n", text)
        self.assertIn("Suites: bookworm-security/updates", text)
        for absent in ("commented", "cdrom", "docker", "amd64", "non-free"):
            self.assertNotIn(absent, text)

    def test_entries_twice_and_files_of_other_names(self):
        text = self.derive(sources_list=ONE_LINE + ONE_LINE, sources_list_d__old_sources_disabled=DEB822)
        self.assertEqual(text.count("deb-src"), 2)
        self.assertEqual(aptlists.derive(self.folder / "nowhere", "bookworm", "deb"), "")


class Needs(ToolTest):
    def test_versions_of_debian(self):
        for text, wanted in (("1:7.2+dfsg-7", (7, 2)), ("4:12.2.0-3", (12, 2, 0)), ("4.0.33-1+really4.0.32-1", (4, 0, 33)), ("x", ())):
            self.assertEqual(needs.upstream_version(text), wanted)

    def test_what_lacks_is_said(self):
        need = needs.Need("tool", "no-such-command", (7, 2), "a test")
        self.assertEqual(needs.what_lacks(need, {}), "not installed")
        self.assertEqual(needs.what_lacks(need, {"tool": "1:7.1-1"}), "version 1:7.1-1 is too old, 7.2 is needed")
        self.assertIn("not in PATH", needs.what_lacks(need, {"tool": "7.10"}))
        self.assertIsNone(needs.what_lacks(need._replace(command="sh"), {"tool": "7.10"}))

    def test_a_user_without_sudo_is_told_what_root_must_do(self):
        need = needs.Need("tool", "", (), "a test")
        original = setup.as_root
        self.addCleanup(setattr, setup, "as_root", original)
        setup.as_root = lambda: ["-"]
        with self.assertRaisesRegex(Problem, "apt-get install tool"):
            self.captured(setup.install, [(need, "not installed")])


if __name__ == "__main__":
    unittest.main()
