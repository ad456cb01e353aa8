# SPDX-License-Identifier: BSD-2-Clause
"""Verifies a program before it is installed: its form, its code, and that it uses no more than its manifest grants.

A program is a static ELF file, a sealed image, or both. The form is checked by the readers that the image maker uses (elf.py,
sealed_image.py), the code by verify_code.py. What is proved and what is not: docs/verifier.md.
"""

import collections
import hashlib
import re
from dataclasses import dataclass, field
from typing import NamedTuple

from .. import abi
from ..image import elf, sealed_image
from ..refusal import Refusal
from ..system import manifest as manifests
from . import code as verify_code, decode as verify_decode

DOORS = verify_decode.DOORS
CONTRACTS_SECTION = ".signet.contracts"
_CONTRACT_LINE = re.compile(r"(client|server) ([a-z][a-z0-9_-]*) ([0-9a-f]{16})|library ([a-z][a-z0-9_-]*)")


class Contract(NamedTuple):
    """role "library": the system library is a client of it where the manifest names it, so the manifest need not."""

    role: str  # "client", "server" or "library"
    name: str
    number: int  # the contract's id; 0 for "library"


class Grant(NamedTuple):
    """struct manifest of kernel/abi/image.h, in the order of its fields but for the arrays."""

    calls: int
    flags: int
    frames: int
    frames_min: int
    swap: int
    kernel_kib: int
    busy: int
    stack_pages: int
    priority: int
    serves: tuple
    uses: tuple
    devices: int
    optional: int  # bit i: of use i


@dataclass
class Program:
    file: str
    form: str
    data: bytes
    name: str
    entry: int
    segments: list  # of sealed_image.Segment
    stub_base: int
    stub_end: int
    labels: list | None  # of elf.Label; None: a sealed image has none
    contracts: list | None  # of Contract; None: a sealed image does not tell
    grant: Grant | None  # None: no manifest was given
    manifest: manifests.Manifest | None


@dataclass
class Report:
    program: Program
    code: verify_code.Code
    refusals: list = field(default_factory=list)
    advice: list = field(default_factory=list)


def of_elf(data, file, manifest=None):
    """The Program of an ELF file's bytes. Raises Refusal where its form is wrong."""
    read = elf.read(data, file, sealed_image.SYMBOLS, (CONTRACTS_SECTION,))
    base, end = sealed_image.stubs_of(read)
    used = _contracts(file, read.sections.get(CONTRACTS_SECTION, b""))
    grant = _grant(manifest.pack()) if manifest else None
    name = manifest.name if manifest else ""
    segments = sealed_image.segments_of(read)
    return Program(file, "static ELF file", data, name, read.entry, segments, base, end, read.labels, used, grant, manifest)


def of_image(data, file, manifest=None):
    """The Program of a sealed image's bytes. A manifest only adds what the image does not hold: names and reasons."""
    read = sealed_image.read(data, file)
    if manifest and (manifest.pack(), manifest.name) != (read.manifest, read.name):
        raise Refusal(f"{file}: was not sealed with {manifest.file}: make the image again, or name the manifest that it was made with")
    end = read.stub_base + read.stub_bytes
    grant = _grant(read.manifest)
    return Program(file, "sealed image", data, read.name, read.entry, read.segments, read.stub_base, end, None, None, grant, manifest)


def of_pair(program_data, program_file, image_data, image_file, manifest):
    """The image's Program with what its ELF file knows besides, if the one was really made of the other."""
    program = of_elf(program_data, program_file, manifest)
    image = of_image(image_data, image_file, manifest)
    if sealed_image.seal(elf.read(program_data, program_file, sealed_image.SYMBOLS), manifest) != image_data:
        raise Refusal(f"{image_file}: was not made of {program_file} and {manifest.file}: build it again")
    image.labels, image.contracts = program.labels, program.contracts
    image.form = f"sealed image, byte for byte what {program_file} and {manifest.file} give"
    return image


def verify(program):
    """Returns the Report. The program is good if it has no refusals."""
    report = Report(program, verify_code.read(program))
    report.refusals += [f"{program.file}: {problem}" for problem in report.code.problems]
    _judge_instructions(report)
    _judge_calls(report)
    _judge_contracts(report)
    return report


