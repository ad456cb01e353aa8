# SPDX-License-Identifier: BSD-2-Clause
"""C as clang-format writes it with the project's settings, for the few forms that generated code has."""

import re
import textwrap

COLUMNS, TAB, COMMENT_COLUMNS = 120, 8, 118


def width(text):
    return len(text.expandtabs(TAB))


def comment(text, tabs=0):
    """Lines of a comment of its own; none for an empty text."""
    text = " ".join(text.replace("*/", "* /").split())
    if not text:
        return []
    indent = "\t" * tabs
    if not text.endswith((".", ":", "!", "?")) and text[0].isupper():
        text += "."
    one = f"{indent}/* {text} */"
    if width(one) <= COMMENT_COLUMNS:
        return [one]
    room = COMMENT_COLUMNS - tabs * TAB - 3
    return [f"{indent}/*", *(f"{indent} * {line}" for line in textwrap.wrap(text, room)), f"{indent} */"]


def call(head, arguments, tail):
    """`head(arguments)tail` with line breaks where they are needed: arguments are aligned below the first."""
    start = f"{head}("
    column = width(start)
    indent = "\t" * (column // TAB) + " " * (column % TAB)
    lines, line = [], start
    for number, argument in enumerate(arguments):
        last = number == len(arguments) - 1
        piece = argument + (")" + tail if last else ",")
        gap = "" if line in (start, indent) else " "
        if width(line + gap + piece) > COLUMNS and line not in (start, indent):
            lines.append(line)
            line, gap = indent, ""
        line += gap + piece
    return [*lines, line if arguments else f"{start}{')'}{tail}"]


def prototype(head, parameters):
    return call(head, parameters or ["void"], ";")


def function(head, parameters, body):
    """A definition; body: lines with their tabs. One that fits stands on one line."""
    parameters = parameters or ["void"]
    if len(body) == 1:
        one = f"{head}({', '.join(parameters)}) {{ {body[0].strip()} }}"
        if width(one) <= COLUMNS:
            return [one]
    return [*call(head, parameters, ""), "{", *body, "}"]


def statement(text, tabs=1):
    """One statement, broken after commas or before || and && as far as it is too long."""
    return [*_broken("\t" * tabs + text)]


def initialized(declaration, values, tabs=1, equals=" = "):
    """A variable with its initializers, in one line if that is not too long. equals: "" after the type of a compound literal."""
    indent = "\t" * tabs
    one = f"{indent}{declaration}{equals}{{ {', '.join(values)} }};"
    if width(one) <= COLUMNS:
        return [one]
    return [f"{indent}{declaration}{equals}{{", *(f"{indent}\t{value}," for value in values), f"{indent}}};"]


def condition(parts, operator=" || "):
    """The lines of `if (a || b || c)`, one tab in."""
    start = "\tif ("
    lines, line = [], start
    for number, part in enumerate(parts):
        piece = part + (")" if number == len(parts) - 1 else operator.rstrip())
        gap = "" if line in (start, "\t    ") else " "
        if width(line + gap + piece) > COLUMNS and gap:
            lines.append(line)
            line, gap = "\t    ", ""
        line += gap + piece
    return [*lines, line]


def _broken(line):
    if width(line) <= COLUMNS:
        yield line
        return
    found = re.match(r"(\t*[^(]*)\((.*)\)(;)$", line)
    yield from call(found[1], found[2].split(", "), found[3]) if found else [line]


def enum(head, members):
    """members: (name, value, doc). One to a line."""
    lines = [f"{head} {{" if head != "enum" else "enum {"]
    for name, value, doc in members:
        lines += comment(doc, 1) + [f"\t{name} = {value},"]
    return [*lines, "};"]


def defines(pairs):
    """Adjacent #defines, their values in one column."""
    longest = max((len(name) for name, _ in pairs), default=0)
    return [f"#define {name.ljust(longest)} {value}" for name, value in pairs]


def file(*blocks):
    """Blocks of lines with an empty line between; empty blocks are left out."""
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"
