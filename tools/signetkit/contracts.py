# SPDX-License-Identifier: BSD-2-Clause
"""What names a contract, and where the contracts of a program are: beside its manifest, in the folder above it, in the kit.

The manifest's place alone decides: a program means the same contract in whatever system it is, and a system cannot put one of
its own under a program of the kit.
"""

import difflib
import os
import re

from .contract import load
from .refusal import Refusal

NAME = re.compile(r"[a-z][a-z0-9_-]*")
NAME_CHARACTERS_MAX = 31
FOLDER = "contracts"


def contract_id(name, folders=()):
    """The id of the contract of that name, looked for in the folders and then in the kit."""
    found = load.find(name, folders)
    if found is None:
        raise Refusal(missing(name, tuple(folders)))
    return found.id


def folders_of(manifest_file):
    """The folders of contracts that are searched before the kit's own, for the program of this manifest."""
    folder = os.path.dirname(os.path.abspath(manifest_file))
    places = (os.path.join(folder, FOLDER), os.path.join(os.path.dirname(folder), FOLDER))
    return tuple(place for place in places if os.path.isdir(place))


class Finder:
    """Finds contracts and remembers them. One is for one reading of a system, so that files that change are read again."""

    def __init__(self):
        self.known = {}

    def find(self, name, folders):
        """The Contract, or None. Raises ContractError for one that is wrong."""
        key = name, folders
        if key not in self.known:
            self.known[key] = load.find(name, folders)
        return self.known[key]


def missing(name, folders):
    """What to say about a contract that is not there."""
    places = folders + (load.SYSTEM_FOLDER,)
    names = [file.removesuffix(load.SUFFIX) for place in places for file in os.listdir(place) if file.endswith(load.SUFFIX)]
    near = difflib.get_close_matches(name, names, 1)
    hint = f" (is it {near[0]!r}?)" if near else ""
    return f"there is no {name}{load.SUFFIX} in {', '.join([*map(os.path.relpath, folders), 'the kit'])}{hint}"
