# SPDX-License-Identifier: BSD-2-Clause
"""The commands of tools/signet, one module each, in the order in which --help lists them.

A module has add(commands), which says the command's options, and do(args), which does it and returns the exit status. It
imports what it needs in do(): --help and a mistyped option are answered at once.
"""

from . import attach, bench, build, check, coverage, debug, disk, graph, image, new, path, run, setup, test, verify

ALL = (setup, build, run, test, debug, attach, check, graph, image, new, disk, verify, bench, coverage, path)
