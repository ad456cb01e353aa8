# SPDX-License-Identifier: BSD-2-Clause
"""The one exception of the image tools: what was given is refused, and the text says what and where."""


class Refusal(Exception):
    """Something that a person gave us cannot be used. str() is one line, ready to print."""
