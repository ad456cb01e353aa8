# SPDX-License-Identifier: BSD-2-Clause
"""Reads a program's manifest: what it may call, use, serve, claim and consume. docs/manifests.md explains every key."""

import struct
from dataclasses import dataclass, field

from . import abi
from .schema import Fields, check_name, fail
from .toml_reader import Table, read_file
from .toml_scan import Mark

PACKED = struct.Struct("<QQ8I")  # struct manifest of kernel/abi/image.h
ANY = 0xFFFFFFFF  # a quota that only the machine limits
NAME_MAX = 31  # characters of a program's, process's or contract's name
LOCAL_NAME_MAX = 23  # of a channel or device, within its process
SERVES_MAX = 4
USES_MAX = 12

_OWN = ("handle_close", "mem_map", "mem_unmap", "thread_create", "thread_exit", "process_exit", "clock_now", "log_write")
_CLIENT = _OWN + ("ipc_call", "ipc_notify")
_SERVER = _CLIENT + ("ipc_recv", "ipc_reply", "ipc_reply_recv", "port_create", "channel_create")
PRESETS = {
    "own": _OWN,
    "client": _CLIENT,
    "server": _SERVER,
    "driver": _SERVER + ("irq_ack", "device_map", "device_io", "dma_map", "dma_unmap"),
    "supervisor": _SERVER + ("process_create", "process_stop", "process_status"),
}

# Ports and lines of the kernel's own devices: both PICs, PIT, keyboard controller's reset line, PCI configuration, COM1, QEMU's exit device.
_KERNEL_PORTS = ((0x20, 2), (0x40, 4), (0x61, 1), (0x64, 1), (0xA0, 2), (0xF4, 4), (0x3F8, 8), (0xCF8, 8))
_KERNEL_IRQS = (0, 2, 4)


@dataclass
class Use:
    contract: str
    optional: bool
    mark: Mark


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


@dataclass
class Manifest:
    file: str
    mark: Mark  # of the key "name"
    name: str
    image: str
    description: str
    calls: int  # bit n: call n
    priority: int
    pinned: bool
    pinned_reason: str
    pager: bool
    supervisor: bool
    frames: int
    frames_min: int
    swap: int
    kernel_kib: int
    busy: int
    stack_pages: int
    serves: list
    uses: dict = field(default_factory=dict)  # local name to Use
    devices: list = field(default_factory=list)
    parameters: list = field(default_factory=list)

    def pack(self):
        """struct manifest, as the kernel reads it."""
        flags = abi.constants("kernel/abi/image.h")
        bits = flags["MANIFEST_PINNED"] * self.pinned
        bits |= flags["MANIFEST_PAGER"] * self.pager | flags["MANIFEST_SUPERVISOR"] * self.supervisor
        return PACKED.pack(
            self.calls, bits, self.frames, self.frames_min, self.swap, self.kernel_kib, self.busy, self.stack_pages, self.priority, 0
        )


def read(path):
    """Reads and checks one manifest. Raises TomlError."""
    top = Fields(read_file(path), Mark(str(path), 1, 1))
    name = top.name("name", NAME_MAX, required=True)
    manifest = Manifest(
        file=str(path),
        mark=top.table["name"].mark,
        name=name,
        image=top.name("image", NAME_MAX) or name,
        description=top.text("description", required=True),
        calls=_read_calls(top),
        priority=top.number("priority", 0, 31),
        serves=_read_serves(top),
        uses=_read_uses(top),
        devices=_read_devices(top),
        parameters=_read_parameters(top),
        **_read_role(top),
        **_read_quotas(top),
    )
    top.done()
    _check_quotas(top, manifest)
    return manifest


def _read_calls(top):
    item = top.table.get("calls")
    if item is not None and isinstance(item.data, str):
        names = [top.take("calls", str)]
    else:
        top.take("calls", list, required=True)
        names = top.items("calls", str)
    mask = 0
    for entry in names:
        for call in PRESETS.get(entry.data, (entry.data,)):
            if call not in abi.calls():
                fail(entry, "calls", f"{call!r} is neither a call nor one of the sets {', '.join(PRESETS)}")
            mask |= 1 << abi.calls()[call]
    return mask


