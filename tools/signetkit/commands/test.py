# SPDX-License-Identifier: BSD-2-Clause
"""signet test."""

import argparse

from .. import prepare
from ..options import add_command, add_system_option, system_of


def add(commands) -> None:
    parser = add_command(commands, "test", "run tests: all, a group (a folder of tests/), or by name", """
  tools/signet test                  all but the long ones
  tools/signet test unit             one group
  tools/signet test long             all, the long ones too
  tools/signet test system shell     a group, and what has `shell` in its name
  tools/signet test --system mine/system.toml     the tests of that system: tests/test_*.py beside it
what a test of a system looks like: `tools/signet new` makes one""")
    add_system_option(parser)
    parser.add_argument("words", metavar="GROUP|NAME", nargs="*", help="which tests; NAME may be a part or a pattern with *")
    parser.set_defaults(call=do)


def do(args: argparse.Namespace) -> int:
    from ..testing import testing
    system = system_of(args)
    built = prepare.prepare(system)
    return testing.run_tests_of(system, built, args.words) if system else testing.run_tests(args.words)
