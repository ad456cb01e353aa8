# SPDX-License-Identifier: BSD-2-Clause
"""What a system is: its manifests and description, how its programs are wired, and the checks on both."""
