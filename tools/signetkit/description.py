# SPDX-License-Identifier: BSD-2-Clause
"""Reads a system description and its manifests: which processes there are and how their channels are wired.

Here each entry is checked by itself; wiring.py checks the system as a whole, description_format.py writes it for the supervisor.
"""

import os
import re
from dataclasses import dataclass, field

from . import manifest as manifests
from .schema import Fields, fail
from .toml_reader import Table, read_file
from .toml_scan import Mark, TomlError

ENTRIES_MAX = 64  # processes and kinds; as many records fit the 64 KiB of start information
KIND_COUNT_MAX = 64  # instances of one kind at once
ANYWHERE = None  # a PCI device that has no place: the next one that matches

_PCI_ADDRESS = re.compile(r"([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])")


@dataclass
class Wire:
    server: str  # a process's name
    mark: Mark


@dataclass
class Process:
    """A [[process]], or with is_kind a [[kind]] of program that may be started at run time."""

    name: str
    mark: Mark  # of its name
    manifest: manifests.Manifest
    is_kind: bool
    optional: bool
    max_count: int
    priority: int
    wires: dict = field(default_factory=dict)  # local name to Wire
    places: dict = field(default_factory=dict)  # device name to (PCI address, Mark)
    parameters: dict = field(default_factory=dict)
    rank: int = 0  # wiring.check() fills it in

    @property
    def pinned(self):
        return self.manifest.pinned


@dataclass
class System:
    file: str
    processes: list  # of Process; after wiring.check() servers stand before their clients
    kinds: list
    files: list  # everything that was read, for the build's dependencies


def read(path):
    """Reads the description and every manifest that it names. Raises TomlError."""
    top = Fields(read_file(path), Mark(str(path), 1, 1))
    system = System(str(path), [], [], [str(path)])
    names, programs = {}, {}
    for key, entries in (("process", system.processes), ("kind", system.kinds)):
        for item in top.items(key, Table):
            entry = _read_entry(item, key, path, system)
            if entry.name in names:
                raise TomlError(entry.mark, f"{key}.name: {entry.name!r} is already the name of the one at {names[entry.name]}")
            names[entry.name] = entry.mark
            file = entry.manifest.file
            if programs.setdefault(entry.manifest.name, file) != file:
                fail(item.data["manifest"], f"{key}.manifest", f"{programs[entry.manifest.name]} is of a program {entry.manifest.name!r}, too")
            if len(names) > ENTRIES_MAX:
                raise TomlError(entry.mark, f"{key}: more than {ENTRIES_MAX} processes and kinds")
            entries.append(entry)
    top.done()
    return system


def _read_entry(item, key, path, system):
    fields = Fields(item.data, item.mark, key)
    is_kind = key == "kind"
    name = fields.name("name", manifests.NAME_MAX, required=True)
    manifest = _read_manifest(fields, path, system)
    entry = Process(
        name=name,
        mark=item.data["name"].mark,
        manifest=manifest,
        is_kind=is_kind,
        optional=not is_kind and fields.flag("optional"),
        max_count=fields.number("max_count", 1, KIND_COUNT_MAX) if is_kind else 1,
        priority=fields.number("priority", 0, manifest.priority, manifest.priority),
    )
    _check_role(item, entry)
    _read_wires(fields, entry)
    _read_parameters(fields, entry)
    if not is_kind:
        _read_places(fields, entry)
    fields.done()
    return entry


def _read_manifest(fields, path, system):
    item = fields.take("manifest", str, required=True)
    file = os.path.normpath(os.path.join(os.path.dirname(path), item.data))
    if not os.path.isfile(file):
        fail(item, fields.label("manifest"), f"there is no file {file}")
    if file not in system.files:
        system.files.append(file)
    return manifests.read(file)


def _check_role(item, entry):
    manifest = entry.manifest
    if not (manifest.supervisor or manifest.pager):
        return
    role = "supervisor" if manifest.supervisor else "pager"
    if entry.is_kind:
        raise TomlError(entry.mark, f"kind.manifest: the {role} cannot be a kind of program")
    if entry.optional:
        fail(item.data["optional"], "process.optional", f"the {role} cannot be optional")
    if manifest.supervisor and manifest.uses:
        local, use = next(iter(manifest.uses.items()))
        raise TomlError(use.mark, f"uses.{local}: the supervisor calls nobody: it must be able to restart everybody")


def _read_wires(fields, entry):
    for local, item in fields.table_items("channels"):
        label = f"{fields.label('channels')}.{local}"
        if local not in entry.manifest.uses:
            uses = ", ".join(entry.manifest.uses) or "nothing"
            raise TomlError(item.key_mark, f"{label}: {entry.manifest.file} has no such channel (it uses {uses})")
        if not isinstance(item.data, str):
            fail(item, label, "this should be the name of a process")
        entry.wires[local] = Wire(item.data, item.mark)
    for local, use in entry.manifest.uses.items():
        if local not in entry.wires and not use.optional:
            raise TomlError(entry.mark, f"{fields.label('channels')}.{local}: the wiring of this channel ({use.contract}) is missing")


def _read_parameters(fields, entry):
    for key, item in fields.table_items("parameters"):
        label = f"{fields.label('parameters')}.{key}"
        if key not in entry.manifest.parameters:
            raise TomlError(item.key_mark, f"{label}: {entry.manifest.file} accepts no such parameter")
        if not isinstance(item.data, str):
            fail(item, label, "this should be a string")
        if "\0" in item.data:
            fail(item, label, "a parameter cannot hold a zero character")
        entry.parameters[key] = item.data


def _read_places(fields, entry):
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
