# SPDX-License-Identifier: BSD-2-Clause
"""No device is claimed twice: PCI functions (and with them their memory ranges and interrupts), ISA ports, ISA interrupts.

Each kind of claim has a table of its own, so that a thousand entries take no longer than they should.
"""

import bisect
from dataclasses import dataclass, field

from ..toml.scan import TomlError
from .description import ANYWHERE


@dataclass
class Claims:
    irqs: dict = field(default_factory=dict)  # number to (name of the entry, Mark)
    ports: list = field(default_factory=list)  # sorted (first, end, name, Mark) that do not overlap
    places: dict = field(default_factory=dict)  # PCI address to (name, Mark)
    placed: dict = field(default_factory=dict)  # (vendor, device) to the first claim that has a place
    anywhere: dict = field(default_factory=dict)  # and to the first that has none


def check(system, faults):
    """Faults are of the property "claims"."""
    claims = Claims()
    for entry in system.entries:
        if entry.name in system.unread:
            continue
        for device in entry.manifest.devices:
            if entry.max_count > 1:
                message = f"kind.max_count: {entry.name!r} claims the device {device.name!r}, so one can run at a time"
                faults.add(TomlError(entry.mark, message), "claims")
            place, mark = entry.places.get(device.name, (ANYWHERE, entry.mark))
            clash = _claim(claims, device, place, (entry.name, mark))
            if clash:
                what, (name, taken) = clash
                if name == entry.name:  # twice in one manifest, so the description's place says nothing
                    mark = device.mark
                message = f"{entry.key}.devices.{device.name}: {entry.name!r} claims {what} as {name!r} does at {taken}"
                faults.add(TomlError(mark, message), "claims")


def _claim(claims, device, place, owner):
    """Notes a claim, or returns what it has in common with an older one, in words, and that one's owner."""
    if device.kind == "ports":
        return _claim_ports(claims, device, owner)
    if place is not ANYWHERE and place in claims.places:
        return f"PCI device {place >> 8:02x}:{place >> 3 & 31:02x}.{place & 7}", claims.places[place]
    kind = device.vendor, device.device
    mine, other = (claims.anywhere, claims.placed) if place is ANYWHERE else (claims.placed, claims.anywhere)
    if kind in other:
        return "perhaps the same PCI device (give both a place, or neither)", other[kind]
    mine.setdefault(kind, owner)
    if place is not ANYWHERE:
        claims.places[place] = owner
    return None


def _claim_ports(claims, device, owner):
    first, end = device.port, device.port + device.ports
    at = bisect.bisect_right(claims.ports, first, key=lambda taken: taken[0])
    for taken in claims.ports[max(at - 1, 0) : at + 1]:
        if first < taken[1] and taken[0] < end:
            return f"port {max(first, taken[0]):#x}", taken[2:]
    if device.irq in claims.irqs:
        return f"interrupt {device.irq}", claims.irqs[device.irq]
    claims.ports.insert(at, (first, end, *owner))
    claims.irqs[device.irq] = owner
    return None

