# SPDX-License-Identifier: BSD-2-Clause
"""signet disk: makes an ext2 image of a folder with mke2fs, without root. The same folder gives the same file system."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from ..paths import REPO, build_dir, need_program
from ..plain import Problem, say
from . import inode_times

BLOCK_SIZES = (1024, 2048, 4096)
UUID = "5167e700-0000-4000-8000-000000000002"
EPOCH = 1700000000  # of everything that would otherwise carry the time of making
MIB = 1 << 20
NUMBERS, SMALL_NUMBERS = 100000, 10000  # lines of the sample that is long


def make_image(folder: Path, image: Path, size: int | None = None, block_size: int = 1024) -> None:
    """Replaces `image` only when the new one is complete. `size` is in bytes; by default there is room to spare."""
    if not folder.is_dir():
        raise Problem(f"{folder} {'is not a folder' if folder.exists() else 'does not exist'}")
    if not image.parent.is_dir():
        raise Problem(f"the folder for {image} does not exist")
    if image.is_dir():
        raise Problem(f"{image} is a folder: -o takes the name of the image")
    size = size or fitting_size(folder, block_size)
    if size < 64 * block_size:
        raise Problem(f"a disk of {size} bytes is too small for blocks of {block_size}")
    try:
        handle, name = tempfile.mkstemp(prefix=image.name + ".", dir=image.parent)
    except OSError as error:
        raise Problem(f"cannot write {image}: {error.strerror}") from error
    os.close(handle)
    try:
        run_mke2fs(folder, Path(name), size, block_size)
        inode_times.settle(Path(name))
        os.chmod(name, 0o644)
        os.replace(name, image)
    finally:
        Path(name).unlink(missing_ok=True)


def run_mke2fs(folder: Path, image: Path, size: int, block_size: int) -> None:
    command = [need_program("mke2fs"), "-q", "-F", "-t", "ext2", "-b", str(block_size), "-m", "0", "-L", "signet", "-U", UUID,
               "-E", f"hash_seed={UUID},root_owner=0:0", "-d", str(folder.absolute()), str(image), str(size // block_size)]
    fixed = os.environ | {"LC_ALL": "C", "E2FSPROGS_FAKE_TIME": str(EPOCH), "SOURCE_DATE_EPOCH": str(EPOCH)}
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=fixed, check=False)
    said = done.stderr.strip() or done.stdout.strip()
    if "Could not allocate" in said or "No space" in said:
        raise Problem(f"{folder} does not fit on a disk of {size / MIB:g} MiB: give a larger --size")
    if done.returncode != 0:
        raise Problem(f"mke2fs cannot make an image of {folder}: {said or f'status {done.returncode}'}")


def fitting_size(folder: Path, block_size: int) -> int:
    """Room for every file in whole blocks, for inodes and indirect blocks, and a quarter and 4 MiB to spare; whole MiB."""
    total = 0
    for path in folder.rglob("*"):
        status = path.lstat()
        total += min(status.st_size, status.st_blocks * 512) // block_size * block_size + 2 * block_size + 256
    return -(-(total * 5 // 4 + 4 * MIB) // MIB) * MIB


def default_image() -> Path:
    """The disk of a `signet run` without --disk: README.md, docs and samples. Made again when one of them has changed."""
    image = build_dir() / "disk.img"
    stamp = build_dir() / "disk.stamp"
    wanted = default_stamp()
    if image.is_file() and stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
        return image
    say("making the default disk")
    image.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="signet-disk-") as scratch:
        folder = Path(scratch) / "root"
        fill(folder, default_parts())
        make_image(folder, image)
    stamp.write_text(wanted, encoding="ascii")
    return image


def default_parts() -> list[Path]:
    docs = REPO / "docs"
    return [path for path in [REPO / "README.md", *sorted(docs.rglob("*"))] if path.is_file()]


def small_parts() -> list[Path]:
    """For a RAM disk: what a person reads first."""
    return [REPO / "README.md", *sorted((REPO / "docs").glob("*.md"))]


def default_stamp() -> str:
    """Changes when a file of the disk does, or the code that makes it."""
    parts = [*default_parts(), Path(__file__)]
    facts = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in parts]
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def fill(folder: Path, parts: list[Path], numbers: int = NUMBERS) -> None:
    """These files of the repository, and samples."""
    for path in parts:
        target = folder / path.relative_to(REPO)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    samples = folder / "samples"
    samples.mkdir(parents=True)
    (samples / "hello.txt").write_text("Hello from an ext2 disk.\n", encoding="ascii")
    (samples / "numbers.txt").write_text("".join(f"{n}\n" for n in range(1, numbers + 1)), encoding="ascii")
    with open(samples / "sparse", "wb") as sparse:  # one block, behind a hole of 16 MiB
        sparse.seek(16 * MIB)
        sparse.write(b"the end\n")
    (samples / "link").symlink_to("hello.txt")
    for path in [*sorted(folder.rglob("*"), reverse=True), folder]:
        os.utime(path, (EPOCH, EPOCH), follow_symlinks=False)
