# SPDX-License-Identifier: BSD-2-Clause
"""signet new: what it makes holds, what it refuses, and that nothing that was there is lost."""

import argparse
import os
import shutil
import subprocess
import tomllib
import unittest.mock
from pathlib import Path

from support import ROOT
from toolbox import ToolTest

from signetkit import cli
from signetkit.contract import load
from signetkit.new import new, names as new_names, place as new_place
from signetkit.plain import Problem
from signetkit.refusal import Refusal
from signetkit.system import check


class NewTest(ToolTest):
    def setUp(self) -> None:
        super().setUp()
        self.project = self.folder / "my project"
        self.addCleanup(os.chdir, os.getcwd())

    def make(self, *words) -> str:
        status, out, err = self.captured(cli.main, ["new", *map(str, words)])
        self.assertEqual((status, err), (0, ""))
        return out.decode()

    def make_project(self) -> None:
        self.make("project", self.project)

    def refused(self, *words) -> str:
        """The sentence; whatever is there stays as it is."""
        before = contents(self.folder)
        status, out, err = self.captured(cli.main, ["new", *map(str, words)])
        self.assertEqual((status, out), (1, b""))
        self.assertEqual(contents(self.folder), before)
        return err

    def refused_name(self, name: str, kind: str = "server") -> str:
        return self.refused(kind, name, "--in", self.project)


