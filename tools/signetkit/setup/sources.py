# SPDX-License-Identifier: BSD-2-Clause
"""The source of Debian's BearSSL, fetched into the cache by `apt-get source` with apt folders of our own.

apt checks it: the Release file is signed by a key that the machine trusts, it names the hash of the Sources index, which
names the hashes of the source's files. Nothing third-party is ever kept in the repository.
"""

import fcntl
import os
import platform
import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from ..paths import cache_dir
from ..plain import Problem, last_lines, say
from . import aptlists

ETC_APT = Path("/etc/apt")


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
    private = cache_dir() / "apt"
    options = private_apt(private)
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=cache_dir()) as folder:
        fetched = apt_get([*options, "source", "bearssl"], Path(folder)) or (
            apt_get([*options, "update"], Path(folder)) and apt_get([*options, "source", "bearssl"], Path(folder)))
        unpacked = [path for path in Path(folder).glob("bearssl-*") if path.is_dir()]
        if not fetched or not unpacked:
            log = private / "log"
            raise Problem("cannot fetch the source of the bearssl package; apt-get said:\n"
                          + last_lines(log.read_text(errors="replace"), 12)
                          + f"\n  (private source list: {private}/signet.sources, made from {ETC_APT})")
        entry = (unpacked[0] / "debian/changelog").read_text(encoding="utf-8").split("\n", 1)[0]
        version = re.search(r"\(([^)]+)\)", entry)
        target = cache_dir() / f"bearssl-{version[1] if version else 'unknown'}"
        shutil.rmtree(target, ignore_errors=True)
        os.rename(unpacked[0], target)
    shutil.rmtree(private, ignore_errors=True)  # its lists are only needed once and are old the next time
    return target


def private_apt(folder: Path) -> list[str]:
    """Folders and a source list of our own, and the options that make apt-get use them. Keys and proxies stay the machine's."""
    text = aptlists.derive(ETC_APT, platform.freedesktop_os_release().get("VERSION_CODENAME", "bookworm"))
    if not text:
        raise Problem(f"no list in {ETC_APT} names a Debian suite with the component main, so bearssl's source cannot be found")
    for part in ("lists/partial", "cache/archives/partial"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / "log").write_text("")
    listed = folder / "signet.sources"
    listed.write_text(text, encoding="utf-8")
    settings = {"Dir::State::lists": folder / "lists", "Dir::Cache": folder / "cache", "Dir::Etc::sourcelist": listed,
                "Dir::Etc::sourceparts": "/dev/null", "Acquire::Retries": 3}
    if os.geteuid() == 0:
        settings["APT::Sandbox::User"] = "root"  # apt's own user may not enter root's cache folder, and apt would complain
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def apt_get(arguments: list[str], folder: Path) -> bool:
    """Runs apt-get in `folder`, its words kept in a log for when it fails. An update that half fails may be enough."""
    with open(cache_dir() / "apt/log", "ab") as log:
        try:
            done = subprocess.run(["apt-get", "-q", *arguments], cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                  env=os.environ | {"LC_ALL": "C"}, check=False)
        except OSError as error:
            raise Problem(f"cannot run apt-get: {error.strerror}") from error
    return done.returncode == 0 or arguments[-1] == "update"
