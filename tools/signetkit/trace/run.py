# SPDX-License-Identifier: BSD-2-Clause
"""signet run --trace: the kernel with trace points, built and booted, and its records told as they come."""

import os
import sys
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Callable, Iterator

from ..guest import qemu
from ..paths import DEFAULT_SYSTEM, REPO, build_dir, need_file
from ..plain import TOOL_FAILED, Problem, run_shown, say
from ..setup import build
from .trace import Trace

KERNEL = "signet-trace.elf"
TARGET = "signet_trace"
PAUSE_SECONDS = 0.05
READ_BYTES = 1 << 18


@dataclass(frozen=True)
class Tracing:
    """What was asked for."""

    categories: tuple[str, ...]
    file: Path | None = None  # where the lines go instead of stderr
    folders: tuple[str, ...] = ()  # of contracts beside the kit's


def contract_folders(system: Path | None) -> tuple[str, ...]:
    """Where the programs of a system have contracts of their own."""
    from .. import contracts
    from ..system import programs
    places = [place for folder in programs.folders(system or DEFAULT_SYSTEM).values() for place in contracts.folders_of(folder / programs.MANIFEST)]
    return tuple(dict.fromkeys(places))


def traced(hardware: qemu.Hardware, asked: Tracing) -> qemu.Hardware:
    """The same machine with the traced kernel, which is built first if need be, and told what to write."""
    folder = hardware.build or build_dir()
    build.build_target(folder, TARGET)
    words = f"trace={','.join(asked.categories)}"
    kernel = need_file(folder / KERNEL, "the kernel with trace points", "run `tools/signet build`")
    if hardware.iso:
        return replace(hardware, iso_file=make_iso(folder, kernel, words))
    return replace(hardware, kernel=kernel, append=f"{hardware.append} {words}".strip())


def make_iso(folder: Path, kernel: Path, words: str) -> Path:
    """An ISO whose GRUB passes these words on. It takes its place whole: others may use it, or make the same."""
    image = need_file(folder / "system.img", "the system image", "run `tools/signet build`")
    iso = folder / f"signet-{words.replace('=', '-').replace(',', '-')}.iso"
    if iso.is_file() and iso.stat().st_mtime > max(kernel.stat().st_mtime, image.stat().st_mtime):
        return iso
    say(f"making {iso.name}")
    with tempfile.TemporaryDirectory(prefix="iso-", dir=folder) as place:
        made = Path(place) / iso.name
        run_shown([sys.executable, "-B", REPO / "tools/make_iso.py", "--kernel", kernel, "--image", image, "--append", words, "-o", made],
                  "make the ISO")
        os.replace(made, iso)
    return iso


@contextmanager
def follow(log: Path, asked: Tracing) -> Iterator[None]:
    """While this lasts, the records in a machine's log are told; at its end, those that are there by then."""
    with open_output(asked.file) as write:
        follower = Follower(log, Trace(asked.folders), write)
        thread = threading.Thread(target=follower.run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            follower.stop.set()
            thread.join()


@contextmanager
def open_output(file: Path | None) -> Iterator[Callable[[list[str]], None]]:
    """Takes lines: for a file as they are, for stderr with a mark, so that they can be told from all else there."""
    if file is None:
        yield lambda lines: put(sys.stderr.buffer, "".join(f"trace: {line}\n" for line in lines))
        return
    try:
        output = open(file, "wb")
    except OSError as error:
        raise Problem(f"cannot write the trace to {file}: {error.strerror}", TOOL_FAILED) from error
    with output:
        yield lambda lines: put(output, "".join(f"{line}\n" for line in lines))


def put(stream: BinaryIO, text: str) -> None:
    stream.write(text.encode("utf-8", "backslashreplace"))
    stream.flush()


class Follower:
    """Reads a log that grows."""

    def __init__(self, path: Path, trace: Trace, write: Callable[[list[str]], None]):
        self.path, self.trace, self.write = path, trace, write
        self.stop = threading.Event()

    def run(self) -> None:
        try:
            with open(self.path, "rb") as log:
                while not self.stop.wait(PAUSE_SECONDS):
                    self.read(log, None)
                self.read(log, os.fstat(log.fileno()).st_size)
        except OSError as error:
            if not isinstance(error, BrokenPipeError):
                say(f"the trace ends here: {error.strerror}")

    def read(self, log: BinaryIO, end: int | None) -> None:
        """All there is; a machine that still runs may write faster than this reads, so at the end only to there."""
        while (end is None or log.tell() < end) and (data := log.read(READ_BYTES)):
            lines = self.trace.feed(data)
            if lines:
                self.write(lines)
            if end is None and self.stop.is_set():
                return
