# SPDX-License-Identifier: BSD-2-Clause
"""From a syntax.Tree to a model.Contract: names and numbers become what they stand for, structs get their layout, fields their place.

Every problem is noted with its mark and resolving goes on with something harmless, so that one run reports all of them.
"""

from . import model, syntax
from .lexer import NUMBER_MAX, hint
from .layout import Layouts
from .status import statuses

ENUM_VALUE_MAX = (1 << 31) - 1
BYTES_MAX, PAGES_MAX, WORDS_MAX, ENDS_MAX = 65536, 16384, 6, 4
STATES_MAX, NOTIFICATIONS_MAX, OPERATIONS_MAX = 64, 56, 4095
NAME_MAX = 31
TYPE_WORDS = ("string", "bytes", "array", "lent", "given", "channel", "pages")
INTERNAL = ("kernel-internal", "library-internal")  # how the text of a status begins that no handler may return
_PAGES = ("lent read", "lent write", "given")


class Resolver:
    """One tree's. Makes the model's parts in the order in which they need one another."""

    def __init__(self, tree):
        self.tree = tree
        self.problems = []
        self.constants = {}
        self.enums = {}
        self.structs = {}
        self.states = {}

    def problem(self, mark, message):
        self.problems.append((mark, message))

    def contract(self):
        tree = self.tree
        self.check_length(tree.name)
        self.declare_types()
        self.make_constants()
        self.enums = {node.name.text: self.enum(node) for node in self.first_of(syntax.Enum)}
        self.structs = Layouts(self, self.first_of(syntax.Struct)).structs
        self.make_states()
        notes = tree.of(syntax.Notify)
        return model.Contract(
            file=tree.name.mark.file, name=tree.name.text, id=0, doc=tree.doc, constants=self.constants, enums=self.enums,
            structs=self.structs, states=self.states, to_client=self.notifications(notes, "client"),
            to_server=self.notifications(notes, "server"), operations=self.operations(), mark=tree.name.mark,
        )

    # Names and numbers.

    def check_length(self, name):
        if len(name.text) > NAME_MAX:
            self.problem(name.mark, f"`{name.text}` has {len(name.text)} characters: a name has at most {NAME_MAX}")

    def is_new(self, name, seen, what):
        """Notes a name in `seen` (name to mark); False and a problem if it is there."""
        self.check_length(name)
        if name.text in seen:
            self.problem(name.mark, f"{what} `{name.text}` is there already, in line {seen[name.text].line}")
            return False
        seen[name.text] = name.mark
        return True

    def declare_types(self):
        """Constants, enums and structs share one set of names."""
        seen, self.kept = {}, []
        for node in self.tree.clauses:
            if not isinstance(node, (syntax.Const, syntax.Enum, syntax.Struct)):
                continue
            if node.name.text in model.SCALARS or node.name.text in TYPE_WORDS:
                self.problem(node.name.mark, f"`{node.name.text}` is a word of the language: it cannot be given a meaning")
            elif self.is_new(node.name, seen, "the name"):
                self.kept.append(node)

    def first_of(self, kind):
        return [node for node in self.kept if isinstance(node, kind)]

    def make_constants(self):
        for node in self.first_of(syntax.Const):
            value = self.number(node.value, 0, NUMBER_MAX, f"constant `{node.name.text}`", 0)
            self.constants[node.name.text] = model.Constant(node.name.text, value, node.doc, node.name.mark)

    def number(self, number, low, high, what, otherwise):
        """Its value if it is within bounds."""
        value = number.value
        if number.name:
            constant = self.constants.get(number.name)
            if constant is None:
                later = any(node.name.text == number.name for node in self.first_of(syntax.Const))
                reason = "is defined further down: a constant stands before its use in another" if later else "is no constant"
                self.problem(number.mark, f"`{number.name}` {reason}{'' if later else hint(number.name, self.constants)}")
                return otherwise
            value = constant.value
        if low <= value <= high:
            return value
        self.problem(number.mark, f"{what}: {value} is not from {low} to {high}")
        return otherwise

    # Enums, states, notifications.

    def enum(self, node):
        what, seen, values, members, docs = f"enum `{node.name.text}`", {}, {}, {}, {}
        for member in node.members:
            value = self.number(member.value, 0, ENUM_VALUE_MAX, f"`{member.name.text}`", None)
            if not self.is_new(member.name, seen, f"{what}: the member") or value is None:
                continue
            if value in values:
                self.problem(member.value.mark, f"{what}: `{values[value]}` has the value {value} already")
            values.setdefault(value, member.name.text)
            members[member.name.text], docs[member.name.text] = value, member.doc
        if not node.members:
            self.problem(node.name.mark, f"{what} has no member")
        return model.Enum(node.name.text, members, node.doc, node.name.mark, docs)

    def make_states(self):
        seen = {}
        for node in self.tree.of(syntax.State):
            if not self.is_new(node.name, seen, "the state"):
                continue
            if len(self.states) == STATES_MAX:
                self.problem(node.name.mark, f"state `{node.name.text}` is one too many: a contract has at most {STATES_MAX}")
            name = node.name.text
            self.states[name] = model.State(name, len(self.states), node.end, node.doc, node.name.mark)
        if not self.states:
            self.states["open"] = model.State("open", 0, False, "", self.tree.name.mark)

    def notifications(self, nodes, to):
        seen, found = {}, {}
        for node in nodes:
            if node.to != to or not self.is_new(node.name, seen, f"the notification to the {to}"):
                continue
            if len(found) == NOTIFICATIONS_MAX:
                self.problem(node.name.mark, f"notification `{node.name.text}` is one too many: a direction has {NOTIFICATIONS_MAX} bits")
            found[node.name.text] = model.Notification(node.name.text, len(found), node.doc, node.name.mark)
        return found

    # Operations.

    def operations(self):
        seen, found = {}, {}
        for node in self.tree.of(syntax.Operation):
            if not self.is_new(node.name, seen, "the operation"):
                continue
            if len(found) == OPERATIONS_MAX:
                self.problem(node.name.mark, f"operation `{node.name.text}` is one too many: a contract has at most {OPERATIONS_MAX}")
            found[node.name.text] = self.operation(node, len(found) + 1)
        return found

    def operation(self, node, number):
        return model.Operation(
            name=node.name.text, number=number, states=self.legal_in(node), next_state=self.known_state(node.next) if node.next else "",
            idempotent=node.idempotent is not None, deadline=node.deadline is not None, request=self.direction(node.request, False),
            reply=self.direction(node.reply, True), errors=self.errors(node.errors or []), doc=node.doc, mark=node.name.mark,
            idempotent_mark=node.idempotent,
        )

    def legal_in(self, node):
        if node.states is not None:
            return self.distinct(node.states, self.known_state, "the state")
        if len(self.states) > 1:
            self.problem(node.name.mark, f"operation `{node.name.text}` does not say in which states it is legal: add `in STATE, ...`")
        return [next(iter(self.states))]

    def known_state(self, name):
        if name.text in self.states:
            return name.text
        self.problem(name.mark, f"there is no state `{name.text}`{hint(name.text, self.states)}")
        return ""

    def distinct(self, names, known, what):
        """The names that `known` accepts, each once."""
        seen = {}
        return [name.text for name in names if self.is_new(name, seen, what) and known(name)]

    def errors(self, names):
        return self.distinct(names, self.known_error, "the error")

    def known_error(self, name):
        possible = [status for status, text in statuses().items() if status != "ok" and not text.startswith(INTERNAL)]
        if name.text in possible:
            return True
        if name.text in statuses():
            self.problem(name.mark, f"`{name.text}` is no error that a server may answer with")
        else:
            self.problem(name.mark, f"there is no error `{name.text}` in kernel/abi/status.h{hint(name.text, possible)}")
        return False

    # Fields of messages.

    def direction(self, nodes, is_reply):
        seen, found = {}, model.Direction()
        for node in nodes:
            if self.is_new(node.name, seen, "the field"):
                made = self.field(node, found, is_reply)
                found.fields += [made] if made else []
        return found

    def field(self, node, direction, is_reply):
        kind = node.type.kind
        if kind == "value":
            return self.value(node, direction)
        if kind == "channel":
            return self.end(node, direction)
        if kind in _PAGES:
            return self.pages(node, direction, is_reply)
        return self.bytes(node, direction, kind)

    def alone(self, node, taken, what):
        if taken is not None:
            self.problem(node.name.mark, f"`{node.name.text}`: a message has {what} once only, and `{taken.name}` is that")

    def value(self, node, direction):
        """A scalar or an enum is a word, a struct is the message's bytes."""
        type_, name = node.type.name.text, node.name.text
        if node.type.count is not None:
            advice = "in a message say `bytes<..>` or `array<STRUCT, ..>`"
            self.problem(node.type.mark, f"`{name}`: elements are counted in structs only; {advice}")
        if type_ in self.structs:
            return self.bytes(node, direction, "struct")
        if type_ not in model.SCALARS and type_ not in self.enums:
            self.unknown_type(node.type.name)
        words = len(direction.words)
        if words == WORDS_MAX:
            self.problem(node.name.mark, f"`{name}` does not fit: a message has {WORDS_MAX} words; put them into a struct")
        return model.Word(name, type_, words, node.doc, node.name.mark)

    def unknown_type(self, name):
        if name.text in self.constants:
            self.problem(name.mark, f"`{name.text}` is a constant, not a type")
            return
        known = [*model.SCALARS, *self.enums, *(struct.name.text for struct in self.first_of(syntax.Struct)), *TYPE_WORDS[:-1]]
        self.problem(name.mark, f"there is no type `{name.text}`{hint(name.text, known)}")

    def bytes(self, node, direction, kind):
        name, type_ = node.name.text, node.type
        self.alone(node, direction.bytes, "bytes (a string, bytes, a struct or an array)")
        if kind == "struct":
            struct, low, high = type_.name.text, 1, 1
        else:
            struct = self.element(type_) if kind == "array" else ""
            # A string leaves room for the zero that the receiver puts at its end.
            most = BYTES_MAX // max(1, self.structs[struct].bytes) if struct else BYTES_MAX - (kind == "string")
            low, high = self.bounds(node, most, {"array": "elements", "string": "characters"}.get(kind, "bytes"))
        return model.Bytes(name, kind, struct, low, high, node.doc, node.name.mark)

    def element(self, type_):
        name = type_.name.text
        if name in self.structs:
            return name
        if name in self.enums or name in model.SCALARS:
            self.problem(type_.name.mark, f"`{name}` is no struct: an array has structs as its elements")
        else:
            self.unknown_type(type_.name)
        return ""

    def bounds(self, node, most, unit):
        what, type_ = f"`{node.name.text}`", node.type
        high = self.number(type_.high, 0, most, f"{what}: {unit} in a message", None)
        if type_.low is None:
            self.problem(type_.high.mark, f"{what}: two bounds are needed, `LOW..HIGH`")
            return 0, high or 1
        low = self.number(type_.low, 0, most, f"{what}: {unit} in a message", 0)
        if high == 0:
            self.problem(type_.high.mark, f"{what} could only be empty")
        elif high is not None and low > high:
            self.problem(type_.low.mark, f"{what}: the lower bound {low} is above the upper bound {high}")
            low = high
        return low, high or max(low, 1)

    def pages(self, node, direction, is_reply):
        self.alone(node, direction.pages, "pages")
        if is_reply and node.type.kind != "given":
            self.problem(node.type.mark, f"`{node.name.text}`: a reply can only give pages; a loan is part of the request")
        low, high = self.bounds(node, PAGES_MAX, "pages")
        return model.Pages(node.name.text, node.type.kind, low, high, node.doc, node.name.mark)

    def end(self, node, direction):
        """Its contract and states are checked by load.py, which can look into other contracts."""
        place = len(direction.ends)
        if place == ENDS_MAX:
            self.problem(node.name.mark, f"`{node.name.text}` does not fit: a message moves at most {ENDS_MAX} channels")
        states = self.distinct(node.type.states, lambda name: True, "the state")
        marks = [name.mark for name in node.type.states]
        return model.End(node.name.text, node.type.name.text, states, place, node.doc, node.name.mark, node.type.name.mark, marks)
