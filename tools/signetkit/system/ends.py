# SPDX-License-Identifier: BSD-2-Clause
"""The two ends of one channel: do they have the same contract, and may this client call?"""

from ..toml.scan import TomlError


def check_ends(label, mark, client, contract, server):
    """The two ends of a channel have one contract: the same name, and the same text behind it. client, server: Process."""
    serves = server.manifest.serves
    if contract not in serves:
        offer = "serves " + ", ".join(map(repr, serves)) if serves else "serves nobody"
        raise TomlError(mark, f"{label}: {client.name!r} wants the contract {contract!r}, but {server.name!r} {offer}")
    mine, theirs = client.manifest.found[contract], server.manifest.found[contract]
    if mine.id != theirs.id:
        files = f"{mine.file} and {theirs.file}"
        raise TomlError(mark, f"{label}: {client.name!r} and {server.name!r} have different contracts of the name {contract!r}, {files}")


def check_client(label, mark, client, contract, server):
    """A server that names the programs that may call it is wired to no other."""
    serve = server.manifest.served.get(contract)
    if serve and serve.clients is not None and client.manifest.name not in serve.clients:
        allowed = ", ".join(serve.clients)
        program = client.manifest.name
        raise TomlError(mark, f"{label}: {server.name!r} serves {contract!r} to {allowed} only, not to the program {program!r} (see {serve.mark})")
