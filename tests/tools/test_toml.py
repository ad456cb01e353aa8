# SPDX-License-Identifier: BSD-2-Clause
"""The TOML reader against the standard library's, which is the measure of what is TOML; and the places it gives."""

import math
import os
import random
import sys
import tempfile
import tomllib
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "tools"))

from signetkit.toml import reader as toml_reader  # noqa: E402

NASTY = [
    "", "\n", "\r\n", "\r", "#", "# c\r\n", "# \x00", "# \x7f", "# \t", "a", "a=", "a=1", "a = 1 b = 2", "=1", "a==1",
    "a.b.c=1", "a . b=1", "a..b=1", ".a=1", "a.=1", '"a.b".c=1', "'' = 1", '"" = 1', '"""a"""=1', "1.2=3", "-=1", "é=1",
    "a=1\na=2", "a=1\na.b=2", "a.b=1\na=2", "a.b=1\na.c=2", "a.b=1\n[a]", "a.b=1\n[a.c]", "a.b.c=1\n[a.b]",
    "[a]\n[a]", "[a]\n[a.b]", "[a.b]\n[a]", "[a.b]\n[a]\nb.c=1", "[a.b.c]\n[a]\nb.d=1", "[a.b.c]\n[a]\nb.d=1\n[a.b]",
    "[a.b.c]\nz=1\n[a]\nb.c.t=1", "[a]\nb.c=1\n[a.b]", "[a]\nb.c=1\n[a.b.d]", "[a]\nb=1\n[a.b]", "[a]\nb=1\n[a.b.c]",
    "[a]\nb={}\n[a.b]", "[a]\nb={}\n[a.b.c]", "a={}\na.b=1", "a={b.c=1}\n[a.b]", "a={b.c=1}\na.b.d=1",
    "a={b=1,b=2}", "a={b.c=1,b.d=2}", "a={b={c=1},b.d=2}", "a={b.c=1,b={}}", "a={b=1,}", "a={,}", "a={\n}", "a={b=1\n}",
    "a={b=[\n1\n]}", "a={b=1 c=2}", "a={", "a={b", "a={b=", "a={b=1", "a = { }", "a={#c\n}",
    "[[a]]", "[[a]]\n[[a]]", "[[a]]\n[a]", "[a]\n[[a]]", "[[a]]\n[a.b]\n[[a]]\n[a.b]", "[[a]]\n[a.b]\n[a.b]",
    "[[a.b]]\n[a]", "[[a.b]]\n[[a]]", "a=[]\n[[a]]", "a=[{}]\n[[a]]", "a=[{b=1}]\n[a.c]", "a=[1]\na.b=1",
    "[[a]]\nb=1\n[[a.b]]", "[[a]]\n[[a.b]]\n[[a.b]]\nc=1\n[a.b.d]", "[a]\n[[a.b]]\n[a.b]", "[[a]]\na.b=1\na.c=2",
    "[]", "[[]]", "[a", "[[a]", "[a]]", "[ a ]", "[[ a ]]", "[ [a]]", "[[a] ]", "[a] b=1", "[a]#c", "[a.]", "[.a]", "[a\n]",
    "['a']\n[\"a\"]", "[a]\n['a'.b]", "a=[1,2]", "a=[1,,2]", "a=[,]", "a=[1,]", "a=[\n1#c\n,#d\n]", "a=[1 2]", "a=[", "a=[1",
    "a=[1,'x',{b=2},[3]]", "a=true", "a=True", "a=truex", "a=false", "a=tru", "a=0", "a=+0", "a=-0", "a=00", "a=01", "a=-01",
    "a=1_0", "a=1__0", "a=_1", "a=1_", "a=0x", "a=0xg", "a=0xFf_0", "a=0x_1", "a=+0x1", "a=0X1", "a=0o7", "a=0o8", "a=0b1",
    "a=0b2", "a=0b_1", "a=1.", "a=.1", "a=1.0", "a=1._0", "a=1.0_1", "a=1e5", "a=1E+5", "a=1e-5", "a=1e", "a=1e+", "a=1.e5",
    "a=1e1.0", "a=01.0", "a=1.5.2", "a=inf", "a=+inf", "a=-inf", "a=nan", "a=-nan", "a=Inf", "a=1e400", "a=1_0.1_0e1_0",
    "a=99999999999999999999", "a=--1", "a=+", "a=1979-05-27", "a=1979-05-27T07:32:00Z", "a=1979-05-27t07:32:00z",
    "a=1979-05-27 07:32:00", "a=1979-05-27  07:32:00", "a=1979-05-27 07:32", "a=1979-05-27T07:32:00.123456789-07:00",
    "a=1979-05-27T07:32:00+24:00", "a=1979-05-27T07:32:00+00:60", "a=1979-02-30", "a=1979-13-01", "a=0000-01-01",
    "a=1979-05-27T", "a=1979-05-27 ", "a=1979-05-27 #c", "a=07:32:00", "a=24:00:00", "a=23:59:60", "a=07:32", "a=07:32:00.",
    "a=07:32:00.5", "a=2000-02-29", "a=1900-02-29", "a=1979-5-27", "a=07:32:00Z",
    "a=''", "a='", "a='\n'", "a='\\'", "a='\t'", "a='\x01'", 'a=""', 'a="', 'a="\n"', 'a="\\"', 'a="\\\\"', 'a="\\""',
    'a="\\b\\t\\n\\f\\r"', 'a="\\e"', 'a="\\x41"', 'a="\\u0041"', 'a="\\u41"', 'a="\\u004"', 'a="\\U00000041"', 'a="\\U0041"',
    'a="\\ud800"', 'a="\\U00110000"', 'a="\\uFFFF"', 'a="\\u 041"', 'a="\\u+041"', 'a="\\U0000_041"', 'a="\x7f"', 'a="\t"',
    'a="""', 'a=""""', 'a="""""', 'a=""""""', 'a="""""""', 'a=""""""""', 'a="""""""""', 'a="""""""""" ', 'a="""a""b"""',
    'a="""\na"""', 'a="""\r\na\r\n"""', 'a="""a\rb"""', 'a="""\\\n   a"""', 'a="""\\  \n\n  a"""', 'a="""\\ a"""',
    'a="""a\\', 'a="""a\\\n', 'a="""a\\  ', 'a="""\\"""', 'a="""\\""""', 'a="""\x00"""', 'a="""\t"""',
    "a=''''''", "a='''''''", "a=''''''''", "a='''''''''", "a='''\na'''", "a='''a'b''c'''", "a='''\x0b'''", "a='''", "a=''''",
    "a='''a\\\n'''", "\ufeffa=1", "a=1\ufeff", "a\u00a0=1", "a=\u00a01", "a=1\n\x0c", "a=\x0c1", "a=\u0661", "a=1979-05-2\u0667",
    'a="x" "y"', "a='x'y", "a=\n1", "a\n=1", "a=1;b=2", "[a]\n\n\n[b]\n", "a = 'é☃𝄞'", "a=[[[[]]]]", "a={b={c={d={}}}}",
]


