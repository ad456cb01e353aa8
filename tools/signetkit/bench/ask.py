# SPDX-License-Identifier: BSD-2-Clause
"""What `signet bench` was asked for: measured, shown, written, judged."""

import argparse
from pathlib import Path

from ..paths import shown
from ..plain import say
from . import compare, guard, linux, model, paging, plot, quick, show, subject
from .measure import SECONDS, Plan, Result, measure as measured_by

ONE_RUN = Plan(counted=1, timed=0, events=False)
CYCLE_RUNS = 5


def plan_of(args: argparse.Namespace) -> Plan:
    plan = ONE_RUN if args.quick or args.guard or args.accept else Plan(cycles=CYCLE_RUNS if args.accel == "kvm" else 0)
    return Plan(plan.counted, plan.timed, plan.events, plan.cycles, args.rows, args.timeout or SECONDS)


def measure(args: argparse.Namespace) -> int:
    plan = plan_of(args)
    mem = args.mem or subject.MEM_MIB
    if args.image:
        asked = subject.foreign(args.image, args.append, mem, tuple(args.rest))
    elif args.peer:
        asked = linux.subject_of_linux(args.rows, args.mem)
    else:
        asked = subject.own(mem, plan.events)
    status = quick.bench() if args.quick and asked.own and not args.rows else 0
    return max(status, report(measured_by(asked, plan), asked, args))


def measure_paging(args: argparse.Namespace) -> int:
    """`signet bench paging`, which has a baseline of its own."""
    table = paging.table()
    problems = guard.guard(table, None, guard.PAGING_BASELINE) if args.guard else show.table(table, own=True)
    write(table, args)
    for problem in problems:
        say(problem)
    if args.accept:
        guard.accept(table, guard.PAGING_BASELINE)
    return 1 if problems and not args.accept else 0


def report(result: Result, asked: subject.Subject, args: argparse.Namespace) -> int:
    """Prints, writes and draws what there is, and then says what is wrong with it."""
    problems = list(result.problems)
    if args.guard:
        problems += guard.guard(result.table, args.rows)
    else:
        over = show.table(result.table, asked.own) if result.table.rows else []
        problems += [] if args.accept else over
        problems += show.missing(result.table, args.rows) if asked.own and not (args.quick or args.accept) else []
    for note in result.notes:
        say(f"the guest notes: {note}")
    write(result.table, args)
    for problem in problems:
        say(problem)
    if args.accept and not result.problems:
        guard.accept(result.table)
    if args.guard and not problems:
        print(f"{len(result.table.rows)} rows are as the baseline has them")
    return 1 if problems else 0


def write(table: model.Table, args: argparse.Namespace) -> None:
    if args.json:
        model.write(args.json, table)
        say(f"{shown(args.json.absolute())} has {len(table.rows)} rows")
    if args.plot and table.rows:
        plot.write(args.plot, [table], [])
        say(f"{shown(args.plot.absolute())} shows them")


def compare_files(paths: list[Path], pattern: str | None, json: Path | None, picture: Path | None) -> int:
    tables = compare.read_all(paths, pattern)
    found = compare.lines(tables)
    if not found:
        say("there is no row to compare" + (f" that is called {pattern}" if pattern else ""))
        return 1
    compare.show(tables, found)
    if json:
        compare.write(json, tables, found)
    if picture:
        plot.write(picture, tables, found)
    return 0
