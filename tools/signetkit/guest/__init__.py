# SPDX-License-Identifier: BSD-2-Clause
"""A system run in QEMU: its machine, the talk with its shell, its disk, its debugger. A test imports what is named here."""

from .guest import Guest, GuestFailed, Result, long, timeout

__all__ = ("Guest", "GuestFailed", "Result", "long", "timeout")
