# SPDX-License-Identifier: BSD-2-Clause
"""Contracts as Promela, and the chains of a system. That SPIN finds what it should is tested in tests/model/."""

import unittest

import support  # noqa: F401: it lets us find signetkit

from signetkit import paths
from signetkit.contract import load, promela
from signetkit.model import model, run as model_run
from signetkit.system import graph

DOORS = '''
contract doors "Doors"
state closed "shut"
state opened "open"
state gone end
operation open "Opens." {
    in closed
    -> opened
    errors busy
}
operation look "Looks." {
    request from: u64
    reply seen: u64
}
operation listen "The same to the model." {
    in closed, opened, another
    deadline
}
operation feel "Not the same: it may be done again." {
    in closed, opened, another
    idempotent
}
operation enter "Goes through." {
    in opened
    reply next: channel doors in opened, another
    -> gone
}
state another "another"
operation back "Goes back." {
    in another
    -> closed
}
'''.replace('operation look "Looks." {\n', 'operation look "Looks." {\n    in closed, opened, another\n')


def read(text, name="doors"):
    return load.parse(text, f"{name}.contract")


def role(name, rank, uses="", **more):
    return model.Role(name, rank, uses, **more)


def chain(*names, contracts=None):
    length = len(names)
    roles = tuple(role(name, length - n, "doors" if n + 1 < length else "") for n, name in enumerate(names))
    return model.Chain(roles, contracts or {"doors": read(DOORS)})


class Contracts(unittest.TestCase):
    def test_operations_that_differ_in_data_only_are_one(self):
        kinds = promela.kinds(read(DOORS))
        self.assertEqual([kind.names for kind in kinds], [("open",), ("look", "listen"), ("feel",), ("enter",), ("back",)])
        self.assertEqual([kind.idempotent for kind in kinds], [False, False, True, False, False])

    def test_a_kind_has_its_states_and_what_success_does(self):
        kinds = promela.kinds(read(DOORS))
        opens, looks, _, enters, _ = kinds
        self.assertEqual((opens.states, opens.next_state), ((0,), 1))
        self.assertEqual((looks.states, looks.next_state, looks.opens), ((0, 1, 3), None, ""))
        self.assertEqual((enters.next_state, enters.opens, enters.opened_states), (2, "doors", (1, 3)))

    def test_an_end_without_states_begins_in_the_first_one(self):
        contract = read(DOORS)
        contract.operations["enter"].reply.ends[0].states = []
        self.assertEqual(promela.kinds(contract)[3].opened_states, (0,))

    def test_an_end_of_a_contract_that_is_not_known_is_left_out(self):
        contract = read(DOORS)
        contract.operations["enter"].reply.ends[0].contract = "elsewhere"
        self.assertEqual(promela.kinds(contract)[3].opens, "")

    def test_the_text_names_every_state_and_operation(self):
        contract = read(DOORS)
        text = promela.text(contract, promela.kinds(contract))
        for name in [*contract.states, *contract.operations]:
            self.assertRegex(text, rf"\b{name}\b")

    def test_the_text_says_what_is_legal_and_what_comes_next(self):
        contract = read(DOORS)
        text = promela.text(contract, promela.kinds(contract))
        self.assertIn("#define doors_legal(o, s) ((o) == 1 && ((s) == 0) || (o) == 2 && ((s) == 0 || (s) == 1 || (s) == 3)", text)
        self.assertIn("#define doors_next(o, s) ((o) == 5 -> 0 : ((o) == 4 -> 2 : ((o) == 1 -> 1 : (s))))", text)
        self.assertIn("#define doors_idempotent(o) ((o) == 3)", text)
        self.assertIn(":: op == 4 -> to = 3", text)


