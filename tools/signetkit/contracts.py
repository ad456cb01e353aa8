# SPDX-License-Identifier: BSD-2-Clause
"""What names a contract. So far a contract is only its name; its id is what the kernel compares at a channel's two ends."""

import hashlib
import re

NAME = re.compile(r"[a-z][a-z0-9_-]*")
NAME_CHARACTERS_MAX = 31


def contract_id(name):
    """The first 8 bytes of the SHA-256 of the name, little-endian."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
