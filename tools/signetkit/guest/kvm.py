# SPDX-License-Identifier: BSD-2-Clause
"""Can KVM run a guest on this machine's own CPU? Asked before anything long begins."""

import os
import re
from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")
MODULES = Path("/sys/module")


def why_not() -> str | None:
    """None: it can, as far as can be told without trying."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "/dev/kvm is not there or may not be used"
    if not cpu_flags() & {"vmx", "svm"}:
        return ("the CPU offers no virtualisation (neither vmx nor svm is among its flags): what is behind /dev/kvm"
                f"{in_software()} runs a guest's kernel in software, or not at all, so its cycles are no CPU's")
    return None


def cpu_flags() -> set[str]:
    try:
        found = re.search(r"^flags\s*:(.*)$", CPU_INFO.read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return set(found[1].split()) if found else set()


def in_software() -> str:
    names = sorted(path.name for path in MODULES.glob("kvm_*"))
    return f" ({', '.join(names)})" if names else ""
