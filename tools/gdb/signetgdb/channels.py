# SPDX-License-Identifier: BSD-2-Clause
"""signet channels: every channel there is, and from that who can talk to whom (I-TALK)."""

import gdb
from signetkit import abi

from . import described, kernel, processes
from .command import Command, table

HEADINGS = ["client", "", "server", "id", "badge", "contract", "handle", "calls", "pending for the server", "for the client"]


def install() -> None:
    Command("channels", channels)


def channels(_words: list[str]) -> str:
    """Every channel: client -> server, id, badge, contract, the client's handle, calls under way, pending notification bits.

    Then who can call whom: nobody can reach anybody else.
    """
    processes.need_everyone()
    there = [channel for port in ports() for channel in kernel.listed(port["channels"], "channel", "of_port")]
    if not there:
        return "there are no channels yet"
    rows = [[client(c), "->", server(c), f"{int(c['id']):#x}", f"{int(c['badge']):#x}", contract(int(c["contract"])), handle(c),
             str(int(c["calls"])), bits(c["to_server"]), bits(c["to_client"])] for c in there]
    return f"{table([HEADINGS, *sorted(rows)])}\n\nwho can call whom:\n{graph(there)}"


def ports() -> list[gdb.Value]:
    return kernel.pooled(kernel.variable("kernel/ipc/port.c", "ports"), "port")


def client(channel: gdb.Value) -> str:
    if int(channel["client"]):
        return processes.name(channel["client"])
    return "(closed)" if channel["closed"] else "(kernel)"


def server(channel: gdb.Value) -> str:
    port = channel["port"]
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
            return f"{int(entry['generation']) << constants['HANDLE_INDEX_BITS'] | index:#x}"
    return "on its way"


def bits(signal: gdb.Value) -> str:
    return f"{int(signal['bits']):#x}" if int(signal["bits"]) else "-"


def contract(number: int) -> str:
    """Contracts are numbers to the kernel."""
    return described.contracts().get(number, f"{number:#x}") if number else "-"


def graph(there: list[gdb.Value]) -> str:
    """A line for each client: all whom it can call, whatever the number of channels."""
    reach: dict[str, set[str]] = {}
    for channel in there:
        if not channel["closed"]:
            reach.setdefault(client(channel), set()).add(server(channel))
    lonely = [name for name in processes.names() if name not in reach]
    return "\n".join([f"    {one} can call {', '.join(sorted(many))}" for one, many in sorted(reach.items())]
                     + ([f"    nobody can be called by {', '.join(lonely)}"] if lonely else []))
