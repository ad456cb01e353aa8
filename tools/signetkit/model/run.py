# SPDX-License-Identifier: BSD-2-Clause
"""Has SPIN search a model, and tells a counter-example in names: process, operation, state."""

import re
import shutil
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ..plain import Problem
from . import model as models

OUTCOMES = "OK REFUSED OUT_OF_TURN INTERRUPTED PEER_GONE TIMED_OUT".split()  # from 1: tests/model/ipc.pml
DEPTH_MAX = 100_000
MEMORY_MAX_MIB = 1500


@dataclass
class Result:
    broken: str  # the property that does not hold, or ""
    states: int
    seconds: float
    never: list = field(default_factory=list)  # names of events that no run has, if all runs were seen
    story: list = field(default_factory=list)  # of sentences: how it comes to that


def run(model, folder, define=None, shortest=False, finite=False, exact=False):
    """Searches all of a model in a folder of its own. define: names and values for its preprocessor.

    shortest: the search goes on for the shortest counter-example. finite: instead of all properties it is
    searched for a run without an end. exact: events that never happen are listed, too, which takes longer.
    """
    began = time.monotonic()
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("ipc.pml", "programs.pml"):
        shutil.copy(models.HAND_WRITTEN / name, folder)
    (folder / "chain.pml").write_text(model.text, encoding="utf-8")
    trail = folder / "chain.pml.trail"
    trail.unlink(missing_ok=True)
    switches = [f"-D{name}={value}" for name, value in (define or {}).items()]
    each_statement = ["-o3"] if exact else []  # by itself, so that SPIN tells which were never reached
    command(folder, "spin", *switches, *each_statement, "-a", "chain.pml")
    optimise = "-O1" if len(model.chain.roles) == models.PROCESSES_MAX else "-O0"  # a small model is searched sooner than that is done
    compile_pan(folder, optimise, ["-DREACH"] if shortest else [], ["-DNP", "-DNOFAIR"] if finite else ["-DSAFETY"])
    said = command(folder, "./pan", f"-m{DEPTH_MAX}", "-w22", *(["-l"] if finite else []), *(["-i"] if shortest else []))
    result = Result("", states_of(said, model.chain.name), time.monotonic() - began)
    if exact:
        result.never = _never((folder / "pan.t").read_text(encoding="utf-8"), said)
    if "errors: 0" not in said:
        _explain(model, folder, switches, said, result)
    return result


def states_of(said, name) -> int:
    states = re.search(r"(\d+) states, stored", said)
    if not states or "Search not completed" in said and "errors: 0" in said:
        raise Problem(f"{name}: the search did not come to its end: {_reason(said)}")
    return int(states[1])


def compile_pan(folder, optimise, search, kind):
    command(folder, "gcc", optimise, "-w", f"-DMEMLIM={MEMORY_MAX_MIB}", *search, *kind, "-o", "pan", "pan.c")


def command(folder, *words):
    try:
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Problem(f"there is no program `{words[0]}`, which the model check needs") from None
    if done.returncode != 0 and words[0] != "./pan":
        raise Problem(f"{words[0]} failed in {folder}: {(done.stderr + done.stdout).strip()[:400]}")
    return done.stdout


def _never(transitions, said):
    """Events all of whose places SPIN lists as unreached; an inline has a place for each of its uses."""
    places, unreached = (Counter(re.findall(r"EVENT (\w+)", text)) for text in (transitions, said))
    return sorted(name for name, count in places.items() if unreached[name] >= count)


def _reason(said):
    return next((line for line in said.splitlines() if line.startswith(("pan:", "error:"))), "no reason given")


def _explain(model, folder, switches, said, result):
    if "non-progress cycle" in said:
        result.broken = "every_run_ends"
    shown = command(folder, "spin", *switches, "-t", "chain.pml")
    events = [line.split()[1:] for line in shown.splitlines() if line.strip().startswith("EVENT ")]
    named = re.search(r"BROKEN\s+(\w+)", shown)
    teller = Teller(model)
    result.story = [teller.sentence(name, [int(number) for number in numbers]) for name, *numbers in events]
    if named:
        result.broken = named[1]
    elif not result.broken:
        result.broken = teller.why_stuck()
        result.story += teller.waiting_sentences()


