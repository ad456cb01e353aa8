#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Has SPIN prove the properties of docs/model.md: for each chain of calls of a system, and that seeded faults are found.

    check_model.py chains FOLDER [--system FILE]     every chain of the system
    check_model.py bounds FOLDER                     a chain of four processes; every run ends; everything happens in some run
    check_model.py faults FOLDER [NAME...]           each fault of seeds.py breaks its property; --story: and how
    check_model.py paging FOLDER                     the model of paging; every run ends; everything happens in some run
    check_model.py paging_finite FOLDER              as `paging`, no run of it is without an end: with more in it, and two pagers that die
    check_model.py paging_faults FOLDER [NAME...]    as `faults`, of the model of paging

FOLDER is for the models and what SPIN makes of them.
"""

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import seeds  # it lets us find signetkit
from signetkit import paths
from signetkit.model import model, paging as paging_model, run as model_run
from signetkit.plain import Problem
from signetkit.refusal import Refusal
from signetkit.system import graph

JOBS = 2
ONE_DEATH = {"DEATHS": 1}
NO_DEADLINES = {"DEATHS": 1, "DEADLINES": 0}
POISON = {"DEADLINES": 0, "ODDITIES": 0, "RESTARTS": 2}  # with fewer of these, a third instance would not matter


def chains_of(asked) -> list:
    """(label, function that runs it, the property that is to break or "")."""
    found = model.chains(graph.read(asked.system))
    if not found:
        raise Problem(f"{asked.system}: nobody calls anybody")
    return [(label_of(chain), runner(asked, chain, chain.file_name), "") for chain in found]


def label_of(chain) -> str:
    return chain.name + (f" (also {', '.join(chain.also)})" if chain.also else "")


def bounds(asked) -> list:
    four, three = seeds.chain(model.PROCESSES_MAX), seeds.chain(3)
    everything = runner(asked, three, "everything", define=ONE_DEATH, exact=True)
    return [(label_of(four), runner(asked, four, "four"), ""),
            (f"{label_of(three)}: everything happens in some run", lambda: with_everything(everything(), but=["PASSED"]), ""),
            (f"{label_of(three)}: two servers die, the third goes on", runner(asked, three, "poison", define=POISON), ""),
            (f"{label_of(three)}: every run ends", runner(asked, three, "finite", define=NO_DEADLINES, finite=True), "")]


def with_everything(result, but=()):
    """A model in which something never happens proves little. Only a server's end never goes down."""
    if not result.broken and result.never != list(but):
        result.broken = "everything_else_happens"
        result.story = [f"{event} never happens" for event in result.never if event not in but] or [f"{event} happens" for event in but]
    return result


def chosen_of(all_faults, names) -> list:
    known = {fault.switch: fault for fault in all_faults}
    wrong = next((name for name in names if name not in known), None)
    if wrong:
        raise Problem(f"there is no fault {wrong}; there are {', '.join(known)}")
    return [known[name] for name in names] or list(all_faults)


def paging_runner(asked, folder, define, **options):
    return lambda: paging_model.run(asked.folder / folder, define, **options)


def paging(asked) -> list:
    one_in = paging_runner(asked, "one_in", seeds.PAGING_ONE_IN, exact=True)  # so that there is one that must wait; all else happens, too
    return [("paging", paging_runner(asked, "all", {}), ""),
            ("paging, one page-in at a time: everything happens in some run", lambda: with_everything(one_in()), ""),
            ("paging: every run ends", paging_runner(asked, "finite", seeds.PAGING_FINITE, finite=True), "")]


def paging_finite(asked) -> list:
    searches = (("", {"DROPS": 0}), (", a program that ends", {"WRITES": 1}), (", two pagers die", seeds.PAGING_TWO_DEATHS))
    return [(f"paging: every run ends{name}", paging_runner(asked, f"finite{number}", define, finite=True), "")
            for number, (name, define) in enumerate(searches)] + [("paging: two pagers die", paging_runner(asked, "two", seeds.PAGING_TWO_DEATHS), "")]


def paging_faults(asked) -> list:
    return [(f"BUG_IS={fault.switch}", paging_runner(asked, fault.switch, fault.defines, shortest=True), fault.breaks)
            for fault in chosen_of(seeds.PAGING_FAULTS, asked.names)]


def faults(asked) -> list:
    chosen = chosen_of(seeds.FAULTS, asked.names)
    return [(f"BUG_{fault.switch}", runner(asked, seeds.chain(3), fault.switch, define=fault.defines, shortest=True), fault.breaks)
            for fault in chosen]


def runner(asked, chain, folder, **options):
    return lambda: model_run.run(model.compose(chain), asked.folder / folder, **options)


def judge(label, result, expected, story) -> bool:
    """Prints what came of one search. True if it is what was expected."""
    good = result.broken == expected
    verdict = f"breaks {result.broken}" if result.broken else "holds"
    print(f"{'ok  ' if good else 'FAIL'} {label}: {verdict}, {result.states:,} states, {result.seconds:.1f} s", flush=True)
    if not good and expected:
        print(f"     it should break {expected}")
    if result.broken and (story or not good):
        print("\n".join(f"     {number:2}. {sentence}" for number, sentence in enumerate(result.story, 1)), flush=True)
    return good


TASKS = {"chains": chains_of, "bounds": bounds, "faults": faults, "paging": paging, "paging_finite": paging_finite, "paging_faults": paging_faults}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=tuple(TASKS))
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    parser.add_argument("names", metavar="NAME", nargs="*", help="faults, paging_faults: only these")
    parser.add_argument("--system", metavar="FILE", type=Path, default=paths.REPO / "servers/system.toml", help="chains: of this system")
    parser.add_argument("--story", action="store_true", help="print each counter-example")
    asked = parser.parse_args()
    began = time.monotonic()
    try:
        tasks = TASKS[asked.what](asked)
        with ThreadPoolExecutor(JOBS) as pool:
            running = [(label, pool.submit(run), expected) for label, run, expected in tasks]
            good = [judge(label, future.result(), expected, asked.story) for label, future, expected in running]
    except (Problem, Refusal) as problem:
        print(f"check_model: {problem}", file=sys.stderr)
        return 1
    print(f"{sum(good)} of {len(good)} as they should be, {time.monotonic() - began:.0f} s")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
