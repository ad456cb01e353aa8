# SPDX-License-Identifier: BSD-2-Clause
"""Broken contracts: each gives its errors, at their places, with the line and a caret, and no others."""

import re
import unittest

import support
from contract_cases import errors, expected
from signetkit.contract import lexer, load

CASES = support.ROOT / "tests/tools/contracts/broken.txt"
SYSTEM = "libsys/contracts"


def cases():
    """(name, text) of each."""
    for part in re.split(r"^== ", CASES.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, _, text = part.partition("\n")
        yield name, text.rstrip("\n") + "\n"


class Errors(support.ToolTest):
    def test_every_broken_contract_gives_its_errors_and_no_others(self):
        seen = set()
        for name, text in cases():
            with self.subTest(name):
                self.assertNotIn(name, seen)
                seen.add(name)
                wanted = expected(text).replace("NOWHERE", "nowhere").replace("LIBSYS", load._shown(load.SYSTEM_FOLDER))
                self.assertTrue(wanted)
                self.assertEqual(errors(text), wanted)
        self.assertGreaterEqual(len(seen), 90)

    def test_what_is_not_closed_is_told_at_the_end_of_the_file(self):
        for text, where, message in (
            ("contract c\noperation a {\n", (3, 1), "operation `a` is not closed: expected `}`, found the end of the file"),
            ("contract c\nenum a {", (2, 9), "the enum is not closed: expected `}`, found the end of the file"),
            ("contract c\nstruct a { x: u8,\n\n", (4, 1), "the struct is not closed: expected `}`, found the end of the file"),
            ("", (1, 1), "a contract begins with `contract` and its name, found the end of the file"),
        ):
            with self.assertRaises(lexer.ContractError) as caught:
                load.parse(text, "c.contract")
            self.assertEqual((tuple(caught.exception.mark)[1:], caught.exception.message), (where, message))

    def test_the_first_line_of_an_error_is_enough_to_find_it(self):
        text = errors("contract c\r\n\toperation  Bad\r\n", "some/c.contract")
        reason = "`Bad` is no name: a name is of a-z, 0-9 and '_' and begins with a letter"
        self.assertEqual(text.split("\n")[0], f"some/c.contract:2:13: {reason}")
        self.assertEqual(text.split("\n")[1:], ["\toperation  Bad", "\t           ^"])

    def test_a_byte_order_mark_is_called_by_its_name(self):
        self.assertIn("c.contract:1:1: a byte order mark has no meaning here", errors("\ufeffcontract c\noperation o\n", "c.contract"))

    def test_numbers_of_things_are_bounded(self):
        for clause, most, message in (
            ("state s{}\n", 64, "state `s64` is one too many: a contract has at most 64"),
            ("notify server n{}\n", 56, "notification `n56` is one too many: a direction has 56 bits"),
            ("operation o{}\n", 4095, "operation `o4095` is one too many: a contract has at most 4095"),
        ):
            tail = "operation all { in " + ",".join(f"s{i}" for i in range(most)) + " }\n" if "state" in clause else "operation one\n"
            text = "contract c\n" + "".join(clause.format(i) for i in range(most)) + ("" if "operation" in clause else tail)
            self.assertNotIn("too many", errors(text))
            self.assertIn(message, errors(text + clause.format(most)))

    def test_structs_are_not_nested_for_ever(self):
        text = "contract c\n" + "".join(f"struct s{i} {{ a: s{i + 1} }}\n" for i in range(3000)) + "struct s3000 { a: u8 }\noperation o\n"
        self.assertIn("structs are nested more than 16 deep", errors(text))

    def test_a_file_is_called_like_its_contract(self):
        path = self.write("shop.contract", "contract ship\noperation o\n")
        self.refused(r"shop.contract:1:10: contract `ship` has to be in a file of the name ship.contract\n", load.load, path)

    def test_a_file_that_cannot_be_read_is_refused(self):
        self.refused(r"none.contract:1:1: cannot be read: No such file or directory\n", load.load, f"{self.folder}/none.contract")
        path = self.write("x.contract", b"contract x\n# \xff\n")
        self.refused(r"x.contract:2:3: this is not UTF-8\n", load.load, path)

    def test_a_channel_of_a_contract_that_cannot_be_read_is_refused(self):
        self.write("bad.contract", "contract bad\nstate 1\n")
        path = self.write("good.contract", "contract good\noperation o { reply a: channel bad }\n")
        why = r"good.contract:2:32: `a`: contract `bad` cannot be read: .*bad.contract:2:7: expected the state's name, found `1`"
        self.refused(why, load.load, path)


if __name__ == "__main__":
    unittest.main()
