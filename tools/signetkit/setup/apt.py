# SPDX-License-Identifier: BSD-2-Clause
"""apt-get with folders and a source list of its own, below the cache: it fetches, and changes nothing of the machine's.

apt checks what it fetches: the Release file is signed by a key that the machine trusts, and names the hashes of the rest.
"""

import os
import platform
import shutil
import subprocess
from pathlib import Path

from ..plain import Problem, last_lines
from . import aptlists

ETC_APT = Path("/etc/apt")


class PrivateApt:
    """kind: deb or deb-src. Keys and proxies stay the machine's."""

    def __init__(self, folder: Path, kind: str):
        text = aptlists.derive(ETC_APT, platform.freedesktop_os_release().get("VERSION_CODENAME", "bookworm"), kind)
        if not text:
            raise Problem(f"no list in {ETC_APT} names a Debian suite with the component main, so nothing can be fetched from one")
        self.folder, self.log, self.listed = folder, folder / "log", folder / "signet.sources"
        for part in ("lists/partial", "cache/archives/partial"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        self.log.write_text("")
        self.listed.write_text(text, encoding="utf-8")
        settings = {"Dir::State::lists": folder / "lists", "Dir::Cache": folder / "cache", "Dir::Etc::sourcelist": self.listed,
                    "Dir::Etc::sourceparts": "/dev/null", "Acquire::Retries": 3}
        if os.geteuid() == 0:
            settings["APT::Sandbox::User"] = "root"  # apt's own user may not enter root's cache folder, and apt would complain
        self.options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]

    def get(self, arguments: list[str], folder: Path) -> bool:
        """What is fetched lies in `folder`. The lists are fetched first if without it does not work, maybe because they are old."""
        if self.run(arguments, folder):
            return True
        self.run(["update"], folder)  # one that half fails may be enough
        return self.run(arguments, folder)

    def run(self, arguments: list[str], folder: Path) -> bool:
        with open(self.log, "ab") as log:
            try:
                done = subprocess.run(["apt-get", "-q", *self.options, *arguments], cwd=folder, stdin=subprocess.DEVNULL, stdout=log,
                                      stderr=log, env=os.environ | {"LC_ALL": "C"}, check=False)
            except OSError as error:
                raise Problem(f"cannot run apt-get: {error.strerror}") from error
        return done.returncode == 0

    def words(self) -> str:
        """Why it failed."""
        return (f"apt-get said:\n{last_lines(self.log.read_text(errors='replace'), 12)}\n"
                f"  (private source list: {self.listed}, made from {ETC_APT})")

    def remove(self) -> None:
        """Its lists are only needed once and are old the next time."""
        shutil.rmtree(self.folder, ignore_errors=True)