def outcome(read, text):
    """The values as comparable text, or None where the text is refused."""
    try:
        return repr(read(text))
    except (tomllib.TOMLDecodeError, toml_reader.TomlError):
        return None


def ours(text):
    return toml_reader.plain(toml_reader.read_text(text))


class Generator:
    """Makes documents that are mostly right: words of TOML in mostly legal order, then a few random edits."""

    PIECES = ["=", ".", ",", "[", "]", "{", "}", "[[", "]]", '"', "'", '"""', "'''", "\\", "\n", "\r\n", " ", "\t", "#", "_", "-", "+",
              "0", "1", "e", ":", "T", "Z", "true", "inf", "a", "b", "\x00", "é", "0x", "\\u0041", "\\\n"]
    NAMES = ["a", "b", "c", "'a'", '"b"', "a.b", "a . c", "b.'c'.d", "1", "-"]
    SCALARS = ["1", "-17", "0x1F", "1_000", "1.5", "6e-3", "inf", "-nan", "true", "false", "''", '"x\\ty"', "'''a\nb'''", '"""\\\n c"""',
               "1979-05-27", "07:32:00.5", "1979-05-27T07:32:00+01:30", '"\\u00e9"', '""""q"""""']

    def __init__(self, seed):
        self.random = random.Random(seed)

    def value(self, depth=0):
        kind = self.random.randrange(8)
        if depth < 3 and kind == 0:
            inner = [self.value(depth + 1) for _ in range(self.random.randrange(4))]
            return "[" + self.random.choice([", ", ",", ",\n", " , # c\n"]).join(inner) + self.random.choice(["]", ",]", "\n]"])
        if depth < 3 and kind == 1:
            return "{" + ", ".join(self.pair(depth + 1) for _ in range(self.random.randrange(4))) + "}"
        return self.random.choice(self.SCALARS)

    def pair(self, depth=0):
        return self.random.choice(self.NAMES) + self.random.choice(["=", " = "]) + self.value(depth)

    def document(self):
        lines = []
        for _ in range(self.random.randrange(1, 8)):
            kind = self.random.randrange(6)
            name = self.random.choice(self.NAMES)
            lines.append(f"[{name}]" if kind == 0 else f"[[{name}]]" if kind == 1 else "# c" if kind == 2 else self.pair())
        text = self.random.choice(["\n", "\n", "\r\n", "\n\n"]).join(lines)
        for _ in range(self.random.choice([0, 0, 1, 3])):
            at = self.random.randrange(len(text) + 1)
            text = text[:at] + self.random.choice(self.PIECES) + text[at + self.random.randrange(3):]
        return text