class Teller:
    """Turns the events of a run into sentences, and remembers who waits for whom."""

    def __init__(self, model):
        self.model = model
        self.waits = {}  # process: (server, "queued", "taken" or "forgotten")
        self.given_up = set()

    def name(self, process):
        return self.model.processes[process]

    def operation(self, channel, number):
        contract = self.model.channels[channel].contract
        return f"{contract}.{' or '.join(self.model.kinds[contract][number - 1].names)}"

    def state(self, channel, number):
        return self.model.states[self.model.channels[channel].contract][number]

    def sentence(self, event, numbers):
        return getattr(self, "_" + event.lower())(*numbers)

    def _call(self, caller, channel, operation, state):
        server = self.model.channels[channel].server
        self.waits[caller] = (server, "queued")
        return f"{self.name(caller)} calls {self.name(server)}: {self.operation(channel, operation)}, in state {self.state(channel, state)}"

    def _take(self, server, caller, channel, state):
        self.waits[caller] = (server, "taken")
        return f"{self.name(server)} takes the call of {self.name(caller)}, in state {self.state(channel, state)}"

    def _again(self, server, caller):
        self.waits[caller] = (server, "queued")
        return f"the call of {self.name(caller)} waits at the port of {self.name(server)} again"

    def _reply(self, server, caller, channel, outcome):
        return f"{self.name(server)} answers {self.name(caller)}: {OUTCOMES[outcome - 1]}"

    def _stale(self, server, caller):
        return f"{self.name(server)} answers {self.name(caller)} with a token that is no longer valid: nothing happens"

    def _later(self, server, caller):
        return f"{self.name(server)} leaves the answer to {self.name(caller)} for later"

    def _result(self, caller, channel, operation, outcome):
        if self.waits.pop(caller, None) is None:
            return f"{self.name(caller)} is told {OUTCOMES[outcome - 1]} though it does not wait"
        return f"{self.name(caller)} goes on: {self.operation(channel, operation)} ended with {OUTCOMES[outcome - 1]}"

    def _close(self, client, channel):
        end = self.model.channels[channel]
        return f"{self.name(client)} closes its channel {end.contract} to {self.name(end.server)}"

    def _closed(self, server, channel):
        return f"{self.name(server)} turns away {self.name(self.model.channels[channel].client)}: it closes the channel"

    def _passed(self, channel):
        end = self.model.channels[channel]
        return f"{self.name(end.server)} hands {self.name(end.client)} an end of its own port, though it ranks below"

    def _kept(self, channel):
        end = self.model.channels[channel]
        return f"{self.name(end.server)} tries to hand {self.name(end.client)} an end of its own port: BAD_RANK"

    def _die(self, process):
        if self.waits.get(process, ("", ""))[1] == "queued":
            del self.waits[process]
        return f"{self.name(process)} is stopped"

    def _end(self, process):
        self.waits.pop(process, None)
        for caller, (server, how) in self.waits.items():
            if server == process and how == "taken":
                self.waits[caller] = (server, "forgotten")
        return f"{self.name(process)} is gone"

    def _restart(self, process):
        return f"the supervisor starts {self.name(process)} again"

    def _give_up(self, process):
        self.given_up.add(process)
        return f"the supervisor gives up {self.name(process)}"

    def why_stuck(self):
        """The property that does not hold when nothing can happen any more."""
        for first in self.waits:
            at, seen = first, set()
            while at in self.waits and at not in seen:
                seen.add(at)
                at = self.waits[at][0]
            if at in self.waits:
                return "calls_form_no_circle"
        if any(how == "forgotten" or server in self.given_up for server, how in self.waits.values()):
            return "a_death_reaches_every_client"
        return "no_call_is_lost"

    def waiting_sentences(self):
        told = [f"{self.name(caller)} waits for ever: {self._where(server, how)}" for caller, (server, how) in self.waits.items()]
        return told or ["nobody waits for an answer, but nothing can happen"]

    def _where(self, server, how):
        if how == "queued":
            return f"its call is at the port of {self.name(server)}"
        return f"its call was taken by {self.name(server)}" + (", which is gone" if how == "forgotten" else "")
