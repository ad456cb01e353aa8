# SPDX-License-Identifier: BSD-2-Clause
"""signet graph: a system as a picture (SVG by Graphviz), and whether information can flow from one part of it to another."""

from pathlib import Path

from .. import picture as pictures
from ..plain import USAGE, Problem
from . import check, description, starting, wiring
from .description import PARENT

INK, PAGEABLE, PINNED, GOLD, SAND = "#4a6285", "#eef3fa", "#c9d8ee", "#8a6d3b", "#f3e7d3"
STYLE = f"""\
	rankdir=BT; nodesep=0.35; ranksep=0.55; fontname="Helvetica"; fontsize=11;
	node [fontname="Helvetica", fontsize=11, shape=box, style="rounded,filled", fillcolor="{PAGEABLE}", color="{INK}"];
	edge [fontname="Helvetica", fontsize=9, color="{INK}", fontcolor="{INK}", arrowsize=0.7, dir=back, arrowtail=normal];
"""
LEGEND = f"""\
	subgraph cluster_legend {{
		label="An arrow points from who calls to who serves;\\ldashed: may be missing.\\l"; labelloc=b; fontsize=9; color="{INK}"; style=dotted;
		node [fontsize=9, height=0.25]; edge [style=invis];
		legend_process [label="process"];
		legend_pinned [label="pinned: never paged", fillcolor="{PINNED}"];
		legend_trusted [label="trusted with more\\nthan it is given", peripheries=2];
		legend_kind [label="program that may\\nbe started", style="rounded,filled,dashed"];
		legend_device [label="device", shape=component, style=filled, fillcolor="{SAND}", color="{GOLD}"];
		legend_pinned -> legend_process; legend_device -> legend_kind -> legend_trusted;
	}}
"""


def dot(system):
    """In Graphviz' language. An arrow points from who calls to who serves; below is who is called."""
    entries = sorted(system.entries, key=lambda entry: (entry.rank, entry.name))
    lines = ["digraph system {\n", STYLE]
    for rank in sorted({entry.rank for entry in entries}):
        row = [entry for entry in entries if entry.rank == rank]
        lines += [_node(entry) for entry in row]
        lines.append("\t{ rank=same; " + " ".join(f'"{entry.name}";' for entry in row) + " }\n")
    for entry in entries:
        lines += [_device(entry, device) for device in entry.manifest.devices]
    lines.append(f'\t"the kernel" [shape=box, style=filled, fillcolor="{SAND}", color="{GOLD}", peripheries=2];\n')
    for entry in entries:
        lines += _edges(entry, {other.name: other for other in entries})
    return "".join(lines) + LEGEND + "}\n"


def _node(entry):
    """Pinned is darker, trusted has a double line, what may be started at run time a dashed one."""
    count = f" (up to {entry.instances})" if entry.is_kind else ""
    program = f"\\n({entry.manifest.name})" if entry.manifest.name != entry.name else ""
    look = ', style="rounded,filled,dashed"' if entry.is_kind else ""
    look += f', fillcolor="{PINNED}"' if entry.pinned else ""
    look += ", peripheries=2" if check.reasons(entry) else ""
    return f'\t"{entry.name}" [label="{entry.name}{count}{program}"{look}];\n'


def _device(entry, device):
    what = f"ports {device.port:#x}, irq {device.irq}" if device.kind == "ports" else "PCI"
    place = entry.places.get(device.name)
    if place:
        what += f" {place[0] >> 8:02x}:{place[0] >> 3 & 31:02x}.{place[0] & 7}"
    name = device_name(entry, device)
    return (f'\t"{name}" [label="{device.name}\\n{what}", shape=component, style=filled, fontsize=9, fillcolor="{SAND}", color="{GOLD}"];\n'
            f'\t"{name}" -> "{entry.name}" [color="{GOLD}", dir=none];\n')


def _edges(entry, entries):
    """From the server up to its client, so that Graphviz puts the server below; the arrow's head is at the server."""
    for local, wire in sorted(entry.wires.items()):
        use = entry.manifest.uses[local]
        style = ", style=dashed" if use.optional else ""
        for server in _behind(entry, local, wire, entries):
            yield f'\t"{server.name}" -> "{entry.name}" [label="{use.contract}"{style}];\n'
    for child in sorted(entry.children, key=lambda child: child.name):
        label = ", ".join(child.manifest.serves)
        yield f'\t"{child.name}" -> "{entry.name}" [label="{label or "starts"}", style=dotted{"" if label else ", dir=forward"}];\n'
    if entry.manifest.pager:
        yield f'\t"{entry.name}" -> "the kernel" [label="pages", color="{GOLD}", fontcolor="{GOLD}"];\n'


