# SPDX-License-Identifier: BSD-2-Clause
"""A chain with a contract that uses all that contracts have, and the faults that the model check must find in it."""

import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from signetkit.contract import load  # noqa: E402
from signetkit.model.model import Chain, Role  # noqa: E402



@dataclass(frozen=True)
class Fault:
    switch: str  # of tests/model/ipc.pml
    breaks: str  # the property
    deaths: int = 0  # as many as it takes, so that the counter-example has nothing else in it
    deadlines: int = 0
    oddities: int = 0
    restarts: int = 1

    @property
    def defines(self):
        return {f"BUG_{self.switch}": "true", "DEATHS": self.deaths, "DEADLINES": self.deadlines, "ODDITIES": self.oddities, "RESTARTS": self.restarts}


FAULTS = (
    Fault("DEATH_UNHEARD", "a_death_reaches_every_client", deaths=1),
    Fault("GIVE_UP_UNHEARD", "a_death_reaches_every_client", deaths=2),
    Fault("QUEUE_DROPPED", "no_call_is_lost", deaths=1),
    Fault("RANK_IGNORED", "calls_form_no_circle", oddities=1),
    Fault("REPLY_TWICE", "a_call_ends_once", oddities=1),
    Fault("TOKEN_AFTER_DEADLINE", "a_call_ends_once", deadlines=1),
    Fault("GENERATION_IGNORED", "a_reply_answers_its_own_call", deadlines=1),
    Fault("STATE_ON_ERROR", "state_changes_by_success_only"),
    Fault("OUT_OF_TURN", "a_handler_is_called_in_turn", oddities=1),
    Fault("FREED_WHILE_SERVED", "what_a_server_holds_is_not_freed", deaths=1),
    Fault("TWO_INSTANCES", "one_instance_acts", deaths=1),
    Fault("REPLAY_ANY", "only_idempotent_calls_come_again", deaths=1),
    Fault("POISON_UNLIMITED", "no_third_server_gets_a_call", deaths=2, restarts=2),
    Fault("GENERATION_KEPT", "a_reply_answers_its_own_call", deaths=1, oddities=1),
)


@dataclass(frozen=True)
class PagingFault:
    switch: str  # of tests/model/paging.pml
    breaks: str
    drops: int = 0  # as many as it takes
    deaths: int = 0
    errors: int = 0
    oddities: int = 0
    evictions: int = 2
    page_ins: int = 2

    @property
    def defines(self):
        return {"BUG_IS": self.switch, "DROPS": self.drops, "DEATHS": self.deaths, "ERRORS": self.errors, "ODDITIES": self.oddities,
                "EVICTIONS": self.evictions, "INS": self.page_ins}


PAGING_FAULTS = (
    PagingFault("VERSION_IGNORED", "a_program_sees_what_it_wrote_last", oddities=1),
    PagingFault("VERSION_KEPT", "a_program_sees_what_it_wrote_last", oddities=1),
    PagingFault("DIRTY_DROPPED", "a_program_sees_what_it_wrote_last"),
    PagingFault("NOT_SEALED", "the_pager_sees_only_what_is_sealed"),
    PagingFault("FREE_ON_THE_WAY", "a_slot_is_free_only_when_nothing_is_under_way", drops=1),
    PagingFault("OLD_SLOT_KEPT", "no_slot_is_lost", evictions=3),
    PagingFault("SECOND_REQUEST", "a_slot_follows_its_life_cycle"),
    PagingFault("FRAME_TWICE", "a_frame_is_in_one_place"),
    PagingFault("FRAME_FORGOTTEN", "a_frame_is_in_one_place"),
    PagingFault("ONE_WOKEN", "whoever_waits_goes_on"),
    PagingFault("IDLE_UNHEARD", "whoever_waits_goes_on", page_ins=1),
    PagingFault("CALL_DROPPED", "a_slot_on_its_way_is_in_one_request", deaths=1),
    PagingFault("GIVE_UP_UNHEARD", "whoever_waits_goes_on", deaths=1),
    PagingFault("SILENCE_SUFFERED", "whoever_waits_goes_on", oddities=1),
    PagingFault("REPLY_TWICE", "an_answer_counts_once", oddities=1),
    PagingFault("TOKEN_KEPT", "a_reply_answers_its_own_call", oddities=1),
    PagingFault("NOT_RETRIED", "an_honest_pager_costs_nothing", errors=1),
    PagingFault("FAILED_OUT_HELD", "an_honest_pager_costs_nothing", errors=1),
    PagingFault("SERVER_SUFFERED", "whoever_waits_goes_on", oddities=1),
    PagingFault("KEPT_TAKEN", "a_frame_is_in_one_place", oddities=1),
    PagingFault("KEPT_GIVEN_AGAIN", "a_request_has_all_its_frames", oddities=1),
    PagingFault("OFFENDER_UNTOLD", "whoever_waits_goes_on", oddities=1, deaths=1),
    PagingFault("SLOT_STOLEN", "a_program_sees_what_it_wrote_last"),
)
PAGING_FINITE = {"FAULTS": 2, "WRITES": 1, "DROPS": 0}  # with less in it: such a search takes longer
PAGING_ONE_IN = {"INS": 1, "WRITES": 1}
PAGING_TWO_DEATHS = {"DEATHS": 2, "ODDITIES": 0, "DROPS": 0}

LOCKS = '''
contract locks "What is locked and unlocked again"
state unlocked "as a channel begins"
state locked "after lock"
operation lock "Locks." {
    in unlocked
    -> locked
    idempotent
    errors busy
}
operation unlock "Unlocks." {
    in locked
    -> unlocked
}
operation another "One more channel." {
    in unlocked
    reply other: channel locks in unlocked
    errors no_memory
}
'''

CONTRACTS = {"locks": load.parse(LOCKS, "locks.contract")}


def chain(length):
    """A chain of so many processes."""
    names = ("program", "first", "second", "third")[:length]
    return Chain(tuple(Role(name, length - n, "locks" if n + 1 < length else "") for n, name in enumerate(names)), CONTRACTS)
