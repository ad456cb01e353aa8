# SPDX-License-Identifier: BSD-2-Clause
"""signet verify: what a sealed image may hold, told from its bytes. docs/verifier.md is its manual."""
