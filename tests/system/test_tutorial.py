# SPDX-License-Identifier: BSD-2-Clause
"""docs/tutorial-server.md and docs/tutorial-pager.md are true: their files are written, their changes made and
their commands run, in order, and they print what is shown.

A fenced block is one of these by its first line: `console`: commands after `$ ` and what they print; `diff FILE`: lines of a file and
what becomes of them; any other word and FILE: a whole file.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import disks
from signetkit.guest import timeout
from signetkit.paths import REPO, cache_dir
from signetkit.setup import build

DOCS = REPO / "docs"
BLOCK = re.compile(r"^```(\S+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRESS = re.compile(r"\[\s*\d+/\d+\] (?!passed|failed|skipped)|-- |signet: making the default disk")
ANYTHING = "..."
END = "--the command is over--"


class Shell:
    """A shell that commands are given to one by one, as a reader does."""

    def __init__(self, home: Path):
        env = os.environ | {"HOME": str(home), "SIGNET_CACHE": str(cache_dir()), "SIGNET_BUILD": str(build.build_dir())}
        self.process = subprocess.Popen(["bash"], cwd=REPO, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)

    def run(self, command: str) -> list[str]:
        """The lines that a command prints, without the build's progress."""
        self.process.stdin.write(f"{{ {command}\n}} </dev/null\necho '{END}'\n")
        self.process.stdin.flush()
        printed = []
        for line in self.process.stdout:
            if line == END + "\n":
                return [line for line in printed if not PROGRESS.match(line)]
            printed.append(line.rstrip("\n"))
        raise AssertionError(f"the shell ended at `{command}`: {printed}")

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def is_shown(printed: list[str], shown: list[str]) -> bool:
    """Are these the lines that the page shows? `...` stands for any."""
    if not shown:
        return not printed
    if shown[0] == ANYTHING:
        return any(is_shown(printed[at:], shown[1:]) for at in range(len(printed) + 1))
    return bool(printed) and printed[0] == shown[0] and is_shown(printed[1:], shown[1:])


def type_commands(shell: Shell, text: str) -> int:
    commands = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE)
    for command, output in commands:
        printed = shell.run(command)
        assert is_shown(printed, output.splitlines()), f"`{command}` prints\n" + "\n".join(printed) + f"\nbut the page shows\n{output}"
    return len(commands)


def make_change(path: Path, text: str) -> None:
    """Lines that begin with a minus are replaced by those with a plus. In the end a line may be only a part of the file's."""
    before = "".join(line[1:] + "\n" for line in text.splitlines() if not line.startswith("+")).removesuffix("\n")
    after = "".join(line[1:] + "\n" for line in text.splitlines() if not line.startswith("-")).removesuffix("\n")
    old = path.read_text(encoding="utf-8")
    assert old.count(before) == 1, f"{path.name} has {old.count(before)} times\n{before}"
    path.write_text(old.replace(before, after), encoding="utf-8")


def follow(shell: Shell, page: Path, project: Path) -> tuple[int, int, int]:
    """How many commands, changes and files there were."""
    commands = changes = files = 0
    for kind, file, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        if kind == "console":
            commands += type_commands(shell, text)
        elif kind == "diff":
            make_change(project / file, text)
            changes += 1
        else:
            assert (project / file).is_file(), f"the page replaces {file}, which is not there"
            (project / file).write_text(text, encoding="utf-8")
            files += 1
    return commands, changes, files


def follow_at_home(page: str, project: str) -> tuple[int, int, int]:
    """In a home folder of its own."""
    with disks.folder() as folder:
        home = folder / "my home"
        home.mkdir()
        shell = Shell(home)
        try:
            return follow(shell, DOCS / page, home / project)
        finally:
            shell.end()
            shutil.rmtree(build.system_folder(home / project / "system.toml"), ignore_errors=True)


@timeout(600)
def test_the_tutorial_for_servers_is_true():
    commands, changes, files = follow_at_home("tutorial-server.md", "notebook")
    assert commands >= 18 and changes >= 8 and files == 4, (commands, changes, files)


@timeout(600)
def test_the_tutorial_for_pagers_is_true():
    commands, changes, files = follow_at_home("tutorial-pager.md", "attic")
    assert commands >= 8 and changes == 1 and files == 3, (commands, changes, files)
