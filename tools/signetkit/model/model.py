# SPDX-License-Identifier: BSD-2-Clause
"""The chains of calls of a system, and a Promela model of each: its contracts, composed with tests/model/ipc.pml.

A chain is a path of calls from a process that nobody calls down to one that calls nobody, or a window of four processes of a longer one.
docs/model.md says what the models leave out.
"""

import re
from dataclasses import dataclass, field, replace

from .. import paths
from ..contract import promela
from ..refusal import Refusal
from ..system import starting, wiring
from ..system.description import PARENT

PROCESSES_MAX = 4
CLIENTS = 2  # of the first process of a chain, so that one waits while another is served
HAND_WRITTEN = paths.REPO / "tests" / "model"  # ipc.pml and programs.pml


@dataclass(frozen=True)
class Role:
    """A process of a chain."""

    name: str
    rank: int
    uses: str = ""  # the contract of its calls to the next one; the last has none
    mortal: bool = True  # the supervisor and the kernel are not: with them the whole system ends
    waits: bool = True  # for a server that is being restarted; the kernel does not
    kernel: bool = False


@dataclass(frozen=True)
class Channel:
    """One client end in a model."""

    client: int
    server: int
    contract: str
    born: bool  # wired; others come with a reply
    passed: bool = False  # the end that must never move: down to who is called by the one that serves it


@dataclass
class Chain:
    roles: tuple
    contracts: dict  # name to Contract
    also: list = field(default_factory=list)  # names of chains that are the same but for names

    @property
    def name(self):
        return " -> ".join(role.name for role in self.roles)

    @property
    def file_name(self):
        return "-".join(re.sub(r"\W", "_", role.name) for role in self.roles)

    def kinds(self, contract):
        return promela.kinds(self.contracts[contract], self.contracts.get)

    def reached(self, contract):
        """The contract and those of the channels that its replies hand out, and theirs."""
        found = [contract]
        for name in found:
            found += dict.fromkeys(kind.opens for kind in self.kinds(name) if kind.opens and kind.opens not in found)
        return found


def chains(system):
    """The chains of a system that holds (graph.read()); those that differ in names only are one."""
    entries = {entry.name: entry for entry in system.entries}
    called = {server.name for entry in entries.values() for server, _ in wiring.servers_of(entry, entries)}
    found = []
    for entry in entries.values():
        if entry.manifest.pager and entry.manifest.serves:
            rank = 1 + max(other.rank for other in entries.values())
            top = Role("kernel", rank, entry.manifest.serves[0], mortal=False, waits=False, kernel=True)
            found += [(top, *rest) for rest in _paths(entry, entries)]
        elif entry.name not in called:
            found += _paths(entry, entries)
    contracts = _contracts(system)
    windows = dict.fromkeys(window for path in found if len(path) > 1 for window in _windows(path))
    return _distinct(Chain(window, contracts) for window in windows)


def _contracts(system):
    found = {}
    for entry in system.entries:
        for name, contract in entry.manifest.found.items():
            if found.setdefault(name, contract).id != contract.id:
                raise Refusal(f"{contract.file}: the system has another contract {name}, of {found[name].file}: give one another name")
    return found


def _calls(entry, entries):
    """(contract, server) of each way in which a process may call."""
    for local, wire in entry.wires.items():
        contract = entry.manifest.uses[local].contract
        servers = [entries[wire.server]] if wire.server != PARENT else starting.servers_behind(entry.parent, contract, entries)
        yield from ((contract, server) for server in servers)
    for child in entry.children:
        yield from ((contract, child) for contract in child.manifest.serves)


def _paths(entry, entries):
    role = Role(entry.name, entry.rank, mortal=not entry.manifest.supervisor)
    calls = [(contract, rest) for contract, server in _calls(entry, entries) for rest in _paths(server, entries)]
    return [(replace(role, uses=contract), *rest) for contract, rest in calls] or [(role,)]


def _windows(path):
    most = max(1, len(path) - PROCESSES_MAX + 1)
    return [path[first : first + PROCESSES_MAX] for first in range(most)]


def _distinct(found):
    seen = {}
    for chain in found:
        same = seen.setdefault(_shape(chain), chain)
        if same is not chain:
            same.also.append(chain.name)
    return list(seen.values())


