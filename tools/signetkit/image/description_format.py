# SPDX-License-Identifier: BSD-2-Clause
"""Writes a checked system description in the form of servers/supervisor/description.h.

Kinds that another process starts are left out: the supervisor knows nothing of them.
"""

import struct

from .. import abi
from ..refusal import Refusal
from ..system.description import ANYWHERE
from ..toml.scan import TomlError

HEADER = "servers/supervisor/description.h"

_HEADER = struct.Struct("<QIIII")
_PROCESS = struct.Struct("<8I5IHBB")
_SERVE = struct.Struct("<Q16s")
_CHANNEL = struct.Struct("<QIHBB")
_CLAIM = struct.Struct("<I8H")
_ALIGN = 8


class _Text:
    """The text behind the records: each string once, named by its offset from the header."""

    def __init__(self, base):
        self.base, self.data, self.places = base, b"", {}

    def put(self, text):
        """The offset of the bytes; they bring their own zeros."""
        if text not in self.places:
            self.places[text] = self.base + len(self.data)
            self.data += text
        return self.places[text]

    def name(self, text):
        return self.put(text.encode() + b"\0")


def write(system):
    """The description's bytes. system: of wiring.check()."""
    formats = abi.constants(HEADER)
    entries = system.processes + system.kinds
    processes = {process.name: (number, process) for number, process in enumerate(system.processes)}
    programs = {name: number for number, name in enumerate(sorted({entry.manifest.name for entry in system.entries}))}
    offsets, at = [], _align(_HEADER.size + 4 * len(entries))
    for entry in entries:
        offsets.append(at)
        at += _record_bytes(entry)
    text = _Text(at)
    records = b"".join(_record(entry, text, processes, programs, formats) for entry in entries)
    size = at + len(text.data)
    if size > formats["DESCRIPTION_BYTES_MAX"]:
        raise Refusal(f"{system.file}: the description is of {size} bytes, at most {formats['DESCRIPTION_BYTES_MAX']} are possible")
    header = _HEADER.pack(
        formats["DESCRIPTION_MAGIC"], formats["DESCRIPTION_VERSION"], size, len(system.processes), len(system.kinds)
    )
    return (header + struct.pack(f"<{len(offsets)}I", *offsets)).ljust(offsets[0], b"\0") + records + text.data


def _align(size):
    return size + -size % _ALIGN


def _record_bytes(entry):
    manifest = entry.manifest
    arrays = len(manifest.serves) * _SERVE.size + len(manifest.uses) * _CHANNEL.size + len(manifest.devices) * _CLAIM.size
    return _align(_PROCESS.size + arrays)


def _record(entry, text, processes, programs, formats):
    manifest, restart = entry.manifest, entry.manifest.restart
    parameters = b"".join(f"{key}={value}\0".encode() for key, value in entry.parameters.items())
    most = formats["DESCRIPTION_PARAMETER_BYTES_MAX"]
    if len(parameters) > most:
        raise TomlError(entry.mark, f"{entry.key}.parameters: {len(parameters)} bytes with their names, at most {most} are possible")
    record = _PROCESS.pack(
        text.name(entry.name),
        text.name(manifest.name),
        _flags(entry, formats),
        entry.rank,
        entry.priority,
        entry.max_count,
        text.put(parameters) if parameters else 0,
        len(parameters),
        formats["DESCRIPTION_RESTART_" + restart.policy.upper()],
        restart.limit,
        restart.backoff_ms,
        restart.backoff_max_ms,
        restart.healthy_ms,
        len(manifest.serves),
        len(manifest.uses),
        len(manifest.devices),
    )
    record += _serves(manifest, programs, formats) + _channels(entry, text, processes, formats) + _claims(entry, text)
    return record.ljust(_record_bytes(entry), b"\0")


def _flags(entry, formats):
    manifest = entry.manifest
    return sum(
        formats["DESCRIPTION_" + name] * condition
        for name, condition in (
            ("OPTIONAL", entry.optional),
            ("KIND", entry.is_kind),
            ("SUPERVISOR", manifest.supervisor),
            ("PAGER", manifest.pager),
            ("PINNED", manifest.pinned),
        )
    )


def _serves(manifest, programs, formats):
    """Who may call: bit n is the program that is entry n of the system image, whose entries are in order of their names."""
    size = 8 * formats["DESCRIPTION_PROGRAM_WORDS"]
    everyone = (1 << 8 * size) - 1
    records = b""
    for serve in manifest.served.values():
        mask = everyone if serve.clients is None else sum(1 << programs[client] for client in set(serve.clients) & set(programs))
        records += _SERVE.pack(manifest.contract_id(serve.contract), mask.to_bytes(size, "little"))
    return records


def _channels(entry, text, processes, formats):
    """Every use in the manifest's order; what is optional and not wired keeps an empty place."""
    records = b""
    for local, use in entry.manifest.uses.items():
        number, serve = formats["DESCRIPTION_NOBODY"], 0
        if local in entry.wires:
            number, server = processes[entry.wires[local].server]
            serve = server.manifest.serves.index(use.contract)
        records += _CHANNEL.pack(entry.manifest.contract_id(use.contract), text.name(local), number, serve, use.optional)
    return records


def _claims(entry, text):
    kinds = abi.constants("kernel/abi/process.h")
    records = b""
    for device in entry.manifest.devices:
        place, _ = entry.places.get(device.name, (ANYWHERE, None))
        if device.kind == "pci":
            address = kinds["DEVICE_ANYWHERE"] if place is ANYWHERE else place
            claim = (kinds["DEVICE_PCI"], device.vendor, device.device, address, 0, 0, 0, 0)
        else:
            claim = (kinds["DEVICE_PORTS"], 0, 0, 0, device.port, device.ports, device.irq, 0)
        records += _CLAIM.pack(text.name(device.name), *claim)
    return records
