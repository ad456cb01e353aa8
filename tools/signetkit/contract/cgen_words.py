# SPDX-License-Identifier: BSD-2-Clause
"""The part of the dispatcher that takes operations of words only: struct ipc_words in, struct ipc_words out, in registers if inlined."""

from . import cgen_types as c
from .cgen_client import checks
from .cgen_text import comment, function, initialized, statement

_OF_A_MESSAGE = ("const struct ipc_words_from *from", "struct ipc_words *m")


def blocks(contract):
    """For NAME_server.h: a function for each such operation, one that chooses, and a serving loop."""
    operations = _operations(contract)
    if operations:
        yield from (_dispatch_one(contract, op) for op in operations)
        yield _dispatch(contract, operations)
        yield _serve(contract)


def taker(contract):
    """For NAME_server.c: the same for words in memory."""
    if not _operations(contract):
        return []
    return function("static enum status words_only", ["struct serving *serving"], [f"\treturn serving_take_words(serving, {contract.name}_dispatch);"])


def _operations(contract):
    return [op for op in contract.operations.values() if c.is_plain(op)]


def _dispatch_one(contract, operation):
    name, request, reply = f"{contract.name}_{operation.name}", operation.request, operation.reply
    body = [*([f"\tstruct {name}_request request;"] if request.fields else []), *([f"\tstruct {name}_reply reply = {{ 0 }};"] if reply.fields else []),
            "\tenum status st;", "", *_turn(contract, operation), *_checks(contract, request)]
    if request.fields:
        values = [f".{w.name} = {c.value_of(contract, w.type, c.word_in_register('m->', w.place))}" for w in request.words]
        body += initialized(f"request = (struct {name}_request)", values, equals="")
    body += statement(f"st = {contract.name}_serve_{operation.name}({', '.join(handler_arguments(operation))});")
    words = [f"{c.word_in_register('.', w.place)} = {c.word_of(w.type, f'reply.{w.name}')}" for w in reply.words]
    body += initialized("*m = (struct ipc_words)", words or ["0"], equals="")
    if operation.next_state:
        body += [*checks(["st != ST_OK"], "st"), f"\tserving_set_state(serving, {c.upper(contract, 'state', operation.next_state)});",
                 "\treturn SERVING_MORE;"]
    else:
        body.append("\treturn st;")
    return function(f"static inline enum status {contract.name}_dispatch_{operation.name}", ["struct serving *serving", *_OF_A_MESSAGE], body)


def handler_arguments(operation):
    return ["serving", *(["&request"] if operation.request.fields else []), *(["&reply"] if operation.reply.fields else [])]


def _turn(contract, operation):
    """Where the operation is legal, or at least that the channel is one of this contract."""
    names = [c.upper(contract, "state", state) for state in operation.states]
    if len(names) == 1:
        return checks([f"!words_are_in_one(from, {names[0]})"], "ST_OUT_OF_TURN")
    return checks([f"!words_are_in(from, {c.mask_of(names)})"], "ST_OUT_OF_TURN")


def _checks(contract, request):
    """Each word is a value of its type, and there are no others."""
    bad = [test for w in request.words if (test := c.bad_word(contract, w.type, c.word_in_register("m->", w.place)))]
    unused = [c.word_in_register("m->", place) for place in range(len(request.words), 6)]
    bad += [f"({' | '.join(unused)}) != 0" if len(unused) > 1 else f"{unused[0]} != 0"] if unused else []
    return checks(bad, "ST_BAD_MESSAGE") if bad else []


def _dispatch(contract, operations):
    cases = [line for op in operations
             for line in (f"\tcase {c.shape(contract, op)[0]}:", f"\t\treturn {contract.name}_dispatch_{op.name}(serving, from, m);")]
    return function(f"static inline enum status {contract.name}_dispatch", ["struct serving *serving", *_OF_A_MESSAGE],
                    ["\tswitch (from->tag) {", *cases, "\tdefault:", "\t\treturn SERVING_ELSE;", "\t}"])


def _serve(contract):
    doc = f"serve() for a server whose first contract is {contract.name}: words stay in registers from one message to the next."
    body = ["\tstruct serving_at_hand h;", "", "\tserve_begin(serving);", "\th = serving_at_hand(serving);", "\tfor (;;)",
            f"\t\tserve_words(serving, &h, {contract.name}_dispatch);"]
    return [*comment(doc), *function(f"_Noreturn static inline void {contract.name}_serve", ["struct serving *serving"], body)]
