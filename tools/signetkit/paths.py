# SPDX-License-Identifier: BSD-2-Clause
"""Where things are: the checkout, the build, the cache of third-party builds, the programs of the machine."""

import os
import shutil
from pathlib import Path

from .plain import Problem

REPO = Path(__file__).resolve().parents[2]
DEFAULT_SYSTEM = REPO / "servers/system.toml"
RAMDISK_SYSTEM = REPO / "servers/ramdisk.toml"  # for machines without virtio disks


def build_dir() -> Path:
    """build/ of the checkout, or $SIGNET_BUILD."""
    return Path(os.environ.get("SIGNET_BUILD") or REPO / "build").absolute()


def cache_dir() -> Path:
    """What is made once for all checkouts and build folders: $SIGNET_CACHE, else signet/ in the user's cache folder."""
    given = os.environ.get("SIGNET_CACHE")
    shared = os.environ.get("XDG_CACHE_HOME")
    path = Path(given) if given else Path(shared) / "signet" if shared else Path.home() / ".cache/signet"
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Problem(f"cannot make the cache folder {path}: {error.strerror} (set SIGNET_CACHE to another)") from error
    return path.absolute()


def find_program(name: str) -> str | None:
    """Like which, but also where Debian keeps mke2fs and its like, which users do not have in their PATH."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def need_program(name: str) -> str:
    found = find_program(name)
    if not found:
        raise Problem(f"{name} is not installed: run `tools/signet setup`")
    return found


def need_file(path: Path, what: str, fix: str) -> Path:
    """A file that must be there, or a sentence that says which and what to do."""
    if not path.is_file():
        raise Problem(f"{what} is missing: {path} ({fix})")
    return path


def shown(path: Path) -> str:
    """A path as a person in the checkout would type it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
