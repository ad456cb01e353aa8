#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The ABI is what calls.golden says: a change shows as a difference, in review and here.

    check_abi.py [ROOT]             compare
    check_abi.py [ROOT] --accept    take over what the headers say now

Everything is read from kernel/abi/*.h and told by the C compiler: calls with their arguments and results in the order of
registers, statuses, faults, every other constant, and the layout of every struct.
"""

import argparse
import difflib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = "tests/abi/calls.golden"

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
STRUCT = re.compile(r"^struct (\w+) \{\n(.*?)^\};", re.MULTILINE | re.DOTALL)
ENUM = re.compile(r"^enum[^;{(]*\{(.*?)\}", re.MULTILINE | re.DOTALL)
DEFINE = re.compile(r"^#define ([A-Z][A-Z0-9_]*)[ \t]+(\S.*)$", re.MULTILINE)
FUNCTION_LIKE = re.compile(r"^#define ([A-Z][A-Z0-9_]*)\(\w+\)[ \t]+(?=\S)", re.MULTILINE)
MEMBER = re.compile(r"^\s*[\w ]*?\w\s+(\w+(?:\[[^\]]*\])?(?:, *\w+(?:\[[^\]]*\])?)*);", re.MULTILINE)

PROLOGUE = """\
#include <stddef.h>
#include <stdio.h>
%s
static const char *const in[6] = { "rdi", "rsi", "rdx", "r10", "r8", "r9" };

struct pair { const char *type, *name; };
static void show(const char *what, const struct pair *names)
{
	for (int i = 0; names[i].name != NULL; i++)
		printf("    %%s %%-4s%%-9s %%s\\n", what, i < 6 ? in[i] : "none", names[i].type, names[i].name);
}
#define PAIR(type, name) { #type, #name },
#define CALL(number, name, blocks, args, results, text) \\
	printf("call %%d " #name ", may it block: " #blocks "\\n", number); \\
	show("in ", (const struct pair[]){ args { NULL, NULL } }); \\
	show("out", (const struct pair[]){ results { NULL, NULL } });
#define STATUS(name, value, text) printf("status %%d " #name "\\n", (int)(value));
#define FAULT(name, value, text) printf("fault %%d " #name "\\n", (int)(value));
#define CONSTANT(name) printf("constant " #name " %%#llx\\n", (unsigned long long)(name));
#define TEXT(name) printf("constant " #name " \\"%%s\\"\\n", name);
#define STRUCT(name) printf("struct " #name ", %%zu bytes\\n", sizeof(struct name));
#define MEMBER(of, name) printf("    %%4zu %%4zu " #name "\\n", offsetof(struct of, name), sizeof(((struct of *)0)->name));

int main(void)
{
	SYSCALL_LIST(CALL, PAIR, PAIR)
	STATUS_LIST(STATUS)
	FAULT_LIST(FAULT)
"""


def constants_of(text: str) -> list[str]:
    """Lines of C that print the constants of a header: enumerators, macros that are values, macros of one number."""
    lines = []
    for enum in ENUM.findall(text):
        if "_LIST(" in enum:
            continue  # printed from the list
        names = re.findall(r"(?:^|,)\s*([A-Z][A-Z0-9_]*)\s*(?==|,|$)", enum)
        lines += [f"\tCONSTANT({name})" for name in names]
    for name, value in DEFINE.findall(text):
        lines.append(f"\tTEXT({name})" if value.startswith('"') else f"\tCONSTANT({name})")
    lines += [f"\tCONSTANT({name}(1))" for name in FUNCTION_LIKE.findall(text) if not name.endswith("_LIST")]
    return lines


def structs_of(text: str) -> list[str]:
    lines = []
    for name, body in STRUCT.findall(text):
        lines.append(f"\tSTRUCT({name})")
        for members in MEMBER.findall(body):
            lines += [f"\tMEMBER({name}, {member.partition('[')[0].strip()})" for member in members.split(",")]
    return lines


def describe(root: Path) -> str:
    """The ABI in lines of text. Raises CalledProcessError if the headers do not compile."""
    headers = sorted((root / "kernel/abi").glob("*.h"))
    texts = [(header, COMMENT.sub("", header.read_text(encoding="utf-8"))) for header in headers]
    body = [line for header, text in texts for line in [f'\tputs("\\n-- kernel/abi/{header.name}");', *constants_of(text), *structs_of(text)]]
    includes = "\n".join(f'#include "kernel/abi/{header.name}"' for header in headers)
    source = PROLOGUE % includes + "\n".join(body) + "\n\treturn 0;\n}\n"
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "abi"
        subprocess.run(["cc", "-std=gnu2x", "-w", f"-I{root}", "-x", "c", "-", "-o", program], input=source, text=True, check=True)
        return subprocess.run([program], capture_output=True, text=True, check=True).stdout


def check(root: Path) -> list[str]:
    """The differences, as lines of a unified diff."""
    golden = root / GOLDEN
    wanted = golden.read_text(encoding="utf-8") if golden.exists() else ""
    return list(difflib.unified_diff(wanted.splitlines(), describe(root).splitlines(), GOLDEN, "kernel/abi/", lineterm=""))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("root", metavar="ROOT", nargs="?", type=Path, default=ROOT)
    parser.add_argument("--accept", action="store_true", help="write what the headers say now into calls.golden")
    asked = parser.parse_args()
    if asked.accept:
        (asked.root / GOLDEN).write_text(describe(asked.root), encoding="utf-8")
        return 0
    different = check(asked.root)
    if different:
        print("\n".join(different))
        print(f"{GOLDEN}:1: the ABI has changed. Numbers are never reused; what is new goes to the end. If this is meant:\n"
              "    python3 tests/abi/check_abi.py --accept\nand every program is to be built anew.")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
