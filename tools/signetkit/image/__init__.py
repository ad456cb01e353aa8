# SPDX-License-Identifier: BSD-2-Clause
"""The files that a system becomes: ELF in, the sealed image of a program and the image of a system out."""
