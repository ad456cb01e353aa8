# SPDX-License-Identifier: BSD-2-Clause
"""Reading and writing whole files, with errors in plain words. A file is written whole or not at all."""

import os
import pathlib

from .refusal import Refusal


def read_bytes(path):
    try:
        return pathlib.Path(path).read_bytes()
    except OSError as error:
        raise Refusal(f"{path}: cannot be read: {error.strerror}") from None


def write_bytes(path, data):
    path = pathlib.Path(path)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Refusal(f"{path}: cannot be written: {error.strerror}") from None
