# SPDX-License-Identifier: BSD-2-Clause
"""NAME.h: what both sides know of a contract, and the client's functions. Those that move words only are inline."""

from . import cgen_types as c
from .cgen_client import inline_stub, parameters
from .cgen_text import COLUMNS, comment, defines, enum, file, function, prototype


def header(contract):
    return file(
        [*c.made_from(contract, "What both sides of a contract know, and the client's functions."), *comment(contract.doc), "#pragma once",
         '#include "libsys/client.h"'],
        ["/* What the kernel knows of the contract. */", *defines([(c.upper(contract, "contract"), f"{contract.id:#018x}ull")])],
        ["/* The client's end of a channel. */", f"{c.channel(contract.name)} {{", "\thandle_t handle; /* 0: none */", "};"],
        [f'#include "contracts/{name}.h"' for name in c.referenced(contract)],
        *_constants(contract),
        *(block for made in contract.enums.values() for block in _enum(contract, made)),
        *(block for made in _ordered(contract) for block in _struct(contract, made)),
        _states(contract),
        enum(f"enum {contract.name}_operation", [(c.upper(contract, "operation", op.name), op.number, "") for op in contract.operations.values()]),
        *_notifications(contract),
        *(_operation(contract, op) for op in contract.operations.values()),
        *_ends(contract),
    )


def _constants(contract):
    small = [k for k in contract.constants.values() if k.value <= c.INT_MAX]
    large = [k for k in contract.constants.values() if k.value > c.INT_MAX]
    blocks = [enum("enum", [(c.upper(contract, k.name), k.value, k.doc) for k in small])] if small else []
    return blocks + [[*comment(k.doc), f"#define {c.upper(contract, k.name)} {k.value}ull"] for k in large]


def _enum(contract, made):
    members = [(c.upper(contract, made.name, name), value, made.docs.get(name, "")) for name, value in made.members.items()]
    yield [*comment(made.doc), *enum(f"enum {contract.name}_{made.name}", members)]
    head, values = f"static inline bool {contract.name}_{made.name}_is_known", sorted(made.members.values())
    if values == list(range(values[0], values[-1] + 1)):
        low, high = (next(name for name, value, _ in members if value == end) for end in (values[0], values[-1]))
        test = f"value <= {high}" if values[0] == 0 else f"length_is_within(value, {low}, {high})"
        yield function(head, ["uint64_t value"], [f"\treturn {test};"])
    else:
        cases = [f"\tcase {name}:" for name, _, _ in members]
        yield function(head, ["uint64_t value"], ["\tswitch (value) {", *cases, "\t\treturn true;", "\tdefault:", "\t\treturn false;", "\t}"])


def _ordered(contract):
    """Structs, each after those that it contains."""
    done = {}

    def visit(struct):
        for f in struct.fields:
            if f.type in contract.structs:
                visit(contract.structs[f.type])
        done.setdefault(struct.name, struct)

    for struct in contract.structs.values():
        visit(struct)
    return done.values()


def _struct(contract, struct):
    name, lines = f"{contract.name}_{struct.name}", []
    for f in struct.fields:
        kind = "char" if f.type == "string" else c.c_type(contract, f.type)
        count = f.count + 1 if f.type == "string" else f.count
        lines += comment(f.doc, 1) + [f"\t{kind} {f.name}{f'[{count}]' if count else ''};"]
    last = struct.fields[-1]
    yield [*comment(struct.doc), f"struct {name} {{", *lines, "};",
           *_assert_layout(name, struct.bytes, last.name, last.offset)]
    if c.needs_check(contract, struct):
        yield function(f"static inline bool {name}_is_good", [f"const struct {name} *x"], _struct_checks(contract, struct))


def _assert_layout(name, size, last, offset):
    condition = f"_Static_assert(sizeof(struct {name}) == {size} && offsetof(struct {name}, {last}) == {offset},"
    if len(condition) + len(' "layout");') <= COLUMNS:
        return [condition + ' "layout");']
    return [condition, '\t       "layout");']


def _struct_checks(contract, struct):
    lines = []
    for f in struct.fields:
        if f.type == "string":
            lines += [f"\tif (x->{f.name}[{f.count}] != 0)", "\t\treturn false;"]
            continue
        what = f"x->{f.name}[i]" if f.count else f"x->{f.name}"
        if f.type == "bool":
            test = f"*(const uint8_t *)&{what} > 1"
        elif f.type in contract.enums:
            test = f"!{contract.name}_{f.type}_is_known((uint64_t){what})"
        elif f.type in contract.structs and c.needs_check(contract, contract.structs[f.type]):
            test = f"!{contract.name}_{f.type}_is_good(&{what})"
        else:
            continue
        if f.count:
            lines += [f"\tfor (size_t i = 0; i < {f.count}; i++)", f"\t\tif ({test})", "\t\t\treturn false;"]
        else:
            lines += [f"\tif ({test})", "\t\treturn false;"]
    return [*lines, "\treturn true;"]


def _states(contract):
    members = [(c.upper(contract, "state", s.name), s.number, s.doc) for s in contract.states.values()]
    return ["/* What a channel can be in. One that a program is born with begins in the first. */", *enum(f"enum {contract.name}_state", members)]


def _notifications(contract):
    for side, notes in (("client", contract.to_client), ("server", contract.to_server)):
        for n in notes.values():
            yield [*comment(f"To the {side}: {n.doc or n.name}"), *defines([(c.upper(contract, "notify", side, n.name), f"(1ull << {n.bit})")])]


def _operation(contract, operation):
    doc = comment(_with_errors(operation))
    if c.is_inline(operation):
        return [*doc, *inline_stub(contract, operation)]
    return [*doc, *prototype(f"enum status {contract.name}_{operation.name}", parameters(contract, operation))]


def _with_errors(operation):
    """Its doc, the docs of its fields, and its errors."""
    fields = [f"{f.name}: {f.doc}" for f in operation.request.fields + operation.reply.fields if f.doc]
    sentences = [operation.doc.rstrip(".")] if operation.doc else []
    sentences += fields
    if operation.errors:
        sentences.append("Errors: " + ", ".join(name.upper() for name in operation.errors))
    return "".join(sentence.rstrip(".") + ". " for sentence in sentences)


def _ends(contract):
    end = f"{c.channel(contract.name)} *end"
    yield ["/* Closes the end; *end is none afterwards. */",
           *function(f"static inline void {contract.name}_close", [end],
                     ["\tif (end->handle != 0)", "\t\t(void)handle_close(end->handle);", "\tend->handle = 0;"])]
    if contract.to_server:
        yield function(f"static inline enum status {contract.name}_notify_server", [f"{c.channel(contract.name)} end", "uint64_t bits"],
                       ["\treturn ipc_notify(end.handle, bits);"])
