# SPDX-License-Identifier: BSD-2-Clause
"""Where `signet new` puts what it makes: in the project of a folder, or in the kit itself."""

from dataclasses import dataclass
from pathlib import Path

from ..paths import DEFAULT_SYSTEM, REPO, shown
from ..plain import Problem

DESCRIPTION = "system.toml"


@dataclass(frozen=True)
class Place:
    description: Path
    programs: Path  # the folder of the programs' folders
    contracts: Path
    tests: Path
    is_kit: bool


KIT = Place(DEFAULT_SYSTEM, DEFAULT_SYSTEM.parent, REPO / "libsys/contracts", REPO / "tests/system", True)


def project(folder: Path) -> Place:
    return Place(folder / DESCRIPTION, folder, folder / "contracts", folder / "tests", False)


def find_place(folder: Path | None) -> Place:
    """The project that a folder is in, or the kit; without a folder: of the current one."""
    start = (folder or Path.cwd()).resolve()
    if not start.is_dir():
        raise Problem(f"there is no folder {folder}")
    for place in (start, *start.parents):
        if place == REPO or place == DEFAULT_SYSTEM.parent:
            return KIT
        if (place / DESCRIPTION).is_file():
            return project(place)
    hint = "`signet new project DIR` makes a project, --in DIR names one"
    raise Problem(f"there is no {DESCRIPTION} in {shown(start)}, nor above it: {hint}")
