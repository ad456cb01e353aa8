# SPDX-License-Identifier: BSD-2-Clause
"""Names for the numbers in trace records: processes, contracts with their operations and states, what a tag carries."""

import argparse
import re

from .. import abi

CATEGORIES = ("ipc", "fault", "sched", "page", "call")

STATE_MASK = 0x3f  # of a badge: the protocol's state, docs/contracts.md
WHO = re.compile(r"(\S+):([0-9a-f]{1,8})(?:\.([0-9a-f]{1,8}))?")
NOTIFY = re.compile(r"^#define NOTIFY_([A-Z]+) +\(1ull << ([0-9]+)\)", re.MULTILINE)
GIVEN = 3  # enum message_pages


def categories(text):
    """For an option: `ipc,fault`, in the order of the list, each once."""
    asked = text.split(",")
    for name in asked:
        if name not in CATEGORIES:
            raise argparse.ArgumentTypeError(f"'{name}' is no category of trace points; there are {','.join(CATEGORIES)}")
    return tuple(name for name in CATEGORIES if name in asked)


class Names:
    """Processes by the names they have; by number too, where two had one name."""

    def __init__(self):
        self.numbers = {}  # of the processes that have had a name

    def process(self, who, nobody="?"):
        return self.named(who, nobody, False)

    def thread(self, who, nobody="?"):
        """The first thread of a process is the process."""
        return self.named(who, nobody, True)

    def named(self, who, nobody, threads):
        if who == "-":
            return nobody
        found = WHO.fullmatch(who)
        if not found or (found[3] is None) == threads:
            raise ValueError(who)
        numbers = self.numbers.setdefault(found[1], set())
        numbers.add(found[2])
        name = f"{found[1]}#{int(found[2], 16)}" if len(numbers) > 1 else found[1]
        return f"{name} thread {int(found[3], 16)}" if found[3] not in (None, "1") else name


class Known:
    """One contract, or a number that is none's."""

    def __init__(self, contract, number):
        self.contract = contract
        self.name = contract.name if contract else f"?{number:016x}"
        self.operations = {operation.number: operation for operation in contract.operations.values()} if contract else {}
        self.states = {state.number: state.name for state in contract.states.values()} if contract else {}

    def operation(self, tag):
        return self.operations.get(tag & 0xfff)

    def operation_name(self, tag):
        operation = self.operation(tag)
        return f"{self.name}.{operation.name if operation else f'?{tag & 0xfff}'}"

    def state(self, badge):
        return self.states.get(badge & STATE_MASK, f"?{badge & STATE_MASK}")

    def state_note(self, badge):
        """` (tree)`, unless the contract has but one."""
        return f" ({self.state(badge)})" if len(self.states) != 1 else ""


class Contracts:
    """By id. The kernel's own channel to the pager has none."""

    def __init__(self, by_id):
        self.by_id = by_id
        self.of_kernel = next((contract for contract in by_id.values() if contract.name == "pager"), None)
        self.known = {}

    def find(self, number, caller):
        """Of a record's field; caller: the other field, `-` for the kernel."""
        key = int(number, 16), caller == "-"
        if key not in self.known:
            self.known[key] = Known(self.of_kernel if key == (0, True) else self.by_id.get(key[0]), key[0])
        return self.known[key]


def lengths(tag, direction):
    """What a tag says of bytes, pages and handles, by the fields' names where the direction (of a contract) is known."""
    of_bytes, of_pages, ends = tag >> 32 & 0x1ffff, tag >> 49 & 0x7fff, tag >> 18 & 7
    parts = []
    if of_bytes:
        parts.append(named(direction and direction.bytes, counted(of_bytes, "byte")))
    if of_pages:
        parts.append(named(direction and direction.pages, counted(of_pages, "page")) + (" given" if tag >> 16 & 3 == GIVEN else " lent"))
    if ends:
        parts.append(counted(ends, "end"))
    return parts


def named(field, text):
    return f"{field.name} {text}" if field else text


def counted(number, what):
    return f"{number} {what}{'s' if number != 1 else ''}"


def notifications(contract, to_server):
    """Bit to name; the kernel's own too."""
    text = (abi.ROOT / "kernel/abi/message.h").read_text(encoding="utf-8")
    names = {int(bit): name.lower() for name, bit in NOTIFY.findall(text)}
    if contract:
        names |= {note.bit: note.name for note in (contract.to_server if to_server else contract.to_client).values()}
    return names
