# SPDX-License-Identifier: BSD-2-Clause
"""signet ps: every process, its memory, and what each of its threads is doing or waiting for."""

import gdb
from signetkit import abi

from . import described, kernel, processes
from .command import Command, table

HEADINGS = ["no", "process", "program", "state", "priority", "resident", "swapped", "pinned"]
SIDES = "rlllrrrr"
CALLING = ("queued", "served", "orphaned")


def install() -> None:
    Command("ps", ps)


def ps(_words: list[str]) -> str:
    """Every process: number, name, program, state, priority, pages; under it each thread and what it waits for."""
    there = processes.need_everyone()
    lines = table([HEADINGS, *map(row, there)], SIDES).splitlines()
    said = [lines[0]]
    for process, line in zip(there, lines[1:]):
        said += [line, *(f"      thread {int(t['number'])}  {describe(t)}" for t in processes.threads(process))]
    return "\n".join(said)


def row(process: gdb.Value) -> list[str]:
    space = process["aspace"]
    pinned = space["resident"] if space["pinned"] else space["busy"]
    pages = [str(int(count)) for count in (space["resident"], space["swapped"], pinned)]
    return [str(int(process["index"])), processes.name(process), processes.program(process), state(process), priority(process), *pages]


def priority(process: gdb.Value) -> str:
    base, boost = int(process["base_priority"]), int(process["boost"])
    return f"{base}, now {boost}" if boost > base else str(base)


def state(process: gdb.Value) -> str:
    """Once it has ended, or is to end, also why."""
    word = kernel.named(process["state"], "process_state")
    fault = kernel.named(process["fault"], "fault")
    if word == "running":
        return f"condemned: {fault}" if kernel.is_linked(process["condemned"]) else word
    return f"{word}: {fault}" if int(process["fault"]) else f"{word}: exit code {int(process['exit_code'])}"


def describe(thread: gdb.Value) -> str:
    """`receiving  a message at port 3, until 12.5 s`"""
    name = kernel.named(thread["state"], "thread_state")
    reason = WAITS.get(name, lambda _: "")(thread)
    deadline = thread["deadline"]
    if kernel.is_linked(deadline["link"]):
        reason += f"{', ' if reason else ''}until {int(deadline['when_ns']) / 1e9:.6f} s after boot"
    own = int(thread["process"]["boost"]) if int(thread["process"]) else 0
    tail = f"  (priority {int(thread['priority'])})" if int(thread["priority"]) not in (own, int(thread["process"]["base_priority"])) else ""
    return f"{name:9}  {reason}{tail}".rstrip()


def where_it_runs(thread: gdb.Value) -> str:
    running = processes.running_thread()
    if running is None or int(running.address) != int(thread.address):
        return ""
    return "on the CPU, in its program" if processes.in_user_mode() else "on the CPU, in the kernel"


def of_call(thread: gdb.Value) -> str:
    """`read over channel 0x100003`"""
    channel = thread["call"]["channel"]
    return f"{operation(thread)} over channel {int(channel['id']):#x}" if int(channel) else operation(thread)


def operation(thread: gdb.Value) -> str:
    """What the contract calls that which this thread asks for."""
    call = thread["call"]
    number = int(call["message"]["tag"]) & abi.constants("kernel/abi/message.h")["TAG_OP_MASK"]
    return described.operation(int(call["channel"]["contract"]) if int(call["channel"]) else 0, number)


def calls_by_channel() -> dict[int, list[str]]:
    """The operations that threads wait for, by the address of their channel."""
    found: dict[int, list[str]] = {}
    for thread in (thread for process in processes.everyone() for thread in processes.threads(process)):
        if kernel.named(thread["state"], "thread_state") in CALLING and int(thread["call"]["channel"]):
            found.setdefault(int(thread["call"]["channel"]), []).append(operation(thread))
    return found


def queued(thread: gdb.Value) -> str:
    channel = thread["call"]["channel"]
    return f"for {server_of(channel)} to take its call: {of_call(thread)}" if int(channel) else ""


def served(thread: gdb.Value) -> str:
    return f"for an answer of {holder(thread)}: {of_call(thread)}"


def holder(thread: gdb.Value) -> str:
    server = thread["call"]["server"]
    return processes.name(server) if int(server) else "nobody"


def server_of(channel: gdb.Value) -> str:
    port = channel["port"]
    if not int(port):
        return "nobody"
    return processes.name(port["server"]) if int(port["server"]) else f"whoever will serve port {int(port['index'])}"


def receiving(thread: gdb.Value) -> str:
    return f"for a message at port {int(thread['port']['index'])}" if int(thread["port"]) else ""


def paging(thread: gdb.Value) -> str:
    slot = int(thread["wait_slot"])
    return "for any page request to end" if slot == abi.constants("kernel/mm/frame.h")["SLOT_NONE"] else f"for the page in slot {slot}"


WAITS = {
    "running": where_it_runs,
    "queued": queued,
    "served": served,
    "receiving": receiving,
    "paging": paging,
    "starved": lambda thread: f"for {int(thread['wait_frames'])} free frames" + (", in vain" if thread["hopeless"] else ""),
    "orphaned": lambda thread: f"until {holder(thread)} lets go of its call: {of_call(thread)}",
}
