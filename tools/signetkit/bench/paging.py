# SPDX-License-Identifier: BSD-2-Clause
"""signet bench paging: what a page costs that comes in, sealed and not, with a pager that keeps pages in memory.

build/bench-paging.img runs under -icount, twice with the usual kernel and twice with the one that does not seal; runs of one kernel
must agree. What the seal costs is the difference of the two kernels, to the instruction. How long the kernel takes to decide what
goes is counted by the plug-in, between entry and return of the function that decides.
"""

import tempfile
from pathlib import Path

from ..guest import qemu
from ..paths import build_dir, need_file
from ..plain import Problem, say
from ..setup import build
from . import capture, counting, limits, subject, swap
from .measure import COUNTED
from .model import Row, Table

IMAGE = "bench-paging.img"
MEM_MIB = 24  # tests/bench/signet/benchpaging counts on it
SECONDS = 120.0
RUNS = 2
PAGED_IN = "page_in"  # rows of the guest
TURNED_OVER = ("swap_rewrite", "swap_read", "swap_random_read", "swap_read_single")  # many pages go and many come
DECIDES = "policy_victims"


def table() -> Table:
    folder = build_dir()
    build.build_target(folder, swap.UNSEALED_TARGET)
    sealed = agreed(folder / "signet.elf")
    unsealed = agreed(folder / swap.UNSEALED_KERNEL)
    made = Table("signet", build=subject.own_build(folder))
    made.machine = {"cpu": COUNTED.cpu, "mem_mib": MEM_MIB, "accel": ["tcg"]}
    for row in (*costs(sealed, unsealed), decision(folder / "signet.elf", sealed)):
        row.limit = limits.PAGING[row.name]
        made.rows[row.name] = row
    return made


def hardware(kernel: Path, extra: tuple[str, ...] = ()) -> qemu.Hardware:
    image = need_file(build_dir() / IMAGE, "the system image that pages", "run `tools/signet build`")
    return COUNTED.of(qemu.Hardware(mem_mib=MEM_MIB, kernel=need_file(kernel, "the kernel", "run `tools/signet build`"), image=image, extra=extra))


def run(kernel: Path, extra: tuple[str, ...] = ()) -> swap.Reader:
    reader = swap.Reader()
    done = capture.run(hardware(kernel, extra), SECONDS, reader)
    swap.whole(reader, "Signet", f": {done.ending}; it last said:\n{done.tail}")
    lacking = [name for name in (PAGED_IN, *limits.SWAP) if name not in reader.rows]
    if lacking:
        raise Problem(f"the rows {', '.join(lacking)} are missing")
    return reader


def agreed(kernel: Path) -> swap.Reader:
    """Runs that are all alike."""
    say(f"counting {kernel.name}'s instructions")
    first, *others = [run(kernel) for _ in range(RUNS)]
    for other in others:
        for name, told in first.rows.items():
            if told.repeats() != other.rows[name].repeats() or first.moved[name] != other.moved[name]:
                raise Problem(f"{name}: {told.ticks:,} ticks in one run, {other.rows[name].ticks:,} in another")
    return first


def costs(sealed: swap.Reader, unsealed: swap.Reader) -> list[Row]:
    """One page that comes in; and a page that goes and one that comes, by what more the kernel executes that seals."""
    ops = sealed.rows[PAGED_IN].ops
    rows = [Row("page_in_total", sealed.rows[PAGED_IN].cost(), ops, 4096), Row("page_in_without_crypto", unsealed.rows[PAGED_IN].cost(), ops, 4096)]
    both = [name for name in TURNED_OVER if name in sealed.moved and name in unsealed.moved]
    phase = min(both, key=lambda name: abs(sum(sealed.moved[name]) - sum(unsealed.moved[name])))  # which pages go is a matter of chance
    moved, moved_unsealed = sum(sealed.moved[phase]), sum(unsealed.moved[phase])
    if abs(moved - moved_unsealed) * 100 > moved:
        raise Problem(f"{moved:,} pages moved with the seal, {moved_unsealed:,} without: they cannot be compared")
    per_page = sealed.rows[phase].ticks / moved - unsealed.rows[phase].ticks / moved_unsealed
    return [*rows, Row("seal_open", max(0.0, 2 * per_page), moved // 2, 4096)]


def decision(kernel: Path, sealed: swap.Reader) -> Row:
    """Instructions between entry and return, for each page that went: written out, or dropped."""
    with tempfile.TemporaryDirectory(prefix="signet-paging-") as folder:
        out = Path(folder) / "counts"
        reader = run(kernel, counting.flags(counting.plugin(), out, counting.around(DECIDES, kernel)))
        within = sum(stretch.within for stretch in counting.stretches(out, len(reader.rows)))
    if reader.moved != sealed.moved:
        raise Problem("with the plug-in other pages move than without")
    gone = sum(reader.moved[name][1] + reader.dropped[name] for name in reader.rows)
    if within == 0 or gone == 0:
        raise Problem(f"{DECIDES} decided nothing")
    return Row("evict_clock", within / gone, gone)
