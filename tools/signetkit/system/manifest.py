# SPDX-License-Identifier: BSD-2-Clause
"""Reads a program's manifest: what it may call, use, serve, claim and consume. docs/manifests.md explains every key."""

import struct
from dataclasses import dataclass, field

from .. import abi
from ..contract.lexer import ContractError
from ..contracts import Finder, folders_of, missing
from ..toml.reader import Table, read_file
from ..toml.scan import Mark, TomlError
from ..toml.schema import Fields, check_name, fail
from . import devices, restart
from .devices import LOCAL_NAME_MAX
from .faults import Faults

PACKED = struct.Struct("<QQ8I4I4Q12Q")  # struct manifest of kernel/abi/image.h
ANY = 0xFFFFFFFF  # a quota that only the machine limits
NAME_MAX = 31  # characters of a program's, process's or contract's name
SERVES_MAX = 4
USES_MAX = 12

_OWN = ("handle_close", "mem_map", "mem_unmap", "thread_create", "thread_exit", "process_exit", "clock_now", "log_write")
_CLIENT = _OWN + ("ipc_call", "ipc_notify")
_SERVER = _CLIENT + ("ipc_recv", "ipc_reply", "ipc_reply_recv", "port_create", "channel_create", "ipc_peer", "channel_close")
_CHILDREN = ("process_create", "process_stop", "process_status")
PRESETS = {
    "own": _OWN,
    "client": _CLIENT,
    "server": _SERVER,
    "driver": _SERVER + ("irq_ack", "device_map", "device_io", "dma_map", "dma_unmap"),
    "children": _CHILDREN,
    "supervisor": _SERVER + _CHILDREN,
}

@dataclass
class Use:
    contract: str
    optional: bool
    mark: Mark


@dataclass
class Serve:
    contract: str
    clients: tuple  # names of the programs that may call; None: any
    mark: Mark


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
    instructions_reason: str  # why verify.py lets its code be; '' where that has to be as everybody's
    pager: bool
    supervisor: bool
    frames: int
    frames_min: int
    swap: int
    kernel_kib: int
    busy: int
    stack_pages: int
    restart: restart.Restart
    calls_mark: Mark
    served: dict = field(default_factory=dict)  # contract to Serve
    uses: dict = field(default_factory=dict)  # local name to Use
    contracts: dict = field(default_factory=dict)  # others whose channels it holds at run time: name to Mark
    found: dict = field(default_factory=dict)  # name to Contract, of all these
    devices: list = field(default_factory=list)
    parameters: list = field(default_factory=list)

    @property
    def serves(self):
        """The contracts' names, in the manifest's order."""
        return list(self.served)

    def may(self, *calls):
        """Is one of these calls allowed?"""
        return any(self.calls >> abi.calls()[call] & 1 for call in calls)

    def contract_id(self, name):
        """What the kernel compares at the two ends of a channel."""
        return self.found[name].id

    def pack(self):
        """struct manifest, as the kernel reads it."""
        flags = abi.constants("kernel/abi/image.h")
        bits = flags["MANIFEST_PINNED"] * self.pinned
        bits |= flags["MANIFEST_PAGER"] * self.pager | flags["MANIFEST_SUPERVISOR"] * self.supervisor
        serves = [self.contract_id(name) for name in self.serves]
        uses = [self.contract_id(use.contract) for use in self.uses.values()]
        optional = sum(use.optional << index for index, use in enumerate(self.uses.values()))
        quotas = (self.frames, self.frames_min, self.swap, self.kernel_kib, self.busy, self.stack_pages)
        fixed = (self.calls, bits, *quotas, self.priority, 0, len(serves), len(uses), len(self.devices), optional)
        return PACKED.pack(*fixed, *serves, *[0] * (SERVES_MAX - len(serves)), *uses, *[0] * (USES_MAX - len(uses)))


KEYS = ("name", "image", "description", "calls", "priority", "pinned", "pinned_reason", "instructions_reason", "pager", "supervisor",
        "serves", "uses", "contracts", "devices", "parameters", "restart", "quotas")


def read(path, faults=None, finder=None):
    """Reads and checks one manifest. Raises TomlError, or with faults puts all that is wrong there and returns None."""
    faults = Faults(strict=True) if faults is None else faults
    before = len(faults)
    values = {}
    with faults.guard():
        top = Fields(read_file(path), Mark(str(path), 1, 1), keys=KEYS)
        for section in _SECTIONS:
            with faults.guard():
                values |= section(top)
        for error in top.unknown():
            faults.add(error)
    if len(faults) > before:
        return None
    manifest = Manifest(file=str(path), **values)
    with faults.guard():
        _check_quotas(top, manifest)
    _check_calls(manifest, faults)
    _find_contracts(manifest, finder or Finder(), faults)
    return manifest if len(faults) == before else None


