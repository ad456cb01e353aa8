# SPDX-License-Identifier: BSD-2-Clause
"""Kinds of programs that another process starts, not the supervisor: a host and its plug-ins.

The parent gives the child exactly what its manifest names: a port, if it serves, which the parent made and to which it makes its
own channels; and an end for each use, which leads to the parent itself or to a server that the parent may call.
"""

from ..contract.model import End
from ..toml.scan import TomlError
from .description import PARENT
from .ends import check_client

LINE_MAX = 16  # a process, a kind that it starts, a kind that this one starts, and so on


def check(system, entries, faults):
    """Links children and parents and fills in how many instances there can be of each entry."""
    for entry in system.entries:
        entry.instances = entry.max_count
    for child in system.children:
        with faults.guard("children"):
            child.parent = _parent_of(child, entries, system)
    for child in system.children:
        if child.parent:
            child.parent.children.append(child)
            child.instances = _instances(child)
            _check_served(child, faults)
            if child.parent.name not in system.unread:
                _check_uses(child, faults, entries)


def servers_behind(parent, contract, entries):
    """Where an end of this contract that the parent gives away can lead, as processes."""
    found, seen, waiting = {}, set(), [(parent, contract)]
    for giver, wanted in waiting:
        if (giver.name, wanted) in seen:
            continue
        seen.add((giver.name, wanted))
        if wanted in giver.manifest.served:
            found[giver.name] = giver
            continue
        for use, wire in _wires_towards(giver, wanted):
            if wire.server in entries:
                found[wire.server] = entries[wire.server]
            elif wire.server == PARENT and giver.parent:
                waiting.append((giver.parent, use))
    return list(found.values())


def _wires_towards(parent, contract):
    """(contract, Wire) of the parent's channels over which it has, or can get, an end of this contract."""
    wires = [(parent.manifest.uses[local].contract, wire) for local, wire in parent.wires.items()]
    return [(use, wire) for use, wire in wires if contract in _handed_out(use, parent.manifest)]


def _parent_of(child, entries, system):
    """None if it is there but too broken to look at."""
    name, mark = child.started_by.server, child.started_by.mark
    parent = entries.get(name)
    if parent is None:
        if name in system.unread:
            return None
        raise TomlError(mark, f"kind.started_by: there is no process or kind {name!r}")
    if parent.manifest.supervisor:
        raise TomlError(mark, "kind.started_by: the supervisor starts every kind that does not say otherwise: leave this out")
    if not parent.manifest.may("process_create"):
        fix = f"its manifest, {parent.manifest.file}, must allow process_create (the set children)"
        raise TomlError(mark, f"kind.started_by: {name!r} may not start processes: {fix}")
    line = _line_of(child, entries)
    if len(line) > LINE_MAX:
        raise TomlError(mark, f"kind.started_by: more than {LINE_MAX - 1} start one another in a line: {' -> '.join(reversed(line))}")
    if line[-1] == child.name:
        raise TomlError(mark, f"kind.started_by: they start each other in a circle: {' -> '.join(reversed(line))}")
    return parent


def _line_of(child, entries):
    """Its name, its parent's, that one's parent's and so on, up to the first that is there twice."""
    line = [child.name]
    while child.started_by and child.started_by.server in entries:
        child = entries[child.started_by.server]
        line.append(child.name)
        if child.name in line[:-1] or len(line) > LINE_MAX:
            break
    return line


def _instances(child):
    """Each of the parent's instances may start as many."""
    return child.max_count * (_instances(child.parent) if child.parent else 1)


def _check_served(child, faults):
    """The parent holds the client ends of what its child serves: its manifest names these contracts."""
    parent, mark = child.parent, child.started_by.mark
    for contract in child.manifest.served:
        if contract not in parent.manifest.contracts:
            message = f"kind.started_by: {child.name!r} serves {contract!r}, so {parent.manifest.file} must name it in contracts"
            faults.add(TomlError(mark, message), "channels")
            continue
        mine, theirs = parent.manifest.found[contract], child.manifest.found[contract]
        if mine.id != theirs.id:
            names = f"{parent.name!r} and {child.name!r} have different contracts of the name {contract!r}, {mine.file} and {theirs.file}"
            faults.add(TomlError(mark, f"kind.started_by: {names}"), "channels")
        with faults.guard("clients"):
            check_client("kind.started_by", mark, parent, contract, child)


def _check_uses(child, faults, entries):
    parent = child.parent
    for local, wire in child.wires.items():
        contract = child.manifest.uses[local].contract
        servers = servers_behind(parent, contract, entries)
        if not servers and not _wires_towards(parent, contract):
            message = f"kind.channels.{local}: {parent.name!r} has no end of the contract {contract!r} to give: it neither serves it nor calls who does"
            faults.add(TomlError(wire.mark, message), "channels")
        for server in servers:
            with faults.guard("clients"):
                check_client(f"kind.channels.{local}", wire.mark, child, contract, server)


def _handed_out(name, manifest):
    """The contracts of the ends that one gets over a channel of this contract, that channel's own included."""
    names, waiting = {name}, [manifest.found[name]]
    for contract in waiting:
        ends = [end.contract for operation in contract.operations.values() for end in operation.reply.of(End)]
        for end in ends:
            if end not in names and manifest.found.get(end):
                names.add(end)
                waiting.append(manifest.found[end])
    return names
