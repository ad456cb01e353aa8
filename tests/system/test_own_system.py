# SPDX-License-Identifier: BSD-2-Clause
"""A system outside the repository, with a program of its own: checked, built, run, changed, broken, and written as an ISO."""

import shutil
import subprocess
import sys
from pathlib import Path

import disks
from signetkit.guest import timeout
from signetkit.paths import REPO
from signetkit.setup import build

SYSTEM = """\
[[process]]
name = "supervisor"
manifest = "kit:supervisor"
[[process]]
name = "console"
manifest = "kit:console"
[[process]]
name = "pager"
manifest = "kit:pager"
[[process]]
name = "shell"
manifest = "kit:shell"
channels = { console = "console", supervisor = "supervisor" }
[[kind]]
name = "hello"
manifest = "hello/manifest.toml"
max_count = 1
channels = { console = "console" }
"""
MANIFEST = """\
name = "hello"
description = "Says hello"
calls = "client"
priority = 8
[uses]
console = "console"
[quotas]
frames = 64
"""
MAIN = """\
#include <stdio.h>

int main(void)
{
	printf("%s\\n", WORDS);
	return 7;
}
"""


def signet(*words: str | Path) -> tuple[int, str, str]:
    done = subprocess.run([sys.executable, "-B", REPO / "tools/signet", *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def say(place: Path, words: str) -> None:
    (place / "hello/main.c").write_text(MAIN.replace("WORDS", words), encoding="utf-8")


@timeout(400)
def test_a_system_outside_the_repository_is_built_and_run_as_it_is_now():
    with disks.folder() as folder:
        place = folder / "my system"
        (place / "hello").mkdir(parents=True)
        path = place / "system.toml"
        path.write_text(SYSTEM, encoding="utf-8")
        (place / "hello/manifest.toml").write_text(MANIFEST, encoding="utf-8")
        try:
            follow(place, path)
        finally:
            shutil.rmtree(build.system_folder(path), ignore_errors=True)


def follow(place: Path, path: Path) -> None:
    say(place, '"from outside"')
    run = ("run", "--system", path, "--disk", "none", "-c", "hello")
    status, out, err = signet(*run)
    assert (status, out) == (7, "from outside\n"), (status, out, err)
    say(place, '"changed"')
    status, out, err = signet(*run)
    assert (status, out) == (7, "changed\n"), (status, out, err)
    status, _, err = signet("image", "--system", path, "-o", place / "my.iso")
    assert status == 0 and (place / "my.iso").stat().st_size > 1 << 20, err
    status, out, err = signet(*run, "--iso")
    assert (status, out) == (7, "changed\n"), (status, out, err)
    say(place, "nothing")
    status, out, err = signet(*run)
    assert (status, out) == (125, "") and "hello/main.c:5" in err, (status, out, err)
    path.write_text(SYSTEM.replace('"console" }', '"konsole" }'), encoding="utf-8")
    status, out, err = signet(*run)
    assert (status, out) == (125, "") and "system.toml:18:24: kind.channels.console: there is no process 'konsole'" in err, (status, out, err)
