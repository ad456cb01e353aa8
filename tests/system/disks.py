# SPDX-License-Identifier: BSD-2-Clause
"""Disks that system tests boot with: made once in a temporary folder per test."""

import contextlib
import hashlib
import pathlib
import subprocess
import tempfile

from signetkit.guest import disk


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory(prefix="signet-test-") as name:
        yield pathlib.Path(name)


@contextlib.contextmanager
def disk_of(files: dict[str, bytes], block_size: int = 1024, size: int = 16 << 20, hash_directories: bool = False):
    """An image that holds these files (paths to contents); `hash_directories` lets e2fsck give them hash trees."""
    with folder() as place:
        root = place / "root"
        root.mkdir()
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        image = place / "disk.img"
        disk.make_image(root, image, size=size, block_size=block_size)
        if hash_directories:
            done = subprocess.run(["e2fsck", "-fyD", str(image)], capture_output=True, text=True, check=False)
            assert done.returncode in (0, 1), done.stdout
        yield image


def mkfs(place: pathlib.Path, kind: str, mib: int = 16, *options: str) -> pathlib.Path:
    """An empty file system of another kind."""
    image = place / f"{kind}.img"
    with image.open("wb") as file:
        file.truncate(mib << 20)
    subprocess.run([f"mkfs.{kind}", "-q", *options, str(image)], check=True, capture_output=True)
    return image


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def pattern(bytes_: int, seed: int = 1) -> bytes:
    """Bytes that differ from block to block."""
    out = bytearray()
    counter = 0
    while len(out) < bytes_:
        out += hashlib.sha256(f"{seed}:{counter}".encode()).digest()
        counter += 1
    return bytes(out[:bytes_])


def failing(place: pathlib.Path, mib: int, *rules: str) -> pathlib.Path:
    """An image for QEMU whose reads and writes fail by rules of its blkdebug driver, such as 'iotype = "read"'."""
    image, config = place / "failing.img", place / "failing.conf"
    with image.open("wb") as file:
        file.truncate(mib << 20)
    config.write_text("".join(f'[inject-error]\nevent = "none"\nerrno = "5"\n{rule}\n' for rule in rules), encoding="utf-8")
    return pathlib.Path(f"blkdebug:{config}:{image}")
