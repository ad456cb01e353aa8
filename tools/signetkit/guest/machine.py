# SPDX-License-Identifier: BSD-2-Clause
"""One running QEMU: started, talked to, waited for, and always cleaned up after.

COM2 is one end of a socket pair that QEMU has as its standard input and output, so no byte of it is ever lost; COM1 goes
to a file. Both, and the swap disk, live in a temporary folder that is gone when the machine is stopped.
"""

import os
import select
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from ..paths import build_dir, find_program
from ..plain import Problem, read_log, TOOL_FAILED
from . import qemu

STOP_SECONDS = 5.0


class Machine:
    """Use as a context manager: leaving it kills QEMU and removes the temporary files."""

    def __init__(self, hardware: qemu.Hardware, swap_mib: int = 0):
        self.folder = Path(tempfile.mkdtemp(prefix="signet-"))
        self.log_path = self.folder / "serial.log"
        self.stderr_path = self.folder / "qemu.stderr"
        try:
            self.log_path.touch()
            if swap_mib and not hardware.swap:
                hardware = replace(hardware, swap=make_sparse(self.folder / "swap.img", swap_mib))
            self.hardware = hardware
            self.launch()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def launch(self) -> None:
        self.console, theirs = socket.socketpair()
        self.console.setblocking(False)
        command = qemu.command_line(self.hardware, self.log_path)
        if not find_program(command[0]):
            raise Problem(f"{command[0]} is not installed: run `tools/signet setup`", TOOL_FAILED)
        with theirs, open(self.stderr_path, "wb") as stderr:
            self.process = subprocess.Popen(guarded(command), stdin=theirs, stdout=theirs, stderr=stderr, process_group=0)

    def __enter__(self) -> "Machine":
        return self

    def __exit__(self, *_ignored) -> None:
        self.stop()

    def read(self, seconds: float) -> bytes | None:
        """What the guest wrote to its console, waiting at most so long: b'' for nothing yet, None for never again."""
        if not select.select([self.console], [], [], max(0.0, seconds))[0]:
            return b""
        try:
            return self.console.recv(65536) or None
        except ConnectionResetError:
            return None

    def write(self, data: bytes) -> bytes:
        """Gives the console as much as it takes at once and returns the rest."""
        try:
            return data[self.console.send(data):]
        except BlockingIOError:
            return data
        except (BrokenPipeError, ConnectionResetError):
            return b""  # it ended; its status will tell

    def wait(self, seconds: float) -> int | None:
        """QEMU's exit status, or None if it still runs after so long. Its console is read on, lest it wait for us."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < deadline:
            if self.read(min(0.02, deadline - time.monotonic())) is None:
                try:
                    self.process.wait(max(0.0, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    break
        return self.status()

    def status(self) -> int | None:
        """How it ended, as QEMU's exit status (qemu.ENDINGS); None: it has not."""
        return self.process.poll()

    def log(self) -> str:
        return read_log(self.log_path).replace("\r\n", "\n")

    def keep_log(self) -> Path:
        """Saves the serial log from the clean-up and says where it is."""
        kept = build_dir() / "logs" / f"serial-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.log_path, kept)
        except OSError:
            kept = Path(tempfile.mkdtemp(prefix="signet-log-")) / "serial.log"
            shutil.copyfile(self.log_path, kept)
        return kept

    def why_it_ended(self) -> str:
        """One sentence about a QEMU that has ended by itself."""
        status = self.process.poll()
        complaint = read_log(self.stderr_path)
        if status == 1 and complaint.strip():
            return qemu.explain_stderr(complaint, self.hardware)
        return qemu.describe_ending(status if status is not None else 0)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(STOP_SECONDS)
        self.console.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def guarded(command: list[str]) -> list[str]:
    """Whatever kills us, even SIGKILL, must not leave a machine behind."""
    setpriv = find_program("setpriv")
    return [setpriv, "--pdeathsig", "KILL", *command] if setpriv else command


def make_sparse(path: Path, mib: int) -> Path:
    """A file of that size that takes no room until it is written."""
    with open(path, "wb") as file:
        file.truncate(mib << 20)
    return path
