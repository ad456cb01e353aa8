# SPDX-License-Identifier: BSD-2-Clause
"""NAME_server.h, what a server defines and calls; NAME_server.c, the dispatcher that checks every message first.

The part of the dispatcher that takes words only is in NAME_server.h: inline with the handlers, it keeps them in registers (cgen_words.py).
"""

from . import cgen_types as c, cgen_words, model
from .cgen_client import checks, line_of_use
from .cgen_text import comment, condition, enum, file, function, prototype, statement


def header(contract):
    name = contract.name
    return file(
        [*c.made_from(contract, "What serves a contract: the handlers that the server defines, and what it can call."), "#pragma once",
         f'#include "contracts/{name}.h"', '#include "libsys/serve.h"'],
        ["/* Room for the longest request and the longest reply; the most pages that come. */",
         *enum("enum", [(c.upper(contract, "server", "bytes"), _room(contract), ""), (c.upper(contract, "server", "pages"), _most_pages(contract), "")])],
        [f"extern const struct contract_server {name}_server;"],
        ["/* A channel to where `at` receives; the end is to be handed out. id, for notifying, may be NULL. value: at most 56 bits. */",
         *function(f"static inline enum status {name}_channel_make", _make_parameters(contract),
                   [*statement(f"return serve_channel_make(at, {c.upper(contract, 'contract')}, value, state, &end->handle, id);")])],
        _notify(contract),
        *(block for op in contract.operations.values() for block in _declarations(contract, op)),
        *cgen_words.blocks(contract),
    )


def source(contract):
    name = contract.name
    return file(
        [*c.made_from(contract, "The dispatcher: a handler sees only what the contract allows."), f'#include "contracts/{name}_server.h"',
         *(["#include <string.h>"] if _replies_strings(contract) else [])],
        *(block for op in contract.operations.values() for block in _operation(contract, op)),
        cgen_words.taker(contract),
        _table(contract),
        [f'CONTRACT_SERVED("{line_of_use(contract, "server")}");'],
        _server(contract),
    )


# The header.


def _replies_strings(contract):
    return any(op.reply.bytes and op.reply.bytes.kind == "string" for op in contract.operations.values())


def _make_parameters(contract):
    return ["const struct serving *at", "uint64_t value", f"enum {contract.name}_state state", f"{c.channel(contract.name)} *end", "uint32_t *id"]


def _notify(contract):
    if not contract.to_client:
        return []
    return function(f"static inline enum status {contract.name}_notify_client", ["handle_t port", "uint32_t id", "uint64_t bits"],
                    ["\treturn ipc_notify_client(port, id, bits);"])


def _longest(contract, side):
    fields = [getattr(op, side).bytes for op in contract.operations.values()]
    return max((f.high * c.element_bytes(contract, f) for f in fields if f), default=0)


def _room(contract):
    request, reply = _longest(contract, "request"), _longest(contract, "reply")
    return (request + 8 & ~7) + reply + 1 if request or reply else 0


def _most_pages(contract):
    return max((op.request.pages.high for op in contract.operations.values() if op.request.pages), default=0)


def _declarations(contract, operation):
    name, request, reply = f"{contract.name}_{operation.name}", operation.request, operation.reply
    yield _struct(contract, f"{name}_request", request, _request_field)
    yield _struct(contract, f"{name}_reply", reply, _reply_field)
    yield [*comment(operation.doc), *prototype(f"enum status {contract.name}_serve_{operation.name}", _handler_parameters(contract, operation)),
           *prototype(f"enum status {contract.name}_answer_{operation.name}", _answer_parameters(contract, operation))]


def _struct(contract, name, direction, fields_of):
    if not direction.fields:
        return []
    lines = [line for f in direction.fields for line in comment(f.doc, 1) + [f"\t{text};" for text in fields_of(contract, f)]]
    return [f"struct {name} {{", *lines, "};"]


def _request_field(contract, field):
    texts = c.request_parameters(contract, model.Direction([field]))
    return texts + ([f"size_t {field.name}_bytes"] if isinstance(field, model.Bytes) and field.kind == "string" else [])


