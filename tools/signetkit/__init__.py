# SPDX-License-Identifier: BSD-2-Clause
"""What tools/signet and the build are made of: a package per subject, whose __init__.py says what it is about; commands/ has the
commands of tools/signet. The modules beside the packages are what all of them share.
"""
