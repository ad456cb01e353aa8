# SPDX-License-Identifier: BSD-2-Clause
"""signet check: proves a system description and says so, one line per property; then who is trusted, and with what."""

import sys
from dataclasses import dataclass

from .. import abi
from ..refusal import Refusal
from . import description, wiring
from .faults import Faults, sorted_faults

KIB_PER_PAGE = abi.PAGE_BYTES // 1024


@dataclass
class Proof:
    """What came of checking one system."""

    system: description.System
    faults: Faults

    @property
    def errors(self):
        return sorted_faults(error for _, error in self.faults.found)


def prove(path, **machine):
    """Reads and checks all that a description names. machine: as of wiring.check()."""
    faults = Faults()
    system = description.read(path, faults)
    if system.processes or not faults.found:
        wiring.check(system, **machine, faults=faults)
    return Proof(system, faults)


def check(path, **machine):
    """Prints the lines of a system that holds, or what is wrong with it. The exit status."""
    proof = prove(path, **machine)
    for name, tell in PROPERTIES.items():
        count = len(proof.faults.of(name))
        if count:
            print(f"no  {name}: {counted(count, 'fault')}")
        elif not proof.faults.found:
            print(f"ok  {name}: {tell(proof)}")
    for error in proof.errors:
        print(error, file=sys.stderr)
    if proof.faults.found:
        return 1
    print("\ntrusted, and with what:")
    for name, why in trusted(proof.system):
        print(f"    {name}: {why}")
    return 0


def must_hold(path):
    """Refuses a system that does not hold, with all that is wrong: sooner and shorter than a build that fails."""
    errors = prove(path).errors
    if errors:
        raise Refusal("\n".join(["this system cannot be built", *map(str, errors)]))


def counted(number, what):
    return f"{number} {what}" + ("" if number == 1 else "es" if what.endswith("s") else "s")


def contracts_of(system):
    """Name and file of each contract that is named somewhere."""
    return {(name, contract.file) for entry in system.entries for name, contract in entry.manifest.found.items()}


def wires_of(system):
    return [(entry, local, wire) for entry in system.entries for local, wire in entry.wires.items()]


def _tell_keys(proof):
    return f"1 description and {counted(len(proof.system.files) - 1, 'manifest')}, every key known and every value in its range"


def _tell_parameters(proof):
    number = sum(len(entry.parameters) for entry in proof.system.entries)
    return f"{counted(number, 'parameter')} set, each known to its program"


def _tell_contracts(proof):
    return f"{counted(len(contracts_of(proof.system)), 'contract')}, each found and free of faults"


def _tell_roles(proof):
    names = {role: next(p.name for p in proof.system.processes if getattr(p.manifest, role)) for role in ("supervisor", "pager")}
    return f"one supervisor ({names['supervisor']}) and one pager ({names['pager']}), neither optional"


def _tell_wiring(proof):
    left = sum(local not in entry.wires for entry in proof.system.entries for local in entry.manifest.uses)
    return f"every channel that a manifest requires leads to a process; {counted(left, 'optional channel')} left out"


def _tell_channels(proof):
    number = len(wires_of(proof.system)) + sum(len(child.manifest.served) for child in proof.system.children)
    return f"{counted(number, 'channel')}, both ends of each have the same contract"


def _tell_clients(proof):
    serves = [serve for entry in proof.system.entries for serve in entry.manifest.served.values() if serve.clients is not None]
    return f"{counted(len(serves), 'server')} with a list of the programs that may call; no other is wired there"


def _tell_calls(proof):
    programs = {entry.manifest.name for entry in proof.system.entries}
    return f"{counted(len(programs), 'program')}, each allowed the calls that its channels and devices need"


def _tell_children(proof):
    if not proof.system.children:
        return "no process starts another but the supervisor"
    starts = (f"{child.parent.name} starts {child.name} (up to {child.max_count})" for child in proof.system.children)
    return f"{', '.join(starts)}, and can give each the channels that it needs"


def _tell_claims(proof):
    devices = [device for entry in proof.system.entries for device in entry.manifest.devices]
    pci = sum(device.kind == "pci" for device in devices)
    return (f"{counted(pci, 'PCI device')} and {counted(len(devices) - pci, 'range')} of ports claimed; no device, port, interrupt or memory "
            "range twice")


def _tell_ranks(proof):
    return f"nobody calls in a circle; ranks 0 to {max(entry.rank for entry in proof.system.entries)}"


def _tell_pinned(proof):
    """The pager, whom it calls, and the supervisor, which restarts them."""
    entries = {entry.name: entry for entry in proof.system.entries}
    roles = {role: next(p for p in proof.system.processes if getattr(p.manifest, role)) for role in ("supervisor", "pager")}
    needed = [process for process, _ in wiring.pager_needs(roles["pager"], entries)] + [roles["supervisor"]]
    frames = sum(process.manifest.frames for process in needed)
    others = sum(entry.pinned for entry in proof.system.entries) - len(needed)
    rest = f"{counted(others, 'other')} pinned for the reason in their manifests, all else pageable"
    return f"{', '.join(process.name for process in needed)} with {pages(frames)} committed; {rest}"


def _tell_memory(proof):
    *_, (_, resident, used) = wiring.memory_needs(proof.system)
    machine = proof.system.machine
    return (f"at maximum counts, {pages(resident)} of {pages(machine.ram)} of RAM can never be paged out, and quotas reach {pages(used)} of "
            f"{pages(machine.ram + machine.swap)} of RAM and swap ({pages(machine.reserve)} are the kernel's)")


def pages(number):
    """In KiB or MiB, as people count memory."""
    kib = number * KIB_PER_PAGE
    return f"{kib} KiB" if kib < 1024 or kib % 1024 and kib < 10240 else f"{kib / 1024:.0f} MiB" if kib % 1024 == 0 else f"{kib / 1024:.1f} MiB"


PROPERTIES = {
    "keys": _tell_keys,
    "parameters": _tell_parameters,
    "contracts": _tell_contracts,
    "roles": _tell_roles,
    "wiring": _tell_wiring,
    "channels": _tell_channels,
    "clients": _tell_clients,
    "calls": _tell_calls,
    "children": _tell_children,
    "claims": _tell_claims,
    "ranks": _tell_ranks,
    "pinned": _tell_pinned,
    "memory": _tell_memory,
}


def is_bus_master(entry):
    """A PCI device's own reads and writes pass by the MMU, and there is no IOMMU to stop them."""
    return any(device.kind == "pci" for device in entry.manifest.devices) and entry.manifest.may("dma_map")


def is_trusted(entry):
    return bool(reasons(entry))


def reasons(entry):
    """Why an entry is trusted with more than what it is given, or nothing."""
    manifest = entry.manifest
    found = []
    if manifest.supervisor:
        found.append("starts everybody, hands out every channel and decides who is restarted; if it ends, the machine stops")
    if manifest.pager:
        found.append("with availability: it may lose pages or not answer; not with their contents, which are sealed")
    if is_bus_master(entry):
        found.append("its device masters the bus and there is no IOMMU: what it is told to do can reach all of RAM")
    if manifest.may("process_create") and not manifest.supervisor:
        known = ", ".join(child.name for child in entry.children)
        found.append(f"may start processes ({known or 'none is named'}): how many is up to it and to the memory that is left")
    return found


def trusted(system):
    """(name, why) of all that the proof rests on."""
    yield "kernel", "runs in ring 0 and upholds all of the above"
    yield "host tools", "the compiler, and what sealed the images: the root hash says only that they are unchanged since"
    for entry in system.entries:
        if reasons(entry):
            yield entry.name, "; ".join(reasons(entry))

