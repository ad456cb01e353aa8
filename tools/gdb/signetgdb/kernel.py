# SPDX-License-Identifier: BSD-2-Clause
"""The kernel's variables, structs, lists, pools and enumerations, found by its debug information.

User programs may be loaded beside the kernel and have symbols of the same names, so everything is looked up in the
kernel's own object file. A machine can be stopped in the middle of anything: what does not add up is a Trouble, never a
traceback, and every walk has an end.
"""

import os

import gdb

STEPS_MAX = 1 << 20  # of any walk: more than 32 MiB of RAM have room for
PAGING_ON = 1 << 31  # of CR0


class Trouble(gdb.GdbError):
    """A sentence for the person at the keyboard."""


class TooEarly(Trouble):
    """The kernel has not come so far."""


def objfile() -> gdb.Objfile:
    for file in gdb.objfiles():
        if file.is_valid() and file.lookup_global_symbol("kernel_main"):
            return file
    raise Trouble("the kernel's symbols are not loaded: `file build/signet.elf`, or start with `tools/signet debug`")


def need_machine() -> None:
    """Sets the boot CPU as gdb's thread, whose page tables and registers all the rest is read by."""
    objfile()
    boot_cpu = next((thread for thread in gdb.selected_inferior().threads() if thread.num == 1), None)
    if boot_cpu is None:
        raise Trouble("no machine is connected: it has ended, or gdb was not started by `tools/signet debug`")
    if gdb.selected_thread() != boot_cpu:
        boot_cpu.switch()
    if not register("cr0") & PAGING_ON:
        raise TooEarly("the kernel has not started yet: the CPU is still without page tables")


def register(name: str) -> int:
    return int(gdb.newest_frame().read_register(name)) & 0xffffffffffffffff


def variable(file: str, name: str) -> gdb.Value:
    """A variable of one source file, static or not."""
    objfile()
    try:
        return gdb.parse_and_eval(f"'{file}'::{name}")
    except gdb.error:
        raise Trouble(f"this kernel has no variable `{name}` in {file}: these commands are for another version of it") from None


def type_of(tag: str) -> gdb.Type:
    """A struct or an enum by its tag."""
    symbol = objfile().lookup_static_symbol(tag, gdb.SYMBOL_STRUCT_DOMAIN)
    if symbol is None:
        raise Trouble(f"this kernel has no type `{tag}`: these commands are for another version of it")
    return symbol.type


def at(address: int, tag: str) -> gdb.Value:
    """The struct at an address, read as a whole."""
    found = gdb.Value(address).cast(type_of(tag).pointer()).dereference()
    found.fetch_lazy()
    return found


def offset_of(tag: str, member: str) -> int:
    return type_of(tag)[member].bitpos // 8


def listed(head: gdb.Value, tag: str, member: str) -> list[gdb.Value]:
    """The structs on a list. One that is not initialised yet has none."""
    end, node = int(head.address), int(head["next"])
    offset = offset_of(tag, member)
    found = []
    while node not in (0, end):
        found.append(at(node - offset, tag))
        node = int(found[-1][member]["next"])
        if len(found) > STEPS_MAX:
            raise Trouble(f"a list of struct {tag} does not end: it is being changed at this moment, or damaged")
    return found


def is_linked(node: gdb.Value) -> bool:
    return int(node["next"]) not in (0, int(node.address))


def pooled(pool: gdb.Value, tag: str) -> list[gdb.Value]:
    """All objects of a pool that are in use."""
    if not pool["object_bytes"]:
        return []
    free, node = set(), int(pool["free"])
    word = gdb.lookup_type("unsigned long").pointer()
    while node and len(free) <= int(pool["made"]):
        free.add(node)
        node = int(gdb.Value(node).cast(word).dereference())
    places = [object_at(pool, index) for index in range(int(pool["made"]))]
    return [at(place, tag) for place in places if place not in free]


def object_at(pool: gdb.Value, index: int) -> int:
    frame, within = divmod(index, 1 << int(pool["shift"]))
    pointers = pool["directories"][0].dereference().type.sizeof
    directory, entry = divmod(frame, 4096 // pointers)
    return int(pool["directories"][directory][entry]) + within * int(pool["object_bytes"])


def enumerators(tag: str) -> dict[int, str]:
    """THREAD_READY of enum thread_state is `ready`: the prefix that all have in common says nothing."""
    fields = type_of(tag).fields()
    prefix = os.path.commonprefix([field.name for field in fields])
    prefix = prefix[:prefix.rfind("_") + 1]
    return {field.enumval: field.name.removeprefix(prefix).lower().replace("_", " ") for field in fields}


def named(value: gdb.Value | int, tag: str) -> str:
    return enumerators(tag).get(int(value), f"{tag} {int(value)}?")


def text(array: gdb.Value) -> str:
    """A string in an array of char, up to its zero."""
    return bytes(int(array[i]) & 0xff for i in range(array.type.sizeof)).split(b"\0")[0].decode("ascii", "replace")


def memory(address: int, count: int) -> bytes:
    return bytes(gdb.selected_inferior().read_memory(address, count))
