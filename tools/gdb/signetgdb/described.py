# SPDX-License-Identifier: BSD-2-Clause
"""What the project's manifests and system description say of programs that gdb meets: names only, so leniently read."""

import functools
import tomllib
from pathlib import Path

from signetkit import abi
from signetkit.contract import load, model
from signetkit.refusal import Refusal

DESCRIPTION = abi.ROOT / "servers/system.toml"


def read(path: Path) -> dict:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # the build says what is wrong with it, not we


def manifest_files() -> list[Path]:
    return [path for folder in ("servers", "pager") for path in sorted((abi.ROOT / folder).rglob("manifest.toml"))]


@functools.cache
def manifests() -> dict[str, dict]:
    """By the program's name."""
    found = [read(path) for path in manifest_files()]
    return {manifest["name"]: manifest for manifest in found if "name" in manifest}


@functools.cache
def programs() -> dict[str, str]:
    """The program of each process and kind of the description."""
    description = read(DESCRIPTION)
    entries = [*description.get("process", []), *description.get("kind", [])]
    return {entry["name"]: read(DESCRIPTION.parent / entry["manifest"]).get("name", entry["name"])
            for entry in entries if "name" in entry and "manifest" in entry}


def elf_name(program: str) -> str:
    """Two programs may share an ELF file."""
    return manifests().get(program, {}).get("image", program)


@functools.cache
def contracts() -> dict[int, model.Contract]:
    """By id: the system's and those beside programs. A broken one is the build's to tell."""
    places = [abi.ROOT / "libsys", *(path.parent for path in manifest_files())]
    found = {}
    for path in (path for place in places for path in sorted(place.glob("contracts/*" + load.SUFFIX))):
        try:
            contract = load.load(path)
        except Refusal:
            continue
        found[contract.id] = contract
    return found


def contract(number: int) -> str:
    """Contracts are numbers to the kernel."""
    known = contracts().get(number)
    return known.name if known else f"{number:#x}"


def operation(contract_id: int, number: int) -> str:
    """`read`, or `operation 2` if nobody knows better."""
    known = contracts().get(contract_id)
    names = [one.name for one in known.operations.values() if one.number == number] if known else []
    return names[0] if names else f"operation {number}"
