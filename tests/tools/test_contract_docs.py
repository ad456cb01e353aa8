# SPDX-License-Identifier: BSD-2-Clause
"""The manual's examples, the generated pages and diagrams, and the command that makes them."""

import os
import re
import shutil
import subprocess
import sys
import unittest

import support
from contract_cases import errors, expected
from signetkit import picture
from signetkit.contract import diagram, load, page

MANUAL = support.ROOT / "docs/contracts.md"
COMMAND = support.ROOT / "tools/make_contract.py"
SHOP = support.ROOT / "tests/tools/contracts/shop.contract"


class Manual(unittest.TestCase):
    def examples(self):
        return re.findall(r"^```contract\n(.*?)^```$", MANUAL.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)

    def test_every_example_is_good_or_gives_the_errors_that_it_says(self):
        examples = self.examples()
        self.assertGreaterEqual(len(examples), 10)
        for text in examples:
            with self.subTest(text):
                self.assertEqual(errors(text), expected(text, "nowhere/c.contract"))

    def test_the_first_is_good_and_all_others_are_not(self):
        self.assertEqual([bool(expected(text)) for text in self.examples()][:2], [False, True])
        self.assertEqual([text for text in self.examples()[1:] if not expected(text)], [])


class Pages(unittest.TestCase):
    def setUp(self):
        self.shop = load.load(SHOP)

    def test_a_page_tells_everything_of_a_contract(self):
        text = page.page(self.shop, "shop.contract")
        shop = self.shop
        for name in [*shop.states, *shop.enums["color"].members, *shop.constants, *shop.to_client, *shop.to_server]:
            self.assertIn(f"`{name}`", text)
        for row in (
            "# Contract shop", "Sells things. Opens at nine.", f"`{self.shop.id:#018x}`", "![The states of shop](shop.svg)",
            "| 0 | `door` | `enter`, `look` | where everybody begins Every wired channel begins here. |",
            "| 2 | `gone` | none: the end |  |",
            "### 1: enter", "| in | `name` | string | 1 to 16 bytes without a zero |  |", "| in | `age` | `u8` | 0 to 2^8 - 1 |  |",
            "| in | `shelf` | `color` | its members |  |", "| in | `window` | pages, lent to be written | 0 to 4 pages |  |",
            "| out | `things` | several `thing` | 0 to 16 elements |  |", "| in | `mine` | pages, given away | 1 to 2 pages |  |",
            "| out | `order` | channel of [shop](shop.md) in `inside`, `gone` |  |  |", "| in | `data` | bytes | 0 to 65536 bytes |  |",
            "- legal in `door`; then the channel is in `inside`", "- idempotent", "- takes a deadline",
            "- errors: `not_allowed` (this program may not call",
            "| 1 | `closing` | to the client | in ten minutes |", "| 3 | `red` | hot |", "of a thing", "| 8 | `colors` | `color[2]` |  |",
            "| 16 | `name` | string of at most 6, zero-terminated |  |", "32 bytes.", "| `most` | 16 | things in a basket |",
        ):
            self.assertIn(row, text)

    def test_a_cell_of_a_table_cannot_be_broken(self):
        text = page.page(load.parse('contract c\noperation o { request x: u8 "a | b" }\n', "c"), "c")
        self.assertIn("| a \\| b |", text)

    def test_the_index_names_every_contract(self):
        text = page.index([self.shop, load.find("files")], "somewhere")
        self.assertIn("| [shop](shop.md) | Sells things | `enter`, `look`, `swap`, `leave` |", text)
        self.assertIn("| [files](files.md) | A file system's tree, and what is open in it |", text)

    def test_a_diagram_has_states_moves_and_new_channels(self):
        text = diagram.graph(self.shop)
        for line in ('"door" [label="DOOR\\nlook"];', '"gone" [label="GONE", peripheries=2', 'start -> "door";',
                     '"door" -> "inside" [label="enter"];', '"inside" -> "gone" [label="leave"];',
                     '"inside" -> "gone" [label="swap", style=dashed];', '"inside" -> "files" [label="swap", style=dashed];'):
            self.assertIn(line, text)

    @unittest.skipUnless(shutil.which("dot"), "Graphviz is missing")
    def test_a_drawing_is_the_same_each_time_and_says_what_it_shows(self):
        graph = diagram.graph(self.shop)
        svg = picture.draw(graph)
        self.assertEqual(svg, picture.draw(graph))
        self.assertTrue(picture.is_current(graph, svg))
        self.assertFalse(picture.is_current(graph.replace("look", "see"), svg))
        self.assertIn("<svg", svg)


class Command(support.ToolTest):
    def call(self, *words):
        done = subprocess.run([sys.executable, "-B", COMMAND, *words], capture_output=True, text=True, check=False, cwd=self.folder)
        return done.returncode, done.stdout, done.stderr

    def test_a_good_contract_is_ok(self):
        path = self.write("t.contract", "contract t\noperation o\n")
        identity = load.load(path).id
        wanted = f"t.contract: ok: contract t, id {identity:#018x}, 1 operations, 1 states\n"
        self.assertEqual(self.call("--check", "t.contract"), (0, wanted, ""))

    def test_all_errors_of_all_files_are_printed(self):
        self.write("t.contract", "contract t\noperation o { errors a, b }\n")
        self.write("u.contract", "contract v\n")
        status, out, text = self.call("--check", "t.contract", "u.contract")
        self.assertEqual((status, out), (1, ""))
        places = re.findall(r"^\w+\.contract:\d+:\d+", text, re.MULTILINE)
        self.assertEqual(places, ["t.contract:2:22", "t.contract:2:25", "u.contract:1:10"])
        self.assertIn("operation o { errors a, b }\n                     ^\n", text)

    def test_contracts_of_other_folders_can_be_named(self):
        os.mkdir(f"{self.folder}/more")
        self.write("more/other.contract", "contract other\noperation o\n")
        self.write("t.contract", "contract t\noperation o { reply x: channel other }\n")
        self.assertIn("there is no contract `other`", self.call("--check", "t.contract")[2])
        self.assertEqual(self.call("--check", "-I", "more", "t.contract")[0], 0)

    @unittest.skipUnless(shutil.which("dot"), "Graphviz is missing")
    def test_pages_are_written_and_known_to_be_stale(self):
        self.write("t.contract", "contract t\noperation o\n")
        docs = ("t.contract", "--docs", "docs")
        self.assertEqual(self.call(*docs, "--check")[0], 1)
        self.assertEqual(self.call(*docs), (0, "", ""))
        self.assertEqual(sorted(os.listdir(f"{self.folder}/docs")), ["README.md", "t.md", "t.svg"])
        self.assertEqual(self.call(*docs, "--check"), (0, "", ""))
        self.write("docs/gone.md", "")
        self.write("t.contract", "contract t\noperation p\n")
        told = self.call(*docs, "--check")
        stale = "not what the contracts say now: run tools/make_contract.py --docs"
        lines = [*(f"docs/{name}:1: {stale}" for name in ("README.md", "t.md", "t.svg")), "docs/gone.md:1: there is no such contract"]
        self.assertEqual(told, (1, "", "\n".join(lines) + "\n"))

    def test_what_is_to_be_made_has_to_be_said(self):
        self.write("t.contract", "contract t\noperation o\n")
        self.assertEqual(self.call("t.contract")[0], 2)
        self.assertEqual(self.call("t.contract", "--check", "-o", "x")[0], 2)


if __name__ == "__main__":
    unittest.main()
