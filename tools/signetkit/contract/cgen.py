# SPDX-License-Identifier: BSD-2-Clause
"""The C of a contract: generate() gives NAME.h and NAME_client.c, NAME_server.h and NAME_server.c as texts.

The texts are as clang-format would write them. cgen_text.py knows its rules, cgen_types.py how fields look in C.
"""

from . import cgen_client, cgen_header, cgen_server


def generate(contract):
    """File name to text, in the order in which one reads them."""
    name = contract.name
    return {f"{name}.h": cgen_header.header(contract), f"{name}_client.c": cgen_client.source(contract),
            f"{name}_server.h": cgen_server.header(contract), f"{name}_server.c": cgen_server.source(contract)}
