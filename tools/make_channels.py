#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes a program's channels.h from its manifest: what it was born with, by the manifest's names and with types.

    make_channels.py MANIFEST -o FILE

What must be there has a fixed handle; what may be missing is looked up in the start information and is 0 then.
"""

import argparse
import sys
from pathlib import Path

from signetkit.contract import cgen_text, cgen_types
from signetkit.refusal import Refusal
from signetkit.system import manifest


def c_name(local: str) -> str:
    return local.replace("-", "_")


def constant(index: int) -> str:
    return f"INITIAL_HANDLE({index})"


def getter(kind: str, name: str, value: str) -> list[str]:
    body = f"return ({kind}){{ {value} }};" if kind.startswith("struct") else f"return {value};"
    return cgen_text.function(f"static inline {kind} {name}", [], ["\t" + body])


def getters(read) -> list[list[str]]:
    """In the order of the handles: the port, the channels used, a device and its interrupt for each claim."""
    index, made = 0, []
    if read.serves:
        made.append(["/* Where this process receives. */", *getter("handle_t", "port", constant(index))])
        index += 1
    for local, use in read.uses.items():
        value = f'start_channel("{local}")' if use.optional else constant(index)
        lines = ["/* .handle is 0 if there is none. */"] if use.optional else []
        made.append(lines + getter(cgen_types.channel(use.contract), f"channel_{c_name(local)}", value))
        index += 1
    for device in read.devices:
        made.append(getter("handle_t", f"device_{c_name(device.name)}", constant(index)))
        made.append(getter("handle_t", f"irq_{c_name(device.name)}", constant(index + 1)))
        index += 2
    return made


def make(path: str) -> str:
    read = manifest.read(path)
    contracts = dict.fromkeys(use.contract for use in read.uses.values())
    start = any(use.optional for use in read.uses.values())
    includes = [f'#include "contracts/{name}.h"' for name in contracts] + ['#include "libsys/start.h"' if start else '#include "libsys/system.h"']
    head = [cgen_types.LICENCE, f"/* What {read.name} is born with. Made from its manifest by tools/make_channels.py. */", "#pragma once", *includes]
    return cgen_text.file(head, *getters(read))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("manifest", metavar="MANIFEST")
    parser.add_argument("-o", "--output", required=True, metavar="FILE")
    asked = parser.parse_args()
    output = Path(asked.output)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(make(asked.manifest), encoding="utf-8")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Refusal as refusal:
        sys.exit(str(refusal))
