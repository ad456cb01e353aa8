# SPDX-License-Identifier: BSD-2-Clause
"""What gdb knows of Signet, a file for each of its questions. The ladder: kernel < processes < command, tables < all the others."""
