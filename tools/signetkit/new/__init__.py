# SPDX-License-Identifier: BSD-2-Clause
"""signet new: a project, a server or a driver from its template."""
