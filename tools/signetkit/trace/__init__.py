# SPDX-License-Identifier: BSD-2-Clause
"""Traces: the kernel's records read, named and taken from a run."""
