# SPDX-License-Identifier: BSD-2-Clause
"""signet attach."""

import argparse

from ..options import add_command


def add(commands) -> None:
    parser = add_command(commands, "attach", "be the console of the guest that `signet debug` runs", "\n  tools/signet attach")
    parser.set_defaults(call=do)


def do(_args: argparse.Namespace) -> int:
    from ..guest import debug
    return debug.attach()
