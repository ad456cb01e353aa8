# SPDX-License-Identifier: BSD-2-Clause
"""The devices that a manifest claims: PCI functions, and ISA ports with their interrupt. The kernel's own are refused."""

from dataclasses import dataclass

from .. import abi
from ..toml.reader import Table
from ..toml.scan import Mark
from ..toml.schema import Fields, fail

LOCAL_NAME_MAX = 23  # of a channel or device, within its process

# First and last of the board's own ports, as in hal/x86_64/port.c, and lines of the kernel's own devices. ACPI's blocks are only known at boot.
KERNEL_PORTS = ((0x000, 0x0FF), (0x3F8, 0x3FF), (0x4D0, 0x4D1), (0x510, 0x51B), (0xCF8, 0xCFF), (0x5658, 0x5659))
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
    if any(port <= last and first < port + count for first, last in KERNEL_PORTS):
        fail(item.data["port"], "devices.port", "one of these ports belongs to the kernel")
    if irq in _KERNEL_IRQS:
        fail(item.data["irq"], "devices.irq", f"interrupt {irq} belongs to the kernel")
    return Device(name, "ports", item.mark, port=port, ports=count, irq=irq)