def _read_role(top):
    """Pinned, pager, supervisor: the last two imply the first, and the first wants a reason that people can weigh."""
    pinned, pager, supervisor = top.flag("pinned"), top.flag("pager"), top.flag("supervisor")
    reason = top.text("pinned_reason")
    if pinned and not reason.strip():
        fail(top.table["pinned"], "pinned", "what is pinned takes memory from everyone: say why in pinned_reason")
    if reason and not pinned:
        fail(top.table["pinned_reason"], "pinned_reason", "it is not pinned")
    if pager and supervisor:
        fail(top.table["pager"], "pager", "the supervisor cannot be the pager as well")
    for key in ("pager", "supervisor"):
        if top.flag(key) and top.table["name"].data != key:
            fail(top.table[key], key, f"the kernel looks for the {key} by its name, which must be {key!r}")
    return {"pinned": pinned or pager or supervisor, "pinned_reason": reason, "pager": pager, "supervisor": supervisor}


def _read_quotas(top):
    item = top.take("quotas", Table, required=True)
    quotas = Fields(item.data, item.mark, "quotas")
    frames = quotas.kib("frames", 4, ANY - 1, any_value=ANY)
    pageable = not (top.flag("pinned") or top.flag("pager") or top.flag("supervisor"))
    result = {
        "frames": frames,
        "frames_min": quotas.kib("frames_min", 4, ANY - 1, min(frames, 8) if pageable else 0),
        "swap": quotas.kib("swap", 4, ANY - 1, frames if pageable else 0, any_value=ANY),
        "kernel_kib": quotas.kib("kernel_kib", 1, ANY - 1, 64),
        "busy": quotas.kib("busy", 4, ANY - 1, 16),
        "stack_pages": quotas.kib("stack_pages", 4, 4096, 4),
    }
    quotas.done()
    return result


def _check_quotas(top, manifest):
    quotas = top.table["quotas"]
    entries = quotas.data
    if manifest.stack_pages == 0:
        fail(entries["stack_pages"], "quotas.stack_pages", "a thread needs a stack")
    if manifest.frames_min > manifest.frames:
        fail(entries["frames_min"], "quotas.frames_min", f"{manifest.frames_min} is more than frames, {manifest.frames}")
    if not manifest.pinned:
        return
    if manifest.swap:
        fail(entries["swap"], "quotas.swap", "a pinned program is never swapped")
    if manifest.frames == ANY:
        fail(entries["frames"], "quotas.frames", "a pinned program's memory is committed when it starts: it needs a number")


def _read_serves(top):
    item = top.table.get("serves")
    if item is not None and isinstance(item.data, str):
        names = [top.take("serves", str)]
    else:
        names = top.items("serves", str)
    if len(names) > SERVES_MAX:
        fail(names[SERVES_MAX], "serves", f"more than {SERVES_MAX} contracts")
    seen = []
    for entry in names:
        if check_name(entry, "serves", NAME_MAX) in seen:
            fail(entry, "serves", f"{entry.data!r} is there twice")
        seen.append(entry.data)
    return seen


def _read_uses(top):
    uses = {}
    for local, item in top.table_items("uses"):
        label = f"uses.{local}"
        check_name(item, label, LOCAL_NAME_MAX, local)
        if isinstance(item.data, Table):
            use = Fields(item.data, item.mark, label)
            uses[local] = Use(use.name("contract", NAME_MAX, required=True), use.flag("optional"), item.mark)
            use.done()
        elif isinstance(item.data, str):
            uses[local] = Use(check_name(item, label, NAME_MAX), False, item.mark)
        else:
            fail(item, label, 'this should be a contract\'s name, or { contract = "name", optional = true }')
        if len(uses) > USES_MAX:
            fail(item, label, f"more than {USES_MAX} channels")
    return uses


def _read_devices(top):
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


def _read_parameters(top):
    names = []
    for item in top.items("parameters", str):
        if check_name(item, "parameters", LOCAL_NAME_MAX) in names:
            fail(item, "parameters", f"{item.data!r} is there twice")
        names.append(item.data)
    return names
