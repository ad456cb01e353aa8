# SPDX-License-Identifier: BSD-2-Clause
"""The layout of structs: fixed, little-endian, naturally aligned, with every byte said. A struct may have structs within."""

from . import model

BYTES_MAX = 65536
STRING_MAX = 4095
DEPTH_MAX = 16
ENUM_BYTES = 4
_SIZES = {"bool": 1}  # bytes; of the other scalars their bits say it


def scalar_bytes(name):
    return _SIZES.get(name) or model.SCALARS[name] // 8


class Layouts:
    """Lays out all structs of a resolver. The order in the file does not matter."""

    def __init__(self, resolver, nodes):
        self.resolver = resolver
        self.nodes = {node.name.text: node for node in nodes}
        self.done = {}
        self.open = []  # names of the structs whose layout is under way
        for node in nodes:
            self.struct(node)
        self.structs = {name: self.done[name] for name in self.nodes}

    def struct(self, node):
        name = node.name.text
        if name in self.done:
            return self.done[name]
        self.open.append(name)
        struct, seen = model.Struct(name, [], 0, 1, node.doc, node.name.mark), {}
        for field in node.fields:
            if self.resolver.is_new(field.name, seen, f"struct `{name}`: the field"):
                self.add(struct, field)
        self.check_whole(struct)
        self.open.pop()
        self.done[name] = struct
        return struct

    def problem(self, mark, message):
        self.resolver.problem(mark, message)

    def check_whole(self, struct):
        name, rest = struct.name, -struct.bytes % struct.align
        if not struct.fields:
            self.problem(struct.mark, f"struct `{name}` has no field")
        elif struct.bytes > BYTES_MAX:
            self.problem(struct.mark, f"struct `{name}` has {struct.bytes} bytes: at most {BYTES_MAX} are possible")
        elif rest:
            self.problem(struct.mark, f"struct `{name}` would end with {rest} bytes of padding: say `pad: u8[{rest}]`")
            struct.bytes += rest

    def add(self, struct, field):
        kind, count, each, align = self.measure(field)
        padding = -struct.bytes % align
        if padding:
            self.problem(field.name.mark, f"struct `{struct.name}`: `{field.name.text}` would need {padding} bytes of padding before it: "
                         f"say `pad: u8[{padding}]`, or order the fields by size")
        offset = struct.bytes + padding
        struct.fields.append(model.StructField(field.name.text, kind, count, offset, field.doc, field.name.mark))
        struct.bytes, struct.align = offset + each, max(struct.align, align)

    def measure(self, field):
        """A field's type, count, bytes and alignment."""
        type_, resolver = field.type, self.resolver
        if type_.kind == "string":
            if type_.low is not None:
                self.problem(type_.low.mark, f"`{field.name.text}`: a string in a struct has one bound, the most characters: `string<N>`")
            most = resolver.number(type_.high, 1, STRING_MAX, f"`{field.name.text}`: characters of a string in a struct", 1)
            return "string", most, most + 1, 1
        if type_.kind != "value":
            self.problem(type_.mark, f"`{field.name.text}`: `{type_.kind}` has no place in a struct")
            return "u8", 0, 1, 1
        name = type_.name.text
        size, align = self.one(type_.name)
        count = 0
        if type_.count is not None:
            count = resolver.number(type_.count, 1, BYTES_MAX, f"`{field.name.text}`: elements", 1)
        return name, count, size * (count or 1), align

    def one(self, name):
        """Bytes and alignment of one value of a type."""
        text, resolver = name.text, self.resolver
        if text in model.SCALARS:
            return scalar_bytes(text), scalar_bytes(text)
        if text in resolver.enums:
            return ENUM_BYTES, ENUM_BYTES
        if text in self.open:
            path = " in ".join(f"`{part}`" for part in [*self.open[self.open.index(text) :], text][::-1])
            self.problem(name.mark, f"a struct cannot contain itself: {path}")
        elif text not in self.nodes:
            resolver.unknown_type(name)
        elif len(self.open) == DEPTH_MAX:
            self.problem(name.mark, f"structs are nested more than {DEPTH_MAX} deep")
        else:
            struct = self.struct(self.nodes[text])
            return min(struct.bytes, BYTES_MAX + 1), struct.align
        return 1, 1