class Chains(unittest.TestCase):
    def test_the_default_system_has_its_chains_each_once(self):
        found = model.chains(graph.read(paths.REPO / "servers/system.toml"))
        names = [one.name for one in found] + [name for one in found for name in one.also]
        self.assertEqual(len(names), len(set(names)))
        for name in ("shell -> files -> disk", "kernel -> pager -> swapdisk", "shell -> supervisor", "shell -> console", "ping -> pong"):
            self.assertIn(name, names)

    def test_only_the_supervisor_and_the_kernel_never_die(self):
        roles = {one for found in model.chains(graph.read(paths.REPO / "servers/system.toml")) for one in found.roles}
        self.assertEqual({one.name for one in roles if not one.mortal}, {"supervisor", "kernel"})

    def test_only_the_kernel_does_not_wait_for_a_restart(self):
        roles = {one for found in model.chains(graph.read(paths.REPO / "servers/system.toml")) for one in found.roles}
        self.assertEqual({"kernel"}, {one.name for one in roles if not one.waits})
        self.assertIn("shell", {one.name for one in roles if one.waits})

    def test_chains_that_differ_in_names_only_are_one(self):
        first, second = chain("a", "b"), chain("c", "d")
        found = model._distinct([first, second])
        self.assertEqual([(one.name, one.also) for one in found], [("a -> b", ["c -> d"])])

    def test_chains_that_differ_in_a_state_are_two(self):
        other = {"doors": read(DOORS.replace("in another\n    -> closed", "in another\n    -> opened"))}
        self.assertEqual(len(model._distinct([chain("a", "b"), chain("c", "d", contracts=other)])), 2)

    def test_chains_that_differ_in_who_may_die_are_two(self):
        immortal = model.Chain((role("c", 2, "doors"), role("d", 1, mortal=False)), {"doors": read(DOORS)})
        self.assertEqual(len(model._distinct([chain("a", "b"), immortal])), 2)

    def test_a_long_chain_is_looked_at_through_windows_of_four(self):
        self.assertEqual(model._windows(tuple("abcdef")), [tuple("abcd"), tuple("bcde"), tuple("cdef")])
        self.assertEqual(model._windows(tuple("abc")), [tuple("abc")])


class Composition(unittest.TestCase):
    def test_the_first_process_is_there_twice(self):
        made = model.compose(chain("a", "b", "c"))
        self.assertEqual(made.processes, ["a 1", "a 2", "b", "c"])

    def test_channels_lead_one_down_and_one_must_never_be_passed(self):
        made = model.compose(chain("a", "b", "c"))
        ends = [(one.client, one.server, one.born, one.passed) for one in made.channels]
        self.assertEqual(ends, [(0, 2, True, False), (0, 2, False, False), (1, 2, True, False), (1, 2, False, False),
                                (2, 3, True, False), (2, 3, False, False), (3, 2, False, True)])

    def test_only_a_model_of_four_has_one_death(self):
        self.assertNotIn("#define DEATHS", model.compose(chain("a", "b", "c")).text)
        self.assertIn("#define DEATHS 1", model.compose(chain("a", "b", "c", "d")).text)


class Stories(unittest.TestCase):
    """Events of a run, told in names."""

    def setUp(self):
        self.teller = model_run.Teller(model.compose(chain("a", "b", "c")))

    def tell(self, *events):
        return [self.teller.sentence(name, numbers) for name, *numbers in events]

    def test_a_call_is_told_with_process_operation_and_state(self):
        told = self.tell(("CALL", 0, 0, 2, 1), ("TAKE", 2, 0, 0, 1), ("RESULT", 0, 0, 2, 4))
        self.assertEqual(told, ["a 1 calls b: doors.look or listen, in state opened", "b takes the call of a 1, in state opened",
                                "a 1 goes on: doors.look or listen ended with INTERRUPTED"])

    def test_an_answer_to_nobody_is_told_as_one(self):
        self.assertEqual(self.tell(("RESULT", 1, 0, 0, 1)), ["a 2 is told OK though it does not wait"])

    def test_a_circle_is_recognised(self):
        self.tell(("CALL", 2, 4, 2, 0), ("TAKE", 3, 2, 4, 0), ("CALL", 3, 6, 2, 0))
        self.assertEqual(self.teller.why_stuck(), "calls_form_no_circle")

    def test_a_death_that_nobody_heard_of_is_recognised(self):
        self.tell(("CALL", 0, 0, 2, 0), ("TAKE", 2, 0, 0, 0), ("DIE", 2), ("END", 2), ("RESTART", 2))
        self.assertEqual(self.teller.why_stuck(), "a_death_reaches_every_client")
        self.assertEqual(self.teller.waiting_sentences(), ["a 1 waits for ever: its call was taken by b, which is gone"])

    def test_a_server_that_was_given_up_unheard_is_recognised(self):
        self.tell(("CALL", 0, 0, 2, 0), ("DIE", 2), ("END", 2), ("GIVE_UP", 2))
        self.assertEqual(self.teller.why_stuck(), "a_death_reaches_every_client")

    def test_any_other_call_that_waits_is_lost(self):
        self.tell(("CALL", 0, 0, 2, 0))
        self.assertEqual(self.teller.why_stuck(), "no_call_is_lost")

    def test_outcomes_are_those_of_the_model(self):
        text = (model.HAND_WRITTEN / "ipc.pml").read_text(encoding="utf-8")
        for number, name in enumerate(model_run.OUTCOMES, 1):
            self.assertRegex(text, rf"#define {name} {number}\b")


if __name__ == "__main__":
    unittest.main()