def _read_about(top):
    name = top.name("name", NAME_MAX, required=True)
    return {
        "name": name,
        "mark": top.table["name"].mark,
        "image": top.name("image", NAME_MAX) or name,
        "instructions_reason": top.text("instructions_reason"),
    }


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
    return {"calls": mask, "calls_mark": top.table["calls"].mark}


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
    if supervisor and top.table["name"].data != "supervisor":
        fail(top.table["supervisor"], "supervisor", "the kernel looks for the supervisor by its name, which must be 'supervisor'")
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
    entries = list(item.data) if item and isinstance(item.data, list) else [item] if item else []
    served = {}
    for entry in entries:
        serve = _read_serve(entry)
        if serve.contract in served:
            fail(entry, "serves", f"{serve.contract!r} is there twice")
        if len(served) == SERVES_MAX:
            fail(entry, "serves", f"more than {SERVES_MAX} contracts")
        served[serve.contract] = serve
    return {"served": served}


def _read_serve(entry):
    """A contract's name, or { contract = "name", clients = ["program"] }."""
    if isinstance(entry.data, str):
        return Serve(check_name(entry, "serves", NAME_MAX), None, entry.mark)
    if not isinstance(entry.data, Table):
        fail(entry, "serves", 'this should be a contract\'s name, a list of them, or { contract = "name", clients = ["program"] }')
    fields = Fields(entry.data, entry.mark, "serves")
    contract = fields.name("contract", NAME_MAX, required=True)
    clients = None
    if "clients" in entry.data:
        clients = tuple(check_name(item, "serves.clients", NAME_MAX) for item in fields.items("clients", str))
        if not clients:
            fail(entry.data["clients"], "serves.clients", "nobody could call it: name programs, or leave the key out for anybody")
    fields.done()
    return Serve(contract, clients, entry.data["contract"].mark)


def _read_uses(top):
    uses = {}
    for local, item in top.table_items("uses"):
        label = f"uses.{local}"
        check_name(item, label, LOCAL_NAME_MAX, local)
        if isinstance(item.data, Table):
            use = Fields(item.data, item.mark, label)
            uses[local] = Use(use.name("contract", NAME_MAX, required=True), use.flag("optional"), item.data["contract"].mark)
            use.done()
        elif isinstance(item.data, str):
            uses[local] = Use(check_name(item, label, NAME_MAX), False, item.mark)
        else:
            fail(item, label, 'this should be a contract\'s name, or { contract = "name", optional = true }')
        if len(uses) > USES_MAX:
            fail(item, label, f"more than {USES_MAX} channels")
    return {"uses": uses}


def _read_contracts(top):
    names = {}
    for item in top.items("contracts", str):
        if check_name(item, "contracts", NAME_MAX) in names:
            fail(item, "contracts", f"{item.data!r} is there twice")
        names[item.data] = item.mark
    return {"contracts": names}


def _read_parameters(top):
    names = []
    for item in top.items("parameters", str):
        if check_name(item, "parameters", LOCAL_NAME_MAX) in names:
            fail(item, "parameters", f"{item.data!r} is there twice")
        names.append(item.data)
    return {"parameters": names}


def _check_calls(manifest, faults):
    """A program may make the calls without which its channels and devices are of no use to it."""
    def need(condition, why, *calls):
        if condition and not manifest.may(*calls):
            names = " or ".join(calls)
            faults.add(TomlError(manifest.calls_mark, f"calls: {why}, so it must be allowed {names}"), "calls")

    need(manifest.uses, "it uses channels", "ipc_call")
    need(manifest.served, "it serves", "ipc_recv", "ipc_reply_recv")
    need(manifest.served, "it serves", "ipc_reply", "ipc_reply_recv")
    need(any(device.kind == "ports" for device in manifest.devices), "it claims ports", "device_io")
    need(any(device.kind == "pci" for device in manifest.devices), "it claims a PCI device", "device_map")


def _find_contracts(manifest, finder, faults):
    folders = folders_of(manifest.file)
    named = [("serves", serve.contract, serve.mark) for serve in manifest.served.values()]
    named += [(f"uses.{local}", use.contract, use.mark) for local, use in manifest.uses.items()]
    named += [("contracts", name, mark) for name, mark in manifest.contracts.items()]
    for label, name, mark in named:
        try:
            contract = finder.find(name, folders)
        except ContractError as error:
            for place, message in error.problems:
                faults.add(TomlError(place, message), "contracts")
            continue
        if contract is None:
            faults.add(TomlError(mark, f"{label}: {missing(name, folders)}"), "contracts")
        manifest.found[name] = contract


_SECTIONS = (
    _read_about,
    lambda top: {"description": top.text("description", required=True)},
    _read_calls,
    lambda top: {"priority": top.number("priority", 0, 31)},
    _read_serves,
    _read_uses,
    _read_contracts,
    lambda top: {"devices": devices.read(top)},
    _read_parameters,
    _read_role,
    lambda top: {"restart": restart.read(top)},
    _read_quotas,
)
