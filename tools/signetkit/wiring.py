# SPDX-License-Identifier: BSD-2-Clause
"""Checks a system description as a whole and gives every process its rank.

What it proves: both ends of each channel name the same contract; nobody can call in a circle; nothing is claimed twice; all
that the pager needs is pinned; whatever must start can; the quotas fit the machine.
"""

from . import abi, manifest as manifests
from .description import ANYWHERE
from .toml_scan import TomlError

PAGES_PER_MIB = (1 << 20) // abi.PAGE_BYTES


def check(system, ram_mib, swap_mib, reserve_mib):
    """Raises TomlError; otherwise fills in the ranks and puts the processes into the order to start them in.

    reserve_mib: RAM that the kernel, the system image and the paging reserves keep from processes.
    """
    processes = {process.name: process for process in system.processes}
    supervisor = _find_one(system, "supervisor")
    pager = _find_one(system, "pager")
    for entry in system.processes + system.kinds:
        _check_wires(entry, processes)
    _check_cycles(processes)
    for entry in system.processes + system.kinds:
        _check_optional(entry, processes)
    _check_pinned(pager, processes)
    _check_claims(system)
    _check_memory(system, ram_mib * PAGES_PER_MIB, swap_mib * PAGES_PER_MIB, reserve_mib * PAGES_PER_MIB)
    _set_ranks(system, supervisor, processes)
    system.processes.sort(key=lambda process: (process.rank, -process.priority))


def servers_of(entry, processes):
    return [processes[wire.server] for wire in entry.wires.values()]


def _find_one(system, role):
    found = [process for process in system.processes if getattr(process.manifest, role)]
    if not found:
        file_mark = system.processes[0].mark._replace(line=1, column=1) if system.processes else f"{system.file}:1:1"
        raise TomlError(file_mark, f"process: there is no {role}")
    if len(found) > 1:
        raise TomlError(found[1].mark, f"process.name: there are two {role}s, {found[0].name!r} and {found[1].name!r}")
    return found[0]


def _check_wires(entry, processes):
    for local, wire in entry.wires.items():
        label = f"{'kind' if entry.is_kind else 'process'}.channels.{local}"
        if wire.server not in processes:
            raise TomlError(wire.mark, f"{label}: there is no process {wire.server!r}")
        contract = entry.manifest.uses[local].contract
        serves = processes[wire.server].manifest.serves
        if contract not in serves:
            offer = "serves " + ", ".join(map(repr, serves)) if serves else "serves nobody"
            raise TomlError(wire.mark, f"{label}: {entry.name!r} wants the contract {contract!r}, but {wire.server!r} {offer}")


def _check_cycles(processes):
    """Walks the calls depth first; path is the chain of callers that leads to where we are."""
    safe = set()

    def walk(process, path):
        for wire in process.wires.values():
            if wire.server in path:
                circle = path[path.index(wire.server) :] + [wire.server]
                raise TomlError(wire.mark, f"process.channels: calls in a circle: {' -> '.join(circle)}")
            if wire.server not in safe:
                walk(processes[wire.server], path + [wire.server])
        safe.add(process.name)

    for process in processes.values():
        walk(process, [process.name])


def _set_ranks(system, supervisor, processes):
    """The supervisor 0, everybody else one more than the highest server it uses, at least 1."""
    ranks = {supervisor.name: 0}

    def rank(entry):
        if entry.name not in ranks:
            ranks[entry.name] = 1 + max((rank(server) for server in servers_of(entry, processes)), default=0)
        return ranks[entry.name]

    for entry in system.processes + system.kinds:
        entry.rank = rank(entry)


def _check_optional(entry, processes):
    """What must have an optional server must be optional too. A kind may be refused when it is to be started."""
    for local, wire in entry.wires.items():
        if processes[wire.server].optional and not (entry.manifest.uses[local].optional or entry.optional or entry.is_kind):
            raise TomlError(wire.mark, f"process.channels.{local}: {wire.server!r} is optional, so {entry.name!r} has to be optional too")


def _check_pinned(pager, processes):
    """Everything that a call of the pager can end up at must be in RAM for ever."""
    seen = set()

    def walk(process, path):
        if not process.pinned:
            chain = " -> ".join(path)
            raise TomlError(process.mark, f"process.name: {process.name!r} is not pinned, but the pager needs it ({chain})")
        seen.add(process.name)
        for server in servers_of(process, processes):
            if server.name not in seen:
                walk(server, path + [server.name])

    walk(pager, [pager.name])


def _check_claims(system):
    claims = []  # (entry, device, PCI address, Mark)
    for entry in system.processes + system.kinds:
        for device in entry.manifest.devices:
            if entry.max_count > 1:
                raise TomlError(entry.mark, f"kind.max_count: {entry.name!r} claims the device {device.name!r}, so one can run at a time")
            place, mark = entry.places.get(device.name, (ANYWHERE, entry.mark))
            label = f"{'kind' if entry.is_kind else 'process'}.devices.{device.name}"
            for other, taken, taken_place, taken_mark in claims:
                clash = _clash(device, place, taken, taken_place)
                if clash:
                    raise TomlError(mark, f"{label}: {entry.name!r} claims {clash} as {other.name!r} does at {taken_mark}")
            claims.append((entry, device, place, mark))


def _clash(device, place, other, other_place):
    """What two claims have in common, in words, or None."""
    if device.kind != other.kind:
        return None
    if device.kind == "ports":
        if device.port < other.port + other.ports and other.port < device.port + device.ports:
            return f"port {max(device.port, other.port):#x}"
        return f"interrupt {device.irq}" if device.irq == other.irq else None
    if place is not ANYWHERE and place == other_place:
        return f"PCI device {place >> 8:02x}:{place >> 3 & 31:02x}.{place & 7}"
    same_type = (device.vendor, device.device) == (other.vendor, other.device)
    if same_type and (place is ANYWHERE) != (other_place is ANYWHERE):
        return "perhaps the same PCI device (give both a place, or neither)"
    return None


def _check_memory(system, ram, swap, reserve):
    """At maximum counts: what is never paged fits RAM, and all that may be used fits RAM and swap together."""
    if ram <= reserve:
        raise TomlError(system.processes[0].mark._replace(line=1, column=1), f"process: {ram} pages of RAM are all the kernel's ({reserve})")
    resident, used = reserve, reserve
    for entry in system.processes + system.kinds:
        manifest = entry.manifest
        objects = abi.pages(manifest.kernel_kib * 1024)
        always = manifest.frames if manifest.pinned else manifest.frames_min
        most = always if manifests.ANY in (manifest.frames, manifest.swap) else manifest.frames + min(manifest.swap, swap)
        resident += entry.max_count * (always + objects)
        used += entry.max_count * (most + objects)
        label = f"{'kind' if entry.is_kind else 'process'}.name"
        if resident > ram:
            raise TomlError(entry.mark, f"{label}: with {entry.name!r} {resident} pages can never be paged out, but RAM has {ram}")
        if used > ram + swap:
            raise TomlError(entry.mark, f"{label}: with {entry.name!r} the quotas reach {used} pages, but RAM and swap have {ram + swap}")
