# SPDX-License-Identifier: BSD-2-Clause
"""What the compiler makes of a good contract: numbers, places, layouts, documentation. And the system's own contracts."""

import dataclasses
import os
import unittest

import support
from contract_cases import errors
from signetkit import abi
from signetkit.contract import load

SHOP = support.ROOT / "tests/tools/contracts/shop.contract"


def parsed(text):
    return load.parse("contract c\n" + text, "c.contract")


def facts(field):
    """A field without its marks."""
    return [getattr(field, part.name) for part in dataclasses.fields(field) if "mark" not in part.name]


class Shop(unittest.TestCase):
    def setUp(self):
        self.shop = load.load(SHOP)

    def test_the_contract_has_its_name_its_place_and_its_documentation(self):
        self.assertEqual((self.shop.name, self.shop.doc), ("shop", "Sells things. Opens at nine."))
        self.assertEqual((self.shop.mark.line, self.shop.mark.column), (2, 10))
        self.assertTrue(self.shop.file.endswith("shop.contract"))

    def test_constants_stand_for_numbers(self):
        self.assertEqual({name: c.value for name, c in self.shop.constants.items()}, {"most": 16, "more": 16})
        self.assertEqual(self.shop.constants["most"].doc, "things in a basket")

    def test_an_enum_keeps_its_order_and_its_documentation(self):
        color = self.shop.enums["color"]
        self.assertEqual(list(color.members.items()), [("red", 3), ("green", 1), ("blue", 2)])
        self.assertEqual((color.doc, color.docs["red"], color.docs["blue"]), ("of a thing", "hot", ""))

    def test_structs_are_laid_out(self):
        thing, basket = self.shop.structs["thing"], self.shop.structs["basket"]
        self.assertEqual([(f.name, f.type, f.count, f.offset) for f in thing.fields],
                         [("price", "i64", 0, 0), ("colors", "color", 2, 8), ("name", "string", 6, 16), ("used", "bool", 0, 23),
                          ("pad", "u8", 8, 24)])
        self.assertEqual((thing.bytes, thing.align, basket.bytes, basket.align), (32, 8, 136, 8))
        self.assertEqual([(f.name, f.type, f.count, f.offset) for f in basket.fields],
                         [("first", "thing", 0, 0), ("rest", "thing", 3, 32), ("owner", "u64", 0, 128)])

    def test_states_and_notifications_have_numbers(self):
        self.assertEqual([(s.name, s.number, s.end) for s in self.shop.states.values()],
                         [("door", 0, False), ("inside", 1, False), ("gone", 2, True)])
        self.assertEqual([(n.name, n.bit) for n in self.shop.to_client.values()], [("sale", 0), ("closing", 1)])
        self.assertEqual([(n.name, n.bit) for n in self.shop.to_server.values()], [("police", 0)])

    def test_operations_have_numbers_states_and_marks(self):
        operations = self.shop.operations.values()
        self.assertEqual([(o.name, o.number, o.states, o.next_state, o.idempotent, o.deadline, o.errors) for o in operations], [
            ("enter", 1, ["door"], "inside", True, False, ["not_allowed", "busy"]),
            ("look", 2, ["inside", "door"], "", False, True, []),
            ("swap", 3, ["inside"], "", False, False, []),
            ("leave", 4, ["inside"], "gone", False, False, []),
        ])

    def test_fields_have_their_places(self):
        enter, look, swap = (self.shop.operations[name] for name in ("enter", "look", "swap"))
        self.assertEqual([facts(f) for f in enter.request.fields],
                         [["name", "string", "", 1, 16, ""], ["age", "u8", 0, ""], ["of_age", "bool", 1, ""]])
        self.assertEqual([facts(f) for f in enter.reply.fields], [["welcome", "struct", "thing", 1, 1, ""]])
        self.assertEqual([facts(f) for f in look.request.fields], [["shelf", "color", 0, ""], ["window", "lent write", 0, 4, ""]])
        self.assertEqual([facts(f) for f in look.reply.fields],
                         [["things", "array", "thing", 0, 16, ""], ["left", "u32", 0, ""], ["right", "i64", 1, ""]])
        self.assertEqual([facts(f) for f in swap.request.fields], [["mine", "given", 1, 2, ""], ["data", "bytes", "", 0, 65536, ""]])
        self.assertEqual([facts(f) for f in swap.reply.fields],
                         [["yours", "given", 1, 3, ""], ["order", "shop", ["inside", "gone"], 0, ""], ["tree", "files", [], 1, ""]])

    def test_marks_say_where(self):
        self.assertEqual([o.mark.line for o in self.shop.operations.values()], [32, 42, 53, 62])
        end = self.shop.operations["swap"].reply.ends[0]
        self.assertEqual([mark[1:] for mark in (end.mark, end.contract_mark, *end.state_marks)], [(58, 11), (58, 26), (58, 34), (58, 42)])