def _reply_field(contract, field):
    name = field.name
    if isinstance(field, model.Word):
        return [f"{c.c_type(contract, field.type)} {name}"]
    if isinstance(field, model.End):
        return [f"{c.channel(field.contract)} {name}"]
    if isinstance(field, model.Pages):
        return [f"void *{name}", f"size_t {name}_pages"]
    pointer = {"string": "char", "bytes": "void"}.get(field.kind) or c.c_type(contract, field.struct)
    counted = {"bytes": "bytes", "array": "count"}.get(field.kind)
    return [f"{pointer} *{name}", *([f"size_t {name}_{counted}"] if counted else [])]


def _handler_parameters(contract, operation):
    name = f"struct {contract.name}_{operation.name}"
    return ["struct serving *serving", *([f"const {name}_request *request"] if operation.request.fields else []),
            *([f"{name}_reply *reply"] if operation.reply.fields else [])]


def _answer_parameters(contract, operation):
    badge = ["uint64_t badge"] if operation.next_state else []
    reply = [f"const struct {contract.name}_{operation.name}_reply *reply"] if operation.reply.fields else []
    return ["uint64_t token", *badge, "enum status st", *reply]


# The source: one function that checks and calls the handler, one that puts the reply into a message, one that answers later.


def _operation(contract, operation):
    if operation.reply.fields:
        yield _put(contract, operation)
    if not c.is_plain(operation):
        yield _take(contract, operation)
    yield _answer(contract, operation)


def _put_head(contract, operation):
    parts = [] if operation.reply.plain else ["struct ipc_buffers *parts"]
    return f"static void put_{operation.name}", ["struct message *out", *parts, f"const struct {contract.name}_{operation.name}_reply *reply"]


def _put(contract, operation):
    body = [line for field in operation.reply.fields for line in _put_field(field)]
    if operation.reply.ends:
        body.append(f"\tout->tag |= TAG_ENDS({len(operation.reply.ends)});")
    return function(*_put_head(contract, operation), body)


def _put_field(field):
    name = field.name
    if isinstance(field, model.Word):
        return [f"\tout->words[{field.place}] = {c.word_of(field.type, f'reply->{name}')};"]
    if isinstance(field, model.End):
        return [f"\tparts->send_handles[{field.place}] = reply->{name}.handle;"]
    if isinstance(field, model.Pages):
        kind = f"reply->{name}_pages == 0 ? MESSAGE_PAGES_NONE : MESSAGE_PAGES_GIVEN" if field.low == 0 else "MESSAGE_PAGES_GIVEN"
        return [f"\tparts->send_pages = (uaddr_t)(uintptr_t)reply->{name};", *statement(f"out->tag = tag_with_pages(out->tag, {kind}, reply->{name}_pages);")]
    length = {"string": f"strlen(reply->{name})", "bytes": f"reply->{name}_bytes", "struct": f"sizeof *reply->{name}",
              "array": f"reply->{name}_count * sizeof *reply->{name}"}[field.kind]
    return [f"\tparts->send_bytes = (uaddr_t)(uintptr_t)reply->{name};", f"\tout->tag = tag_with_bytes(out->tag, {length});"]


def _take(contract, operation):
    request, reply = operation.request, operation.reply
    body = _locals(contract, operation) + _shape_check(contract, operation) + _turn(contract, operation) + _request_checks(contract, operation)
    body += ["\tserving_clear(serving);"]
    body += [line for field in request.fields for line in _fill(contract, field)]
    called = f"{contract.name}_serve_{operation.name}({', '.join(cgen_words.handler_arguments(operation))})"
    after = []
    if reply.fields:
        after.append(f"put_{operation.name}(&serving->out, {'' if reply.plain else '&serving->parts, '}&reply);")
    if operation.next_state:
        after.append(f"serving_set_state(serving, {c.upper(contract, 'state', operation.next_state)});")
    if request.pages and request.pages.kind == "given":
        after.append("serving_settle_given(serving);")
    if not after:
        body += statement(f"return {called};")
    else:
        done = "ST_OK" if reply.plain and not operation.next_state else "SERVING_MORE"
        body += [*statement(f"st = {called};"), *checks(["st != ST_OK"], "st"), *(f"\t{line}" for line in after), f"\treturn {done};"]
    return function(f"static enum status take_{operation.name}", ["struct serving *serving"], body)


