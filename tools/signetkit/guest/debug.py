# SPDX-License-Identifier: BSD-2-Clause
"""signet debug: QEMU stopped at its first instruction, gdb attached here, the guest's console on a second terminal.

What gdb knows of Signet (signet ps, channels, pages and more) is in tools/gdb/.
"""

import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

from ..paths import REPO, build_dir, need_file, need_program, shown
from ..plain import Problem, say
from . import qemu
from .conversation import GuestDied, GuestHung, converse
from .machine import Machine
from .terminal import LEAVE, put, raw_terminal

COMMAND_SECONDS = 24 * 3600.0  # a stopped guest is not a hung one


def console_socket() -> Path:
    return build_dir() / "debug-console.sock"


def server_flags(link: Path) -> tuple[str, ...]:
    """For QEMU: its gdb server at this socket. With -S too it also waits there."""
    return ("-chardev", f"socket,id=gdb,path={qemu.escaped(link)},server=on,wait=off", "-gdb", "chardev:gdb")


def gdb_command(kernel: Path, link: Path) -> list[str]:
    """A gdb that knows Signet, attached. The commands come first, so that they see the first stop; paths of sources are the project's."""
    return [need_program("gdb"), "-q", "-d", str(REPO), str(kernel), "-iex", "set debuginfod enabled off",
            "-x", str(REPO / "tools/gdb/signet.py"), "-ex", f"target remote {link}"]


def debug(hardware: qemu.Hardware, swap_mib: int, command: str | None, gdb_words: list[str], batch: bool = False) -> int:
    kernel = need_file(build_dir() / "signet.elf", "the kernel", "run `tools/signet build`")
    with tempfile.TemporaryDirectory(prefix="signet-gdb-") as folder:
        link = Path(folder) / "gdb.sock"
        words = gdb_command(kernel, link) + (["-nx", "-batch"] if batch else []) + gdb_words
        with Machine(replace(hardware, extra=("-S", *server_flags(link), *hardware.extra)), swap_mib) as machine:
            await_socket(machine, link)
            talk(machine, command, batch)
            signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is for gdb, which stops the guest
            status = subprocess.run(words, check=False).returncode
    if command is None and not batch:
        console_socket().unlink(missing_ok=True)
    return status


def talk(machine: Machine, command: str | None, batch: bool) -> None:
    """Somebody has to take what the guest writes, or it would wait."""
    if command is not None:
        partner = (give_command, machine, command)
    elif batch:
        partner = (machine.wait, COMMAND_SECONDS)
    else:
        say(f"the kernel's log is in {machine.log_path}")
        say("the guest's console: `tools/signet attach` in another terminal")
        partner = (relay, machine, open_console())
    threading.Thread(target=quietly, args=partner, daemon=True).start()


def quietly(function, *arguments) -> None:
    """Closing gdb closes the machine under us, which is no error."""
    try:
        function(*arguments)
    except (OSError, ValueError):
        pass


def await_socket(machine: Machine, link: Path) -> None:
    while not link.exists():
        if machine.process.poll() is not None:
            raise Problem(machine.why_it_ended())
        time.sleep(0.02)


def give_command(machine: Machine, command: str) -> None:
    """The guest's output stands between gdb's."""
    try:
        status = converse(machine, os.fsencode(command), COMMAND_SECONDS, put, put)
        say(f"the guest's commands ended with status {status}")
    except (GuestHung, GuestDied) as ended:
        say(str(ended))


def open_console() -> socket.socket:
    console_socket().unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(str(console_socket()))
    except OSError as error:
        raise Problem(f"no console for `tools/signet attach`: {console_socket()}: {error.strerror or error}") from error
    listener.listen()
    return listener


def relay(machine: Machine, listener: socket.socket) -> None:
    """Joins the console to whoever attaches, one at a time. What nobody sees is kept for the next, to a limit."""
    waiting = b""
    peer: socket.socket | None = None
    while True:
        ready = select.select([machine.console, peer or listener], [], [])[0]
        if machine.console in ready:
            data = machine.read(0)
            if data is None:
                return
            waiting = (waiting + data)[-65536:]
        if peer and peer in ready:
            keys = keys_of(peer)
            if keys:
                machine.write(keys)
            else:
                peer = None
        elif listener in ready:
            peer = listener.accept()[0]
        if peer and waiting:
            try:
                peer.sendall(waiting)
                waiting = b""
            except OSError:
                peer = None


def keys_of(peer: socket.socket) -> bytes:
    """b"" when it has left."""
    try:
        return peer.recv(4096)
    except OSError:
        return b""


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
