# SPDX-License-Identifier: BSD-2-Clause
"""Checks a system description as a whole and gives every process its rank.

What it proves: both ends of each channel have the same contract; who may not call is not wired; nobody can call in a circle;
nothing is claimed twice; all that the pager needs is pinned; whatever must start can; the quotas fit the machine.
"""

from dataclasses import replace

from .. import abi
from ..toml.scan import Mark, TomlError
from . import claims, manifest as manifests, starting
from .description import PARENT
from .ends import check_client, check_ends
from .faults import Faults

CIRCLES_MAX = 20  # told at once: each is one to mend, and where everybody calls everybody there are too many to read


def check(system, ram_mib=None, swap_mib=None, reserve_mib=None, faults=None):
    """Fills in the ranks and puts the processes into the order to start them in. A size is the description's if it is None.

    Raises TomlError; or with faults puts all that is wrong there, and then the ranks may be missing.
    """
    sizes = {"ram_mib": ram_mib, "swap_mib": swap_mib, "reserve_mib": reserve_mib}
    system.machine = replace(system.machine, **{name: size for name, size in sizes.items() if size is not None})
    faults = Faults(strict=True) if faults is None else faults
    before = len(faults)
    entries = {entry.name: entry for entry in system.entries}
    supervisor, pager = _find_one(system, "supervisor", faults), _find_one(system, "pager", faults)
    starting.check(system, entries, faults)
    for entry in system.entries:
        _check_wires(entry, entries, system, faults)
    calls = {name: servers_of(entry, entries) for name, entry in entries.items()}
    circles = _check_circles(calls, faults)
    for entry in system.entries:
        _check_optional(entry, entries, faults)
    if pager:
        _check_pinned(pager, calls, faults)
    claims.check(system, faults)
    _check_memory(system, faults)
    if supervisor and not circles:
        _set_ranks(calls, entries, supervisor)
    if len(faults) == before:
        system.processes.sort(key=lambda process: (process.rank, -process.priority))


def servers_of(entry, entries):
    """Whom an entry may call, as (Process, Mark of what says so): by its wires, and the kinds that it starts if they serve."""
    found = []
    for local, wire in entry.wires.items():
        if _is_server(wire.server, entries):
            found.append((entries[wire.server], wire.mark))
        elif wire.server == PARENT and entry.parent:
            behind = starting.servers_behind(entry.parent, entry.manifest.uses[local].contract, entries)
            found += [(server, wire.mark) for server in behind]
    return found + [(child, child.started_by.mark) for child in entry.children if child.manifest.served]


def _is_server(name, entries):
    return name in entries and not entries[name].is_kind


def pager_needs(pager, entries):
    """The pager and all that its calls can end up at, each with the path of names that leads there."""
    return _closure(pager, {name: servers_of(entry, entries) for name, entry in entries.items()})


def memory_needs(system):
    """(Process, pages that can never be paged out, pages in RAM and swap), both added up so far, reserve included."""
    machine = system.machine
    resident = used = machine.reserve
    for entry in system.entries:
        manifest = entry.manifest
        objects = abi.pages(manifest.kernel_kib * 1024)
        always = manifest.frames if manifest.pinned else manifest.frames_min
        most = always if manifests.ANY in (manifest.frames, manifest.swap) else manifest.frames + min(manifest.swap, machine.swap)
        resident += entry.instances * (always + objects)
        used += entry.instances * (most + objects)
        yield entry, resident, used


def _find_one(system, role, faults):
    found = [process for process in system.processes if getattr(process.manifest, role)]
    if not found and not system.unread:
        faults.add(TomlError(_top(system), f"process: there is no {role}: a system needs one, such as kit:{role}"), "roles")
    for other in found[1:]:
        faults.add(TomlError(other.mark, f"process.name: there are two {role}s, {found[0].name!r} and {other.name!r}"), "roles")
    return found[0] if found else None


def _top(system):
    return Mark(system.file, 1, 1)


