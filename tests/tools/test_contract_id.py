# SPDX-License-Identifier: BSD-2-Clause
"""The id of a contract: documentation and layout leave it, every change of the meaning changes it."""

import re
import unittest

import support
from signetkit.contract import canonical, load

SHOP = (support.ROOT / "tests/tools/contracts/shop.contract").read_text(encoding="utf-8")

# (what stands in the contract, what else could stand there, and so on): each means something else.
CHANGES = [
    ("contract shop", "contract shops", "channel shop", "channel shops"), ("const more = most", "const more = 15"),
    ("const more = most", "const moar = most", "0..more", "0..moar"), ("array<thing, 0..more>", "array<thing, 0..15>"),
    ("red = 3", "red = 4"), ("red = 3", "read = 3"), ("blue = 2", "blue = 2\n black = 9"),
    ("green = 1\n    blue = 2", "green = 2\n    blue = 1"), ("price: i64", "price: u64"), ("price: i64", "cost: i64"),
    ("string<6>", "string<5>\n    x: u8"), ("pad: u8[8]", "pad: u64"), ("pad: u8[8]", "pad: u8[16]"), ("used: bool", "used: u8"),
    ("door", "hall"), ("state inside\nstate gone end", "state gone end\nstate inside"),
    ("state gone end", "state gone end\nstate away end", "inside, gone", "inside, gone, away"),
    ("channel shop in inside, gone", "channel shop in gone"), ("notify client sale\n", ""), ("notify client sale", "notify server sale"),
    ("notify server police", "notify server firemen"),
    ('notify client sale\nnotify client closing "in ten minutes"', "notify client closing\nnotify client sale"),
    ("notify server police", "notify server police\nnotify server cook"), ("operation enter", "operation go_in"),
    ("    -> gone\n", "    -> door\n"), ("    idempotent\n", ""), ("    deadline\n", ""),
    ("name: string<1..most>", "name: string<0..most>"), ("name: string<1..most>", "name: string<1..17>"),
    ("name: string<1..most>", "name: bytes<1..most>"), ("request age: u8", "request age: u16"), ("request age: u8", "request years: u8"),
    ("    request age: u8\n    request of_age: bool", "    request of_age: bool\n    request age: u8"), ("request of_age: bool\n", ""),
    ("reply welcome: thing", "reply welcome: basket"), ("reply welcome: thing", "reply welcome: u8"),
    ("errors not_allowed, busy", "errors not_allowed"), ("errors not_allowed, busy", "errors not_allowed, not_found"),
    ("    errors not_allowed, busy\n", ""), ("in inside,\n       door", "in inside"), ("request shelf: color", "request shelf: u8"),
    ("lent write pages<0..4>", "lent read pages<0..4>"), ("lent write pages<0..4>", "lent write pages<1..4>"),
    ("lent write pages<0..4>", "lent write pages<0..5>"),
    ("reply left: u32\n    reply right: i64", "reply right: i64\n    reply left: u32"), ("reply left: u32", "reply remaining: u32"),
    ("given pages<1..2>", "lent read pages<1..2>"), ("given pages<1..3>", "given pages<1..4>"), ("bytes<0..65536>", "bytes<0..65535>"),
    ("channel shop in inside, gone", "channel shop in inside"), ("channel shop in inside, gone", "channel shop"),
    ("channel files", "channel block"), ("channel files", "channel files in file"), ("    reply tree: channel files\n", ""),
    ("reply tree: channel", "reply wood: channel"),
    ("    reply order: channel shop in inside, gone\n    reply tree: channel files",
     "    reply tree: channel files\n    reply order: channel shop in inside, gone"),
    ("    request data: bytes<0..65536>\n    reply", "    reply data: bytes<0..65536>\n    reply"),
    ("    -> gone\n", "    -> inside\n    errors bad_arg\n"),
    ("operation leave {\n    in inside\n    -> gone\n}", "operation leave {\n    in inside\n    -> gone\n}\noperation last { in door }"),
]

# Each means the same.
SAME = [
    ('"Sells things."', '"Sells other things."'), ('    "Opens at nine."\n', ""),
    ("# SPDX-License-Identifier: BSD-2-Clause\n", ""), ("0x10", "16"), ("const more = most", "const more = 16"),
    ("array<thing, 0..more>", "array<thing, 0..16>"), ('red = 3 "hot", green = 1', "red = 3\n\n    green = 1, # cold\n"),
    ('red = 3 "hot", green = 1\n    blue = 2', "blue = 2\n    green = 1\n    red = 3"), ("    ", "\t"), ("\n", "\r\n"), ("\n", "\n\n"),
    ("in inside,\n       door", "in door, inside"), ("not_allowed, busy", "busy, not_allowed"), ("in inside, gone", "in gone,\n    inside"),
    ("    in inside\n    -> gone\n", "    -> gone\n    in inside\n"),
    ('const most = 0x10 "things in a basket"\nconst more = most', "const more = 16\nconst most = 16"),
    ("{ first: thing\n", "{\n    first: thing,\n"), ('price: i64 "in cents"', 'price: i64 "in pence"'),
    ("    in inside\n    request mine: given pages<1..2>\n", "    request mine: given pages<1..2>\n    in inside\n"),
]


def id_of(text):
    return load.parse(text, "shop.contract").id


class Id(unittest.TestCase):
    def setUp(self):
        self.id = id_of(SHOP)

    def changed(self, *edits):
        """The contract after edits: what stood there and what stands there now, in turn."""
        text = SHOP
        for old, new in zip(edits[::2], edits[1::2], strict=True):
            self.assertIn(old, text)
            text = text.replace(old, new, 1) if len(old) > 4 else text.replace(old, new)
        return text

    def test_every_change_of_the_meaning_changes_it_and_no_two_alike(self):
        seen = {self.id: "nothing"}
        for edits in CHANGES:
            with self.subTest(edits):
                number = id_of(self.changed(*edits))
                self.assertNotIn(number, seen)
                seen[number] = edits

    def test_documentation_and_layout_leave_it(self):
        for edits in SAME:
            with self.subTest(edits):
                text = self.changed(*edits)
                self.assertNotEqual(text, SHOP)
                self.assertEqual(id_of(text), self.id)

    def test_it_is_the_start_of_the_hash_of_the_canonical_form(self):
        contract = load.parse("contract c\noperation o { request x: u8 }\n", "c")
        text = "contract c\nstate 0 open\noperation 1 o in open -> same\nrequest x word 0 u8\nerrors \n"
        self.assertEqual(canonical.text(contract), text)
        self.assertEqual(f"{contract.id.to_bytes(8, 'little').hex()}", "9fffc2cb7e708e22")  # as sha256sum says

    def test_the_canonical_form_names_every_clause(self):
        text = canonical.text(load.parse(SHOP, "shop.contract"))
        kinds = [line.partition(" ")[0] for line in text.splitlines()]
        self.assertEqual({kind: kinds.count(kind) for kind in kinds}, {
            "contract": 1, "const": 2, "enum": 1, "struct": 2, "state": 3, "notify": 3, "operation": 4, "request": 7, "reply": 7,
            "errors": 4})
        self.assertIsNone(re.search(r"things in a basket|hot", text))


if __name__ == "__main__":
    unittest.main()
