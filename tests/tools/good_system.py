# SPDX-License-Identifier: BSD-2-Clause
"""A small system that holds, with one of everything. Tests break it in one place each: see broken_manifests.py and broken_systems.py."""

SUPERVISOR = """\
name = "supervisor"
description = "Starts the others"
calls = "supervisor"
priority = 26
supervisor = true
[quotas]
frames = 64
"""
PAGER = """\
name = "pager"
description = "Stores pages"
calls = "server"
priority = 28
pager = true
[uses]
store = { contract = "block", optional = true }
[quotas]
frames = 32
"""
BLOCK = """\
name = "block"
description = "A disk"
calls = "driver"
priority = 28
pinned = true
pinned_reason = "the pager's store"
serves = [{ contract = "block", clients = ["pager", "files"] }]
restart = "always"
[quotas]
frames = 32
[[devices]]
name = "disk"
kind = "pci"
vendor = 0x1af4
device = 0x1042
"""
UART = """\
name = "uart"
description = "The console"
calls = ["server", "device_io", "irq_ack"]
priority = 24
serves = "console"
restart = { policy = "fault", limit = 3 }
[quotas]
frames = 32
[[devices]]
name = "uart"
kind = "ports"
port = 0x2f8
count = 8
irq = 3
"""
FILES = """\
name = "files"
description = "Files on a disk"
calls = "server"
priority = 20
serves = "files"
parameters = ["root"]
[uses]
disk = "block"
[quotas]
frames = "1 MiB"
"""
HOST = """\
name = "host"
description = "Starts plug-ins"
calls = ["server", "children"]
priority = 8
contracts = ["codec"]
[uses]
console = "console"
files = { contract = "files", optional = true }
[quotas]
frames = 64
"""
PLUGIN = """\
name = "plugin"
description = "A plug-in"
calls = "server"
priority = 8
serves = "codec"
[uses]
log = { contract = "console", optional = true }
[quotas]
frames = 32
"""
CODEC = """\
contract codec "Packs bytes"
operation pack "Packs a word." {
	request value: u64
	reply packed: u64
}
"""
SYSTEM = """\
[[process]]
name = "supervisor"
manifest = "supervisor.toml"
[[process]]
name = "uart"
manifest = "uart.toml"
[[process]]
name = "disk"
manifest = "block.toml"
devices = { disk = "00:04.0" }
optional = true
[[process]]
name = "files"
manifest = "files.toml"
channels = { disk = "disk" }
parameters = { root = "/" }
optional = true
[[process]]
name = "swap"
manifest = "block.toml"
devices = { disk = "00:05.0" }
[[process]]
name = "pager"
manifest = "pager.toml"
channels = { store = "swap" }
[[kind]]
name = "host"
manifest = "host.toml"
max_count = 2
channels = { console = "uart", files = "files" }
[[kind]]
name = "plugin"
manifest = "plugin.toml"
max_count = 3
started_by = "host"
channels = { log = "parent" }
"""
FILES_BY_NAME = {
    "supervisor.toml": SUPERVISOR, "pager.toml": PAGER, "block.toml": BLOCK, "uart.toml": UART, "files.toml": FILES, "host.toml": HOST,
    "plugin.toml": PLUGIN, "contracts/codec.contract": CODEC, "system.toml": SYSTEM,
}
