# SPDX-License-Identifier: BSD-2-Clause
"""Reading TOML so that an error names its line and column."""
