# SPDX-License-Identifier: BSD-2-Clause
"""The records of the kernel's trace points (kernel/trace/trace.c), as lines for people: in names, not numbers.

What a record means is decided here and nowhere else. A record that makes no sense is shown as it is, behind a `?`: it is text
that came over a serial line.
"""

import re
from pathlib import Path

from .. import abi
from ..contract import load, status
from ..contract.lexer import ContractError
from ..refusal import Refusal
from .names import Contracts, Names, lengths, notifications

MARK = b"~"
RECORD = re.compile(r"~([0-9a-f]{1,16}) ([0-9a-f]{1,16}) ([a-z]+)((?: \S+)*)")
LINE_MAX = 1000  # more than the kernel writes
FAULT = re.compile(r'\bF\(([A-Z_]+), ([0-9]+), "([^"]*)"\)')

# Why a thread no longer runs, by the state that it is in.
WHY = {"queued": "waits until its server takes the call", "served": "waits for the answer", "receiving": "waits for messages",
       "paging": "waits for a page", "starved": "waits for memory", "ready": "preempted", "orphaned": "has ended", "dead": "has ended"}
TOUCHED = {"made": "gets a zero page", "unmapped": "nothing is there", "denied": "that is not allowed there", "lent": "the page is lent",
           "starved": "waits for memory", "quota": "is at its limit of memory, one of its pages has to go",
           "lost": "the page did not come back from outside"}
INTERNAL = {"parked": "waits", "retry": "waits for memory, then starts again", "ended": "does not come back"}
GONE_CALLER = "its caller has ended"
CALLS_BY_STATE = {"queued": "ipc_call", "served": "ipc_call", "receiving": "ipc_recv"}


class Garbled(Exception):
    """The record is none of the kernel's."""


def lower_bits(value):
    """Numbers of the bits that are set."""
    return [bit for bit in range(value.bit_length()) if value >> bit & 1]


