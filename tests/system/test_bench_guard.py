# SPDX-License-Identifier: BSD-2-Clause
"""The figures are guarded: no row costs more than the baseline says, and a kernel that was made slower is found out."""

from dataclasses import replace

from signetkit.bench import ask, guard, measure, subject
from signetkit.guest.guest import timeout
from signetkit.paths import build_dir
from signetkit.setup import build

SLOWED = "call_ipc_call,call_ipc_recv"
SPARED = "bulk_bytes_per_1000_instructions"  # so long that a delay in each of its calls is lost in it


def counted(asked: subject.Subject, pattern: str | None = None) -> measure.Result:
    result = measure.measure(asked, replace(ask.ONE_RUN, pattern=pattern))
    assert result.problems == [], result.problems
    return result


@timeout(180)
def test_no_row_costs_more_than_the_baseline_says():
    grown = guard.guard(counted(subject.own(counting=False)).table, None)
    assert grown == [], "\n".join(grown)


@timeout(300)
def test_a_kernel_that_was_slowed_is_found_out_row_by_row():
    build.build_target(build_dir(), "signet_slow")
    asked = subject.own(counting=False)
    slow = replace(asked, hardware=replace(asked.hardware, kernel=build_dir() / "signet-slow.elf"))
    pattern = f"{SLOWED},{SPARED}"
    grown = [line.partition(":")[0] for line in guard.guard(counted(slow, pattern).table, pattern)]
    assert sorted(grown) == sorted(SLOWED.split(",")), grown
