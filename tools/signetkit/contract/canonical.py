# SPDX-License-Identifier: BSD-2-Clause
"""What a contract means, as a text that neither its documentation nor its layout changes; the contract's id is the start of its SHA-256."""

import hashlib

from . import model


def text(contract):
    """The canonical form. What has no number of its own is in the order of its names."""
    lines = [f"contract {contract.name}"]
    lines += [f"const {name} {contract.constants[name].value}" for name in sorted(contract.constants)]
    lines += [_enum(contract.enums[name]) for name in sorted(contract.enums)]
    lines += [_struct(contract.structs[name]) for name in sorted(contract.structs)]
    lines += [f"state {state.number} {state.name}{' end' if state.end else ''}" for state in contract.states.values()]
    lines += [f"notify client {note.bit} {note.name}" for note in contract.to_client.values()]
    lines += [f"notify server {note.bit} {note.name}" for note in contract.to_server.values()]
    for operation in contract.operations.values():
        lines += _operation(operation, contract)
    return "\n".join(lines) + "\n"


def id_of(contract):
    """The first 8 bytes of the SHA-256 of the canonical form, little-endian."""
    return int.from_bytes(hashlib.sha256(text(contract).encode()).digest()[:8], "little")


def _enum(enum):
    return f"enum {enum.name}" + "".join(f" {name}={enum.members[name]}" for name in sorted(enum.members, key=enum.members.get))


def _struct(struct):
    fields = [f" {field.name}:{field.type}[{field.count}]@{field.offset}" for field in struct.fields]
    return f"struct {struct.name} {struct.bytes}" + "".join(fields)


def _operation(operation, contract):
    marks = [mark for mark in ("idempotent", "deadline") if getattr(operation, mark)]
    states = sorted(operation.states, key=lambda name: contract.states[name].number)
    moves = f"in {','.join(states)} -> {operation.next_state or 'same'}"
    return [
        " ".join(["operation", str(operation.number), operation.name, moves, *marks]),
        *(f"request {_field(field)}" for field in operation.request.fields),
        *(f"reply {_field(field)}" for field in operation.reply.fields),
        f"errors {','.join(sorted(operation.errors))}",
    ]


def _field(field):
    if isinstance(field, model.Word):
        return f"{field.name} word {field.place} {field.type}"
    if isinstance(field, model.End):
        return f"{field.name} end {field.place} {field.contract} in {','.join(sorted(field.states)) or 'first'}"
    return f"{field.name} {field.kind} {getattr(field, 'struct', '')}<{field.low}..{field.high}>"
