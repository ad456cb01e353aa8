# SPDX-License-Identifier: BSD-2-Clause
"""What the project's manifests and system description say of programs that gdb meets: names only, so leniently read."""

import functools
import tomllib
from pathlib import Path

from signetkit import abi
from signetkit.contract import load
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
def contracts() -> dict[int, str]:
    """Id to name, of the system's contracts and of those beside programs. A broken one is the build's to tell."""
    places = [abi.ROOT / "libsys", *(path.parent for path in manifest_files())]
    found = {}
    for path in (path for place in places for path in sorted(place.glob("contracts/*" + load.SUFFIX))):
        try:
            found[load.load(path).id] = path.stem
        except Refusal:
            continue
    return found