def _if_ok(lines):
    if len(lines) == 1:
        return ["\tif (st == ST_OK)", f"\t\t{lines[0]}"]
    return ["\tif (st == ST_OK) {", *(f"\t\t{line}" for line in lines), "\t}"]


def _locals(contract, operation):
    name, lines = f"struct {contract.name}_{operation.name}", []
    if operation.request.fields:
        lines.append(f"\t{name}_request request;")
    if operation.reply.fields:
        got = operation.reply.bytes
        lines.append(f"\t{name}_reply reply = {{ {f'.{got.name} = serving_room(serving)' if got else '0'} }};")
    given = operation.request.pages and operation.request.pages.kind == "given"
    if operation.reply.fields or operation.next_state or given:
        lines.append("\tenum status st;")
    return lines + [""] if lines else []


def _shape_check(contract, operation):
    """The tag, whole if it has no lengths: they are asked later. What pages may come with differs only in their kind."""
    shapes = [f"({shape})" if "|" in shape else shape for shape in c.shape(contract, operation)]
    has_lengths = operation.request.bytes or operation.request.pages
    tag = "serving->in.tag & TAG_SHAPE" if has_lengths or operation.request.ends else "serving->in.tag"
    tests = [f"({tag}) != {shape}" if "&" in tag else f"{tag} != {shape}" for shape in shapes]
    lines = [*condition(tests, " && "), "\t\treturn ST_BAD_MESSAGE;"]
    if operation.request.ends and not has_lengths:
        lines[0:0] = ["\tif (tag_has_lengths(serving->in.tag))", "\t\treturn ST_BAD_MESSAGE;"]
    return lines


def _turn(contract, operation):
    """Where the operation is legal; nothing to ask if that is everywhere."""
    if len(operation.states) == len(contract.states):
        return []
    names = [c.upper(contract, "state", state) for state in operation.states]
    if len(names) == 1:
        return checks([f"serving_state(serving) != {names[0]}"], "ST_OUT_OF_TURN")
    return checks([f"!serving_is_in(serving, {c.mask_of(names)})"], "ST_OUT_OF_TURN")


def _request_checks(contract, operation):
    request = operation.request
    bad = _length_checks(contract, request)
    bad += [test for w in request.words if (test := c.bad_word(contract, w.type, f"serving->in.words[{w.place}]"))]
    unused = [f"serving->in.words[{place}]" for place in range(len(request.words), 6)]
    bad += [f"serving_has_more(serving, {len(request.words)})"] if unused else []
    lines = [*condition(bad), "\t\treturn ST_BAD_MESSAGE;"] if bad else []
    lines += _content_checks(contract, request)
    for end in request.ends:
        lines += [f"\tif (!serving_end_is(serving, {end.place}, {c.contract_id(end.contract)}))", "\t\treturn ST_BAD_CONTRACT;"]
    return lines


def _length_checks(contract, request):
    tests, sent, pages = [], request.bytes, request.pages
    if sent is None and pages is None:
        return []  # the whole tag has been compared
    if sent is None:
        tests.append("tag_bytes(serving->in.tag) != 0")
    elif sent.kind == "struct":
        tests.append(f"tag_bytes(serving->in.tag) != sizeof(struct {contract.name}_{sent.struct})")
    else:
        each = c.element_bytes(contract, sent)
        tests.append(f"!length_is_within(tag_bytes(serving->in.tag), {sent.low * each}, {sent.high * each})")
        tests += [f"tag_bytes(serving->in.tag) % {each} != 0"] if each > 1 else []
    if pages is None:
        tests.append("tag_pages(serving->in.tag) != 0")
    else:
        tests.append(f"!length_is_within(tag_pages(serving->in.tag), {pages.low}, {pages.high})")
    return tests


