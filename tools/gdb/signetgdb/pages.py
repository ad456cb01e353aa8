# SPDX-License-Identifier: BSD-2-Clause
"""signet pages PROC: what may be where in a process's memory (regions), and what is (page tables and frame records)."""

import gdb

from . import kernel, processes, tables
from .command import Command
from .tables import PAGE, Page


def install() -> None:
    Command("pages", pages, (1, 1), usage="PROC")


def pages(words: list[str]) -> str:
    """A process's regions, and in each the runs of pages that are alike: where, how many, state, frames or slots."""
    process = processes.find(words[0])
    space = process["aspace"]
    if not tables.root_of(space):
        return f"{processes.name(process)} has no memory (any more)"
    regions = kernel.listed(space["regions"], "region", "link")
    there = tables.pages(space)
    said = [summary(process, there)]
    for region in regions:
        start, end = int(region["start"]), int(region["end"])
        said.append(f"{start:#014x}-{end:#014x}  {kernel.named(region['kind'], 'region_kind')} "
                    f"{tables.prot_text(int(region['prot']))}, {count((end - start) // PAGE).strip()}")
        said += in_region([page for page in there if start <= page.address < end], start, end)
    stray = [page for page in there if not any(int(r["start"]) <= page.address < int(r["end"]) for r in regions)]
    if stray:
        said += ["in no region, which must not be:", *map(line, runs(stray))]
    return "\n".join(said)


def summary(process: gdb.Value, there: list[Page]) -> str:
    space = process["aspace"]
    found = {state: sum(page.state == state for page in there) for state in ("present", "swapped", "lent")}
    return (f"{processes.name(process)} (process {int(process['index'])}): "
            f"mapped here: {found['present']} present, {found['swapped']} swapped, {found['lent']} lent; "
            f"charged: {int(space['resident'])} resident of at most {int(space['frames_max'])}, {int(space['swapped'])} swapped, "
            f"{int(space['tables'])} tables; {int(space['busy'])} busy"
            + (", all pinned" if space["pinned"] else ""))


def in_region(there: list[Page], start: int, end: int) -> list[str]:
    """Its runs, with the absent pages between them."""
    said, at = [], start
    for run in runs(there):
        said += absent(at, run[0].address)
        said.append(line(run))
        at = run[-1].address + PAGE
    return said + absent(at, end)


def absent(start: int, end: int) -> list[str]:
    return [f"    {start:#014x}  {count((end - start) // PAGE)}  absent"] if end > start else []


def runs(there: list[Page]) -> list[list[Page]]:
    """Neighbours that are alike, and whose frames or slots go up (or down) one by one."""
    found: list[list[Page]] = []
    for page in there:
        if found and continues(found[-1], page):
            found[-1].append(page)
        else:
            found.append([page])
    return found


def continues(run: list[Page], page: Page) -> bool:
    last = run[-1]
    if (page.address, page.state, page.prot, page.about) != (last.address + PAGE, last.state, last.prot, last.about):
        return False
    if page.number is None or last.number is None:
        return page.number is last.number
    step = page.number - last.number
    return step == last.number - run[-2].number if len(run) > 1 else abs(step) == 1


def line(run: list[Page]) -> str:
    first, last = run[0], run[-1]
    what = {"present": "frame", "swapped": "slot"}.get(first.state, "")
    number = "" if first.number is None else f"  {what} {first.number:#x}" if what == "frame" else f"  {what} {first.number}"
    if number and len(run) > 1:
        number = number.replace(what, what + "s") + (f"-{last.number:#x}" if what == "frame" else f"-{last.number}")
    about = "  " + ", ".join(first.about) if first.about else ""
    return f"    {first.address:#014x}  {count(len(run))}  {first.state:7} {first.prot}{number}{about}".rstrip()


def count(pages_: int) -> str:
    return f"{pages_:5} page{'s' if pages_ != 1 else ' '}"