def _check_wires(entry, entries, system, faults):
    for local, wire in entry.wires.items():
        label, contract = f"{entry.key}.channels.{local}", entry.manifest.uses[local].contract
        if wire.server == PARENT or wire.server in system.unread:
            continue
        if not _is_server(wire.server, entries):
            why = f"{wire.server!r} is a kind of program, which nobody can be wired to" if wire.server in entries else f"there is no process {wire.server!r}"
            faults.add(TomlError(wire.mark, f"{label}: {why}"), "wiring")
            continue
        with faults.guard("channels"):
            check_ends(label, wire.mark, entry, contract, entries[wire.server])
        with faults.guard("clients"):
            check_client(label, wire.mark, entry, contract, entries[wire.server])


def _check_circles(calls, faults):
    """Walks the calls depth first; path is the chain of callers that leads to where we are. Returns how many circles were found."""
    safe, count = set(), 0
    for start in calls:
        path, places, ways = [start], {start: 0}, [iter(calls[start] if start not in safe else ())]
        while ways:
            step = next(ways[-1], None)
            if step is None:
                ways.pop()
                safe.add(path[-1])
                del places[path.pop()]
                continue
            server, mark = step
            if server.name in places:
                circle = " -> ".join(_shortest(calls, server, path[-1]) + [server.name])
                faults.add(TomlError(mark, f"process.channels: calls in a circle: {circle} (let one of them notify instead of call)"), "ranks")
                count += 1
                if count == CIRCLES_MAX:
                    return count
            elif server.name not in safe:
                places[server.name] = len(path)
                path.append(server.name)
                ways.append(iter(calls[server.name]))
    return count


def _shortest(calls, first, last):
    """The names of a shortest chain of calls between the two."""
    return next(path for process, path in _closure(first, calls) if process.name == last)


def _set_ranks(calls, entries, supervisor):
    """The supervisor 0, everybody else one more than the highest server it calls, at least 1."""
    ranks = {supervisor.name: 0}
    for start in entries:
        waiting = [start]
        while waiting:
            name = waiting[-1]
            missing = [server.name for server, _ in calls[name] if server.name not in ranks]
            if name in ranks:
                waiting.pop()
            elif missing:
                waiting += missing
            else:
                ranks[name] = 1 + max((ranks[server.name] for server, _ in calls[name]), default=0)
    for name, entry in entries.items():
        entry.rank = ranks[name]


def _check_optional(entry, entries, faults):
    """What must have an optional server must be optional too. A kind may be refused when it is to be started."""
    for local, wire in entry.wires.items():
        server = entries.get(wire.server)
        if server and server.optional and not (entry.manifest.uses[local].optional or entry.optional or entry.is_kind):
            message = f"process.channels.{local}: {wire.server!r} is optional, so {entry.name!r} has to be optional too"
            faults.add(TomlError(wire.mark, message), "wiring")


def _check_pinned(pager, calls, faults):
    """Everything that a call of the pager can end up at must be in RAM for ever."""
    for process, path in _closure(pager, calls):
        if not process.pinned:
            message = f"{process.key}.name: {process.name!r} is not pinned, but the pager needs it ({' -> '.join(path)}): set pinned in {process.manifest.file}"
            faults.add(TomlError(process.mark, message), "pinned")


def _closure(first, calls):
    found, waiting = {first.name}, [(first, [first.name])]
    for process, path in waiting:
        yield process, path
        for server, _ in calls[process.name]:
            if server.name not in found:
                found.add(server.name)
                waiting.append((server, path + [server.name]))


def _check_memory(system, faults):
    """At maximum counts: what is never paged fits RAM, and all that may be used fits RAM and swap together."""
    machine = system.machine
    ram, both = machine.ram, machine.ram + machine.swap
    if ram <= machine.reserve:
        faults.add(TomlError(_top(system), f"process: {ram} pages of RAM are all the kernel's ({machine.reserve}): give the machine more"), "memory")
        return
    fix = "lower quotas or counts, or give the machine more"
    resident_told = used_told = False
    for entry, resident, used in memory_needs(system):
        label = f"{entry.key}.name: with {entry.name!r}"
        if resident > ram and not resident_told:
            resident_told = True
            faults.add(TomlError(entry.mark, f"{label} {resident} pages can never be paged out, but RAM has {ram}: {fix}"), "memory")
        if used > both and not used_told:
            used_told = True
            faults.add(TomlError(entry.mark, f"{label} the quotas reach {used} pages, but RAM and swap have {both}: {fix}"), "memory")
