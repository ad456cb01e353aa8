# SPDX-License-Identifier: BSD-2-Clause
"""Systems outside the repository: which programs are built from where, and what a build could not take."""

import pathlib
import subprocess
import sys
import unittest

from support import ROOT, ToolTest
from signetkit.setup import build
from signetkit.system import programs
from signetkit.system.description import manifest_path

SYSTEM = "".join(f'[[process]]\nname = "{name}"\nmanifest = "kit:{name}"\n' for name in ("supervisor", "pager", "console"))
HELLO = '[[kind]]\nname = "hello"\nmanifest = "{}"\nmax_count = 1\nchannels = {{ console = "console" }}\n'


class ProgramsTest(ToolTest):
    def write_system(self, place="hello/manifest.toml", name="hello", top=""):
        self.write(place, self.manifest_text(name, top=top, rest='[uses]\nconsole = "console"'))
        return self.write("system.toml", SYSTEM + HELLO.format(place))

    def test_programs_of_the_kit_and_of_the_user_are_found_in_their_folders(self):
        found = programs.folders(self.write_system())
        self.assertEqual(found, {"supervisor": ROOT / "servers/supervisor", "pager": ROOT / "pager", "console": ROOT / "servers/console",
                                 "hello": pathlib.Path(self.folder).resolve() / "hello"})

    def test_the_build_is_told_names_and_folders_in_turn(self):
        command = [sys.executable, "-B", ROOT / "tools/make_system.py", "--programs", "--system", self.write_system()]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        self.assertEqual(lines[0::2], ["supervisor", "pager", "console", "hello"])
        self.assertEqual(lines[3], str(ROOT / "pager"))

    def test_a_program_with_a_name_of_the_kits_is_refused(self):
        self.refused("hello/manifest.toml:2:8: name: the kit has a program 'shell', too", programs.folders, self.write_system(name="shell"))

    def test_a_manifest_of_another_file_name_is_refused(self):
        self.refused("hello.toml: a program is built from the folder of its manifest, which has to be called manifest.toml",
                     programs.folders, self.write_system(place="hello.toml"))

    def test_a_program_made_of_another_ones_elf_file_is_refused(self):
        self.refused("hello/manifest.toml:2:8: image: the build makes hello.elf", programs.folders, self.write_system(top='image = "other"'))

    def test_a_system_that_does_not_hold_is_refused_before_it_is_built(self):
        path = self.write_system()
        self.write("system.toml", SYSTEM + HELLO.format("hello/manifest.toml").replace('"console" }', '"nobody" }'))
        self.refused("system.toml:14:24: kind.channels.console: there is no process 'nobody'", programs.folders, path)

    def test_each_description_has_a_build_folder_of_its_own(self):
        one, other = (build.system_folder(pathlib.Path(self.folder) / name / "system.toml") for name in ("a", "b"))
        self.assertNotEqual(one, other)
        self.assertEqual((one.parent, one.name[:7]), (build.build_dir() / "systems", "system-"))
        self.assertEqual(one, build.system_folder(pathlib.Path(self.folder) / "b/../a/system.toml"))

    def test_a_contract_beside_the_manifest_or_its_folder_is_found_and_the_kits_programs_keep_theirs(self):
        self.contracts("mine")
        self.write("contracts/console.contract", 'contract console "Another"\noperation ask "Asks."\n')
        self.write("hello/manifest.toml", self.manifest_text("hello", rest='[uses]\na = { contract = "mine", optional = true }\nb = "console"'))
        path = self.write("system.toml", SYSTEM + HELLO.format("hello/manifest.toml").replace("console =", "b ="))
        self.refused(r"14:18: kind.channels.b: 'hello' and 'console' have different contracts of the name 'console', \S*contracts/console.contract "
                     r"and \S*libsys/contracts/console.contract", programs.folders, path)

    def test_a_name_after_kit_is_a_program_and_all_else_a_path(self):
        self.assertEqual(manifest_path("kit:shell", "/x"), str(ROOT / "servers/shell/manifest.toml"))
        self.assertEqual(manifest_path("kit:pager", "/x"), str(ROOT / "pager/manifest.toml"))
        self.assertEqual(manifest_path("kit:rampager", "/x"), str(ROOT / "pager/rampager/manifest.toml"))
        self.assertEqual(manifest_path("../y/manifest.toml", "/x/z"), "/x/y/manifest.toml")


if __name__ == "__main__":
    unittest.main()
