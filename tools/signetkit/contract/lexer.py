# SPDX-License-Identifier: BSD-2-Clause
"""The words of the contract language, and how an error in a contract is told: its place, its line, a caret under its column."""

import bisect
import difflib
import re
from typing import NamedTuple

from ..refusal import Refusal
from ..toml.scan import Mark

NUMBER_MAX = (1 << 64) - 1

_TOKEN = re.compile(
    r"""(?P<blank>[ \t]+|\r(?=\n)|\#[^\n]*)
      | (?P<newline>\n)
      | (?P<name>[a-z][a-z0-9_]*(?![A-Za-z0-9_]))
      | (?P<number>(?:0x[0-9A-Fa-f]+|-?[0-9]+)(?![A-Za-z0-9_]))
      | (?P<string>"(?:[^"\\\x00-\x1f\x7f]|\\["\\])*")
      | (?P<sign>->|\.\.|[{}<>\[\]:=,])""",
    re.VERBOSE,
)
_WORD = re.compile(r"[A-Za-z0-9_]+")
_COMMENT_MARK = re.compile(r"/\*|\*/")


class ContractError(Refusal):
    """What is wrong with a contract: its problems in order of place, each with its line of the source."""

    def __init__(self, problems, source):
        self.problems = sorted(problems, key=lambda problem: problem[0][1:])
        self.mark, self.message = self.problems[0]
        super().__init__("\n".join(f"{mark}: {message}\n{source.excerpt(mark)}" for mark, message in self.problems))

    @classmethod
    def of_file(cls, file, message):
        """About a file as a whole."""
        return cls([(Mark(file, 1, 1), message)], Source("", file))


class Source:
    """A contract's text, and its places."""

    def __init__(self, text, file):
        self.text = text
        self.file = file
        self.line_starts = [0] + [found.end() for found in re.finditer("\n", text)]

    def mark(self, at):
        line = bisect.bisect_right(self.line_starts, at)
        return Mark(self.file, line, at - self.line_starts[line - 1] + 1)

    def excerpt(self, mark):
        """The line of a mark, and a caret under its column."""
        line = self.text[self.line_starts[mark.line - 1] :].partition("\n")[0].rstrip("\r")
        before = "".join("\t" if letter == "\t" else " " for letter in line[: mark.column - 1])
        return f"{printable(line)}\n{before}^"

    def error(self, at, message):
        return ContractError([(self.mark(at), message)], self)


class Token(NamedTuple):
    kind: str  # name, number, string, sign, newline, end
    text: str
    at: int

    def __str__(self):
        return {"newline": "the end of the line", "end": "the end of the file"}.get(self.kind) or f"`{printable(self.text)}`"


def printable(text):
    return "".join(letter if letter.isprintable() or letter == "\t" else "?" for letter in text)


def hint(name, known):
    """" (did you mean `x`?)" if a known name is nearly the same."""
    near = difflib.get_close_matches(name, known, 1)
    return f" (did you mean `{near[0]}`?)" if near else ""


def tokens(source):
    """All tokens. Lines that follow one another without content between them end once."""
    found, text, at = [], source.text, 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise source.error(at, _reason(text, at))
        kind = match.lastgroup
        if kind == "string":
            _check_string(source, match)
        elif kind == "number":
            _check_number(source, match)
        if kind != "blank" and not (kind == "newline" and (not found or found[-1].kind == "newline")):
            found.append(Token(kind, match.group(), at))
        at = match.end()
    found.append(Token("end", "", at))
    return found


def _check_string(source, match):
    mark = _COMMENT_MARK.search(match.group())
    if mark:
        raise source.error(match.start() + mark.start(), f"`{mark.group()}` may not stand in documentation: it ends up in a C comment")


def _check_number(source, match):
    if len(match.group()) > 20 or int(match.group(), 0 if match.group().startswith("0x") else 10) > NUMBER_MAX:
        raise source.error(match.start(), f"this number is too large: at most {NUMBER_MAX} is possible")


def _reason(text, at):
    """Why no token begins here."""
    if text[at] == '"':
        inner = re.compile(r'"(?:[^"\\\x00-\x1f\x7f]|\\["\\])*').match(text, at).group()
        rest = text[at + len(inner) : at + len(inner) + 1]
        if rest == "\\":
            return 'this string has an escape other than \\" and \\\\'
        return "this string is not closed" if rest in ("", "\n", "\r") else "this string has a control character"
    word = _WORD.match(text, at)
    if word is None and text[at] == "\ufeff":
        return "a byte order mark has no meaning here: save the file as UTF-8 without it"
    if word is None:
        return f"this character has no meaning here: {text[at]!r}"
    if text[at].isdigit():
        return f"`{word.group()}` is no number"
    return f"`{word.group()}` is no name: a name is of a-z, 0-9 and '_' and begins with a letter"


def string_of(token):
    """A string token's content."""
    return re.sub(r"\\(.)", r"\1", token.text[1:-1])


def number_of(token):
    return int(token.text, 16) if token.text.startswith("0x") else int(token.text)
