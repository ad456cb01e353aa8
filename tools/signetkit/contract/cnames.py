# SPDX-License-Identifier: BSD-2-Clause
"""The C names that come of a contract: none is a word of C, no two things give the same one, and nobody else's is taken."""

from . import model

C_WORDS = frozenset(
    """alignas alignof asm auto bool break case char const constexpr continue default do double else enum errno extern false float for
    goto i386 if inline int linux long nullptr register restrict return short signed sizeof static static_assert stderr stdin stdout
    struct switch thread_local true typedef typeof typeof_unqual union unix unsigned void volatile while""".split()
)
# What the kernel's ABI and libsys call their own functions begins with one of these.
PREFIXES = frozenset(
    """abi channel client clock contract deadline device dma fault handle heap image ipc irq landing layout length log manifest mem memory
    message notify page pages pattern plain port process put rank serve serving signet st start status stub syscall sysno system tag take
    thread""".split()
)
# What the stubs and the dispatcher name themselves, and so no field of a message may.
TAKEN_PARAMETERS = frozenset("channel deadline_ns expected i m parts reply request serving st token".split())
# What the stubs call, and what the types of their parameters and variables are.
USED_BY_STUBS = frozenset(
    """client_call client_call_words client_refuse client_room handle_close handle_t int64_t length_is_within memchr size_t strlen tag_bytes
    tag_end tag_pages tag_with_bytes tag_with_pages uaddr_t uint16_t uint32_t uint64_t uint8_t uintptr_t""".split()
)
_MAKES = {  # kind of a field: what its C parameters are called, by direction
    "string": (("", "_bytes"), ("", "_size")), "bytes": (("", "_bytes"), ("", "_size", "_bytes")), "struct": (("",), ("",)),
    "array": (("", "_count"), ("", "_max", "_count")), "lent read": (("", "_pages"), ("",)), "lent write": (("", "_pages"), ("",)),
    "given": (("", "_pages"), ("_landing", "_max", "_pages")),
}


def name_problems(contract):
    found = []
    if contract.name in PREFIXES:
        reason = f"libsys has functions whose names begin with `{contract.name}_`"
        found.append((contract.mark, f"a contract cannot be called `{contract.name}`: {reason}"))
    found += _clashes(_identifiers(contract), f"contract `{contract.name}`") + _clashes(_tags(contract), f"contract `{contract.name}`")
    for struct in contract.structs.values():
        found += _words(struct.fields, f"struct `{struct.name}`")
    for operation in contract.operations.values():
        fields = operation.request.fields + operation.reply.fields
        found += _words(fields, f"operation `{operation.name}`")
        found += [(f.mark, f"operation `{operation.name}`: no field can be called `{f.name}`: the stub itself uses that name")
                  for f in fields if f.name in TAKEN_PARAMETERS]
        found += _clashes([*_used_by_stubs(contract), *_parameters(operation)], f"operation `{operation.name}`")
    return found


def _words(fields, where):
    return [(f.mark, f"{where}: `{f.name}` is a word of C: no field can be called so") for f in fields if f.name in C_WORDS]


def _clashes(entries, where):
    """entries: (C name, mark or None if the generator makes it by itself, what it is)."""
    found, seen = [], {}
    for c_name, mark, what in entries:
        if c_name in seen and mark:
            found.append((mark, f"{where}: {what} would be `{c_name}` in C, which is {seen[c_name]}"))
        seen.setdefault(c_name, what)
    return found


def _used_by_stubs(contract):
    yield from ((name, None, "used by the stub itself") for name in sorted(USED_BY_STUBS) + list(_checks(contract)))


def _checks(contract):
    """The functions that tell whether a value is one of an enum or a struct."""
    for made, test in ((contract.enums, "known"), (contract.structs, "good")):
        yield from (f"{contract.name}_{name}_is_{test}" for name in made)


def _identifiers(contract):
    """Functions, variables and constants."""
    name, upper = contract.name, contract.name.upper()
    yield from ((c_name, None, "a type of C's") for c_name in sorted(USED_BY_STUBS) if c_name.endswith("_t"))
    owns = ("close", "notify_server", "notify_client", "channel_make", "server", "serve", "dispatch")
    yield from ((f"{name}_{own}", None, "made for every contract") for own in owns)
    yield from ((f"{upper}_{own}", None, "made for every contract") for own in ("CONTRACT", "SERVER_BYTES", "SERVER_PAGES"))
    yield from ((f"{upper}_STATE_{s.name.upper()}", s.mark, f"state `{s.name}`") for s in contract.states.values())
    for to, notes in (("CLIENT", contract.to_client), ("SERVER", contract.to_server)):
        yield from ((f"{upper}_NOTIFY_{to}_{n.name.upper()}", n.mark, f"notification `{n.name}`") for n in notes.values())
    for enum in contract.enums.values():
        what = f"of enum `{enum.name}`"
        yield from ((f"{upper}_{enum.name}_{member}".upper(), enum.mark, f"member `{member}` {what}") for member in enum.members)
    yield from ((f"{upper}_{c.name.upper()}", c.mark, f"constant `{c.name}`") for c in contract.constants.values())
    for form, what in (("{}", ""), ("serve_{}", "the handler of "), ("answer_{}", "the late answer of "), ("dispatch_{}", "the dispatcher's part of ")):
        for operation in contract.operations.values():
            yield f"{name}_{form.format(operation.name)}", operation.mark, f"{what}operation `{operation.name}`"
    for kind, made, test in (("enum", contract.enums, "known"), ("struct", contract.structs, "good")):
        yield from ((f"{name}_{m.name}_is_{test}", m.mark, f"the check of {kind} `{m.name}`") for m in made.values())
    for operation in contract.operations.values():
        yield f"{upper}_OPERATION_{operation.name.upper()}", operation.mark, f"the number of operation `{operation.name}`"


def _tags(contract):
    """Structs and enums."""
    name = contract.name
    yield from ((f"{name}_{own}", None, "made for every contract") for own in ("channel", "state", "operation"))
    yield from ((f"{name}_{made.name}", made.mark, f"`{made.name}`") for made in [*contract.enums.values(), *contract.structs.values()])
    for operation in contract.operations.values():
        for part in ("request", "reply"):
            yield f"{name}_{operation.name}_{part}", operation.mark, f"the {part} of operation `{operation.name}`"


def _parameters(operation):
    """Request and reply are parameters of one function."""
    for fields, is_reply in ((operation.request.fields, 0), (operation.reply.fields, 1)):
        for f in fields:
            endings = ("",) if isinstance(f, (model.Word, model.End)) else _MAKES[f.kind][is_reply]
            what = f"the {('request', 'reply')[is_reply]}'s `{f.name}`"
            yield from ((f.name + ending, f.mark, f"a part of {what}" if ending else what) for ending in endings)