def _shape(chain):
    """What a model depends on. Contracts count by what they are, not by their names; ranks by their order."""
    ranks = sorted({role.rank for role in chain.roles})
    shape = []
    for role in chain.roles:
        reached = chain.reached(role.uses) if role.uses else []
        kinds = tuple(tuple(_shape_of_kind(kind, reached) for kind in chain.kinds(name)) for name in reached)
        shape.append((role.mortal, role.waits, role.kernel, ranks.index(role.rank), kinds))
    return tuple(shape)


def _shape_of_kind(kind, reached):
    return (*kind.shape[:2], reached.index(kind.opens) if kind.opens else None, kind.opened_states)


@dataclass
class Model:
    """A chain's Promela text, and what its numbers mean."""

    chain: Chain
    processes: list  # of names, by number
    channels: list  # of Channel, by number
    kinds: dict  # contract to Kinds
    states: dict  # contract to names of states
    text: str


def compose(chain):
    """The model of a chain. The first process is there CLIENTS times, in front of the others."""
    copies = CLIENTS - 1
    roles = [chain.roles[0]] * copies + list(chain.roles)
    names = [f"{role.name} {n + 1}" if n <= copies else role.name for n, role in enumerate(roles)]
    channels = _channels(chain, roles, copies)
    contracts = {channel.contract: chain.contracts[channel.contract] for channel in channels}
    kinds = {name: chain.kinds(name) for name in contracts}
    states = {name: list(contract.states) for name, contract in contracts.items()}
    model = Model(chain, names, channels, kinds, states, "")
    texts = [promela.text(contract, kinds[name]) for name, contract in contracts.items()]
    model.text = "\n".join([_head(model), *texts, _wiring(model, roles, copies), _init(model, copies)])
    return model


def _channels(chain, roles, copies):
    """Of each client: the channel that it is born with, and one of each contract that replies hand out."""
    found = []
    for client in range(len(roles) - 1):
        server, born = max(client, copies) + 1, roles[client].uses
        found.append(Channel(client, server, born, True))
        opened = dict.fromkeys(kind.opens for name in chain.reached(born) for kind in chain.kinds(name) if kind.opens)
        found += [Channel(client, server, contract, False) for contract in opened]
    passed = range(copies + 1, len(roles) - 1)
    return found + [Channel(server + 1, server, roles[server - 1].uses, False, passed=True) for server in passed]


def _head(model):
    lines = [f"/* The chain {model.chain.name}."]
    lines += [f" * The same but for names: {name}." for name in model.chain.also]
    lines += [" * Processes: " + ", ".join(f"{n} {name}" for n, name in enumerate(model.processes)) + "."]
    for n, channel in enumerate(model.channels):
        how = "passed down" if channel.passed else "born" if channel.born else "opened"
        lines.append(f" * Channel {n}: {model.processes[channel.client]} to {model.processes[channel.server]}, {channel.contract}, {how}.")
    lines += [" */", f"#define PROCESSES {len(model.processes)}", f"#define CHANNELS {len(model.channels)}"]
    if len(model.chain.roles) == PROCESSES_MAX:
        lines += ["#ifndef DEATHS", "#define DEATHS 1 /* with two there are too many states */", "#endif"]
    return "\n".join(lines)


def _table(head, variable, values):
    """A macro that finds a value by a number."""
    text = str(values[-1])
    for n in range(len(values) - 2, -1, -1):
        if str(values[n]) != text:
            text = f"({variable} == {n} -> {values[n]} : {text})"
    return f"#define {head} {text}"


def _of_channel(model, head, form):
    """A macro over a channel h, which asks its contract's."""
    names = dict.fromkeys(channel.contract for channel in model.channels)
    alternatives = [f"({_is_of(model, name)} && {form.format(name)})" for name in names]
    return f"#define {head} ({' || '.join(alternatives)})"


def _is_of(model, contract):
    numbers = [n for n, channel in enumerate(model.channels) if channel.contract == contract]
    return "(" + " || ".join(f"h == {n}" for n in numbers) + ")"


def _choose_of_channel(model, head, form):
    names = dict.fromkeys(channel.contract for channel in model.channels)
    return promela.choice(head, [(_is_of(model, name), form.format(name)) for name in names])


