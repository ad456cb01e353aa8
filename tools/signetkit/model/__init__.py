# SPDX-License-Identifier: BSD-2-Clause
"""The model of a system's calls, and its run in Spin. docs/model.md explains it."""
