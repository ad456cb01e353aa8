#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Plays a QEMU whose guest measures itself: prints a file to the first serial port, and ends as $FAKE_END says,
or for one mode $FAKE_END_MODE.

$FAKE_BENCH is a folder: the file of the mode (icount, events, tcg, kvm) if there is one, else `all`; in place of a file NAME, the
n-th run takes NAME.n if there is one.
"""

import os
import re
import sys
import time
from pathlib import Path

FOLDER = Path(os.environ["FAKE_BENCH"])
ENDLESS = b"x" * (1 << 16)


def mode(words: str) -> str:
    if "signet-bench.elf" in words:
        return "events"
    return "icount" if "-icount" in words else "kvm" if "-accel kvm" in words else "tcg"


def chosen(name: str) -> Path:
    count = len(list(FOLDER.glob("ran.*"))) + 1
    (FOLDER / f"ran.{count}").write_text(" ".join(sys.argv[1:]))
    for path in (FOLDER / f"{name}.{count}", FOLDER / name, FOLDER / f"all.{count}"):
        if path.exists():
            return path
    return FOLDER / "all"


def ending(name: str) -> str:
    return os.environ.get(f"FAKE_END_{name.upper()}", os.environ.get("FAKE_END", "33"))


if sys.argv[1:] == ["--version"]:
    print("QEMU emulator version 7.2.22 (a fake)")
    sys.exit(0)
line = " ".join(sys.argv)
port = re.search(r"file,id=log,path=(\S+)", line)[1]
with open(port, "ab", buffering=0) as file:
    file.write(chosen(mode(line)).read_bytes())
    END = ending(mode(line))
    while END == "endless":
        file.write(ENDLESS)
if END == "hangs":
    time.sleep(60)
sys.exit(int(END))
