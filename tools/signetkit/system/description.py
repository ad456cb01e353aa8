# SPDX-License-Identifier: BSD-2-Clause
"""Reads a system description and its manifests: which processes there are and how their channels are wired.

Here each entry is checked by itself; wiring.py checks the system as a whole, description_format.py writes it for the supervisor.
"""

import os
import re
from dataclasses import dataclass, field

from .. import abi, contracts
from ..toml.reader import Table, read_file
from ..toml.scan import Mark, TomlError
from ..toml.schema import Fields, fail
from . import manifest as manifests
from .faults import Faults

ENTRIES_MAX = 1000  # processes and kinds; what the supervisor can take is less, see description_format.py
KIND_COUNT_MAX = 64  # instances of one kind at once
ANYWHERE = None  # a PCI device that has no place: the next one that matches
PARENT = "parent"  # in the channels of a kind that is started_by another: that one gives the channel
PAGES_PER_MIB = (1 << 20) // abi.PAGE_BYTES
MIB_MAX = 1 << 20
KIT = "kit:"  # before the name of one of the kit's own programs

_PCI_ADDRESS = re.compile(r"([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])")


@dataclass
class Machine:
    """What the quotas have to fit. reserve_mib: RAM that the kernel, the system image and paging keep from processes."""

    ram_mib: int = 16
    swap_mib: int = 256
    reserve_mib: int = 5

    @property
    def ram(self):
        return self.ram_mib * PAGES_PER_MIB

    @property
    def swap(self):
        return self.swap_mib * PAGES_PER_MIB

    @property
    def reserve(self):
        return self.reserve_mib * PAGES_PER_MIB


@dataclass
class Wire:
    server: str  # a process's name, or PARENT
    mark: Mark


@dataclass
class Process:
    """A [[process]], or with is_kind a [[kind]] of program that may be started at run time."""

    name: str
    mark: Mark  # of its name
    manifest: manifests.Manifest
    is_kind: bool
    optional: bool = False
    max_count: int = 1
    priority: int = 0
    started_by: Wire = None  # of a kind: names the process or kind that starts it; None: the supervisor
    wires: dict = field(default_factory=dict)  # local name to Wire
    places: dict = field(default_factory=dict)  # device name to (PCI address, Mark)
    parameters: dict = field(default_factory=dict)
    # wiring.check() fills these in.
    rank: int = 0
    instances: int = 1  # at once, at most
    parent: object = None  # the Process that starts it; None: the supervisor
    children: list = field(default_factory=list)  # kinds that it starts

    @property
    def pinned(self):
        return self.manifest.pinned

    @property
    def key(self):
        """Its table in the description, for messages."""
        return "kind" if self.is_kind else "process"


@dataclass
class System:
    file: str
    processes: list  # of Process; after wiring.check() servers stand before their clients
    kinds: list  # what the supervisor may start
    children: list  # kinds that another process starts: the supervisor knows nothing of them
    files: list  # everything that was read, for the build's dependencies
    machine: Machine = field(default_factory=Machine)
    unread: set = field(default_factory=set)  # names of entries that are too broken to be looked at

    @property
    def entries(self):
        return self.processes + self.kinds + self.children


def read(path, faults=None):
    """Reads the description and every manifest that it names. Raises TomlError, or with faults puts all that is wrong there."""
    return _Reader(path, Faults(strict=True) if faults is None else faults).read()


def manifest_path(text, folder):
    """Where a manifest lies that a description in this folder names: a path from there, or "kit:NAME"."""
    if text.startswith(KIT):
        name = text.removeprefix(KIT)
        places = [abi.ROOT / folder / "manifest.toml" for folder in (f"servers/{name}", name, f"pager/{name}")]
        return str(next((place for place in places if place.is_file()), places[0]))
    return os.path.normpath(os.path.join(folder, text))