def _opened_by(model):
    """The channel that success of operation o over channel h opens, or NOBODY."""
    value = "NOBODY"
    for n, channel in enumerate(model.channels):
        for number, kind in enumerate(model.kinds[channel.contract], 1):
            new = [m for m, other in enumerate(model.channels) if kind.opens and _is_opened(channel, other, kind)]
            if new and not channel.passed:
                value = f"(h == {n} && o == {number} -> {new[0]} : {value})"
    return f"#define opened(h, o) {value}"


def _is_opened(channel, other, kind):
    ends = (other.client, other.server) == (channel.client, channel.server)
    return ends and not other.born and not other.passed and other.contract == kind.opens


def _wiring(model, roles, copies):
    channels, contracts = model.channels, dict.fromkeys(channel.contract for channel in model.channels)
    next_state = "(s)"
    for name in contracts:
        next_state = f"({_is_of(model, name)} -> {name}_next(o, s) : {next_state})"
    passed = {channel.server: n for n, channel in enumerate(channels) if channel.passed}
    return "\n".join([
        _table("client_of(h)", "h", [channel.client for channel in channels]),
        _table("port_of(h)", "h", [channel.server for channel in channels]),
        _table("is_born(h)", "h", [int(channel.born) for channel in channels]),
        _table("passed_by(x)", "x", [passed.get(n, "NOBODY") for n in range(len(roles))]),
        _table("is_client(x)", "x", [int(n <= copies) for n in range(len(roles))]),
        _table("rank(x)", "x", [role.rank for role in roles]),
        _table("is_mortal(x)", "x", [int(role.mortal) for role in roles]),
        _table("call_waits(x)", "x", [int(role.waits) for role in roles]),
        _table("is_kernel(x)", "x", [int(role.kernel) for role in roles]),
        "#define first_state(h) 0",
        _of_channel(model, "is_legal(h, o, s)", "{}_legal(o, s)"),
        _of_channel(model, "is_idempotent(h, o)", "{}_idempotent(o)"),
        _of_channel(model, "can_call(h, s)", "{}_can(s)"),
        _of_channel(model, "can_err(h, s)", "{}_can_err(s)"),
        f"#define next_state(h, o, s) {next_state}",
        _opened_by(model),
        "",
        '#include "ipc.pml"',
        "",
        _choose_of_channel(model, "choose_operation(h)", "{}_choose()"),
        _choose_of_channel(model, "choose_wrong_operation(h)", "{}_choose_wrong()"),
        _choose_of_channel(model, "choose_opened_state(h)", "{}_choose_opened()"),
        *_choices(model),
        "",
        '#include "programs.pml"',
    ])


def _choices(model):
    """Any channel of a client, any waiting caller of a server, any client's channel of a server; and whether there is one."""
    callers = [n for n in range(len(model.processes)) if any(channel.client == n for channel in model.channels)]
    per = {
        ("has_channel", "choose_channel"): [(f"usable({n}, x)", f"ch = {n}") for n in range(len(model.channels))],
        ("has_caller", "choose_caller"): [(f"queued_at({n}, x)", f"i = {n}") for n in callers],
        ("has_open_client", "choose_client"): [(f"is_client_of({n}, x)", f"ch = {n}") for n in range(len(model.channels))],
    }
    lines = []
    for (condition, choice), alternatives in per.items():
        lines += [promela.either(f"{condition}(x)", [guard for guard, _ in alternatives]), promela.choice(f"{choice}(x)", alternatives)]
    return lines


def _init(model, copies):
    count, first = len(model.processes), copies + 1
    done = [f"wants_nothing({n})" for n in range(first)] + [f"serves_nobody({n})" for n in range(first, count)]
    lines = ["init", "{", "\tatomic {"]
    lines += [f"\t\tc[{n}].open = 1;" for n, channel in enumerate(model.channels) if channel.born]
    for n in range(count):
        lines.append(f"\t\tp[{n}].left = {1 if n < copies else 'CALLS' if n < first else 'NESTED'};")
    lines += [f"\t\tp[{n}].bound = 1; p[{n}].kept = is_mortal({n});" for n in range(first, count)]
    lines += [f"\t\trun Program({n});" for n in range(count)]
    return "\n".join([*lines, "\t}", f"\tatomic {{ {' && '.join(done)} -> check_the_end() }}", "}", ""])
