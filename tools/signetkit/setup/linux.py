# SPDX-License-Identifier: BSD-2-Clause
"""Linux' kernel for `signet bench --peer linux` and `signet bench swap`: of Debian's linux-image-cloud-amd64, unpacked into the
cache, never installed. Beside it the modules that a virtio disk needs."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from ..paths import cache_dir, need_program
from ..plain import Problem, say
from . import apt
from .sources import cache_lock

PACKAGE = "linux-image-cloud-amd64"
MODULES = ("virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci", "virtio_blk")  # each needs only earlier ones
VERSIONED = re.compile(r"linux-image-[0-9][a-z0-9.+-]*")


def find_linux(with_modules: bool = False) -> Path | None:
    """The kernel, if the cache has it: vmlinuz in a folder that has the package's version as its name."""
    found = [path for path in cache_dir().glob("linux-*/vmlinuz") if not with_modules or all(module.is_file() for module in modules(path))]
    return max(found, default=None)


def modules(kernel: Path) -> list[Path]:
    """In the order in which they are loaded."""
    return [kernel.parent / f"{name}.ko" for name in MODULES]


def linux(with_modules: bool = False) -> Path:
    """The kernel; fetched first if it is not there."""
    found = find_linux(with_modules)
    if found:
        return found
    for program in ("apt-get", "dpkg-deb"):
        need_program(program)
    with cache_lock("linux"):
        return find_linux(with_modules) or fetch_linux()


def fetch_linux() -> Path:
    """The package only depends on one that has its version in its name; that one holds the kernel."""
    say(f"fetching Debian's {PACKAGE} (27 MB)")
    private = apt.PrivateApt(cache_dir() / "apt-linux", "deb")
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=cache_dir()) as folder:
        needed = field(download(private, PACKAGE, Path(folder)), "Depends")
        wanted = VERSIONED.search(needed)
        if not wanted:
            raise Problem(f"{PACKAGE} needs no package that is a kernel, but: {needed or 'nothing'}")
        kept = keep_kernel(download(private, wanted[0], Path(folder)), Path(folder) / "unpacked")
    private.remove()
    return kept


def download(private: apt.PrivateApt, name: str, folder: Path) -> Path:
    fetched = private.get(["download", name], folder)
    found = next(folder.glob(f"{name}_*.deb"), None)
    if not fetched or not found:
        raise Problem(f"cannot fetch the package {name}; " + private.words())
    return found


def keep_kernel(package: Path, folder: Path) -> Path:
    """The kernel and the modules for a virtio disk: most of the package is of no use here."""
    deb(["-x", str(package), str(folder)])
    kernel = next(folder.glob("boot/vmlinuz-*"), None)
    if not kernel:
        raise Problem(f"{package.name} has no boot/vmlinuz")
    kernel.rename(folder / "vmlinuz")
    for module in modules(folder / "vmlinuz"):
        found = next(folder.glob(f"lib/modules/*/kernel/drivers/**/{module.name}"), None)
        if not found:
            raise Problem(f"{package.name} has no {module.name}")
        found.rename(module)
    for path in list(folder.iterdir()):
        if path.is_dir():
            shutil.rmtree(path)
    target = cache_dir() / f"linux-{re.sub(r'[^a-z0-9.+~-]', '-', field(package, 'Version'))}"
    shutil.rmtree(target, ignore_errors=True)
    os.rename(folder, target)
    return target / "vmlinuz"


def field(package: Path, name: str) -> str:
    return deb(["-f", str(package), name]).strip()


def deb(arguments: list[str]) -> str:
    done = subprocess.run([need_program("dpkg-deb"), *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Problem(f"dpkg-deb cannot read the package: {done.stderr.strip()}")
    return done.stdout
