# SPDX-License-Identifier: BSD-2-Clause
"""The client's functions. One that moves words only is a few lines in NAME.h, and they stay in registers; the others are in NAME_client.c."""

from . import cgen_types as c, model
from .cgen_text import condition, file, function, initialized, statement


def parameters(contract, operation):
    deadline = ["uint64_t deadline_ns"] if operation.deadline else []
    return [f"{c.channel(contract.name)} channel", *c.request_parameters(contract, operation.request),
            *c.reply_parameters(contract, operation.reply), *deadline]


def line_of_use(contract, side):
    return f"{side} {contract.name} {contract.id:016x}"


def _mark(contract):
    return f'\tCONTRACT_USED("{line_of_use(contract, "client")}");'


def _message(contract, operation):
    """The declaration of what is sent."""
    words = ", ".join(c.word_of(w.type, w.name) for w in operation.request.words)
    parts = [*([f".words = {{ {words} }}"] if words else []), f".tag = {c.shape(contract, operation)[0]}"]
    return initialized("struct message m", parts)


def inline_stub(contract, operation):
    words = [f"{c.word_in_register('.', w.place)} = {c.word_of(w.type, w.name)}" for w in operation.request.words]
    called = f"client_call_words(channel.handle, {c.shape(contract, operation)[0]}, &m);"
    body = [*initialized("struct ipc_words m", words or ["0"]), *statement(f"enum status st = {called}"), "", _mark(contract)]
    if operation.reply.words:
        body += checks(["st != ST_OK"], "st")
        bad = [test for w in operation.reply.words if (test := c.bad_word(contract, w.type, c.word_in_register("m.", w.place)))]
        body += checks(bad, "ST_BAD_MESSAGE") if bad else []
        body += [f"\t*{w.name} = {c.value_of(contract, w.type, c.word_in_register('m.', w.place))};" for w in operation.reply.words]
        body += ["\treturn ST_OK;"]
    else:
        body += ["\treturn st;"]
    return function(f"static inline enum status {contract.name}_{operation.name}", parameters(contract, operation), body)


def source(contract):
    """The text of NAME_client.c; an object without content if all is in NAME.h."""
    operations = [op for op in contract.operations.values() if not c.is_inline(op)]
    own = [f'#include "contracts/{contract.name}.h"', *(["#include <string.h>"] if any(map(_uses_strings, operations)) else [])]
    return file([*c.made_from(contract, f"The client's functions of {contract.name}.h that move more than words."), *own],
                *(_stub(contract, op) for op in operations))


def _uses_strings(operation):
    return any(b is not None and b.kind == "string" for b in (operation.request.bytes, operation.reply.bytes))


def _stub(contract, operation):
    body = [*_expected(contract, operation), *_length(operation), *_message(contract, operation), *_parts(contract, operation)]
    rest = _reply_checks(contract, operation) + _results(contract, operation)
    body += ["\tenum status st;", ""] if rest else [""]
    body += [_mark(contract)] + _argument_checks(contract, operation) + _tag(operation)
    deadline = "deadline_ns" if operation.deadline else "DEADLINE_NEVER"
    parts = "&parts" if _needs_parts(operation) else "NULL"
    called = f"client_call(channel.handle, &m, {parts}, {deadline}, &expected);"
    if rest:
        body += ["\tst = " + called, *checks(["st != ST_OK"], "st"), *rest, "\treturn ST_OK;"]
    else:
        body += ["\treturn " + called]
    return function(f"enum status {contract.name}_{operation.name}", parameters(contract, operation), body)


def checks(conditions, result):
    return [*condition(conditions), f"\t\treturn {result};"]


def _needs_parts(operation):
    return any(not side.plain for side in (operation.request, operation.reply))


# What goes out.


def _expected(contract, operation):
    """Bounds of the answer: struct client_answer."""
    reply, bounds = operation.reply, []
    if reply.ends:
        bounds.append(f".handles = {len(reply.ends)}")
    if reply.bytes:
        each = c.element_bytes(contract, reply.bytes)
        bounds += [f".bytes_low = {reply.bytes.low * each}", f".bytes_high = {reply.bytes.high * each}"]
    if reply.pages:
        bounds += [f".pages_low = {reply.pages.low}", f".pages_high = {reply.pages.high}"]
    return initialized("static const struct client_answer expected", bounds or ["0"])


def _length(operation):
    sent = operation.request.bytes
    return [f"\tsize_t {sent.name}_bytes = strlen({sent.name});"] if sent and sent.kind == "string" else []


def _address(name):
    return f"(uaddr_t)(uintptr_t){name}"


