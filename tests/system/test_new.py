# SPDX-License-Identifier: BSD-2-Clause
"""What `signet new` makes is built, checked and run outside the checkout, and answers at once; its own tests pass."""

import shutil
import subprocess
import sys
from pathlib import Path

import disks
from signetkit.guest import timeout
from signetkit.paths import REPO
from signetkit.setup import build

PORTS = "".join(f"port {number}: nothing\n" for number in range(6))


def signet(place: Path, *words: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-B", REPO / "tools/signet", *words]
    return subprocess.run(command, cwd=place, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def good(place: Path, *words: str) -> str:
    done = signet(place, *words)
    assert done.returncode == 0, (words, done.returncode, done.stdout, done.stderr[-2000:])
    return done.stdout


@timeout(400)
def test_a_new_project_with_a_new_server_and_a_new_driver_answers_at_once():
    with disks.folder() as folder:
        place = folder / "my $ystem, (new)"
        try:
            follow(folder, place)
        finally:
            shutil.rmtree(build.system_folder(place / "system.toml"), ignore_errors=True)


def follow(folder: Path, place: Path) -> None:
    good(folder, "new", "project", place.name)
    good(place, "new", "server", "my_notes")
    good(place / "contracts", "new", "driver", "sata")
    assert "\nok  claims: 3 PCI devices" in good(place, "check", "system.toml")
    printed = good(place, "run", "--system", "system.toml", "--disk", "none", "-c", "hello-ask world; my_notes-ask; hello-ask; sata-ask")
    assert printed == ("Hello, world! (number 1)\nHello, you! (number 1)\nHello, you! (number 2)\n"
                       f"AHCI 1.0: up to 6 ports, 32 commands each\n{PORTS}"), printed
    printed = good(place, "test", "--system", "system.toml")
    assert printed.endswith("6 passed, 0 failed\n"), printed
    for name in ("hello", "my_notes", "sata"):
        assert f"{name}/{name}_answers_at_once" in printed, printed
    a_test_that_fails_is_told(place)


def a_test_that_fails_is_told(place: Path) -> None:
    path = place / "hello/main.c"
    path.write_text(path.read_text(encoding="utf-8").replace("Hello, ", "Farewell, "), encoding="utf-8")
    done = signet(place, "test", "--system", "system.toml", "hello_answers")
    assert done.returncode == 1 and "0 passed, 1 failed\n" in done.stdout and "Farewell, world!" in done.stdout, done
    done = signet(place, "test", "--system", "system.toml", "nothing-like-it")
    assert done.returncode == 1 and "no test is called 'nothing-like-it'" in done.stderr, done
