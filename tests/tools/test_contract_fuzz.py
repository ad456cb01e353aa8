# SPDX-License-Identifier: BSD-2-Clause
"""Whatever the text is: a contract comes of it, or a ContractError that tells a place in it. A contract has a page, a diagram, an id."""

import random
import unittest

import support
from signetkit.contract import canonical, diagram, lexer, load, page

SEED = 20
WORDS = """contract const enum struct state notify operation in -> idempotent deadline request reply errors end client server
    lent read write given pages channel array string bytes u8 u16 u32 u64 i64 bool { } < > [ ] : = , ..
    "doc" "un # a b files tree file busy ok 0 1 4 7 31 64 65536 65537 0xffffffffffffffff
    99999999999999999999 -1 0x é ; A _ a.b ... \\ '""".split()
WORDS += ["\n"] * 12 + [" ", "\t", "\0", "\r\n", "\r"]


def good_texts():
    folders = (support.ROOT / "tests/tools/contracts", support.ROOT / "libsys/contracts")
    return [path.read_text(encoding="utf-8") for folder in folders for path in sorted(folder.glob("*.contract"))]


def broken_texts():
    text = (support.ROOT / "tests/tools/contracts/broken.txt").read_text(encoding="utf-8")
    return [part.partition("\n")[2] for part in text.split("\n== ")[1:]]


class Fuzz(unittest.TestCase):
    def compile(self, text):
        """True if it is a contract."""
        try:
            contract = load.parse(text, "nowhere/fuzz.contract")
        except lexer.ContractError as error:
            self.check_error(error, text)
            return False
        page.page(contract, "fuzz.contract")
        diagram.graph(contract)
        self.assertEqual(contract.id, canonical.id_of(contract))
        return True

    def check_error(self, error, text):
        lines = text.split("\n")
        for mark, message in error.problems:
            self.assertTrue(message)
            self.assertTrue(1 <= mark.line <= len(lines) and 1 <= mark.column <= len(lines[mark.line - 1]) + 1, (mark, message))
        self.assertEqual(error.problems, sorted(error.problems, key=lambda problem: problem[0][1:]))
        self.assertEqual(str(error).count("\n"), 3 * len(error.problems) - 1)

    def test_words_at_random_are_told_about(self):
        random.seed(SEED)
        for _ in range(1500):
            text = random.choice(["", "contract c\n", "contract c\noperation o {\n", "contract c\nstruct s {\n"])
            text += " ".join(random.choice(WORDS) for _ in range(random.randrange(60)))
            self.compile(text)

    def test_characters_at_random_are_told_about(self):
        random.seed(SEED)
        for _ in range(500):
            codes = [random.choice((random.randrange(128), random.randrange(0xD800))) for _ in range(random.randrange(80))]
            self.compile("".join(map(chr, codes)))

    def test_contracts_with_a_piece_changed_are_contracts_or_told_about(self):
        random.seed(SEED)
        texts, good = (good_texts(), broken_texts()), 0
        for _ in range(1500):
            text = random.choice(random.choice(texts))
            for _ in range(random.randrange(1, 3)):
                text = self.mutated(text)
            good += self.compile(text)
        self.assertGreater(good, 50)  # else it says little

    def mutated(self, text):
        start = random.randrange(len(text) + 1)
        end = min(len(text), start + random.choice((0, 1, 1, 5, 30)))
        piece = random.choice(("", random.choice(WORDS), text[start:end] * 2, text[end : end + 20], chr(random.randrange(0x250))))
        return text[:start] + piece + text[end:]

    def test_contracts_with_lines_changed_are_contracts_or_told_about(self):
        """Every line of every contract left out, doubled, and moved to the end."""
        for text in good_texts():
            lines = text.split("\n")
            for number, line in enumerate(lines):
                for changed in ([], [line, line]):
                    self.compile("\n".join(lines[:number] + changed + lines[number + 1 :]))
                self.compile("\n".join(lines[:number] + lines[number + 1 :] + [line]))

    def test_contracts_cut_off_anywhere_are_contracts_or_told_about(self):
        for text in good_texts()[:3]:
            for end in range(0, len(text), 7):
                self.compile(text[:end])


if __name__ == "__main__":
    unittest.main()
