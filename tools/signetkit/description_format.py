# SPDX-License-Identifier: BSD-2-Clause
"""Writes a checked system description in the form of servers/supervisor/description.h."""

import struct

from . import abi, manifest as manifests
from .contracts import contract_id
from .description import ANYWHERE
from .refusal import Refusal

HEADER = "servers/supervisor/description.h"

_HEADER = struct.Struct("<QIIII")
_PROCESS = struct.Struct("<32s32s8IQ4Q")
_CHANNEL = struct.Struct("<24sQII")
_CLAIM = struct.Struct("<24s8H")


def write(system):
    """The description's bytes. system: of wiring.check()."""
    formats = abi.constants(HEADER)
    claims_max = abi.constants("kernel/abi/process.h")["PROCESS_CLAIMS_MAX"]
    record_bytes = _PROCESS.size + formats["DESCRIPTION_CHANNELS_MAX"] * _CHANNEL.size + claims_max * _CLAIM.size
    entries = system.processes + system.kinds
    text_offset = _HEADER.size + len(entries) * record_bytes
    index = {process.name: number for number, process in enumerate(system.processes)}
    records, text = b"", b""
    for entry in entries:
        parameters = b"".join(f"{key}={value}\0".encode() for key, value in entry.parameters.items())
        record = _process(entry, len(parameters), text_offset + len(text), formats)
        record += _fill(_channels(entry, index), formats["DESCRIPTION_CHANNELS_MAX"] * _CHANNEL.size)
        record += _fill(_claims(entry), claims_max * _CLAIM.size)
        records += record
        text += parameters
    size = text_offset + len(text)
    if size > formats["DESCRIPTION_BYTES_MAX"]:
        raise Refusal(f"{system.file}: the description is of {size} bytes, at most {formats['DESCRIPTION_BYTES_MAX']} are possible")
    header = _HEADER.pack(
        formats["DESCRIPTION_MAGIC"], formats["DESCRIPTION_VERSION"], size, len(system.processes), len(system.kinds)
    )
    return header + records + text


def _fill(data, size):
    return data + bytes(size - len(data))


def _process(entry, parameter_bytes, parameters, formats):
    manifest = entry.manifest
    flags = sum(
        formats["DESCRIPTION_" + name] * condition
        for name, condition in (
            ("OPTIONAL", entry.optional),
            ("KIND", entry.is_kind),
            ("SUPERVISOR", manifest.supervisor),
            ("PAGER", manifest.pager),
            ("PINNED", manifest.pinned),
        )
    )
    serves = [contract_id(name) for name in manifest.serves]
    return _PROCESS.pack(
        entry.name.encode(),
        manifest.name.encode(),
        flags,
        entry.rank,
        entry.priority,
        entry.max_count,
        len(serves),
        len(entry.wires),
        len(manifest.devices),
        parameter_bytes,
        parameters,
        *serves,
        *[0] * (manifests.SERVES_MAX - len(serves)),
    )


def _channels(entry, index):
    """In the order of the manifest, so that the description's own order does not matter."""
    return b"".join(
        _CHANNEL.pack(local.encode(), contract_id(use.contract), index[entry.wires[local].server], use.optional)
        for local, use in entry.manifest.uses.items()
        if local in entry.wires
    )


def _claims(entry):
    kinds = abi.constants("kernel/abi/process.h")
    records = b""
    for device in entry.manifest.devices:
        place, _ = entry.places.get(device.name, (ANYWHERE, None))
        if device.kind == "pci":
            address = kinds["DEVICE_ANYWHERE"] if place is ANYWHERE else place
            claim = (kinds["DEVICE_PCI"], device.vendor, device.device, address, 0, 0, 0, 0)
        else:
            claim = (kinds["DEVICE_PORTS"], 0, 0, 0, device.port, device.ports, device.irq, 0)
        records += _CLAIM.pack(device.name.encode(), *claim)
    return records
