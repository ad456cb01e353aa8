# SPDX-License-Identifier: BSD-2-Clause
"""Instructions of a whole machine in QEMU's plain mode, where idle time counts nothing: by a plug-in of TCG, compiled here.

The guest executes marks (tests/bench/phases.h); the plug-in writes down how much has been executed at each. Under -icount the time that
a disk takes would count as well.
"""

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

from ..guest import qemu
from ..paths import REPO, build_dir, need_program
from ..plain import Problem, last_lines

FLAGS = ("-std=gnu2x", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden")


def plugin(name: str = "count_plugin") -> Path:
    """One of tests/bench, compiled anew: it takes a moment, and is then what the source says."""
    source, target = REPO / f"tests/bench/{name}.c", build_dir() / f"peers/{name}.so"
    target.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([need_program("gcc"), *FLAGS, source, "-o", target], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Problem(f"cannot compile {source.relative_to(REPO)}; gcc said:\n{last_lines(done.stderr, 12)}")
    return target


class Stretch(NamedTuple):
    """What was executed between two marks. within, returns: in the one function that was watched, and how often it returned."""

    instructions: int
    within: int
    returns: int


def flags(library: Path, out: Path, watch: tuple[str, ...] = ()) -> tuple[str, ...]:
    """watch: of around()."""
    return ("-plugin", ",".join([qemu.escaped(library), f"out={qemu.escaped(out)}", *watch]))


def around(function: str, kernel: Path) -> tuple[str, ...]:
    """The plug-in's arguments for a function of the kernel: where it begins, and where each of its callers goes on."""
    shown = subprocess.run([need_program("objdump"), "-d", "--no-show-raw-insn", kernel], capture_output=True, text=True, check=False).stdout
    begin = re.search(rf"(?m)^([0-9a-f]+) <{re.escape(function)}>:", shown)
    after = re.findall(rf"(?m)^.*\tcall +[0-9a-f]+ <{re.escape(function)}>\n *([0-9a-f]+):", shown)
    if not begin or not after:
        raise Problem(f"{kernel}: nobody calls {function}, or it has another name now")
    return (f"enter={begin[1]}", *(f"leave={address}" for address in after))


def stretches(out: Path, count: int) -> list[Stretch]:
    """Between the first mark and the second, the third and the fourth, and so on: so many of them."""
    try:
        marks = [[int(word) for word in line.split()] for line in out.read_text(encoding="ascii").splitlines()]
        found = [Stretch(*(late - early for early, late in zip(begin, end, strict=True))) for begin, end in zip(marks[::2], marks[1::2])]
    except (OSError, ValueError, TypeError) as error:
        raise Problem(f"the plug-in that counts wrote nothing of use: {error} (was this QEMU built with plug-ins?)") from None
    if len(marks) != 2 * count:
        raise Problem(f"the guest executed {len(marks)} marks, not {2 * count}")
    return found
