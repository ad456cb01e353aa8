#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Checks contracts, and makes of them the C of both sides and the reference pages.

    make_contract.py FILE... --check              are they contracts? one line each, or what is wrong
    make_contract.py FILE... -o DIR               NAME.h, NAME_client.c, NAME_server.h, NAME_server.c
    make_contract.py FILE... --docs DIR           NAME.md, NAME.svg and README.md, the index
    make_contract.py FILE... --docs DIR --check   are those what the contracts say now? (needs no Graphviz)
"""

import argparse
import os
import sys
from pathlib import Path

from signetkit import picture
from signetkit.contract import diagram, load, page
from signetkit.plain import Problem
from signetkit.refusal import Refusal

ROOT = Path(__file__).resolve().parents[1]


def read(files: list[str], folders: list[str]) -> list:
    """All contracts; if any is wrong, everything that is wrong with all of them."""
    contracts, problems = [], []
    for file in files:
        try:
            contracts.append(load.load(file, tuple(folders)))
        except Refusal as refusal:
            problems.append(str(refusal))
    if problems:
        raise Refusal("\n".join(problems))
    return contracts


def summary(contract) -> str:
    return (f"{contract.file}: ok: contract {contract.name}, id {contract.id:#018x}, "
            f"{len(contract.operations)} operations, {len(contract.states)} states")


def shown(file: str) -> str:
    """How a page names the contract's file or its folder: from the root of the checkout, if it is in it."""
    path = Path(file).resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else Path(file).name


def pages_of(files: list[str], contracts: list) -> dict[str, str]:
    """File name to text; for a picture, the graph that it shows."""
    made = {"README.md": page.index(contracts, shown(os.path.dirname(files[0]) or "."))}
    for file, contract in zip(files, contracts, strict=True):
        made[f"{contract.name}.md"] = page.page(contract, shown(file))
        made[f"{contract.name}.svg"] = diagram.graph(contract)
    return made


def is_current(name: str, wanted: str, path: Path) -> bool:
    if not path.is_file():
        return False
    text = path.read_text(encoding="utf-8")
    return picture.is_current(wanted, text) if name.endswith(".svg") else text == wanted


def check_pages(made: dict[str, str], folder: Path) -> None:
    stale = [f"{folder / name}:1: not what the contracts say now: run tools/make_contract.py --docs"
             for name, wanted in made.items() if not is_current(name, wanted, folder / name)]
    there = sorted(os.listdir(folder)) if folder.is_dir() else []
    stale += [f"{folder / name}:1: there is no such contract" for name in there if name not in made]
    if stale:
        raise Refusal("\n".join(stale))


def write_pages(made: dict[str, str], folder: Path) -> None:
    """A picture that is current stays: another Graphviz would draw it a little differently."""
    for name, wanted in made.items():
        if name.endswith(".svg"):
            if not is_current(name, wanted, folder / name):
                write(folder / name, picture.draw(wanted))
        else:
            write(folder / name, wanted)


def write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refusal(f"{path}: cannot be written: {error.strerror}") from None


def write_c(contract, folder: Path) -> None:
    from signetkit.contract import cgen  # nothing else here needs it

    for name, text in cgen.generate(contract).items():
        write(folder / name, text)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", metavar="FILE", nargs="+", help="NAME.contract")
    parser.add_argument("-I", dest="folders", metavar="DIR", action="append", default=[], help="look for other contracts here, too")
    parser.add_argument("-o", dest="output", metavar="DIR", help="where the C goes")
    parser.add_argument("--docs", metavar="DIR", help="where the reference pages go")
    parser.add_argument("--check", action="store_true", help="check only; with --docs: are the pages up to date?")
    asked = parser.parse_args()
    if asked.check and asked.output:
        parser.error("--check writes nothing: leave out -o")
    if not (asked.check or asked.output or asked.docs):
        parser.error("what is to be made? say --check, -o DIR or --docs DIR")
    return asked


def main() -> int:
    asked = parse_arguments()
    contracts = read(asked.files, asked.folders)
    if asked.docs:
        (check_pages if asked.check else write_pages)(pages_of(asked.files, contracts), Path(asked.docs))
    elif asked.check:
        print("\n".join(summary(contract) for contract in contracts))
    if asked.output:
        for contract in contracts:
            write_c(contract, Path(asked.output))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Problem, Refusal) as refusal:
        sys.exit(str(refusal))
