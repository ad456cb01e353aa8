# SPDX-License-Identifier: BSD-2-Clause
"""The state diagram of a contract, drawn by Graphviz: docs/contracts/NAME.svg, which says in a comment what graph it shows."""

_STYLE = """\
	rankdir=LR; nodesep=0.4; ranksep=0.8; fontname="Helvetica"; fontsize=11;
	node [fontname="Helvetica", fontsize=11, shape=box, style="rounded,filled", fillcolor="#eef3fa", color="#4a6285"];
	edge [fontname="Helvetica", fontsize=9, color="#4a6285", fontcolor="#4a6285", arrowsize=0.7];
	start [shape=point, width=0.12, color="#4a6285", fillcolor="#4a6285"];
"""


def graph(contract):
    """In Graphviz' language: a box per state with the operations that stay in it, arrows for those that leave, dashed for new channels."""
    lines = [f"digraph {contract.name} {{\n", _STYLE]
    lines += [_node(state, contract) for state in contract.states.values()]
    lines.append(f'\tstart -> "{next(iter(contract.states))}";\n')
    lines += _edges(_moves(contract), "")
    hand_outs = _hand_outs(contract)
    foreign = sorted({target for _, target in hand_outs if target not in contract.states})
    lines += [f'\t"{name}" [fillcolor="#f3e7d3", color="#8a6d3b"];\n' for name in foreign]
    lines += _edges(hand_outs, ", style=dashed")
    return "".join(lines) + "}\n"


def _node(state, contract):
    stay = [o.name for o in contract.operations.values() if state.name in o.states and o.next_state in ("", state.name)]
    look = ', peripheries=2, fillcolor="#c9d8ee"' if state.end else ""
    label = "\\n".join([state.name.upper(), *stay])
    return f'\t"{state.name}" [label="{label}"{look}];\n'


def _moves(contract):
    """(from, to) to the names of the operations that do it."""
    found = {}
    for operation in contract.operations.values():
        for state in operation.states:
            if operation.next_state not in ("", state):
                found.setdefault((state, operation.next_state), []).append(operation.name)
    return found


def _hand_outs(contract):
    """(from, state of the new channel) to the operations whose reply hands it out. A state of another contract is `contract: state`."""
    found = {}
    for operation in contract.operations.values():
        for end in operation.reply.ends:
            own = end.contract == contract.name
            states = end.states or ([next(iter(contract.states))] if own else [""])
            targets = [state if own else f"{end.contract}: {state}".rstrip(": ") for state in states]
            for pair in ((state, target) for state in operation.states for target in targets):
                found.setdefault(pair, []).append(operation.name)
    return found


def _edges(pairs, look):
    return [f'\t"{start}" -> "{end}" [label="{", ".join(names)}"{look}];\n' for (start, end), names in sorted(pairs.items())]
