# SPDX-License-Identifier: BSD-2-Clause
"""The source of Debian's BearSSL, fetched into the cache by `apt-get source` with apt folders of our own.

apt checks it: the Release file is signed by a key that the machine trusts, it names the hash of the Sources index, which
names the hashes of the source's files. Nothing third-party is ever kept in the repository.
"""

import fcntl
import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from ..paths import cache_dir
from ..plain import Problem, say
from . import apt


@contextmanager
def cache_lock(name: str) -> Iterator[None]:
    """Two builds at once make a thing once: the second waits, then finds it."""
    with open(cache_dir() / f"{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def find_bearssl() -> Path | None:
    """The unpacked source, if the cache has it. A folder of this name is complete: it was renamed to it at the end."""
    return max((path for path in cache_dir().glob("bearssl-*") if (path / "inc/bearssl.h").is_file()), default=None)


def bearssl() -> Path:
    """The folder of BearSSL's source; fetched first if it is not there."""
    found = find_bearssl()
    if found:
        return found
    with cache_lock("bearssl"):
        return find_bearssl() or fetch_bearssl()


def fetch_bearssl() -> Path:
    say("fetching the source of Debian's bearssl package")
    private = apt.PrivateApt(cache_dir() / "apt", "deb-src")
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=cache_dir()) as folder:
        fetched = private.get(["source", "bearssl"], Path(folder))
        unpacked = [path for path in Path(folder).glob("bearssl-*") if path.is_dir()]
        if not fetched or not unpacked:
            raise Problem("cannot fetch the source of the bearssl package; " + private.words())
        entry = (unpacked[0] / "debian/changelog").read_text(encoding="utf-8").split("\n", 1)[0]
        version = re.search(r"\(([^)]+)\)", entry)
        target = cache_dir() / f"bearssl-{version[1] if version else 'unknown'}"
        shutil.rmtree(target, ignore_errors=True)
        os.rename(unpacked[0], target)
    private.remove()
    return target