def contents(folder: Path) -> dict[str, bytes | None]:
    """Every path below a folder, with what a file holds."""
    return {str(path): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


class WhatIsMade(NewTest):
    def test_a_project_holds_and_its_readme_names_its_commands(self):
        printed = self.make("project", self.project)
        self.assertEqual(check.prove(self.project / "system.toml").errors, [])
        readme = (self.project / "README.md").read_text()
        for command in ("check system.toml", "run --system system.toml -c 'hello-ask world'", "graph --system system.toml"):
            self.assertIn(f"    {ROOT}/tools/signet {command}", readme)
        self.assertIn(f"cd '{self.project}'", printed)

    def test_an_empty_folder_becomes_a_project(self):
        self.project.mkdir()
        self.make_project()
        self.assertTrue((self.project / ".gitignore").is_file())

    def test_a_server_and_a_driver_hold_and_are_wired_at_the_end_of_the_description(self):
        self.make_project()
        path = self.project / "system.toml"
        before = path.read_text()
        for kind, name in (("server", "notes"), ("driver", "sata")):
            self.make(kind, name, "--in", self.project)
            self.assertEqual(check.prove(path).errors, [])
        self.assertTrue(path.read_text().startswith(before))
        entries = tomllib.loads(path.read_text().removeprefix(before))
        self.assertEqual([entry["name"] for entry in entries["process"] + entries["kind"]], ["notes", "sata", "notes-ask", "sata-ask"])
        for made in ("contracts/notes.contract", "notes/main.c", "notes/manifest.toml", "notes-ask/main.c", "tests/test_sata.py"):
            self.assertTrue((self.project / made).is_file(), made)

    def test_nothing_is_left_of_the_skeletons_name_and_the_code_is_formatted(self):
        self.make_project()
        self.make("server", "s" * new_names.NAME_MAX, "--in", self.project)
        self.make("driver", "d" * new_names.NAME_MAX, "--in", self.project)
        for path, content in contents(self.project).items():
            self.assertNotIn(b"example", (content or b"").lower(), path)
            self.assertNotIn("example", path)
            self.assertNotIn(b"SPDX", content or b"", path)
        for path in self.project.rglob("*.c"):
            done = subprocess.run(["clang-format", f"--style=file:{ROOT}/.clang-format", path], capture_output=True, check=True)
            self.assertEqual(path.read_bytes(), done.stdout)
            self.assertLessEqual(max(len(line.expandtabs(8)) for line in path.read_text().splitlines()), 120, path)

    def test_a_folder_in_a_project_is_that_project(self):
        self.make_project()
        os.chdir(self.project / "hello")
        self.make("server", "notes")
        self.assertTrue((self.project / "notes/main.c").is_file())

    def test_the_console_is_called_as_the_description_calls_it(self):
        self.make_project()
        path = self.project / "system.toml"
        path.write_text(path.read_text().replace('e = "console"', 'e = "screen"'))  # of `name` and of `console`
        self.make("server", "notes", "--in", self.project)
        self.assertEqual(check.prove(path).errors, [])
        self.assertTrue(path.read_text().endswith('channels = { console = "screen", server = "notes" }\n'))

    def test_comments_line_ends_and_mode_of_a_description_stay(self):
        self.make_project()
        path = self.project / "system.toml"
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n") + b"# the end, without a line's end")
        path.chmod(0o640)
        before = path.read_bytes()
        self.make("server", "notes", "--in", self.project)
        self.assertTrue(path.read_bytes().startswith(before + b"\r\n\r\n[[process]]\r\n"))
        self.assertNotIn(b"\n", path.read_bytes().replace(b"\r\n", b""))
        self.assertEqual(path.stat().st_mode & 0o777, 0o640)

    def test_a_description_in_another_style_is_left_alone_and_its_entries_are_printed(self):
        self.make_project()
        path = self.project / "system.toml"
        text = path.read_text()
        head, kind = text[:text.index("[[kind]]")], tomllib.loads(text)["kind"][0]
        wires = ", ".join(f'{key} = "{value}"' for key, value in kind["channels"].items())
        inline = f'kind = [{{ name = "hello-ask", manifest = "hello-ask/manifest.toml", max_count = 4, channels = {{ {wires} }} }}]\n'
        path.write_text(inline + head)
        self.assertEqual(check.prove(path).errors, [])
        before = path.read_bytes()
        printed = self.make("server", "notes", "--in", self.project)
        self.assertEqual(path.read_bytes(), before)
        self.assertEqual(tomllib.loads(printed.partition("needs:\n\n")[2])["kind"][0]["name"], "notes-ask")

    def test_in_the_checkout_a_server_is_the_kits_own(self):
        self.assertEqual(new_place.find_place(ROOT), new_place.KIT)
        self.assertEqual(new_place.find_place(ROOT / "servers/shell"), new_place.KIT)
        made = new._skeleton("server", "notes", new_place.KIT)
        self.assertEqual({str(path.relative_to(ROOT)) for path in made}, {
            "libsys/contracts/notes.contract", "servers/notes/main.c", "servers/notes/manifest.toml", "servers/notes-ask/main.c",
            "servers/notes-ask/manifest.toml", "tests/system/test_notes.py"})
        for path, text in made.items():
            self.assertIn("SPDX-License-Identifier: BSD-2-Clause", text.splitlines()[0], path)
        self.assertNotIn("SPDX", new._entries("server", "notes", "console", new_place.KIT))


class WhatIsRefused(NewTest):
    def test_a_folder_with_something_in_it(self):
        self.project.mkdir()
        (self.project / ".hidden").write_text("mine")
        self.assertIn("my project is not empty", self.refused("project", self.project))

    def test_a_file_and_a_folder_below_a_file(self):
        self.project.write_text("mine")
        self.assertIn("is a file", self.refused("project", self.project))
        self.assertIn("Not a directory", self.refused("project", self.project / "below"))

    def test_a_project_in_the_kit_and_one_with_a_semicolon(self):
        self.addCleanup(shutil.rmtree, ROOT / "no-such-folder", ignore_errors=True)
        self.assertIn("in the kit's own folder", self.refused("project", ROOT / "no-such-folder"))
        self.assertFalse((ROOT / "no-such-folder").exists())
        self.assertIn("semicolon", self.refused("project", self.folder / "a;b"))

    def test_names_that_are_none(self):
        self.make_project()
        for name in ("", "Notes", "9lives", "my-notes", "a b", "a/b", "../x", "é", "_x"):
            self.assertIn("is no name", self.refused_name(name), name)
        self.assertIn("such as 'my_notes'", self.refused_name("my-notes"))
        self.assertIn("28 characters, 27 at most", self.refused_name("n" * 28))

    def test_the_longest_name_holds(self):
        self.make_project()
        self.make("server", "n" * new_names.NAME_MAX, "--in", self.project)
        self.assertEqual(check.prove(self.project / "system.toml").errors, [])

    def test_names_that_somebody_has(self):
        self.make_project()
        for name in ("shell", "pager", "ext2"):
            self.assertIn(f"the kit has a program '{name}' already", self.refused_name(name))
        self.assertIn("the kit has a contract 'files' already", self.refused_name("files"))
        self.assertRegex(self.refused_name("disk"), r"system\.toml:23:8: there is a process 'disk' already")
        self.assertIn("there is a process 'hello' already", self.refused_name("hello"))
        for name in ("contracts", "tests", "parent"):
            self.assertIn("means something else", self.refused_name(name))

    def test_names_that_c_or_libsys_has(self):
        self.make_project()
        self.assertIn("libsys has functions whose names begin with `clock_`", self.refused_name("clock"))

    def test_a_clients_name_that_is_taken(self):
        self.make_project()
        path = self.project / "system.toml"
        path.write_text(path.read_text().replace('name = "hello-ask"', 'name = "notes-ask"'))
        self.assertIn("there is a kind 'notes-ask' already", self.refused_name("notes"))

    def test_files_that_are_there(self):
        self.make_project()
        (self.project / "contracts/notes.contract").write_text("mine")
        self.assertIn("contracts/notes.contract is there already", self.refused_name("notes"))

    def test_a_second_driver_of_one_device(self):
        self.make_project()
        self.make("driver", "sata", "--in", self.project)
        self.assertRegex(self.refused_name("other", "driver"), r"sata/manifest\.toml:\d+:\d+: 'sata' claims PCI device 8086:2922, which")

    def test_a_folder_that_is_no_project(self):
        (self.folder / "empty").mkdir()
        self.assertIn("there is no system.toml in", self.refused("server", "notes", "--in", self.folder / "empty"))
        self.assertIn("there is no folder", self.refused("server", "notes", "--in", self.folder / "nowhere"))

    def test_a_system_that_does_not_hold(self):
        self.make_project()
        with (self.project / "system.toml").open("a") as file:
            file.write('[[process]]\nname = "x"\n')
        self.assertIn("does not hold as it is", self.refused_name("notes"))

    def test_a_system_without_a_console(self):
        with self.assertRaisesRegex(Problem, "no process that serves `console`"):
            new_names.console_of(argparse.Namespace(processes=[]), Path("system.toml"))

    def test_a_project_in_another(self):
        self.assertEqual(self.captured(cli.main, ["new", "project", "x", "--in", "y"])[0], 2)


class WhatGoesWrong(NewTest):
    def test_a_file_that_cannot_be_written_leaves_none(self):
        texts = {self.folder / "made/one": "1", self.folder / "made/deep/two": "2", self.folder / ("made/n" + "n" * 300): "3"}
        before = contents(self.folder)
        with self.assertRaisesRegex(Problem, "nothing was made"):
            new._write_new(texts)
        self.assertEqual(contents(self.folder), before)

    def test_a_disk_that_is_full_leaves_nothing(self):
        before = contents(self.folder)

        def full(path, *rest, **named):
            if str(path).endswith("test_hello.py"):
                raise OSError(28, "No space left on device")
            return open(path, *rest, **named)

        with unittest.mock.patch.object(new, "open", full, create=True), self.assertRaisesRegex(Problem, "No space left on device"):
            new.new_project(self.project)
        self.assertEqual(contents(self.folder), before)

    def test_a_contract_that_c_does_not_take_is_told_with_its_place(self):
        text = (ROOT / "tools/templates/server/contracts/example.contract").read_text()
        with self.assertRaisesRegex(Refusal, "clock.contract:2:10: a contract cannot be called `clock`"):
            new_names.check_contract("clock", text.replace("example", "clock"))


class Skeletons(NewTest):
    def test_they_are_a_server_and_a_driver_that_stand_as_they_are(self):
        for kind in ("server", "driver"):
            folder = ROOT / "tools/templates" / kind
            self.assertTrue(load.load(folder / "contracts/example.contract").operations)


if __name__ == "__main__":
    unittest.main()
