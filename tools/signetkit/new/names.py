# SPDX-License-Identifier: BSD-2-Clause
"""May a new server have this name, in this system? What is looked at before `signet new` writes anything."""

import re
from pathlib import Path

from ..contract import load
from ..paths import REPO, shown
from ..plain import Problem
from ..system import check, description, manifest

ASK = "-ask"  # the client's name ends with it
NAME = re.compile(r"[a-z][a-z0-9_]*")
NAME_MAX = manifest.NAME_MAX - len(ASK)
RESERVED = ("contracts", "tests", "docs", "build", description.PARENT)


def check_system(path: Path) -> description.System:
    """The system as it is now, which has to hold: nobody could tell old faults from new ones."""
    proof = check.prove(path)
    if proof.errors:
        raise Problem("\n".join([f"{shown(path)} does not hold as it is, mend that first:", *map(str, proof.errors)]))
    return proof.system


def check_name(name: str, system: description.System) -> None:
    if not NAME.fullmatch(name):
        fixed = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_0123456789")
        hint = f" (such as {fixed!r})" if NAME.fullmatch(fixed) else ""
        raise Problem(f"{name!r} is no name: one is of a-z, 0-9 and _, and begins with a letter, so that C takes it, too{hint}")
    if len(name) > NAME_MAX:
        raise Problem(f"{name!r} has {len(name)} characters, {NAME_MAX} at most: its client's name ends with {ASK}")
    if name in RESERVED:
        raise Problem(f"{name!r} means something else in a system or its folder: call it otherwise")
    kits = Path(description.manifest_path(f"kit:{name}", ""))
    if kits.is_file():
        raise Problem(f"the kit has a program {name!r} already ({shown(kits)}): call it otherwise")
    if (REPO / f"libsys/contracts/{name}.contract").is_file():
        raise Problem(f"the kit has a contract {name!r} already (libsys/contracts/{name}.contract): call it otherwise")
    for taken in (name, name + ASK):
        for entry in system.entries:
            if taken in (entry.name, entry.manifest.name):
                raise Problem(f"{entry.mark}: there is a {entry.key} {taken!r} already")


def check_contract(name: str, text: str) -> None:
    """The language has words of its own, C has, and libsys has functions."""
    load.parse(text, f"{name}.contract")


def console_of(system: description.System, path: Path) -> str:
    """The process that the client's words go to."""
    found = next((entry.name for entry in system.processes if "console" in entry.manifest.serves), None)
    if found is None:
        raise Problem(f"{shown(path)} has no process that serves `console`, where the new client could write to")
    return found


def check_device(template: Path, system: description.System) -> None:
    """Two processes of a system cannot have one device."""
    wanted = manifest.read(template).devices[0]
    for entry in system.entries:
        for device in entry.manifest.devices:
            if (device.kind, device.vendor, device.device) == (wanted.kind, wanted.vendor, wanted.device):
                raise Problem(f"{device.mark}: {entry.name!r} claims PCI device {wanted.vendor:04x}:{wanted.device:04x}, which the skeleton"
                              " of a driver claims, too: change the claim of that one first")
