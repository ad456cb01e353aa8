# SPDX-License-Identifier: BSD-2-Clause
"""Channel contracts: the language of libsys/contracts/*.contract, its checks, and what is made of one. docs/contracts.md is its manual."""
