# SPDX-License-Identifier: BSD-2-Clause
"""signet bench: kernels measured under one QEMU, by the lines that docs/bench-format.md defines."""
