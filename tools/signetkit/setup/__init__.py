# SPDX-License-Identifier: BSD-2-Clause
"""What a build needs, where it comes from, and the build."""
