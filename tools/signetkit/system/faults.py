# SPDX-License-Identifier: BSD-2-Clause
"""Collects what is wrong with a system, so that all of it is told at once and each thing once."""

import contextlib

from ..toml.scan import TomlError


class Faults:
    """What was found, in the order of finding. A strict one raises the first instead: for tools that stop there anyway."""

    def __init__(self, strict=False):
        self.strict = strict
        self.found = []  # (property, TomlError)
        self.texts = set()

    def __len__(self):
        return len(self.found)

    def add(self, error, about="keys"):
        """about: the property of the system that does not hold."""
        if self.strict:
            raise error
        if str(error) not in self.texts:
            self.texts.add(str(error))
            self.found.append((about, error))

    @contextlib.contextmanager
    def guard(self, about="keys"):
        """Around a step whose failure does not keep the next one from being made."""
        try:
            yield
        except TomlError as error:
            self.add(error, about)

    def of(self, about):
        return [error for name, error in self.found if name == about]


def sorted_faults(errors):
    """In the order in which a person finds them: by file and place."""
    return sorted(errors, key=lambda error: error.mark)