def _content_checks(contract, request):
    sent = request.bytes
    if sent and sent.kind == "string":
        return ["\tif (!serving_is_string(serving))", "\t\treturn ST_BAD_MESSAGE;"]
    if not sent or sent.kind == "bytes" or not c.needs_check(contract, contract.structs[sent.struct]):
        return []
    kind = f"struct {contract.name}_{sent.struct}"
    if sent.kind == "struct":
        return [f"\tif (!{contract.name}_{sent.struct}_is_good(serving->bytes))", "\t\treturn ST_BAD_MESSAGE;"]
    return [f"\tfor (size_t i = 0; i < tag_bytes(serving->in.tag) / sizeof({kind}); i++)",
            f"\t\tif (!{contract.name}_{sent.struct}_is_good((const {kind} *)serving->bytes + i))", "\t\t\treturn ST_BAD_MESSAGE;"]


def _fill(contract, field):
    name = field.name
    if isinstance(field, model.Word):
        return [f"\trequest.{name} = {c.value_of(contract, field.type, f'serving->in.words[{field.place}]')};"]
    if isinstance(field, model.End):
        return [f"\trequest.{name}.handle = serving->in.handles[{field.place}];"]
    if isinstance(field, model.Pages):
        return [f"\trequest.{name} = serving->landing;", f"\trequest.{name}_pages = tag_pages(serving->in.tag);"]
    lines = [f"\trequest.{name} = serving->bytes;"]
    if field.kind == "array":
        lines.append(f"\trequest.{name}_count = tag_bytes(serving->in.tag) / sizeof *request.{name};")
    elif field.kind != "struct":
        lines.append(f"\trequest.{name}_bytes = tag_bytes(serving->in.tag);")
    return lines


def _answer(contract, operation):
    head = f"enum status {contract.name}_answer_{operation.name}"
    parts = bool(operation.reply.fields) and not operation.reply.plain
    then = [f"put_{operation.name}(&out, {'&parts, ' if parts else ''}reply);"] if operation.reply.fields else []
    if operation.next_state:
        then.append(f"serve_put_state(&out, badge, {c.upper(contract, 'state', operation.next_state)});")
    if not then:
        return function(head, _answer_parameters(contract, operation), ["\treturn serve_answer_status(token, st);"])
    body = ["\tstruct message out = { .tag = st };", *(["\tstruct ipc_buffers parts = { 0 };"] if parts else []), "", *_if_ok(then),
            f"\treturn serve_answer(token, &out, {'&parts' if parts else 'NULL'});"]
    return function(head, _answer_parameters(contract, operation), body)


def _table(contract):
    """Where serve.c finds them, by number."""
    takers = [(op, "words_only" if c.is_plain(op) else f"take_{op.name}") for op in contract.operations.values()]
    lines = [f"[{c.upper(contract, 'operation', op.name)}] = {taker}" for op, taker in takers]
    return ["static serving_take *const take[] = {", "\t[0] = serving_take_other,", "\t/* By the number of the operation: */", *(f"\t{line}," for line in lines), "};"]


def _server(contract):
    requests = [op.request for op in contract.operations.values()]
    ends = c.accepted(requests)
    most = max(len(request.ends) for request in requests)
    given = any(request.pages and request.pages.kind == "given" for request in requests)
    takes = [*([str(most)] if most else []), *(["ACCEPT_GIVEN"] if given else [])]
    lines = [f".id = {c.upper(contract, 'contract')}", f'.name = "{contract.name}"', ".take = take",
             ".take_count = sizeof take / sizeof *take",
             f".request_bytes = {_longest(contract, 'request')}", f".reply_bytes = {_longest(contract, 'reply')}",
             *([f".accept = {' | '.join(takes)}"] if takes else []),
             *([f".accept_contracts = {{ {', '.join(map(c.contract_id, ends))} }}"] if ends else [])]
    return [f"const struct contract_server {contract.name}_server = {{", *(f"\t{line}," for line in lines), "};"]
