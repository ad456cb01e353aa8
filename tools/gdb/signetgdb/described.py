# SPDX-License-Identifier: BSD-2-Clause
"""What the project's manifests and system description say of programs that gdb meets: names only, so leniently read."""

import functools
import tomllib
from pathlib import Path

from signetkit import abi

DESCRIPTION = abi.ROOT / "servers/system.toml"


def read(path: Path) -> dict:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # the build says what is wrong with it, not we


@functools.cache
def manifests() -> dict[str, dict]:
    """By the program's name."""
    found = [read(path) for folder in ("servers", "pager") for path in sorted((abi.ROOT / folder).rglob("manifest.toml"))]
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
def contracts() -> set[str]:
    found = {header.stem for header in (abi.ROOT / "libsys/contracts").glob("*.h")}
    for manifest in manifests().values():
        serves = manifest.get("serves", [])
        found.update([serves] if isinstance(serves, str) else serves)
    return found