class _Reader:
    def __init__(self, path, faults):
        self.path = str(path)
        self.faults = faults
        self.system = System(self.path, [], [], [], [self.path])
        self.names = {}  # of entries, to Mark
        self.programs = {}  # a program's name to its manifest's file
        self.manifests = {}  # file to Manifest, or None if it is broken
        self.finder = contracts.Finder()

    def read(self):
        with self.faults.guard():
            top = Fields(read_file(self.path), Mark(self.path, 1, 1), keys=("machine", "process", "kind"))
            with self.faults.guard():
                self.system.machine = _read_machine(top)
            for key in ("process", "kind"):
                for item in self.items(top, key):
                    self.read_entry(item, key)
            for error in top.unknown():
                self.faults.add(error)
        return self.system

    def items(self, top, key):
        with self.faults.guard():
            return top.items(key, Table)
        return []

    def read_entry(self, item, key):
        before = len(self.faults)
        name = None
        with self.faults.guard():
            fields = Fields(item.data, item.mark, key, keys=_KEYS[key])
            name = fields.name("name", manifests.NAME_MAX, required=True)
            self.check_name(name, item.data["name"].mark, key)
            manifest = self.read_manifest(fields)
            if manifest is None:
                self.system.unread.add(name)
            else:
                self.read_parts(Process(name, item.data["name"].mark, manifest, key == "kind"), fields)
            for error in fields.unknown():
                self.faults.add(error)
        if len(self.faults) > before:
            self.system.unread.add(name)

    def check_name(self, name, mark, key):
        if name in self.names:
            raise TomlError(mark, f"{key}.name: {name!r} is already the name of the one at {self.names[name]}")
        if name == PARENT:
            raise TomlError(mark, f"{key}.name: {PARENT!r} means whoever starts a kind, call this one otherwise")
        self.names[name] = mark
        if len(self.names) == ENTRIES_MAX + 1:
            raise TomlError(mark, f"{key}: more than {ENTRIES_MAX} processes and kinds")

    def read_manifest(self, fields):
        item = fields.take("manifest", str, required=True)
        file = manifest_path(item.data, os.path.dirname(self.path))
        label = fields.label("manifest")
        if not os.path.isfile(file):
            there = f"{file} is no file that can be read" if os.path.lexists(file) else f"there is no file {file}"
            fail(item, label, f"the kit has no program {item.data.removeprefix(KIT)!r}" if item.data.startswith(KIT) else there)
        if file not in self.manifests:
            self.system.files.append(file)
            self.manifests[file] = manifests.read(file, self.faults, self.finder)
        manifest = self.manifests[file]
        if manifest and self.programs.setdefault(manifest.name, file) != file:
            fail(item, label, f"{self.programs[manifest.name]} is of a program {manifest.name!r}, too")
        return manifest

    def read_parts(self, entry, fields):
        """Each part by itself. The entry joins the system even if one is wrong: the others can still be looked at."""
        system = self.system
        for part in (_read_numbers, _read_starter, _check_role, _read_parameters, _read_places):
            with self.faults.guard("parameters" if part is _read_parameters else "keys"):
                part(fields, entry)
        _read_wires(fields, entry, self.faults)
        group = system.children if entry.started_by else system.kinds if entry.is_kind else system.processes
        group.append(entry)


def _read_machine(top):
    """The smallest machine that the system is for."""
    item = top.take("machine", Table)
    if item is None:
        return Machine()
    fields = Fields(item.data, item.mark, "machine")
    machine = Machine(fields.kib("ram", 1024, MIB_MAX, Machine.ram_mib), fields.kib("swap", 1024, MIB_MAX, Machine.swap_mib))
    fields.done()
    return machine


_KEYS = {
    "process": ("name", "manifest", "channels", "devices", "parameters", "priority", "optional"),
    "kind": ("name", "manifest", "max_count", "channels", "parameters", "priority", "started_by"),
}


def _read_numbers(fields, entry):
    if entry.is_kind:
        entry.max_count = fields.number("max_count", 1, KIND_COUNT_MAX)
    else:
        entry.optional = fields.flag("optional")
    entry.priority = fields.number("priority", 0, entry.manifest.priority, entry.manifest.priority)


