# SPDX-License-Identifier: BSD-2-Clause
"""Which processes there are, which of them one means, and which runs."""

import gdb

from . import kernel

RING = 3  # of a code segment selector: the privilege level


def everyone() -> list[gdb.Value]:
    return kernel.listed(kernel.variable("kernel/task/process.c", "all"), "process", "link")


def need_everyone() -> list[gdb.Value]:
    found = everyone()
    if not found:
        raise kernel.TooEarly("there are no processes yet: the kernel is still starting")
    return found


def name(process: gdb.Value) -> str:
    """Of a struct process or a pointer to one that is not NULL."""
    return kernel.text(process["name"])


def program(process: gdb.Value) -> str:
    """The name of its image, which two processes may share."""
    return kernel.text(process["image"]["name"]) if int(process["image"]) else name(process)


def names() -> list[str]:
    return [name(process) for process in everyone()]


def there_are() -> str:
    return "there are: " + (", ".join(names()) or "none yet")


def find(word: str) -> gdb.Value:
    """By name, or by number where a name is not enough."""
    there = need_everyone()
    if word.isdecimal():
        found = [process for process in there if int(process["index"]) == int(word)]
    else:
        found = [process for process in there if name(process) == word]
    if len(found) == 1:
        return found[0]
    if found:
        numbers = ", ".join(str(int(process["index"])) for process in found)
        raise kernel.Trouble(f"{len(found)} processes are named {word}: say which by its number ({numbers})")
    raise kernel.Trouble(f"no process {'has number' if word.isdecimal() else 'is named'} {word}; {there_are()}")


def threads(process: gdb.Value) -> list[gdb.Value]:
    return kernel.listed(process["threads"], "thread", "of_process")


def running_thread() -> gdb.Value | None:
    """this_cpu()->running. None: the CPU is idle, or the kernel has not come so far."""
    local = kernel.variable("hal/x86_64/cpu.c", "cpu_boot_area")["local"]
    if not int(local) or not int(local["running"]):
        return None
    return kernel.at(int(local["running"]), "thread")


def in_user_mode() -> bool:
    """Is the boot CPU executing a program, not the kernel?"""
    return kernel.register("cs") & RING == RING


def running_program() -> gdb.Value | None:
    """The process whose code the CPU is executing; None in the kernel."""
    thread = running_thread() if in_user_mode() else None
    return kernel.at(int(thread["process"]), "process") if thread is not None else None
