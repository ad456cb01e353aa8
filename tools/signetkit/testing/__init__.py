# SPDX-License-Identifier: BSD-2-Clause
"""Tests found and run, and what is measured: coverage, times, lines of code."""
