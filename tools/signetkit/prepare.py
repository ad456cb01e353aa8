# SPDX-License-Identifier: BSD-2-Clause
"""What run, test, bench and their like do first, in silence when there is nothing to do: install what lacks, and build."""

from pathlib import Path


def prepare(system: Path | None = None) -> Path | None:
    """Builds the kit's own system, or another one. Returns the folder of what was built, None for the kit's own."""
    from .setup import build, setup  # here, so that --help and a mistyped option are answered at once
    from .system import check
    setup.ensure()
    if system is None:
        build.build()
        return None
    check.must_hold(system)
    return build.build_system(system)