def _contracts(file, content):
    found = set()
    for line in re.split(r"[\n\0]+", content.decode("ascii", "replace")):
        match = _CONTRACT_LINE.fullmatch(line)
        if match:
            found.add(Contract("library", match[4], 0) if match[4] else Contract(match[1], match[2], int(match[3], 16)))
        elif line:
            raise Refusal(f"{file}: {CONTRACTS_SECTION}: {line[:80]!r} is not a line like \"client files 0123456789abcdef\"")
    return sorted(found)


def _grant(packed):
    fields = manifests.PACKED.unpack(packed)
    serve_count, use_count, devices, optional = fields[10:14]
    serves, uses = fields[14 : 14 + manifests.SERVES_MAX], fields[14 + manifests.SERVES_MAX :]
    return Grant(*fields[:9], serves[:serve_count], uses[:use_count], devices, optional)


def _reason(report):
    return report.program.manifest.instructions_reason if report.program.manifest else ""


def _say_why(report):
    given = report.program.manifest or report.program.grant is None
    return "say in the manifest's key instructions_reason" if given else "name with --manifest a manifest that says in instructions_reason"


def _judge_instructions(report):
    meant = report.code.meant
    if not meant or _reason(report):
        return
    first = meant[0]
    counts = collections.Counter(finding.kind for finding in meant)
    what = ", ".join([f"{count} {kind}" for kind, count in counts.most_common(6)] + ["..."] * (len(counts) > 6))
    report.refusals.append(
        f"{report.program.file}: instructions that a program may not use ({what}), the first at {first.where}: {first.text}; "
        f"remove them, or {_say_why(report)} why they are there"
    )


def calls_used(code):
    """Numbers of the calls that stubs fix, ascending."""
    return sorted({stub.number for stub in code.stubs if stub.number is not None})


def _judge_calls(report):
    names = {number: name for name, number in abi.calls().items()}
    used, file = calls_used(report.code), report.program.file
    for number in used:
        if number not in names:
            report.refusals.append(f"{file}: a stub makes call {number}, which does not exist")
    if report.program.grant is None:
        return
    allowed = report.program.grant.calls
    for number in used:
        if number in names and not allowed >> number & 1:
            what = f"it makes the call {names[number]}, which its manifest does not allow: add it to calls, or remove it"
            report.refusals.append(f"{file}: {what}")
    free = [stub for stub in report.code.stubs if stub.number is None]
    spare = [name for number, name in names.items() if allowed >> number & 1 and number not in used]
    if free and any(not allowed >> number & 1 for number in names) and not _reason(report):
        why = f"makes any call, because no `mov eax, NUMBER` stands right before its syscall; allow all calls, or {_say_why(report)} why"
        report.refusals.append(f"{file}: the stub at {free[0].address:#x} {why}")
    if spare and not free:
        report.advice.append(f"allowed, but no stub makes them: {' '.join(spare)}")


def _judge_contracts(report):
    program = report.program
    if program.contracts is None or program.grant is None:
        return
    others = [program.manifest.contract_id(name) for name in program.manifest.contracts]
    library = [contract.name for contract in program.contracts if contract.role == "library"]
    for role, key, granted in (("client", "uses", program.grant.uses), ("server", "serves", program.grant.serves)):
        used = [contract for contract in program.contracts if contract.role == role]
        for contract in used:
            only_library = role == "client" and contract.name in library and contract.name not in named(program.manifest, key)
            if contract.number not in granted and contract.number not in others and not only_library:
                report.refusals.append(f"{program.file}: {_contract_problem(program.manifest, contract, key)}")
        numbers = {contract.number for contract in used}
        spare = [name for name, number in zip(named(program.manifest, key), granted) if number not in numbers]
        if spare and program.contracts:
            report.advice.append(f"named in {key}, but no code is a {role} of them: {' '.join(spare)}")


def _contract_problem(manifest, contract, key):
    what = f"it is a {contract.role} of the contract {contract.name} ({contract.number:016x}), "
    if contract.name in named(manifest, key) or contract.name in manifest.contracts:
        return what + f"but its manifest's {contract.name} is of another id: build it again"
    return what + f"which its manifest does not name: add it to {key}"


def named(manifest, key):
    """The contracts' names, in the order of the ids in the packed form."""
    return [use.contract for use in manifest.uses.values()] if key == "uses" else manifest.serves