def _read_starter(fields, entry):
    """A kind that another process starts gets from it what the supervisor gives to others, and no more than that one has."""
    if not entry.is_kind or "started_by" not in fields.table:
        return
    entry.started_by = Wire(fields.name("started_by", manifests.NAME_MAX), fields.table["started_by"].mark)
    for key in ("parameters", "priority"):
        if key in fields.table:
            raise TomlError(fields.table[key].key_mark, f"kind.{key}: {entry.started_by.server!r} starts it and says this itself: leave it out")
    manifest = entry.manifest
    if manifest.devices:
        raise TomlError(fields.table["started_by"].mark, f"kind.started_by: {manifest.file} claims devices, which only the supervisor can give")
    if manifest.pinned:
        raise TomlError(fields.table["started_by"].mark, f"kind.started_by: {manifest.file} is pinned, which only the supervisor can start")


def _check_role(fields, entry):
    manifest = entry.manifest
    if not (manifest.supervisor or manifest.pager):
        return
    role = "supervisor" if manifest.supervisor else "pager"
    if entry.is_kind:
        raise TomlError(entry.mark, f"kind.manifest: the {role} cannot be a kind of program")
    if entry.optional:
        fail(fields.table["optional"], "process.optional", f"the {role} cannot be optional")
    if manifest.supervisor and manifest.uses:
        local, use = next(iter(manifest.uses.items()))
        raise TomlError(use.mark, f"uses.{local}: the supervisor calls nobody: it must be able to restart everybody")


def _read_wires(fields, entry, faults):
    table = {}
    if entry.manifest.supervisor:
        return
    with faults.guard("wiring"):
        table = dict(fields.table_items("channels"))
    for local, item in table.items():
        with faults.guard("wiring"):
            _read_wire(f"{fields.label('channels')}.{local}", local, item, entry)
    for local, use in entry.manifest.uses.items():
        if local not in table and not use.optional:
            label = f"{fields.label('channels')}.{local}"
            faults.add(TomlError(entry.mark, f"{label}: the wiring of this channel ({use.contract}) is missing: name the process that serves it"), "wiring")


def _read_wire(label, local, item, entry):
    if local not in entry.manifest.uses:
        uses = ", ".join(entry.manifest.uses) or "nothing"
        raise TomlError(item.key_mark, f"{label}: {entry.manifest.file} has no such channel (it uses {uses})")
    if not isinstance(item.data, str):
        fail(item, label, "this should be the name of a process")
    if entry.started_by and item.data != PARENT:
        fail(item, label, f"{entry.started_by.server!r} starts it and gives it its channels: this should be {PARENT!r}")
    if item.data == PARENT and not entry.started_by:
        fail(item, label, "the supervisor starts it, so it has no parent: name a process")
    entry.wires[local] = Wire(item.data, item.mark)


def _read_parameters(fields, entry):
    if entry.started_by:
        return
    for key, item in fields.table_items("parameters"):
        label = f"{fields.label('parameters')}.{key}"
        if key not in entry.manifest.parameters:
            known = ", ".join(entry.manifest.parameters) or "none"
            raise TomlError(item.key_mark, f"{label}: {entry.manifest.file} accepts no such parameter (it has {known})")
        if not isinstance(item.data, str):
            fail(item, label, "this should be a string")
        if "\0" in item.data:
            fail(item, label, "a parameter cannot hold a zero character")
        entry.parameters[key] = item.data


def _read_places(fields, entry):
    if entry.is_kind:
        return
    devices = {device.name: device for device in entry.manifest.devices}
    for name, item in fields.table_items("devices"):
        label = f"{fields.label('devices')}.{name}"
        if name not in devices:
            raise TomlError(item.key_mark, f"{label}: {entry.manifest.file} claims no such device")
        if devices[name].kind != "pci":
            raise TomlError(item.key_mark, f"{label}: only PCI devices have a place; ports are fixed by the manifest")
        found = isinstance(item.data, str) and _PCI_ADDRESS.fullmatch(item.data)
        if not found or int(found[2], 16) > 31:
            fail(item, label, 'this should be a PCI address like "00:04.0"')
        bus, slot, function = int(found[1], 16), int(found[2], 16), int(found[3])
        if (bus, slot, function) == (255, 31, 7):
            fail(item, label, "this address means anywhere")
        entry.places[name] = (bus << 8 | slot << 3 | function, item.mark)
