# SPDX-License-Identifier: BSD-2-Clause
"""What a manifest wants the supervisor to do when a process of the program ends."""

from dataclasses import dataclass

from ..toml.reader import Table
from ..toml.schema import Fields, fail

POLICIES = ("always", "fault", "never")
_HOUR_MS = 3600 * 1000


@dataclass
class Restart:
    """always: whatever it ended by; fault: if a fault ended it; never. Kinds of programs are never restarted."""

    policy: str = "fault"
    limit: int = 5  # restarts in a row, then it is given up
    backoff_ms: int = 100  # the wait before the first; doubles each time
    backoff_max_ms: int = 5000
    healthy_ms: int = 10000  # a life as long as this ends the row


def read(top):
    """The key `restart`: a policy's name, or a table. top: Fields of a manifest."""
    item = top.table.get("restart")
    if item is None:
        return Restart()
    if top.flag("supervisor"):
        fail(item, "restart", "nobody restarts the supervisor: when it ends, the machine stops")
    if not isinstance(item.data, Table):
        return Restart(_policy(item, "restart"))
    fields = Fields(item.data, item.mark, "restart")
    fields.take("policy", str, required=True)
    restart = Restart(
        policy=_policy(item.data["policy"], "restart.policy"),
        limit=fields.number("limit", 1, 1000, 5),
        backoff_ms=fields.number("backoff_ms", 0, _HOUR_MS, 100),
        backoff_max_ms=fields.number("backoff_max_ms", 0, _HOUR_MS, 5000),
        healthy_ms=fields.number("healthy_ms", 0, 24 * _HOUR_MS, 10000),
    )
    fields.done()
    _check(item.data, restart)
    return restart


def _policy(item, label):
    if item.data not in POLICIES:
        fail(item, label, f"{item.data!r} is none of {', '.join(POLICIES)}")
    return item.data


def _check(table, restart):
    if restart.policy == "never":
        for key, item in table.items():
            if key != "policy":
                fail(item, f"restart.{key}", "it is never restarted, so this says nothing: leave it out")
    if restart.backoff_ms > restart.backoff_max_ms:
        key = "backoff_ms" if "backoff_ms" in table else "backoff_max_ms"
        fail(table[key], f"restart.{key}", f"the first wait, {restart.backoff_ms} ms, is longer than the longest, {restart.backoff_max_ms} ms")
