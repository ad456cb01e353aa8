# SPDX-License-Identifier: BSD-2-Clause
"""signet log, crash and frames. Also stops gdb where the kernel stops, as QEMU ends there and all would be lost."""

import gdb

from . import kernel
from .command import Command, answer, table


def install() -> None:
    Command("log", log, (0, 1), usage="[LINES]")
    Command("crash", crash)
    Command("frames", frames)
    gdb.events.stop.connect(watch_the_end)


def watch_the_end(_event: gdb.Event) -> None:
    """At the first stop, as there is no machine to set a breakpoint in before."""
    gdb.events.stop.disconnect(watch_the_end)
    try:
        kernel.objfile()
        LastStop()
    except gdb.error as error:
        gdb.write(f"[gdb will not stop where the kernel stops: {error}]\n")


def log(words: list[str]) -> str:
    """The kernel's log as its ring in memory has it: the last 16 KiB, or the last LINES lines of them."""
    if words and not (words[0].isdecimal() and int(words[0])):
        raise kernel.Trouble(f"`{words[0]}` is not a number of lines")
    ring = kernel.variable("kernel/core/log.c", "log_ring")
    size, written = ring.type.sizeof, int(kernel.variable("kernel/core/log.c", "log_written"))
    if not written:
        return "the log is still empty"
    data = kernel.memory(int(ring.address), size)
    if written > size:
        data = data[written % size:] + data[:written % size]
        data = data[data.find(b"\n") + 1:]  # the oldest line is not whole
    else:
        data = data[:written]
    lines = data.decode("ascii", "replace").splitlines()
    return "\n".join(lines[-int(words[0]):] if words else lines)


def crash(_words: list[str]) -> str:
    """The crash record: what the kernel found wrong with itself, and where."""
    record = kernel.variable("kernel/core/panic.c", "crash_record")
    message = kernel.text(record["message"])
    if int(record["magic"]).to_bytes(8, "little") != b"CRASHREC":
        return f"the kernel is about to panic: {message}" if message else "the kernel has not crashed"
    said = [f"the kernel panicked {int(record['time_ns']) / 1e9:.6f} s after boot: {message}",
            f"while running {kernel.text(record['process']) or 'no process'}"]
    if any(int(record[field]) for field in ("pc", "sp", "error", "address")):
        said += [f"pc       {int(record['pc']):#018x}{place(int(record['pc']))}", f"sp       {int(record['sp']):#018x}",
                 f"error    {int(record['error']):#x}", f"address  {int(record['address']):#018x}"]
    return "\n".join(said)


def place(pc: int) -> str:
    """Function, file and line of an address, as far as they are known."""
    try:
        symbol = gdb.execute(f"info symbol {pc:#x}", to_string=True).split(" in section")[0].strip()
        sal = gdb.find_pc_line(pc)
    except gdb.error:
        return ""
    if symbol.startswith("No symbol"):
        return "  (in nobody's code)"
    return f"  {symbol}" + (f" at {sal.symtab.filename}:{sal.line}" if sal.symtab else "")


def frames(_words: list[str]) -> str:
    """The frames of RAM: how many of each kind, how many are free, and what is kept back for whom."""
    total = int(kernel.variable("kernel/mm/frame.c", "total"))
    if not total:
        return "the kernel has not counted its frames yet"
    counted = kernel.variable("kernel/mm/frame.c", "frame_counts")
    free, counts = int(counted["free"]), counted["kind"]
    kinds = {value: name for value, name in kernel.enumerators("frame_kind").items() if name not in ("none", "kinds")}
    rows = [[name, str(int(counts[value])), kib(int(counts[value]))] for value, name in kinds.items()]
    rows += [["free", str(free), kib(free)], ["total", str(total), kib(total)]]
    missing = total - free - sum(int(counts[value]) for value in kinds)
    odd = f"\n{missing} frames are neither: one is being handed over at this moment, or lost" if missing else ""
    return table([["kind", "frames", "KiB"], *rows], "lrr") + f"\nkept back for the kernel and for paging: {int(counted['reserve'])} frames" + odd


def kib(count: int) -> str:
    return str(count * 4)


class LastStop(gdb.Breakpoint):
    """Where the kernel ends the machine for any reason but a power-off."""

    def __init__(self):
        super().__init__("hal_stop", type=gdb.BP_HARDWARE_BREAKPOINT, internal=True)
        self.silent = True
        gdb.events.stop.connect(self.told)

    def stop(self) -> bool:
        return self.reason() != "poweroff"

    def reason(self) -> str:
        """The argument, in RDI, as the function has only begun."""
        try:
            return kernel.named(kernel.register("rdi") & 0xffffffff, "hal_stop")
        except gdb.error:
            return "?"

    def told(self, event: gdb.StopEvent) -> None:
        if isinstance(event, gdb.BreakpointEvent) and self in event.breakpoints:
            why = {"panic": answer(crash, [], True) + "\n", "refused": "the kernel refuses to boot: `signet log`\n",
                   "supervisor": "the supervisor died: `signet log`, `signet ps`\n"}
            gdb.write(why.get(self.reason(), "the kernel stops the machine\n"))
