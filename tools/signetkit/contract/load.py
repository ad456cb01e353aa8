# SPDX-License-Identifier: BSD-2-Clause
"""Finds and reads contracts: NAME.contract in the folders asked for, then in libsys/contracts/. What was read is kept."""

import os

from .. import abi
from . import canonical, check, parser, syntax
from .lexer import ContractError, Source
from .resolve import Resolver

SUFFIX = ".contract"
SYSTEM_FOLDER = str(abi.ROOT / "libsys" / "contracts")

_trees = {}  # path to (what the file was, its Source, its Tree or its ContractError)
_contracts = {}  # (path, folders) to (what the files of the folders were, Contract)


def find(name, folders=()):
    """The contract of that name, checked, or None if there is no file of it."""
    path = _path_of(name, folders)
    return load(path, folders) if path else None


def load(path, folders=()):
    """The contract in a file. Other contracts that it names are looked for beside it, in the folders, then in libsys/contracts/."""
    path = os.fspath(path)
    search = _search(os.path.dirname(path) or ".", folders)
    key, version = (path, search), tuple(_version_of_folder(folder) for folder in search)
    kept = _contracts.get(key)
    if kept and kept[0] == version + (_version_of(path),):
        return kept[1]
    contract = _make(path, search)
    _contracts[key] = version + (_version_of(path),), contract
    return contract


def parse(text, file, folders=()):
    """The contract of a text; `file` is for its errors."""
    source = Source(text, file)
    return _checked(source, parser.parse(source), Trees(_search(os.path.dirname(file) or ".", folders)))


class Trees:
    """Other contracts as far as one needs them: by their text only, so that they may name one another."""

    def __init__(self, search):
        self.search = search

    def states_of(self, name):
        """(names of its states, "") or ([], what is wrong)."""
        path = _path_of(name, self.search)
        if path is None:
            return [], f"there is no contract `{name}` in {', '.join(_shown(folder) for folder in self.search)}"
        try:
            tree = _tree(path)[1]
        except ContractError as error:
            return [], f"contract `{name}` cannot be read: {error.mark}: {error.message}"
        return [node.name.text for node in tree.of(syntax.State)] or ["open"], ""

    def handed_out(self, name):
        """States in which another contract in reach hands out ends of the contract `name`."""
        found = set()
        for folder in self.search:
            for file in sorted(_files_of(folder)):
                try:
                    tree = _tree(os.path.join(folder, file))[1]
                except ContractError:
                    continue  # it is told to whoever uses that one
                if tree.name.text != name:
                    found.update(_states_handed_out(tree, name))
        return found


def _states_handed_out(tree, name):
    for operation in tree.of(syntax.Operation):
        for field in operation.request + operation.reply:
            if field.type.kind == "channel" and field.type.name.text == name:
                yield from (state.text for state in field.type.states)


def _make(path, search):
    source, tree = _tree(path)
    if os.path.basename(path) != tree.name.text + SUFFIX:
        message = f"contract `{tree.name.text}` has to be in a file of the name {tree.name.text}{SUFFIX}"
        raise ContractError([(tree.name.mark, message)], source)
    return _checked(source, tree, Trees(search))


def _checked(source, tree, trees):
    resolver = Resolver(tree)
    contract = resolver.contract()
    problems = resolver.problems or check.problems(contract, trees)
    if problems:
        raise ContractError(problems, source)
    contract.id = canonical.id_of(contract)
    return contract


# Files.


def _search(first, folders):
    return tuple(dict.fromkeys(os.path.normpath(os.fspath(folder)) for folder in (first, *folders, SYSTEM_FOLDER)))


def _path_of(name, folders):
    for folder in (*folders, SYSTEM_FOLDER):
        path = os.path.join(folder, name + SUFFIX)
        if os.path.isfile(path):
            return path
    return None


def _files_of(folder):
    try:
        return [file for file in os.listdir(folder) if file.endswith(SUFFIX)]
    except OSError:
        return []


def _version_of(path):
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _version_of_folder(folder):
    return tuple((file, _version_of(os.path.join(folder, file))) for file in sorted(_files_of(folder)))


def _tree(path):
    """A file's Source and Tree."""
    version = _version_of(path)
    kept = _trees.get(path)
    if kept is None or kept[0] != version:
        source = Source(_read(path), _shown(path))
        try:
            tree = parser.parse(source)
        except ContractError as error:
            tree = error
        kept = _trees[path] = version, source, tree
    if isinstance(kept[2], ContractError):
        raise kept[2]
    return kept[1], kept[2]


def _read(path):
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise ContractError.of_file(_shown(path), f"cannot be read: {error.strerror}") from None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        source = Source(content.decode("utf-8", errors="replace"), _shown(path))
        raise source.error(len(content[: error.start].decode("utf-8")), "this is not UTF-8") from None


def _shown(path):
    """A path as a person wants to read it: relative if it is below the folder that one is in."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative
