# SPDX-License-Identifier: BSD-2-Clause
"""Says what verify.py found, for a person who decides whether a program may be installed, and for programs as JSON."""

import collections
import hashlib
import json
import textwrap

from .. import abi
from ..system import manifest as manifests
from . import verify

_LISTED_MAX = 12  # findings of one kind; --json has all
_WIDTH = 140
_HARMLESS = "What is hidden is harmless: the kernel ends a process that makes a call from outside the stubs, or does what only it may do."


def text(report):
    """The whole report. Its last line is `verified`, or `refused: ...` like those before it that have more reasons."""
    program = report.program
    lines = [f"{program.name or program.file}: {program.form}"]
    lines += _rows(_about(program) + _grants(report) + _instructions(report))
    lines += _rows([("advice", advice) for advice in report.advice])
    lines += [f"refused: {refusal}" for refusal in report.refusals] or ["verified"]
    return "".join(_printable(line) + "\n" for line in lines)


def _printable(line):
    """Names come out of the file, so they may hold what a terminal obeys."""
    return "".join(letter if letter.isprintable() else "?" for letter in line)


def _rows(rows):
    """Two columns. A row without a name belongs to the one above; long ones go on in the second column."""
    lines = []
    for name, value in rows:
        lines += textwrap.wrap(value, _WIDTH, initial_indent=f"  {name:<13} ", subsequent_indent=" " * 16, break_long_words=False)
    return lines


def _about(program):
    rows = [
        ("file", program.file),
        ("SHA-256", hashlib.sha256(program.data).hexdigest()),
        ("size", f"{len(program.data)} bytes"),
        ("entry", f"{program.entry:#x}"),
    ]
    names = {"IMAGE_READ": "r", "IMAGE_WRITE": "w", "IMAGE_EXECUTE": "x"}
    constants = abi.constants("kernel/abi/image.h")
    for index, segment in enumerate(program.segments):
        prot = "".join(letter if segment.prot & constants[name] else "-" for name, letter in names.items())
        size = f"{segment.memory_bytes} bytes, {len(segment.content)} of them in the file"
        rows.append(("" if index else "segments", f"{segment.address:#x} {prot} {size}"))
    return rows


def _grants(report):
    program, code = report.program, report.code
    names = {number: name for name, number in abi.calls().items()}
    used = [names.get(number, str(number)) for number in verify.calls_used(code)]
    used += ["any call"] * any(stub.number is None for stub in code.stubs)
    stubs = f"{_count(len(code.stubs), 'stub')} from {program.stub_base:#x} to {program.stub_end:#x}"
    rows = [("calls used", f"{' '.join(used) or 'none'} ({stubs})")]
    if program.grant:
        rows.append(("allowed", " ".join(name for number, name in names.items() if program.grant.calls >> number & 1) or "none"))
    return rows + _contracts(program) + (_quotas(program) or [("manifest", "none was given, so what it grants is not known")])


def _contracts(program):
    if program.contracts is None:
        rows = [("contracts", "a sealed image does not tell which its code uses")]
    else:
        library = [name for role, name, _ in program.contracts if role == "library"]
        used = [f"{role} of {name} ({number:016x})" + ", by the system library" * (role == "client" and name in library)
                for role, name, number in program.contracts if role != "library"]
        rows = [("contracts", "; ".join(used) or "its code says of none that it uses it")]
    for key, granted in (("serves", program.grant.serves), ("uses", program.grant.uses)) if program.grant else ():
        names = verify.named(program.manifest, key) if program.manifest else ["contract"] * len(granted)
        rows.append((key, ", ".join(f"{name} ({number:016x})" for name, number in zip(names, granted)) or "none"))
    return rows


def _quotas(program):
    if program.grant is None:
        return []
    grant, manifest, flags = program.grant, program.manifest, abi.constants("kernel/abi/image.h")
    quotas = f"frames {_pages(grant.frames)}, at least {_pages(grant.frames_min)} kept; swap {_pages(grant.swap)}; "
    quotas += f"kernel objects {grant.kernel_kib} KiB; busy {_pages(grant.busy)}; stack {_pages(grant.stack_pages)}"
    devices = f"{grant.devices}" if manifest is None else ", ".join(f"{device.name} ({device.kind})" for device in manifest.devices)
    roles = [name for name in ("pinned", "pager", "supervisor") if grant.flags & flags[f"MANIFEST_{name.upper()}"]]
    pinned = "no: it can be paged out" if not roles else f"yes ({', '.join(roles)})"
    if manifest and manifest.pinned_reason:
        pinned += f": {manifest.pinned_reason}"
    rows = [("quotas", quotas), ("priority", f"{grant.priority} of 31"), ("devices", devices or "none"), ("pinned", pinned)]
    return rows


def _pages(count):
    return "any" if count == manifests.ANY else f"{count * abi.PAGE_BYTES // 1024} KiB"


def _instructions(report):
    code, manifest = report.code, report.program.manifest
    rows = [("decoded", f"{code.bytes_listed} bytes of code, at every byte")]
    rows.append(("instructions", _summary(code.meant) or "none outside the stubs that a program may not use"))
    if code.meant and manifest and manifest.instructions_reason:
        rows.append(("allowed for", manifest.instructions_reason))
    rows += _listed(code.meant)
    doors = [finding for finding in code.hidden if finding.kind in verify.DOORS]
    rows.append(("hidden", _summary(code.hidden) or "none"))
    rows += _listed(doors)
    if code.hidden:
        rows.append(("", _HARMLESS))
    return rows


def _summary(findings):
    counts = collections.Counter(finding.kind for finding in findings)
    return ", ".join(f"{count} {kind}" for kind, count in counts.most_common())


def _listed(findings):
    rows = []
    for finding in findings[:_LISTED_MAX]:
        inside = f", inside {finding.inside}" if finding.inside else ""
        rows.append(("", f"{finding.where}: {finding.code.hex(' ')}: {finding.text}{inside}"))
    if len(findings) > _LISTED_MAX:
        rows.append(("", f"and {len(findings) - _LISTED_MAX} more"))
    return rows


def _count(number, what):
    return f"{number} {what}" + ("" if number == 1 else "s")


def as_json(report):
    """The same and every finding, for programs."""
    program, code = report.program, report.code
    grant = program.grant and program.grant._asdict()
    manifest = program.manifest
    return json.dumps({
        "file": program.file, "form": program.form, "name": program.name, "bytes": len(program.data),
        "sha256": hashlib.sha256(program.data).hexdigest(), "entry": program.entry,
        "segments": [{"address": part.address, "memory_bytes": part.memory_bytes, "file_bytes": len(part.content), "prot": part.prot}
                     for part in program.segments],
        "stubs": [{"address": stub.address, "call": stub.number} for stub in code.stubs],
        "contracts": program.contracts and [contract._asdict() for contract in program.contracts],
        "grant": grant, "pinned_reason": manifest.pinned_reason if manifest else "",
        "instructions_reason": manifest.instructions_reason if manifest else "",
        "meant": [_finding(finding) for finding in code.meant], "hidden": [_finding(finding) for finding in code.hidden],
        "advice": report.advice, "refusals": report.refusals, "verified": not report.refusals,
    }, indent=1) + "\n"


def _finding(finding):
    return finding._asdict() | {"code": finding.code.hex()}
