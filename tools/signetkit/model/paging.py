# SPDX-License-Identifier: BSD-2-Clause
"""Has SPIN search tests/model/paging.pml, with the life cycles of slots and requests as the kernel's headers have them."""

import re
import shutil
import time
from pathlib import Path

from .. import paths
from ..plain import Problem
from . import model as models
from .run import DEPTH_MAX, Result, command, compile_pan, states_of

MAIN = "paging.pml"
FILES = (MAIN, "paging_memory.pml", "paging_requests.pml", "paging_programs.pml")
TABLES = "paging_tables.pml"
HEADERS = {"slot": "kernel/mm/slot.h", "request": "kernel/paging/request.h"}
EVENT = re.compile(r"happens\((\w+)\)")


def life_cycle(what) -> list:
    """(from, to) for each legal transition of the table `WHAT_legal_next` of a header."""
    path = paths.REPO / HEADERS[what]
    table = re.search(rf"{what}_legal_next\[.*?\] = {{(.*?)\n}};", path.read_text(encoding="utf-8"), re.DOTALL)
    state = rf"(?:TO\(|1u << {what.upper()}_)(\w+)"
    rows = re.findall(rf"\[{what.upper()}_(\w+)\] = (.*)", table[1]) if table else []
    found = [(before, after) for before, row in rows for after in re.findall(state, row)]
    if not found:
        raise Problem(f"{path}: there is no table {what}_legal_next")
    return found


def tables() -> str:
    """For each: may this change of state be? And: it did, which is told."""
    text = []
    for what in HEADERS:
        cycle = life_cycle(what)
        pairs = [f"((from) == {before} && (to) == {after})" for before, after in cycle]
        told = [f":: from == {before} && to == {after} -> happens({what}_{before}_to_{after})" for before, after in cycle]
        text += [f"#define {what}_may(from, to) ({' || '.join(pairs)})", f"#define {what}_did(from, to) if {' '.join(told)} :: else -> skip fi"]
    return "\n".join(text) + "\n"


def events() -> set:
    """All that is to happen in some run."""
    texts = [tables(), *((models.HAND_WRITTEN / name).read_text(encoding="utf-8") for name in FILES)]
    return {name for text in texts for name in EVENT.findall(text)} - {"what"}


def run(folder, define, shortest=False, finite=False, exact=False):
    """Searches all of it in a folder of its own. define: names and values for its preprocessor.

    shortest: as soon as a counter-example is found, which is the shortest. finite: instead of all properties it is
    searched for a run without an end. exact: events that never happen are listed, too.
    """
    began = time.monotonic()
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copy(models.HAND_WRITTEN / name, folder)
    (folder / TABLES).write_text(tables(), encoding="utf-8")
    (folder / f"{MAIN}.trail").unlink(missing_ok=True)
    switches = [f"-D{name}={value}" for name, value in define.items()]
    command(folder, "spin", *switches, *(["-DEVENTS"] if exact else []), "-a", MAIN)
    kind = ["-DNP", "-DNOFAIR", "-DCOLLAPSE"] if finite else ["-DSAFETY"]  # COLLAPSE: each state takes two places, but less room
    compile_pan(folder, "-O0" if shortest else "-O1", ["-DBFS"] if shortest else [], kind)
    said = command(folder, "./pan", f"-m{DEPTH_MAX}", "-w22", *(["-l"] if finite else []))
    result = Result("", states_of(said, "paging"), 0)
    if exact and "errors: 0" not in said:
        return run(folder, define, shortest, finite)  # SPIN replays no C
    if exact:
        result.never = sorted(events() - set(re.findall(r"HAPPENS (\w+)", said)))
    if "errors: 0" not in said:
        shown = command(folder, "spin", *switches, "-t", MAIN)
        named = re.search(r"BROKEN\s+(\w+)", shown)
        result.broken = named[1] if named else "every_run_ends" if "non-progress" in said else "no_property"
        result.story = [line.split("STORY ", 1)[1].strip() for line in shown.splitlines() if "STORY " in line]
    result.seconds = time.monotonic() - began
    return result
