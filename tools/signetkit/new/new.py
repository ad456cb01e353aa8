# SPDX-License-Identifier: BSD-2-Clause
"""signet new: a project outside the kit, and servers and drivers in it (or in the kit itself).

The skeletons are the files of tools/templates: a server called `example` that works as it stands, and a driver of that name. A new
one is a copy with the name replaced. All is looked at before anything is written, and what is there is never overwritten.
"""

import shlex
import subprocess
import tomllib
from pathlib import Path

from .. import files
from ..paths import REPO, find_program, shown
from ..plain import Problem
from ..system import check
from . import names as new_names
from .place import DESCRIPTION, Place, find_place, project

TEMPLATES = REPO / "tools/templates"
FIRST_SERVER = "hello"
SPDX = "SPDX-License-Identifier"


def new_project(folder: Path) -> int:
    _check_folder(folder)
    place = project(folder)
    made = {folder / path.name: _fill(path, FIRST_SERVER, place) for path in sorted((TEMPLATES / "project").iterdir())}
    made |= _skeleton("server", FIRST_SERVER, place)
    made[place.description] += "\n" + _entries("server", FIRST_SERVER, "console", place)
    _write_new(made)
    print(f"{shown(folder)} is a project: its README.md says what is what. Now:\n\n    cd {shlex.quote(str(folder))}")
    _print_steps(DESCRIPTION, FIRST_SERVER, " world")
    return 0


def new_program(kind: str, name: str, folder: Path | None) -> int:
    """kind: server or driver. The exit status: 1 if the system does not hold with it."""
    place = find_place(folder)
    system = new_names.check_system(place.description)
    new_names.check_name(name, system)
    if kind == "driver":
        new_names.check_device(TEMPLATES / kind / "example/manifest.toml", system)
    made = _skeleton(kind, name, place)
    new_names.check_contract(name, made[place.contracts / f"{name}.contract"])
    entries = _entries(kind, name, new_names.console_of(system, place.description), place)
    before = files.read_bytes(place.description)
    after = _appended(before, entries)
    _write_new(made)
    if after:
        mode = place.description.stat().st_mode
        files.write_bytes(place.description.resolve(), after)
        place.description.chmod(mode)
    return _tell(kind, name, place, sorted(made), "" if after else entries)


def _check_folder(folder: Path) -> None:
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise Problem(f"{folder} is not empty, and nothing there is to be lost: name a folder that is new")
    except OSError as error:
        raise Problem(f"{folder}: {error.strerror}") from error
    if folder.exists() and not folder.is_dir():
        raise Problem(f"{folder} is a file: name a folder that is new")
    if folder.resolve().is_relative_to(REPO):
        raise Problem(f"{folder} is in the kit's own folder: a project lies outside of {REPO}")
    if ";" in str(folder.resolve()):
        raise Problem(f"{folder}: the build takes no path with a semicolon")


def _skeleton(kind: str, name: str, place: Place) -> dict[Path, str]:
    """Where each file of a skeleton goes, and its text."""
    top = TEMPLATES / kind
    homes = {"contracts": place.contracts, "tests": place.tests}
    made = {}
    for path in sorted(top.rglob("*.*")):
        first, *rest = path.relative_to(top).parts
        if rest and "__pycache__" not in rest:
            home = homes.get(first, place.programs / _named(first, name))
            made[home.joinpath(*(_named(part, name) for part in rest))] = _fill(path, name, place)
    return made


def _named(text: str, name: str) -> str:
    return text.replace("example", name).replace("EXAMPLE", name.upper())


def _fill(template: Path, name: str, place: Place) -> str:
    """A template's text with the name in it. In a project the licence of the code is whoever's who writes it."""
    text = _named(template.read_text(encoding="utf-8"), name)
    first, _, rest = text.partition("\n")
    if SPDX in first and not place.is_kit:
        text = rest
    if template.suffix == ".md":
        return text.replace("tools/signet", _tool()).replace(" docs/", f" {REPO}/docs/")
    return _formatted(text) if template.suffix == ".c" else text


def _formatted(text: str) -> str:
    """Longer names move C's columns. Without clang-format they stay as they are."""
    program = find_program("clang-format")
    if program is None:
        return text
    done = subprocess.run([program, f"--style=file:{REPO}/.clang-format"], input=text, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else text


def _entries(kind: str, name: str, console: str, place: Place) -> str:
    """What a description says of the two programs."""
    text = _fill(TEMPLATES / kind / "entries.toml", name, place).replace('console = "console"', f'console = "{console}"')
    return text.partition("\n")[2] if place.is_kit else text


def _appended(before: bytes, entries: str) -> bytes | None:
    """A description with more at its end; None if that would be another description than the two together."""
    end = b"\r\n" if b"\r\n" in before else b"\n"
    after = before + (b"" if before.endswith(b"\n") else end) + end + entries.encode().replace(b"\n", end)
    try:
        wanted, more = tomllib.loads(before.decode()), tomllib.loads(entries)
        for key, tables in more.items():
            wanted[key] = wanted.get(key, []) + tables
        return after if tomllib.loads(after.decode()) == wanted else None
    except (tomllib.TOMLDecodeError, TypeError):
        return None


def _write_new(texts: dict[Path, str]) -> None:
    """Writes files that are not there. If one cannot be written, none is left."""
    for path in texts:
        if path.exists() or path.is_symlink():
            raise Problem(f"{shown(path)} is there already, and nothing is overwritten")
    made: list[Path] = []
    try:
        for path, text in texts.items():
            made += _make_folders(path.parent)
            with open(path, "x", encoding="utf-8") as file:
                made.append(path)
                file.write(text)
    except OSError as error:
        for path in reversed(made):
            path.rmdir() if path.is_dir() else path.unlink()
        raise Problem(f"{shown(path)} cannot be written: {error.strerror}; nothing was made") from error


def _make_folders(folder: Path) -> list[Path]:
    """Makes a folder and those above it. Returns those that were not there."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _tell(kind: str, name: str, place: Place, made: list[Path], entries: str) -> int:
    for path in made:
        print(f"{shown(path)} is new")
    description = shown(place.description)
    if entries:
        print(f"\n{description} is left as it is: nothing can safely be added at its end. What it still needs:\n\n{entries}")
        return 0
    print(f"{description} has it, at the end")
    errors = check.prove(place.description).errors
    if errors:
        raise Problem("\n".join([f"{description} does not hold any more:", *map(str, errors)]))
    print("\nNow:\n")
    _print_steps(None if place.is_kit else description, name, " world" if kind == "server" else "")
    if place.is_kit:
        print("    tools/make_contract.py libsys/contracts/*.contract --docs docs/contracts\n    tools/signet graph -o docs/system.svg")
    return 0


def _print_steps(description: str | None, name: str, argument: str) -> None:
    """Commands to go on with. None: of the kit's own system."""
    system = f" {shlex.quote(description)}" if description else ""
    option = f" --system{system}" if system else ""
    for words in (f"check{system}", f"run{option} -c '{name}-ask{argument}'", f"test{option} {name}"):
        print(f"    {_tool()} {words}")


def _tool() -> str:
    """This tool, as a shell takes it anywhere."""
    return shlex.quote(str(REPO / "tools/signet"))