class TomlTest(unittest.TestCase):
    def compare(self, text):
        self.assertEqual(outcome(ours, text), outcome(tomllib.loads, text), repr(text))

    def test_nasty_documents_mean_what_tomllib_says(self):
        for text in NASTY:
            self.compare(text)

    def test_generated_documents_mean_what_tomllib_says(self):
        maker = Generator(2)
        accepted = 0
        for _ in range(20000):
            text = maker.document()
            self.compare(text)
            accepted += outcome(ours, text) is not None
        self.assertGreater(accepted, 4000)  # else the corpus says little
        self.assertLess(accepted, 16000)

    def test_every_value_and_key_knows_its_place(self):
        root = toml_reader.read_text('# c\n  a.b =  7\n[t]\nx = [1,\n  "é", 3]\ny = { z = 2 }\n[[u]]\n', "f")
        self.assertEqual(str(root["a"].data["b"].key_mark), "f:2:5")
        self.assertEqual(str(root["a"].data["b"].mark), "f:2:10")
        self.assertEqual(str(root["t"].key_mark), "f:3:2")
        self.assertEqual([str(item.mark) for item in root["t"].data["x"].data], ["f:4:6", "f:5:3", "f:5:8"])
        self.assertEqual(str(root["t"].data["y"].data["z"].mark), "f:6:11")
        self.assertEqual(str(root["u"].data[0].mark), "f:7:1")

    def test_an_error_names_file_line_and_column(self):
        for text, place in [("a = 1\nb = !", "f:2:5"), ("a=1\na=2", "f:2:1"), ('a = "x', "f:1:5"), ("[a]\r\n[a]", "f:2:2"), ("a = [1", "f:1:7")]:
            with self.assertRaises(toml_reader.TomlError) as caught:
                toml_reader.read_text(text, "f")
            self.assertTrue(str(caught.exception).startswith(place + ": "), str(caught.exception))

    def test_deep_nesting_is_refused_without_running_out_of_stack(self):
        for opening in ("[", "{a="):
            with self.assertRaises(toml_reader.TomlError):
                toml_reader.read_text("a=" + opening * 100000)

    def test_a_file_that_is_missing_or_not_utf8_is_refused_by_name(self):
        with self.assertRaisesRegex(toml_reader.TomlError, "nowhere.toml:1:1: cannot be read"):
            toml_reader.read_file("/nowhere.toml")
        with tempfile.NamedTemporaryFile(suffix=".toml") as file:
            file.write(b"a = 1\nb = '\xff'\n")
            file.flush()
            with self.assertRaisesRegex(toml_reader.TomlError, ":2:6: this is not UTF-8"):
                toml_reader.read_file(file.name)

    def test_nan_is_a_float(self):
        self.assertTrue(math.isnan(ours("a = nan")["a"]))


if __name__ == "__main__":
    unittest.main()
