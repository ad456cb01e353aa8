# SPDX-License-Identifier: BSD-2-Clause
"""signet channels: every channel there is, and from that who can talk to whom (I-TALK)."""

import gdb
from signetkit import abi

from . import described, kernel, processes, tasks
from .command import Command, table

HEADINGS = ["client", "", "server", "id", "badge", "contract", "handle", "calls", "pending for the server", "for the client"]


def install() -> None:
    Command("channels", channels)


def channels(_words: list[str]) -> str:
    """Every channel: client -> server, id, badge, contract, the client's handle, calls under way (how many: which), notification bits.

    Then who can call whom: nobody can reach anybody else.
    """
    processes.need_everyone()
    there = every_channel()
    if not there:
        return "there are no channels yet"
    waiting = tasks.calls_by_channel()
    rows = [[client(c), "->", server(c), f"{int(c['id']):#x}", f"{int(c['badge']):#x}", contract(int(c["contract"])), handle(c),
             calls(c, waiting), bits(c["to_server"]), bits(c["to_client"])] for c in there]
    return f"{table([HEADINGS, *sorted(rows)])}\n\nwho can call whom:\n{graph(there)}"


def every_channel() -> list[gdb.Value]:
    """From the pool, as a severed one is on no port's list."""
    return [found for found in kernel.pooled(kernel.variable("kernel/ipc/channel.c", "channel_pool"), "channel") if int(found["port"])]


def client(channel: gdb.Value) -> str:
    if int(channel["client"]):
        return processes.name(channel["client"])
    return "(closed)" if channel["closed"] else "(kernel)"


def is_severed(channel: gdb.Value) -> bool:
    """Its server's end was closed: it leads to the port that has ended for ever."""
    return int(channel["port"]) == int(kernel.variable("kernel/ipc/port_life.c", "nowhere").address)


def server(channel: gdb.Value) -> str:
    port = channel["port"]
    if is_severed(channel):
        return "(severed)"
    return processes.name(port["server"]) if int(port["server"]) else f"(port {int(port['index'])}, not served)"


def handle(channel: gdb.Value) -> str:
    """What the client calls it, looked up in its own table."""
    holder = channel["client"]
    if not int(holder) or not int(holder["handles"]["entries"]):
        return "-"
    constants = abi.constants("kernel/object/handle.h")
    entries = holder["handles"]["entries"].dereference().cast(kernel.type_of("handle_entry").array((1 << constants["HANDLE_INDEX_BITS"]) - 1))
    entries.fetch_lazy()
    for index in range(1, 1 << constants["HANDLE_INDEX_BITS"]):
        entry = entries[index]
        if int(entry["object"]) == int(channel.address) and kernel.named(entry["type"], "handle_type") == "channel":
            return f"{(int(entry['generation']) + 1) << constants['HANDLE_INDEX_BITS'] | index:#x}"
    return "on its way"


def bits(signal: gdb.Value) -> str:
    return f"{int(signal['bits']):#x}" if int(signal["bits"]) else "-"


def calls(channel: gdb.Value, waiting: dict[int, list[str]]) -> str:
    """`2: read write`. The kernel's own calls are no thread's, and have no names here."""
    return f"{int(channel['calls'])}: {' '.join(waiting.get(int(channel.address), []))}".rstrip(": ")


def contract(number: int) -> str:
    return described.contract(number) if number else "-"


def graph(there: list[gdb.Value]) -> str:
    """A line for each client: all whom it can call, whatever the number of channels."""
    reach: dict[str, set[str]] = {}
    for channel in there:
        if not channel["closed"] and not is_severed(channel):
            reach.setdefault(client(channel), set()).add(server(channel))
    lonely = [name for name in processes.names() if name not in reach]
    return "\n".join([f"    {one} can call {', '.join(sorted(many))}" for one, many in sorted(reach.items())]
                     + ([f"    nobody can be called by {', '.join(lonely)}"] if lonely else []))
