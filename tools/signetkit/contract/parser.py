# SPDX-License-Identifier: BSD-2-Clause
"""From a contract's text to its syntax.Tree. The first error ends it. docs/contracts.md has the grammar."""

from . import lexer, syntax
from .lexer import hint

_CLAUSES = ("const", "enum", "struct", "state", "notify", "operation")
_PARTS = ("in", "->", "idempotent", "deadline", "request", "reply", "errors")


def parse(source):
    """The syntax.Tree of a lexer.Source."""
    return _Parser(source).contract()


class _Parser:
    """Walks the tokens. A clause ends with its line, before a `}` or with the file."""

    def __init__(self, source):
        self.source = source
        self.tokens = lexer.tokens(source)
        self.at = 0

    # Small steps.

    @property
    def token(self):
        return self.tokens[self.at]

    def fail(self, message, token=None):
        raise self.source.error((token or self.token).at, message)

    def mark(self):
        return self.source.mark(self.token.at)

    def step(self):
        token = self.token
        self.at += token.kind != "end"
        return token

    def takes(self, text):
        if self.token.text != text or self.token.kind not in ("sign", "name"):
            return False
        self.at += 1
        return True

    def expect(self, text, where):
        if not self.takes(text):
            self.fail(f"expected `{text}` {where}, found {self.token}")

    def skip_lines(self):
        while self.token.kind == "newline":
            self.at += 1

    def end_clause(self):
        if self.token.kind == "newline":
            self.at += 1
        elif self.token.kind != "end" and self.token.text != "}":
            self.fail(f"expected the end of the line, found {self.token}")

    def name(self, what):
        if self.token.kind != "name":
            self.fail(f"expected {what}, found {self.token}")
        mark = self.mark()
        return syntax.Name(self.step().text, mark)

    def names(self, what):
        """One or more; after a comma the line may end."""
        found = [self.name(what)]
        while self.takes(","):
            self.skip_lines()
            found.append(self.name(what))
        return found

    def number(self, what):
        mark = self.mark()
        if self.token.kind == "number":
            return syntax.Number(lexer.number_of(self.step()), "", mark)
        if self.token.kind != "name":
            self.fail(f"expected {what}, a number or a constant, found {self.token}")
        return syntax.Number(0, self.step().text, mark)

    def doc(self):
        """Strings side by side are one text; a line that begins with a string goes on with it."""
        parts = []
        while True:
            if self.token.kind == "newline" and self.tokens[self.at + 1].kind == "string":
                self.at += 1
            if self.token.kind != "string":
                return " ".join(parts)
            parts.append(lexer.string_of(self.step()).strip())

    def block(self, what, element):
        """{ element, element } with commas or ends of lines between them."""
        found = []
        self.expect("{", f"after the {what}'s name")
        self.skip_lines()
        while not self.takes("}"):
            if self.token.kind == "end":
                self.fail(f"the {what} is not closed: expected `}}`, found {self.token}")
            found.append(element())
            if self.token.kind not in ("newline", "end") and self.token.text not in (",", "}"):
                self.fail(f"expected `,` or the end of the line, found {self.token}")
            self.takes(",")
            self.skip_lines()
        return found

    # Clauses.

    def contract(self):
        self.skip_lines()
        if not self.takes("contract"):
            self.fail(f"a contract begins with `contract` and its name, found {self.token}")
        tree = syntax.Tree(self.name("the contract's name"), self.doc())
        self.end_clause()
        while self.token.kind != "end":
            tree.clauses.append(self.clause())
            self.end_clause()
            self.skip_lines()
        return tree

    def clause(self):
        word = self.token
        if word.kind != "name" or word.text not in _CLAUSES:
            known = ", ".join(f"`{name}`" for name in _CLAUSES)
            self.fail(f"expected one of {known}, found {word}{hint(word.text, _CLAUSES)}")
        self.step()
        return getattr(self, f"{word.text}_clause")()

    def const_clause(self):
        name = self.name("the constant's name")
        self.expect("=", "after the constant's name")
        return syntax.Const(name, self.number("its value"), self.doc())

    def enum_clause(self):
        enum = syntax.Enum(self.name("the enum's name"), self.doc())
        enum.members = self.block("enum", self.enum_member)
        return enum

    def enum_member(self):
        name = self.name("a member of the enum")
        self.expect("=", f"after `{name.text}`: every member says its value")
        return syntax.Const(name, self.number("its value"), self.doc())

    def struct_clause(self):
        struct = syntax.Struct(self.name("the struct's name"), self.doc())
        struct.fields = self.block("struct", self.field)
        return struct

    def state_clause(self):
        name = self.name("the state's name")
        return syntax.State(name, self.takes("end"), self.doc())

    def notify_clause(self):
        to = self.name("`client` or `server`")
        if to.text not in ("client", "server"):
            self.fail(f"expected `client` or `server`, found `{to.text}`", self.tokens[self.at - 1])
        return syntax.Notify(to.text, self.name("the notification's name"), self.doc())

    # Operations.

    def operation_clause(self):
        operation = syntax.Operation(self.name("the operation's name"), self.doc())
        if not self.takes("{"):
            return operation
        self.skip_lines()
        while not self.takes("}"):
            if self.token.kind == "end":
                self.fail(f"operation `{operation.name.text}` is not closed: expected `}}`, found {self.token}")
            self.part(operation)
            self.end_clause()
            self.skip_lines()
        return operation

    def part(self, operation):
        word, mark = self.step(), self.source.mark(self.tokens[self.at - 1].at)
        if word.text not in _PARTS or word.kind not in ("name", "sign"):
            known = ", ".join(f"`{name}`" for name in _PARTS)
            self.fail(f"expected one of {known}, found {word}{hint(word.text, _PARTS)}", word)
        if word.text in ("request", "reply"):
            getattr(operation, word.text).append(self.field())
            return
        slot = {"in": "states", "->": "next"}.get(word.text, word.text)
        if getattr(operation, slot) is not None:
            self.fail(f"a second `{word.text}` in operation `{operation.name.text}`", word)
        if slot == "states":
            operation.states = self.names("a state")
        elif slot == "next":
            operation.next = self.name("a state")
        elif slot == "errors":
            operation.errors = self.names("an error")
        else:
            setattr(operation, slot, mark)

    def field(self):
        name = self.name("a field's name")
        self.expect(":", f"and a type after `{name.text}`")
        return syntax.Field(name, self.type(), self.doc())

    # Types.

    def type(self):
        mark, word = self.mark(), self.name("a type")
        if word.text in ("string", "bytes"):
            return self.bounds(syntax.Type(word.text, mark))
        if word.text == "array":
            return self.array(mark)
        if word.text == "lent":
            access = self.name("`read` or `write`")
            if access.text not in ("read", "write"):
                self.fail(f"expected `read` or `write`, found `{access.text}`", self.tokens[self.at - 1])
            return self.pages(syntax.Type(f"lent {access.text}", mark))
        if word.text == "given":
            return self.pages(syntax.Type("given", mark))
        if word.text == "channel":
            type_ = syntax.Type("channel", mark, self.name("the name of a contract"))
            type_.states = self.names("a state") if self.takes("in") else []
            return type_
        if word.text == "pages":
            kinds = "`lent read pages`, `lent write pages` or `given pages`"
            self.fail(f"pages are either lent or given: say {kinds}", self.tokens[self.at - 1])
        return self.value(syntax.Type("value", mark, word))

    def value(self, type_):
        if self.takes("["):
            type_.count = self.number("the number of elements")
            self.expect("]", "after the number of elements")
        return type_

    def pages(self, type_):
        self.expect("pages", f"after `{type_.kind}`")
        return self.bounds(type_)

    def array(self, mark):
        self.expect("<", "after `array`")
        type_ = syntax.Type("array", mark, self.name("the name of a struct"))
        self.expect(",", "after the struct's name")
        return self.range(type_)

    def bounds(self, type_):
        what = "pages" if type_.kind in ("lent read", "lent write", "given") else type_.kind
        self.expect("<", f"and bounds after `{what}`")
        return self.range(type_)

    def range(self, type_):
        type_.high = self.number("a bound")
        if self.takes(".."):
            type_.low, type_.high = type_.high, self.number("the upper bound")
        self.expect(">", "after the bounds")
        return type_
