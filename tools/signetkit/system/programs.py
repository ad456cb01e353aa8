# SPDX-License-Identifier: BSD-2-Clause
"""Which programs a system is made of, and where their sources are: in the folder of each one's manifest."""

import os
from pathlib import Path

from ..refusal import Refusal
from . import check
from .description import manifest_path

MANIFEST = "manifest.toml"


def folders(path):
    """Program's name to its folder, of all that a description names. Raises Refusal for what the build could not take."""
    proof = check.prove(path)
    if proof.errors:
        raise Refusal("\n".join(map(str, proof.errors)))
    found = {}
    for entry in proof.system.entries:
        manifest = entry.manifest
        file = Path(manifest.file).resolve()
        kits = Path(manifest_path(f"kit:{manifest.name}", ""))
        if kits.is_file() and kits.resolve() != file:
            raise Refusal(f"{manifest.mark}: name: the kit has a program {manifest.name!r}, too ({kits}): call this one otherwise, or use kit:{manifest.name}")
        if file.name != MANIFEST:
            raise Refusal(f"{file}: a program is built from the folder of its manifest, which has to be called {MANIFEST}")
        if manifest.image != manifest.name:
            raise Refusal(f"{manifest.mark}: image: the build makes {manifest.name}.elf of that folder: leave the key out")
        if ";" in os.fspath(file):
            raise Refusal(f"{file}: CMake takes no path with a semicolon")
        found[manifest.name] = file.parent
    return found
