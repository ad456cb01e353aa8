# SPDX-License-Identifier: BSD-2-Clause
"""Finds what `signet verify PROGRAM` means: a file, or a program of the build with all that is known of it."""

import json
from pathlib import Path

from .. import abi, contracts, files
from ..paths import REPO, build_dir, shown
from ..plain import Problem
from ..refusal import Refusal
from ..system import manifest as manifests
from . import verify, report as verify_report

_MANIFESTS = ("servers/{}/manifest.toml", "{}/manifest.toml", "pager/{}/manifest.toml", "tests/**/{}/manifest.toml")


def run(word, manifest_file=None):
    """Returns the report's text, its JSON and whether the program is good. What is not even well formed is refused in both."""
    manifest = manifests.read(manifest_file) if manifest_file else None
    try:
        report = verify.verify(_open(word, manifest))
    except Refusal as refusal:
        facts = {"file": word, "refusals": [str(refusal)], "verified": False}
        return f"{word}\nrefused: {refusal}\n", json.dumps(facts, indent=1) + "\n", False
    return verify_report.text(report), verify_report.as_json(report), not report.refusals


def _open(word, manifest):
    if contracts.NAME.fullmatch(word) and not Path(word).is_file():
        return _of_build(word, manifest)
    data = _read(Path(word))
    if data.startswith(b"\x7fELF"):
        return verify.of_elf(data, word, manifest)
    if data.startswith(abi.constants("kernel/abi/image.h")["IMAGE_MAGIC"].to_bytes(8, "little")):
        return verify.of_image(data, word, manifest)
    raise Refusal(f"{word}: neither an ELF file nor a sealed image")


def _read(path):
    """A file that cannot be read says nothing about a program, so this is no verdict."""
    try:
        return files.read_bytes(path)
    except Refusal as refusal:
        raise Problem(str(refusal)) from None


def _of_build(name, manifest):
    """Image, ELF file and manifest of a program of the build; they have to belong together."""
    build = build_dir()
    image = build / f"images/{name}.img"
    if not image.is_file():
        known = " ".join(sorted(path.stem for path in image.parent.glob("*.img"))) or "none: `tools/signet build` makes them"
        raise Problem(f"there is no file and no program {name}; the programs of {shown(build)} are {known}")
    if manifest is None:
        path = next((path for pattern in _MANIFESTS for path in sorted(REPO.glob(pattern.format(name)))), None)
        if path is None:
            raise Problem(f"{name}: there is no folder {name} with its manifest in {shown(REPO)}: name the manifest with --manifest")
        manifest = manifests.read(shown(path))
    program = build / f"programs/{manifest.image}.elf"
    return verify.of_pair(_read(program), shown(program), _read(image), shown(image), manifest)
