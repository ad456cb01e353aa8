# SPDX-License-Identifier: BSD-2-Clause
"""How a contract's names and fields look in C: types, constants, parameters, conditions that tell whether a value is one of a type."""

from . import model

LICENCE = "/* SPDX-License-Identifier: BSD-2-Clause */"
_WORDS = {"u8": "uint8_t", "u16": "uint16_t", "u32": "uint32_t", "u64": "uint64_t", "i64": "int64_t", "bool": "bool"}
_LIMITS = {"u8": "UINT8_MAX", "u16": "UINT16_MAX", "u32": "UINT32_MAX", "bool": "1"}
INT_MAX = (1 << 31) - 1


def made_from(contract, what):
    """The two lines that open each file."""
    return [LICENCE, f"/* {what} Made from {contract.name}.contract by tools/make_contract.py. */"]


def upper(contract, *parts):
    return "_".join((contract.name, *parts)).upper()


def contract_id(name):
    return upper_name(name, "CONTRACT")


def upper_name(name, *parts):
    return "_".join((name, *parts)).upper()


def channel(name):
    return f"struct {name}_channel"


def c_type(contract, name):
    """Of a scalar, an enum or a struct."""
    if name in _WORDS:
        return _WORDS[name]
    return f"{'enum' if name in contract.enums else 'struct'} {contract.name}_{name}"


def value_of(contract, type_name, word):
    """A word as a value of the type: an expression."""
    if type_name == "u64":
        return word
    return f"{word} != 0" if type_name == "bool" else f"({c_type(contract, type_name)}){word}"


def word_of(type_name, value):
    """A value as a word."""
    return f"(uint64_t){value}" if type_name == "i64" else value


def mask_of(states):
    return " | ".join(f"1ull << {name}" for name in states)


def word_in_register(of, place):
    """A field of struct ipc_words."""
    return f"{of}{'abcdef'[place]}"


def bad_word(contract, type_name, word):
    """A condition that holds if the word is no value of the type; None if every word is."""
    if type_name in _LIMITS:
        return f"{word} > {_LIMITS[type_name]}"
    return f"!{contract.name}_{type_name}_is_known({word})" if type_name in contract.enums else None


def needs_check(contract, struct):
    """Can bytes of the right length be no value of the struct?"""
    return any(f.type in ("bool", "string") or f.type in contract.enums
               or (f.type in contract.structs and needs_check(contract, contract.structs[f.type])) for f in struct.fields)


def is_plain(operation):
    """Words only, both ways."""
    return operation.request.plain and operation.reply.plain


def is_inline(operation):
    """Words only, so that nothing is to be gained by a function of its own."""
    return is_plain(operation) and not operation.deadline


def referenced(contract):
    """Names of the other contracts whose ends move in messages, in order."""
    ends = [end for op in contract.operations.values() for side in (op.request, op.reply) for end in side.ends]
    return list(dict.fromkeys(end.contract for end in ends if end.contract != contract.name))


def accepted(directions):
    """Names of the contracts of all ends that may come, in order."""
    return list(dict.fromkeys(end.contract for direction in directions for end in direction.ends))


def request_parameters(contract, direction):
    """Of the client's stub."""
    return [text for field in direction.fields for text in _in(contract, field)]


def _in(contract, field):
    name = field.name
    if isinstance(field, model.Word):
        return [f"{c_type(contract, field.type)} {name}"]
    if isinstance(field, model.End):
        return [f"{channel(field.contract)} {name}"]
    if isinstance(field, model.Pages):
        return [f"{'const ' if field.kind == 'lent read' else ''}void *{name}", f"size_t {name}_pages"]
    return {"string": [f"const char *{name}"], "bytes": [f"const void *{name}", f"size_t {name}_bytes"],
            "struct": [f"const {c_type(contract, field.struct)} *{name}"],
            "array": [f"const {c_type(contract, field.struct)} *{name}", f"size_t {name}_count"]}[field.kind]


def reply_parameters(contract, direction):
    return [text for field in direction.fields for text in _out(contract, field)]


def _out(contract, field):
    name = field.name
    if isinstance(field, model.Word):
        return [f"{c_type(contract, field.type)} *{name}"]
    if isinstance(field, model.End):
        return [f"{channel(field.contract)} *{name}"]
    if isinstance(field, model.Pages):
        return [f"void *{name}_landing", f"size_t {name}_max", f"size_t *{name}_pages"]
    return {"string": [f"char *{name}", f"size_t {name}_size"], "bytes": [f"void *{name}", f"size_t {name}_size", f"size_t *{name}_bytes"],
            "struct": [f"{c_type(contract, field.struct)} *{name}"],
            "array": [f"{c_type(contract, field.struct)} *{name}", f"size_t {name}_max", f"size_t *{name}_count"]}[field.kind]


def element_bytes(contract, field):
    """What one of the field's counted things takes."""
    return contract.structs[field.struct].bytes if field.kind in ("struct", "array") else 1


def shape(contract, operation):
    """The request's tag but for lengths, as constants of C: one, or two if it may come with pages or without."""
    words = [upper(contract, "operation", operation.name)]
    words += ["TAG_IDEMPOTENT"] if operation.idempotent else []
    ends, pages = operation.request.ends, operation.request.pages
    words += [f"TAG_ENDS({len(ends)})"] if ends else []
    plain = " | ".join(words)
    if pages is None:
        return [plain]
    with_pages = f"{plain} | TAG_{pages.kind.replace(' ', '_').upper()}"
    return [plain, with_pages] if pages.low == 0 else [with_pages]