def _behind(entry, local, wire, entries):
    if wire.server != PARENT:
        return [entries[wire.server]]
    return starting.servers_behind(entry.parent, entry.manifest.uses[local].contract, entries)


def device_name(entry, device):
    return f"{entry.name}.{device.name}"


def read(path):
    """A system that holds; the first thing that is wrong is raised."""
    system = description.read(path)
    wiring.check(system)
    return system


# The picture.


def is_current(path, picture):
    """Is the picture of the description as it is now? Needs no Graphviz."""
    return Path(picture).is_file() and pictures.is_current(dot(read(path)), Path(picture).read_text(encoding="utf-8"))


# The flow of information.


def links(system):
    """name to {name of the other end: what joins them}. A channel carries both ways: requests down, replies and notifications up."""
    found = {entry.name: {} for entry in system.entries}
    entries = {entry.name: entry for entry in system.entries}

    def join(one, other, what):
        found.setdefault(one, {}).setdefault(other, what)
        found.setdefault(other, {}).setdefault(one, what)

    for name, ends in _ends(system, entries).items():
        for contract, server in sorted(ends):
            join(name, server, contract)
    for entry in system.entries:
        for device in entry.manifest.devices:
            join(entry.name, device_name(entry, device), "device")
        for child in entry.children:
            join(entry.name, child.name, ", ".join(child.manifest.serves) or "start")
    return found


def _ends(system, entries):
    """name to {(contract, server)}: the client ends that one begins with, and those that messages may bring later."""
    held = {name: set() for name in entries}
    for entry in system.entries:
        for local, wire in entry.wires.items():
            held[entry.name] |= {(entry.manifest.uses[local].contract, server.name) for server in _behind(entry, local, wire, entries)}
        for child in entry.children:
            held[entry.name] |= {(contract, child.name) for contract in child.manifest.served}
    while True:
        more = [(taker, end) for name in held for taker, end in _moved(name, held, entries) if end not in held[taker]]
        if not more:
            return held
        for taker, end in more:
            held[taker].add(end)


def _moved(name, held, entries):
    """(who takes, end) of all that can move over the ends of one. The kernel lets an end go only to who is ranked above its server."""
    for contract, server in held[name]:
        found = entries[name].manifest.found.get(contract) or entries[server].manifest.found[contract]
        for giver, taker, contracts in ((name, server, _carried(found, "request")), (server, name, _carried(found, "reply"))):
            own = [(served, giver) for served in entries[giver].manifest.served] if contracts else []
            for end in [*held[giver], *own] if contracts else ():
                if end[0] in contracts and entries[taker].rank > entries[end[1]].rank:
                    yield taker, end


def _carried(contract, direction):
    return {end.contract for operation in contract.operations.values() for end in getattr(operation, direction).ends}


def path_between(joined, one, other, without=None):
    """The shortest way as a list of names, or None. without: a name that it may not lead through."""
    ways, waiting = {one: [one]}, [one]
    for here in waiting:
        if here == other:
            return ways[here]
        for there in sorted(joined[here]):
            if there not in ways and there != without:
                ways[there] = ways[here] + [there]
                waiting.append(there)
    return None


def reach(system, one, other):
    """Prints whether information can flow from one to the other. The exit status: 0 it can, 1 it cannot."""
    joined = links(system)
    for name in (one, other):
        if name not in joined:
            raise Problem(f"there is no {name!r} in {system.file}; there are: {', '.join(sorted(joined))}", USAGE)
    way = path_between(joined, one, other)
    if way is None:
        near = sorted(name for name in joined if name != one and path_between(joined, one, name))
        print(f"no: {one} and {other} are joined by no channels; {one} reaches {', '.join(near) or 'nobody'}")
        return 1
    steps = "".join(f" -[{joined[here][there]}]- {there}" for here, there in zip(way, way[1:]))
    print(f"yes: {one}{steps}")
    for name in way[1:-1]:
        if path_between(joined, one, other, without=name) is None:
            print(f"every way leads through {name}")
    return 0
