# SPDX-License-Identifier: BSD-2-Clause
"""What must hold of a whole contract: its states make sense, no mark promises what cannot be kept. cnames.py checks the names."""

from . import model
from .cnames import name_problems
from .lexer import hint

_NEVER = "no operation leads to it, and no channel is handed out in it"


def problems(contract, trees):
    """[(mark, message)]. trees: of load.Trees, to look into other contracts."""
    found = []
    for operation in contract.operations.values():
        found += _replay_problems(operation)
        found += _end_problems(operation, contract, trees)
    if not contract.operations:
        found.append((contract.mark, f"contract `{contract.name}` has no operation"))
    return found + _state_problems(contract, trees) + name_problems(contract)


def _replay_problems(operation):
    """An idempotent call is delivered again when the server dies: what it carries must still be with its caller."""
    if not operation.idempotent:
        return []
    found = []
    for direction, part in ((operation.request, "request"), (operation.reply, "reply")):
        if direction.pages and direction.pages.kind == "given":
            found.append((direction.pages.mark, f"operation `{operation.name}` is idempotent, so its {part} cannot give pages"))
        found += [(end.mark, f"operation `{operation.name}` is idempotent, so its {part} cannot move a channel") for end in direction.ends]
    return found


# States.


def _state_problems(contract, trees):
    reached = _reached(contract, trees)
    found = []
    for state in contract.states.values():
        used = [operation for operation in contract.operations.values() if state.name in operation.states]
        if state.name not in reached:
            found.append((state.mark, f"state `{state.name}` is never reached: {_NEVER}"))
        if not used and not state.end and contract.operations:
            advice = f"say `state {state.name} end` if that is meant"
            found.append((state.mark, f"state `{state.name}` has no way out: no operation is legal in it ({advice})"))
        if used and state.end:
            found.append((state.mark, f"state `{state.name}` is an `end`, but operation `{used[0].name}` is legal in it"))
    return found


def _reached(contract, trees):
    """Names of the states that a channel can be in."""
    reached = {next(iter(contract.states))}
    if len(contract.states) > 1:
        reached |= trees.handed_out(contract.name)
    while True:
        legal = [operation for operation in contract.operations.values() if reached.intersection(operation.states)]
        more = ({operation.next_state for operation in legal if operation.next_state} | _handed_out(contract.name, legal, contract)) - reached
        if not more:
            return reached
        reached |= more


def _handed_out(name, operations, contract):
    ends = [end for operation in operations for direction in (operation.request, operation.reply) for end in direction.ends]
    return {state for end in ends if end.contract == name for state in end.states if state in contract.states}


# Ends of channels.


def _end_problems(operation, contract, trees):
    found = []
    for end in [*operation.request.ends, *operation.reply.ends]:
        if end.contract == contract.name:
            states = list(contract.states)
        else:
            states, problem = trees.states_of(end.contract)
            if problem:
                found.append((end.contract_mark, f"`{end.name}`: {problem}"))
                continue
        found += [
            (mark, f"`{end.name}`: contract `{end.contract}` has no state `{state}`{hint(state, states)}")
            for state, mark in zip(end.states, end.state_marks, strict=True) if state not in states
        ]
    return found
