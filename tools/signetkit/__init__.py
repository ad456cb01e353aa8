# SPDX-License-Identifier: BSD-2-Clause
"""What tools/signet and the build are made of."""