class Trace:
    """Reads the kernel's log as it comes and tells the records in it. Everything else in the log is passed over."""

    def __init__(self, folders=()):
        self.contracts = Contracts(contracts_in(folders))
        self.names = Names()
        self.rest = b""
        self.expected = None  # the next record's number
        self.states = {}  # of channels: badge's state by id
        self.slots = {}  # whose page is on its way: (process, address) by slot
        self.statuses = {status.number_of(name): name for name in status.statuses()}
        self.calls = {number: name for name, number in abi.calls().items()}
        self.faults = {int(number): text for _, number, text in FAULT.findall(header("kernel/abi/fault.h"))}
        self.children = dict(enumerate(re.findall(r"\bPROCESS_([A-Z]+)\b", header("kernel/abi/process.h").partition("enum process_state")[2].partition("}")[0])))

    def feed(self, data):
        """More of the log's bytes. Returns the lines that are complete now."""
        *lines, self.rest = (self.rest + data).split(b"\n")
        if len(self.rest) > LINE_MAX:
            self.rest = self.rest[:LINE_MAX]
        return [told for line in lines if line.startswith(MARK) for told in self.tell(line.rstrip(b"\r"))]

    def tell(self, line):
        """What one line with the mark says; first, if records before it are missing, that they are."""
        text = printable(line[:LINE_MAX].decode("ascii", "backslashreplace"))
        found = RECORD.fullmatch(text)
        if not found:
            return [f"? {text}"]
        number, us, word, fields = int(found[1], 16), int(found[2], 16), found[3], found[4].split()
        lost = [] if word == "begin" else self.missing(number)
        self.expected = number + 1
        try:
            category, said = self.said(word, fields)
        except (Garbled, ValueError, IndexError):
            return [*lost, f"? {text}"]
        return lost + ([f"{us // 1000000:4}.{us % 1000000:06} {category:5} {said}"] if said else [])

    def missing(self, number):
        if self.expected is None or number == self.expected:
            return []
        count = number - self.expected
        return [f"? {count} records are missing here" if count > 0 else "? records are out of order here"]

    def said(self, word, fields):
        """(category, text) of a record; no text: nothing to be told."""
        if word == "begin":
            return "", ""
        tell = getattr(self, f"tell_{word}", None)
        if tell is None or len(fields) != tell.__code__.co_argcount - 1:
            raise Garbled
        return tell(*fields)

    # ipc

    def tell_call(self, caller, server, channel, contract, badge, tag, _more):
        return "ipc", self.pair(caller, server) + self.request(caller, channel, contract, badge, tag, True)

    def tell_queued(self, caller, server, channel, contract, badge, tag, _more):
        nobody = ", nobody serves" if server == "-" else ""
        return "ipc", self.pair(caller, server) + self.request(caller, channel, contract, badge, tag) + f": has to wait{nobody}"

    def tell_taken(self, caller, server, channel, contract, badge, tag, _more):
        return "ipc", self.pair(caller, server) + self.request(caller, channel, contract, badge, tag, True) + ": taken now"

    def tell_reply(self, caller, server, channel, contract, badge, tag, answer):
        known = self.contracts.find(contract, caller)
        operation = known.operation(int(tag, 16))
        parts = [self.status(int(answer, 16) & 0xfff), *lengths(int(answer, 16), operation and operation.reply)]
        before, self.states[channel] = self.states.get(channel), known.state(int(badge, 16))
        if before not in (None, self.states[channel]):
            parts.append(f"now in state {self.states[channel]}")
        return "ipc", self.pair(server, caller, "nobody", "(kernel)") + f"{known.operation_name(int(tag, 16))}: {', '.join(parts)}"

    def tell_ended(self, caller, server, channel, contract, badge, tag, number):
        why = self.status(int(number, 16))
        why = GONE_CALLER if why == "ended" else why
        return "ipc", self.pair(caller, server) + self.request(caller, channel, contract, badge, tag) + f": ended without an answer, {why}"

    def tell_notify(self, sender, receiver, _channel, contract, to_server, bits):
        known = self.contracts.find(contract, sender)
        names = notifications(known.contract, int(to_server, 16) != 0)
        said = ", ".join(names.get(bit, f"?bit {bit}") for bit in lower_bits(int(bits, 16)))
        return "ipc", self.pair(sender, receiver, nobody="(closed)") + f"{known.name} notification: {said}"

    def tell_child(self, child, parent, bits):
        said = ", ".join(self.children.get(bit, f"?{bit:x}").lower() for bit in lower_bits(int(bits, 16)))
        return "ipc", self.pair(child, parent) + f"news of a child: {said}"

    def tell_irq(self, driver, handle):
        return "ipc", f"interrupt -> {self.names.process(driver)}  handle {int(handle, 16):#x}"

    def tell_move(self, giver, taker, server, channel, contract, badge):
        known = self.contracts.find(contract, giver)
        self.states[channel] = known.state(int(badge, 16))
        return "ipc", self.pair(giver, taker) + f"a channel to {self.names.process(server, 'nobody')}, {known.name}{known.state_note(int(badge, 16))}"

    def pair(self, one, other, nobody="(kernel)", other_nobody="nobody"):
        """`a -> b  `"""
        return f"{self.names.process(one, nobody)} -> {self.names.process(other, other_nobody)}  "

    def request(self, caller, channel, contract, badge, tag, whole=False):
        """What is called, in which state; whole: and what comes with it."""
        known = self.contracts.find(contract, caller)
        operation = known.operation(int(tag, 16))
        self.states[channel] = known.state(int(badge, 16))
        with_it = lengths(int(tag, 16), operation and operation.request) if whole else []
        return known.operation_name(int(tag, 16)) + known.state_note(int(badge, 16)) + (" " + ", ".join(with_it) if with_it else "")

    # fault, sched, page

    def tell_fault(self, thread, address, access, touch, slot):
        said = f"in swap, slot {int(slot, 16)}" if touch == "swapped" else TOUCHED.get(touch, f"?{touch}")
        return "fault", f"{self.names.thread(thread)}  {access} at {int(address, 16):#x}: {said}"

    def tell_end(self, process, fault, address, code):
        number = int(fault, 16)
        said = f"exits with code {int(code, 16)}" if number == 0 else f"ends: {self.faults.get(number, f'?{number}')} (address {int(address, 16):#x})"
        return "fault", f"{self.names.process(process)}  {said}"

    def tell_switch(self, before, state, after):
        why = f" ({WHY.get(state, f'?{state}')})" if before != "-" else ""
        return "sched", f"{self.names.thread(before, 'idle')}{why} -> {self.names.thread(after, 'idle')}"

    def tell_evict(self, process, address, slot):
        return "page", f"{self.names.process(process)}  {int(address, 16):#x} leaves RAM, slot {int(slot, 16)} has it already"

    def tell_out(self, process, address, slot):
        return "page", self.on_its_way(process, address, slot) + "goes out"

    def tell_in(self, process, address, slot):
        return "page", self.on_its_way(process, address, slot) + "is asked for"

    def on_its_way(self, process, address, slot):
        whose = self.slots[slot] = f"{self.names.process(process)}  {int(address, 16):#x}"
        return f"{whose}, slot {int(slot, 16)}: "

    def tell_paged(self, slot, is_in, number):
        whose = self.slots.pop(slot, "?")
        return "page", f"{whose}, slot {int(slot, 16)}: {'is read' if int(is_in, 16) else 'is written'}, {self.status(int(number, 16))}"

    # call

    def tell_did(self, process, number, result):
        name = self.status(int(result, 16))
        return "call", f"{self.names.process(process)}  {self.calls.get(int(number, 16), f'?{int(number, 16)}')}: {INTERNAL.get(name, name)}"

    def tell_back(self, thread, state, result):
        return "call", f"{self.names.thread(thread)}  back from {CALLS_BY_STATE.get(state, '?' + state)}: {self.status(int(result, 16))}"

    def status(self, number):
        return self.statuses.get(number, f"?{number}")


class WithoutRecords:
    """The kernel's log without the records in it, byte for byte as it comes."""

    def __init__(self):
        self.at_start = True  # of a line
        self.in_record = False

    def feed(self, data):
        kept = []
        for count, piece in enumerate(data.split(b"\n")):
            if count:
                kept += [] if self.in_record else [b"\n"]
                self.at_start, self.in_record = True, False
            if piece and self.at_start:
                self.at_start, self.in_record = False, piece.startswith(MARK)
            kept += [] if self.in_record else [piece]
        return b"".join(kept)


def header(path):
    return (abi.ROOT / path).read_text(encoding="utf-8")


def printable(text):
    return "".join(c if c.isprintable() else "?" for c in text)


def contracts_in(folders):
    """Contracts by id, of these folders and of the kit. One that cannot be read is left out: its id will do."""
    found = {}
    for folder in (*folders, load.SYSTEM_FOLDER):
        for path in sorted(Path(folder).glob("*" + load.SUFFIX)):
            try:
                contract = load.load(path, folders)
            except (ContractError, Refusal):
                continue
            found.setdefault(contract.id, contract)
    return found
