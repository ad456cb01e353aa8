# SPDX-License-Identifier: BSD-2-Clause
"""The devices that a manifest claims: PCI functions, and ISA ports with their interrupt. The kernel's own are refused."""

from dataclasses import dataclass

from . import abi
from .schema import Fields, fail
from .toml_reader import Table
from .toml_scan import Mark

LOCAL_NAME_MAX = 23  # of a channel or device, within its process

# Ports and lines of the kernel's own devices: both PICs, PIT, keyboard controller's reset line, PCI configuration, COM1, QEMU's exit device.
_KERNEL_PORTS = ((0x20, 2), (0x40, 4), (0x61, 1), (0x64, 1), (0xA0, 2), (0xF4, 4), (0x3F8, 8), (0xCF8, 8))
_KERNEL_IRQS = (0, 2, 4)


@dataclass
class Device:
    name: str
    kind: str  # "pci" or "ports"
    mark: Mark
    vendor: int = 0
    device: int = 0
    port: int = 0
    ports: int = 0
    irq: int = 0


def read(top):
    """The devices of a manifest, in its order. top: Fields."""
    devices = []
    for item in top.items("devices", Table):
        fields = Fields(item.data, item.mark, "devices")
        name = fields.name("name", LOCAL_NAME_MAX, required=True)
        if any(name == other.name for other in devices):
            fail(item.data["name"], "devices.name", f"{name!r} is there twice")
        kind = fields.text("kind", required=True)
        if kind == "pci":
            device = Device(name, kind, item.mark, vendor=fields.number("vendor", 0, 0xFFFE), device=fields.number("device", 0, 0xFFFF))
        elif kind == "ports":
            device = _read_ports(fields, name, item)
        else:
            fail(item.data["kind"], "devices.kind", f"{kind!r} is neither \"pci\" nor \"ports\"")
        fields.done()
        devices.append(device)
    most = abi.constants("kernel/abi/process.h")["PROCESS_CLAIMS_MAX"]
    if len(devices) > most:
        fail(top.table["devices"], "devices", f"more than {most} devices")
    return devices


def _read_ports(fields, name, item):
    port, count = fields.number("port", 0, 0xFFFF), fields.number("count", 1, 0x1000)
    irq = fields.number("irq", 0, 15)
    if port + count > 0x10000:
        fail(item.data["count"], "devices.count", "these ports go beyond 0xffff")
    if any(port < first + length and first < port + count for first, length in _KERNEL_PORTS):
        fail(item.data["port"], "devices.port", "one of these ports belongs to the kernel")
    if irq in _KERNEL_IRQS:
        fail(item.data["irq"], "devices.irq", f"interrupt {irq} belongs to the kernel")
    return Device(name, "ports", item.mark, port=port, ports=count, irq=irq)