class Language(support.ToolTest):
    def test_a_contract_without_states_has_one(self):
        contract = parsed("operation o")
        self.assertEqual([(s.name, s.number, s.end) for s in contract.states.values()], [("open", 0, False)])
        self.assertEqual(contract.operations["o"].states, ["open"])

    def test_with_one_state_nothing_need_be_said(self):
        self.assertEqual(parsed("state only\noperation o").operations["o"].states, ["only"])

    def test_words_of_the_language_are_names_where_a_name_stands(self):
        contract = parsed("state state\nstate operation\nstate end end\nnotify client notify\n"
                          "operation in { in state\n -> operation\n request lent: string<0..1>\n }\n"
                          "operation request { in operation\n request in: u8\n request errors: bool\n reply deadline: u64\n -> end\n }\n")
        self.assertEqual([s.end for s in contract.states.values()], [False, False, True])
        self.assertEqual(list(contract.operations), ["in", "request"])

    def test_the_order_of_types_does_not_matter(self):
        contract = parsed("operation o { request x: s }\nstruct s { a: t }\nstruct t { e: e }\nenum e { a = 0 }\n")
        self.assertEqual(contract.structs["s"].bytes, 4)

    def test_the_ends_of_lines_may_be_those_of_windows(self):
        self.assertEqual(errors('contract c "x"\r\n\r\noperation o { errors busy,\r\n not_found\r\n}\r\n'), "")

    def test_escapes_and_strings_side_by_side(self):
        self.assertEqual(load.parse(r'contract c "a \"b\" \\" "c"' + "\noperation o", "c").doc, 'a "b" \\ c')

    def test_a_state_in_which_a_channel_is_handed_out_is_reached(self):
        text = "contract c\nstate a\nstate b\noperation o { in a\n reply x: channel c in b\n }\noperation p { in b }\n"
        self.assertEqual(errors(text), "")

    def test_a_state_is_reached_if_another_contract_hands_it_out(self):
        self.write("other.contract", "contract other\noperation o { reply x: channel c in b }\n")
        text = "contract c\nstate a\nstate b\noperation o { in a, b }\n"
        self.assertIn("`b` is never reached", errors(text))
        self.assertEqual(errors(text, os.path.join(self.folder, "c.contract")), "")
        self.assertEqual(errors(text, "c.contract", (self.folder,)), "")

    def test_contracts_may_name_one_another(self):
        self.write("a.contract", "contract a\nstate x\nstate y\noperation o { in x, y\n reply e: channel b in y\n }\n")
        self.write("b.contract", "contract b\nstate x\nstate y\noperation o { in x, y\n reply e: channel a in y\n }\n")
        self.assertEqual([load.find(name, (self.folder,)).name for name in "ab"], ["a", "b"])

    def test_a_folder_of_the_project_goes_before_the_systems(self):
        self.write("files.contract", "contract files\noperation only\n")
        self.assertEqual(list(load.find("files", (self.folder,)).operations), ["only"])
        self.assertIn("open", load.find("files").operations)

    def test_what_is_not_there_is_not_found(self):
        self.assertIsNone(load.find("nowhere"))

    def test_a_contract_that_has_changed_is_read_again(self):
        path = self.write("t.contract", "contract t\noperation a\n")
        before = load.load(path)
        self.assertIs(load.load(path), before)
        self.write("t.contract", "contract t\noperation another\n")
        self.assertEqual(list(load.load(path).operations), ["another"])

    def test_a_contract_is_checked_again_when_one_that_it_names_has_changed(self):
        self.write("other.contract", "contract other\nstate here\nstate there end\noperation o { in here\n -> there\n }\n")
        path = self.write("t.contract", "contract t\noperation a { reply e: channel other in there }\n")
        load.load(path)
        self.write("other.contract", "contract other\noperation o\n")
        self.refused("contract `other` has no state `there`", load.load, path)


class System(unittest.TestCase):
    """The contracts of libsys/contracts/."""

    def contracts(self):
        files = sorted(os.listdir(load.SYSTEM_FOLDER))
        return [load.load(os.path.join(load.SYSTEM_FOLDER, file)) for file in files if file.endswith(load.SUFFIX)]

    def test_all_are_good_and_have_ids_of_their_own(self):
        contracts = self.contracts()
        self.assertLessEqual({"block", "console", "files", "pager", "ping", "supervisor"}, {c.name for c in contracts})
        self.assertEqual(len({c.id for c in contracts}), len(contracts))

    def test_every_operation_and_state_is_documented(self):
        for contract in self.contracts():
            parts = [contract, *contract.operations.values(), *(s for s in contract.states.values() if len(contract.states) > 1)]
            self.assertEqual([part.name for part in parts if not part.doc], [])

    def test_the_pager_is_asked_by_the_kernels_numbers(self):
        numbers, pager = abi.constants("kernel/abi/pager.h"), load.find("pager")
        self.assertEqual({f"PAGER_{o.name.upper()}": o.number for o in pager.operations.values()},
                         {name: value for name, value in numbers.items() if name != "PAGER_RUN_MAX"})
        for name, kind in (("out", "lent read"), ("in", "lent write")):
            request = pager.operations[name].request
            self.assertEqual([word.name for word in request.words], ["slot", "count"])
            self.assertEqual((request.pages.kind, request.pages.low, request.pages.high), (kind, 1, numbers["PAGER_RUN_MAX"]))
        self.assertEqual([word.name for word in pager.operations["info"].reply.words], ["slots"])


if __name__ == "__main__":
    unittest.main()
