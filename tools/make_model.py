#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes the Promela model of each chain of calls of a system, to be looked at or run by hand (docs/model.md).

    make_model.py [--system FILE] -o DIR     DIR/NAME-NAME.pml for each chain, and what they include
"""

import argparse
import shutil
import sys
from pathlib import Path

from signetkit import paths
from signetkit.model import model
from signetkit.refusal import Refusal
from signetkit.system import graph


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--system", type=Path, default=paths.REPO / "servers/system.toml", metavar="FILE", help="the system description")
    parser.add_argument("-o", dest="folder", type=Path, required=True, metavar="DIR", help="the folder of the models")
    asked = parser.parse_args()
    try:
        chains = model.chains(graph.read(asked.system))
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1
    asked.folder.mkdir(parents=True, exist_ok=True)
    for name in ("ipc.pml", "programs.pml"):
        shutil.copy(model.HAND_WRITTEN / name, asked.folder)
    for chain in chains:
        file = asked.folder / f"{chain.file_name}.pml"
        file.write_text(model.compose(chain).text, encoding="utf-8")
        print(f"{file}: {chain.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
