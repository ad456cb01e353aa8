# SPDX-License-Identifier: BSD-2-Clause
"""A contract as Promela, for the model check: what a client may ask in each state, and what a server's answer changes.

Data is left out. Operations that then differ in nothing are one operation of the model, so that there are fewer states to visit; the
text names them all.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """Operations that the model cannot tell apart. States are numbers."""

    names: tuple
    states: tuple  # where they are legal
    next_state: int | None  # after success; None: it stays
    opens: str  # the contract of the channel that the reply carries, or ""
    opened_states: tuple  # one of these the new channel is in
    idempotent: bool

    @property
    def shape(self):
        return (self.states, self.next_state, self.opens, self.opened_states, self.idempotent)


def kinds(contract, find=lambda name: None):
    """The Kinds of a contract in the order of their first operations; the first has the number 1. find(name): another contract, or None."""
    merged = {}
    for operation in contract.operations.values():
        shape = _shape(contract, operation, find)
        merged.setdefault(shape, []).append(operation.name)
    return [Kind(tuple(names), *shape) for shape, names in merged.items()]


def _shape(contract, operation, find):
    numbers = {name: state.number for name, state in contract.states.items()}
    states = tuple(sorted(numbers[name] for name in operation.states))
    next_state = numbers[operation.next_state] if operation.next_state else None
    end = next(iter(operation.reply.ends), None)
    if end is None:
        return (states, next_state, "", (), operation.idempotent)
    other = contract if end.contract == contract.name else find(end.contract)
    if other is None:
        return (states, next_state, "", (), operation.idempotent)
    first = next(iter(other.states))
    opened = tuple(sorted(other.states[name].number for name in (end.states or [first])))
    return (states, next_state, end.contract, opened, operation.idempotent)


def text(contract, contract_kinds):
    """The model of both sides: conditions and choices, over an operation and a state."""
    name = contract.name
    parts = [
        _legend(contract, contract_kinds),
        either(f"{name}_legal(o, s)", [f"(o) == {n} && {_one_of('s', kind.states)}" for n, kind in enumerate(contract_kinds, 1)]),
        f"#define {name}_next(o, s) {_next(contract_kinds)}",
        either(f"{name}_idempotent(o)", [f"(o) == {n}" for n, kind in enumerate(contract_kinds, 1) if kind.idempotent]),
        either(f"{name}_can(s)", [_one_of("s", sorted({state for kind in contract_kinds for state in kind.states}))]),
        either(f"{name}_can_err(s)", [f"!{name}_legal({n}, s)" for n in range(1, len(contract_kinds) + 1)]),
        "/* The client: anything legal. Or, if its program is wrong, anything else. */",
        choice(f"{name}_choose()", [(f"{name}_legal({n}, at)", f"op = {n}") for n in range(1, len(contract_kinds) + 1)]),
        choice(f"{name}_choose_wrong()", [(f"!{name}_legal({n}, at)", f"op = {n}") for n in range(1, len(contract_kinds) + 1)]),
        "/* The server: the state of a channel that its reply hands out. */",
        choice(f"{name}_choose_opened()", _opened(contract_kinds) + [("else", "to = 0")]),
    ]
    return "\n".join(parts) + "\n"


def _legend(contract, contract_kinds):
    states = ", ".join(f"{state.number} {state.name}" for state in contract.states.values())
    operations = "; ".join(f"{n} {', '.join(kind.names)}" for n, kind in enumerate(contract_kinds, 1))
    return f"/*\n * The contract {contract.name}.\n * States: {states}.\n * Operations: {operations}.\n */"


def _one_of(variable, numbers):
    return "(" + (" || ".join(f"({variable}) == {number}" for number in numbers) or "false") + ")"


def either(head, conditions):
    return f"#define {head} (" + (" || ".join(conditions) or "false") + ")"


def _next(contract_kinds):
    value = "(s)"
    for n, kind in enumerate(contract_kinds, 1):
        if kind.next_state is not None:
            value = f"((o) == {n} -> {kind.next_state} : {value})"
    return value


def choice(head, alternatives):
    lines = [f"\t:: {guard} -> {effect}" for guard, effect in alternatives]
    return "\n".join([f"inline {head}", "{", "\tif", *lines, "\tfi", "}"])


def _opened(contract_kinds):
    return [(f"op == {n}", f"to = {state}") for n, kind in enumerate(contract_kinds, 1) if kind.opens for state in kind.opened_states]