def _parts(contract, operation):
    request, reply, lines = operation.request, operation.reply, []
    if request.bytes:
        lines.append(f".send_bytes = {_address(request.bytes.name)}")
    if request.pages:
        lines.append(f".send_pages = {_address(request.pages.name)}")
    if reply.bytes:
        lines += [f".recv_bytes = {_address(reply.bytes.name)}", f".recv_capacity = {_capacity(contract, reply.bytes)}"]
    if reply.pages:
        lines += [f".landing = {_address(f'{reply.pages.name}_landing')}", f".landing_pages = client_room({reply.pages.name}_max, {reply.pages.high})"]
    if request.ends:
        lines.append(f".send_handles = {{ {', '.join(f'{end.name}.handle' for end in request.ends)} }}")
    takes = [*([str(len(reply.ends))] if reply.ends else []), *(["ACCEPT_GIVEN"] if reply.pages else [])]
    if takes:
        lines.append(f".accept = {' | '.join(takes)}")
    if reply.ends:
        lines.append(f".accept_contracts = {{ {', '.join(c.contract_id(name) for name in c.accepted([reply]))} }}")
    return initialized("struct ipc_buffers parts", lines) if lines else []


def _capacity(contract, field):
    name = field.name
    if field.kind == "struct":
        return f"sizeof *{name}"
    if field.kind == "array":
        return f"client_room({name}_max, {field.high}) * sizeof *{name}"
    return f"client_room({name}_size, {field.high + 1}) - 1" if field.kind == "string" else f"client_room({name}_size, {field.high})"


def _argument_checks(contract, operation):
    bad = []
    for field in operation.request.fields:
        if isinstance(field, model.Pages):
            bad.append(f"!length_is_within({field.name}_pages, {field.low}, {field.high})")
        elif isinstance(field, model.Bytes) and field.kind != "struct":
            counted = f"{field.name}_{'count' if field.kind == 'array' else 'bytes'}"
            bad.append(f"!length_is_within({counted}, {field.low}, {field.high})")
    got = operation.reply.bytes
    if got and got.kind == "string":
        bad.append(f"{got.name}_size == 0")
    return checks(bad, "ST_BAD_ARG") if bad else []


def _tag(operation):
    """Lengths are put into the tag once they are known to be good."""
    sent, pages, lines = operation.request.bytes, operation.request.pages, []
    if sent:
        length = {"struct": f"sizeof *{sent.name}", "array": f"{sent.name}_count * sizeof *{sent.name}"}.get(sent.kind, f"{sent.name}_bytes")
        lines.append(f"\tm.tag = tag_with_bytes(m.tag, {length});")
    if pages:
        kind = f"MESSAGE_PAGES_{pages.kind.replace(' ', '_').upper()}"
        if pages.low == 0:
            kind = f"{pages.name}_pages == 0 ? MESSAGE_PAGES_NONE : {kind}"
            lines += statement(f"m.tag = tag_with_pages(m.tag, {kind}, {pages.name}_pages);")
        else:
            lines.append(f"\tm.tag = tag_with_pages(m.tag, MESSAGE_PAGES_NONE, {pages.name}_pages);")
    return lines


# What comes back.


def _reply_checks(contract, operation):
    refusal = "return client_refuse(&m);"
    bad = [test for w in operation.reply.words if (test := c.bad_word(contract, w.type, f"m.words[{w.place}]"))]
    names = c.accepted([operation.reply])
    bad += [f"tag_end(m.tag, {end.place}) != {names.index(end.contract)}" for end in operation.reply.ends]
    got = operation.reply.bytes
    lines = []
    if got and got.kind == "string":
        bad.append(f"memchr({got.name}, 0, tag_bytes(m.tag)) != NULL")
    if got and got.kind == "array":
        bad.append(f"tag_bytes(m.tag) % sizeof *{got.name} != 0")
    checked = got and got.kind in ("struct", "array") and c.needs_check(contract, contract.structs[got.struct])
    if checked and got.kind == "struct":
        bad.append(f"!{contract.name}_{got.struct}_is_good({got.name})")
    if bad:
        lines += [*condition(bad), f"\t\t{refusal}"]
    if checked and got.kind == "array":
        lines += [f"\tfor (size_t i = 0; i < tag_bytes(m.tag) / sizeof *{got.name}; i++)",
                  f"\t\tif (!{contract.name}_{got.struct}_is_good(&{got.name}[i]))", f"\t\t\t{refusal}"]
    return lines


def _results(contract, operation):
    return [line for field in operation.reply.fields for line in _result(contract, field)]


def _result(contract, field):
    name = field.name
    if isinstance(field, model.Word):
        return [f"\t*{name} = {c.value_of(contract, field.type, f'm.words[{field.place}]')};"]
    if isinstance(field, model.End):
        return [f"\t{name}->handle = m.handles[{field.place}];"]
    if isinstance(field, model.Pages):
        return [f"\t*{name}_pages = tag_pages(m.tag);"]
    return {"string": [f"\t{name}[tag_bytes(m.tag)] = 0;"], "bytes": [f"\t*{name}_bytes = tag_bytes(m.tag);"], "struct": [],
            "array": [f"\t*{name}_count = tag_bytes(m.tag) / sizeof *{name};"]}[field.kind]
