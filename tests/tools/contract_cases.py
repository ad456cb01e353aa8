# SPDX-License-Identifier: BSD-2-Clause
"""Contracts that say in comments which errors they give: `#   ^ message` under the error's column, `#< message` for column 1."""

import re

import support  # noqa: F401: the way to the tools
from signetkit.contract import lexer, load

FILE = "nowhere/c.contract"
_EXPECTED = re.compile(r"#(?:<|([ \t]*)\^) (.*)")


def expected(text, file=FILE):
    """The errors that the comments announce, as the compiler prints them."""
    lines, found = text.split("\n"), []
    for number, line in enumerate(lines):
        match = _EXPECTED.fullmatch(line)
        if match:
            above = number - 1
            while _EXPECTED.fullmatch(lines[above]):
                above -= 1
            column = 1 if match[1] is None else len(match[1]) + 2
            caret = "".join("\t" if letter == "\t" else " " for letter in lines[above][: column - 1]) + "^"
            found.append(f"{file}:{above + 1}:{column}: {match[2]}\n{lines[above]}\n{caret}")
    return "\n".join(found)


def errors(text, file=FILE, folders=()):
    """What the compiler says of a contract; "" if it is good."""
    try:
        load.parse(text, file, folders)
    except lexer.ContractError as error:
        return str(error)
    return ""
