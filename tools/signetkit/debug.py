# SPDX-License-Identifier: BSD-2-Clause
"""signet debug: QEMU stopped at its first instruction, gdb attached here, the guest's console on a second terminal.

What gdb knows of Signet (signet ps, channels, pages) is in tools/gdb/signet.py.
"""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

from . import qemu
from .conversation import GuestDied, GuestHung, converse
from .machine import Machine
from .paths import REPO, build_dir, need_file, need_program, shown
from .plain import Problem, say
from .terminal import LEAVE, put, raw_terminal

COMMAND_SECONDS = 24 * 3600.0  # a stopped guest is not a hung one


def console_socket() -> Path:
    return build_dir() / "debug-console.sock"


def debug(hardware: qemu.Hardware, swap_mib: int, command: str | None, gdb_words: list[str]) -> int:
    kernel = need_file(build_dir() / "signet.elf", "the kernel", "run `tools/signet build`")
    gdb = need_program("gdb")
    link = build_dir() / "gdb.sock"
    link.unlink(missing_ok=True)
    stopped = ("-S", "-chardev", f"socket,id=gdb,path={qemu.escaped(link)},server=on,wait=off", "-gdb", "chardev:gdb")
    with Machine(replace(hardware, extra=hardware.extra + stopped), swap_mib) as machine:
        await_socket(machine, link)
        say(f"the kernel's log is in {machine.log_path}")
        if command is None:
            say("the guest's console: `tools/signet attach` in another terminal")
        talk = (lambda: give_command(machine, command)) if command is not None else (lambda: relay(machine))
        threading.Thread(target=talk, daemon=True).start()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for gdb, which stops the guest
        script = REPO / "tools/gdb/signet.py"
        words = ["-q", str(kernel), "-ex", f"target remote {link}", *(["-x", str(script)] if script.exists() else [])]
        status = subprocess.run([gdb, *words, *gdb_words], check=False).returncode
    console_socket().unlink(missing_ok=True)
    link.unlink(missing_ok=True)
    return status


def await_socket(machine: Machine, link: Path) -> None:
    while not link.exists():
        if machine.process.poll() is not None:
            raise Problem(machine.why_it_ended())
        time.sleep(0.02)


def give_command(machine: Machine, command: str) -> None:
    """The guest's output stands between gdb's. Closing gdb closes the machine under us, which is no error."""
    try:
        status = converse(machine, os.fsencode(command), COMMAND_SECONDS, put, put)
        say(f"the guest's commands ended with status {status}")
    except (GuestHung, GuestDied) as ended:
        say(str(ended))
    except (OSError, ValueError):
        pass


def relay(machine: Machine) -> None:
    """Joins the console to whoever attaches, one at a time. What nobody sees is kept for the next, to a limit."""
    console_socket().unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(console_socket()))
    listener.listen()
    waiting = b""
    peer: socket.socket | None = None
    try:
        while True:
            ready = select.select([machine.console, peer or listener], [], [])[0]
            if machine.console in ready:
                data = machine.read(0)
                if data is None:
                    return
                waiting = (waiting + data)[-65536:]
            if peer and peer in ready:
                keys = peer.recv(4096)
                if keys:
                    machine.write(keys)
                else:
                    peer = None
            elif listener in ready:
                peer = listener.accept()[0]
            if peer and waiting:
                peer.sendall(waiting)
                waiting = b""
    except (OSError, ValueError):
        pass  # the machine was stopped under us, or the peer left


def attach() -> int:
    """This terminal becomes the console of the guest that `signet debug` runs in another."""
    link = socket.socket(socket.AF_UNIX)
    try:
        link.connect(str(console_socket()))
    except OSError as error:
        raise Problem(f"no `signet debug` is running here ({shown(console_socket())}: {error.strerror})") from error
    say("attached; Ctrl-] leaves")
    fd = sys.stdin.fileno()
    with raw_terminal(fd):
        while True:
            ready = select.select([link, fd], [], [])[0]
            if link in ready:
                data = link.recv(65536)
                if not data:
                    return 0
                put(data)
            if fd in ready:
                keys = os.read(fd, 4096)
                if not keys or LEAVE in keys:
                    return 0
                link.sendall(keys)
