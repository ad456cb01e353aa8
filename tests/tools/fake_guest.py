#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Plays a QEMU with a Signet in it, so that the tool is tested without either: $FAKE_GUEST says how it behaves."""

import os
import re
import sys
import time

MODE = os.environ.get("FAKE_GUEST", "ok")
BINARY = bytes(range(256)) * 1000  # more than a pipe or one frame holds


def say(data: bytes) -> None:
    while data:
        data = data[os.write(1, data):]


def frame(kind: bytes, data: bytes) -> None:
    for at in range(0, len(data), 0xFFFF):
        piece = data[at:at + 0xFFFF]
        say(b"\x01" + kind + b"%04x" % len(piece) + piece)


def read_line() -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            sys.exit(0)
        line += byte
    return line


def log(text: str) -> None:
    path = re.search(r"file,id=log,path=(\S+)", " ".join(sys.argv))[1]
    with open(path, "a", encoding="ascii") as file:
        file.write(text + "\r\n")


def obey(command: str) -> None:
    """What the guest's shell would do with a line of commands."""
    frame(b"o", command.encode() + b"\n")
    say(b"\r\nnoise \x01q between frames\r\n")
    if command == "binary":
        frame(b"o", BINARY)
    frame(b"e", b"an error\n")
    if MODE == "traces and dies":
        log("~1 1 did hog:9 8 0")
    if MODE in ("dies", "traces and dies"):
        sys.exit(35)
    if MODE == "hangs":
        time.sleep(60)
    say(b"\x01x003")
    if MODE == "dies late":
        sys.exit(39)
    if MODE == "stays":
        time.sleep(60)
    sys.exit(33)


def shell() -> None:
    while True:
        say(b"signet> ")
        line = read_line().strip()
        if line.startswith(b"\x01"):
            obey(os.read(0, int(line[1:])).decode())
        if line == b"poweroff":
            sys.exit(33)
        say(b"got " + line + b"\r\n")


if MODE == "no cpu":
    print("qemu-system-x86_64: unable to find CPU model 'max'", file=sys.stderr)
    sys.exit(1)
log("signet: line one")
log("signet: last line of the log")
if MODE == "refuses":
    sys.exit(37)
if MODE == "silent":
    time.sleep(60)
say(b"boot noise sign\x01o\r\n")
shell()
