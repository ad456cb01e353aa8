# SPDX-License-Identifier: BSD-2-Clause
"""docs/calls.md says all there is to say about each call: its generator refuses notes that leave something out, or say too much."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import make_calls_doc as doc

WAITING = doc.Call(0, "take", True, ["handle_t port", "uint64_t deadline_ns"], ["uint64_t badge"], "Takes.")
QUICK = doc.Call(1, "look", False, ["uaddr_t status"], [], "Looks.")
KNOWN = {"errors": {"BAD_HANDLE": (2, "")}, "faults": {"BAD_RANGE": (17, "")}}


def good():
    return {
        "take": {"blocks": "until it comes", "handles": {"port": "a port"}, "results": {"badge": "a number"},
                 "errors": {"BAD_HANDLE": "no port"}},
        "look": {"arguments": {"status": "written"}, "faults": {"BAD_RANGE": "`status`"}},
    }


def refusal(calls, shared=None):
    """What check_notes says of these notes; None if it has nothing to say."""
    notes = doc.Notes(shared or {"arguments": {"deadline_ns": "nanoseconds"}, "results": {}}, calls)
    try:
        doc.check_notes(notes, [WAITING, QUICK], KNOWN)
    except SystemExit as refused:
        return str(refused.code)
    return None


class Notes(unittest.TestCase):
    def see(self, said, calls, shared=None):
        self.assertIn(said, refusal(calls, shared) or "nothing was refused")

    def without(self, call, key):
        calls = good()
        del calls[call][key]
        return calls

    def test_complete_notes_are_taken(self):
        self.assertIsNone(refusal(good()))

    def test_an_argument_a_result_or_a_handle_that_nothing_explains_is_refused(self):
        self.see("[look]: nothing says what `uaddr_t status` is", self.without("look", "arguments"))
        self.see("[take]: nothing says what `uint64_t badge` is", self.without("take", "results"))
        self.see("[take]: nothing says what `handle_t port` is", self.without("take", "handles"))
        self.see("[take]: nothing says what `uint64_t deadline_ns` is", good(), {"arguments": {}, "results": {}})

    def test_a_call_that_waits_says_for_what_and_one_that_does_not_says_nothing(self):
        self.see("[take]: it may block: say", self.without("take", "blocks"))
        calls = good()
        calls["look"]["blocks"] = "until noon"
        self.see("[look]: `blocks`: the list says that it never does", calls)

    def test_what_there_is_not_is_refused(self):
        for call, key, name, said in (
            ("take", "errors", "BAD_LUCK", "[take.errors]: there is no BAD_LUCK"),
            ("look", "faults", "BAD_LUCK", "[look.faults]: there is no BAD_LUCK"),
            ("look", "arguments", "colour", "[look]: arguments.colour: there is none of this name"),
            ("take", "results", "colour", "[take]: results.colour: there is none of this name"),
            ("take", "handles", "colour", "[take]: handles.colour: there is no such handle"),
            ("take", "handles", "colour.red", "[take]: handles.colour.red: there is no such handle"),
            ("take", "arguments", "port", "[take]: arguments.port: a handle belongs in `handles`"),
        ):
            calls = good()
            calls[call].setdefault(key, {})[name] = "?"
            self.see(said, calls)
        self.see("[sing]: there is no such call", {**good(), "sing": {}})
        self.see("[take] is missing", {"look": good()["look"]})
        self.see("[arguments] colour: no call has one", good(), {"arguments": {"deadline_ns": "ns", "colour": "?"}, "results": {}})
        calls = good()
        calls["look"]["color"] = "?"
        self.see("[look]: there is no key color", calls)

    def test_the_section_of_a_call_has_its_registers_units_rights_errors_and_whether_it_may_block(self):
        notes = doc.Notes({"arguments": {"deadline_ns": "nanoseconds"}, "results": {}}, good())
        section = doc.section(WAITING, notes, KNOWN["errors"])
        for line in ("## 0: take", "  - RDI `handle_t port`: a port", "  - RSI `uint64_t deadline_ns`: nanoseconds",
                     "  - RDI `uint64_t badge`: a number", "- may block: until it comes", "  - `BAD_HANDLE`: no port"):
            self.assertIn(line + "\n", section)
        self.assertIn("- may block: never\n", doc.section(QUICK, notes, KNOWN["errors"]))
        self.assertIn("- ends the caller: `BAD_RANGE`: `status`\n", doc.section(QUICK, notes, KNOWN["errors"]))


if __name__ == "__main__":
    unittest.main()
