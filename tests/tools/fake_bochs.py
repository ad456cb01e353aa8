#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Plays a Bochs: takes its configuration, gives fake_guest.py the serial ports, and tells the log how that ended."""

import os
import re
import subprocess
import sys
from pathlib import Path

configuration = Path(sys.argv[sys.argv.index("-f") + 1]).read_text(encoding="utf-8")
go = Path(sys.argv[sys.argv.index("-rc") + 1]).read_text(encoding="ascii")
log = Path(re.search(r'^log: "(.*)"$', configuration, re.M)[1])
if "model=no_such_cpu" in configuration:
    log.write_text("00000000000p[      ] >>PANIC<< bochsrc:4: 'no_such_cpu' is no CPU\n", encoding="ascii")
    sys.exit(1)
assert go == "c\n"
serial = {port: path for port, path in re.findall(r'^(com[12]): .*dev="(.*)"$', configuration, re.M)}
console = os.open(serial["com2"], os.O_RDWR | os.O_NOCTTY)
guest = Path(__file__).with_name("fake_guest.py")
status = subprocess.run([sys.executable, "-B", guest, f"file,id=log,path={serial['com1']}"], stdin=console, stdout=console, check=False).returncode
with log.open("a", encoding="ascii") as file:
    file.write("00000001000d[UNMAP ] unmapped: 8-bit write to 016b = aa\n")
    if status % 2 == 1:
        file.write(f"00000002000d[UNMAP ] unmapped: 8-bit write to 00f4 = {status // 2:02x}\n")
        file.write("00000002010p[ACPI  ] >>PANIC<< ACPI control: soft power off\n")
    else:
        file.write("00000002010p[CPU0  ] >>PANIC<< exception(): 3rd (13) exception with no resolution\n")
sys.exit(1)
