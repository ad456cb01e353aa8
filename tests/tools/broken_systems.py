# SPDX-License-Identifier: BSD-2-Clause
"""(a sentence, changes of good_system.py as (file, old, new), the messages in order of place) each: one mistake in a description."""

from good_system import CODEC, PLUGIN

SYSTEMS = [
    (
        "a table that there is not is refused",
        [("system.toml", '[[kind]]\nname = "host"', '[[program]]\nname = "x"\n[[kind]]\nname = "host"')],
        ["system.toml:26:3: program: unknown key (known are machine, process, kind)"],
    ),
    ("an unknown key of a process is refused", [("system.toml", 'manifest = "uart.toml"', 'manifest = "uart.toml"\ncolour = 3')],
     ["system.toml:7:1: process.colour: unknown key (known are name, manifest, channels, devices, parameters, priority, optional)"]),
    (
        "an unknown key of a kind is refused",
        [("system.toml", "max_count = 2", "max_count = 2\noptional = true")],
        [
            "system.toml:30:1: kind.optional: unknown key (known are name, manifest, max_count, channels, parameters, priority, "
            "started_by)",
        ],
    ),
    (
        "a machine that is no table is refused",
        [("system.toml", '[[process]]\nname = "supervisor"', 'machine = 16\n[[process]]\nname = "supervisor"')],
        ["system.toml:1:11: machine: this should be a table"],
    ),
    (
        "a machine of half a MiB is refused",
        [("system.toml", '[[process]]\nname = "supervisor"', '[machine]\nram = "512 KiB"\n[[process]]\nname = "supervisor"')],
        ["system.toml:2:7: machine.ram: '512 KiB' is not a multiple of 1024 KiB up to 1073741824 KiB"],
    ),
    ("a manifest that is not there is refused", [("system.toml", '"uart.toml"', '"vart.toml"')],
     ["system.toml:6:12: process.manifest: there is no file vart.toml"]),
    ("a manifest that is a folder is refused", [("system.toml", "uart.toml", "contracts")],
     ["system.toml:6:12: process.manifest: contracts is no file that can be read"]),
    ("a program that the kit does not have is refused", [("system.toml", '"uart.toml"', '"kit:vart"')],
     ["system.toml:6:12: process.manifest: the kit has no program 'vart'"]),
    ("a manifest that is missing is refused", [("system.toml", 'manifest = "uart.toml"\n', "")],
     ["system.toml:4:1: process.manifest: this key is missing"]),
    ("a name that another entry has is refused", [("system.toml", 'name = "plugin"', 'name = "disk"')],
     ["system.toml:32:8: kind.name: 'disk' is already the name of the one at system.toml:8:8"]),
    ("a process that is called parent is refused", [("system.toml", 'name = "plugin"', 'name = "parent"')],
     ["system.toml:32:8: kind.name: 'parent' means whoever starts a kind, call this one otherwise"]),
    ("two manifests of one program are refused", [("files.toml", 'name = "files"', 'name = "uart"')],
     ["system.toml:14:12: process.manifest: uart.toml is of a program 'uart', too"]),
    (
        "a system without a pager is refused",
        [("system.toml", '[[process]]\nname = "pager"\nmanifest = "pager.toml"\nchannels = { store = "swap" }\n', "")],
        ["system.toml:1:1: process: there is no pager: a system needs one, such as kit:pager"],
    ),
    (
        "a system without a supervisor is refused",
        [("system.toml", '[[process]]\nname = "supervisor"\nmanifest = "supervisor.toml"\n', "")],
        ["system.toml:1:1: process: there is no supervisor: a system needs one, such as kit:supervisor"],
    ),
    (
        "two pagers are refused",
        [
            ("system.toml", '[[kind]]\nname = "host"', '[[process]]\nname = "other"\nmanifest = "pager.toml"\n[[kind]]\nname = "host"'),
        ],
        ["system.toml:27:8: process.name: there are two pagers, 'pager' and 'other'"],
    ),
    (
        "a pager that is optional is refused",
        [("system.toml", 'channels = { store = "swap" }', 'channels = { store = "swap" }\noptional = true')],
        ["system.toml:26:12: process.optional: the pager cannot be optional"],
    ),
    (
        "a pager that is a kind is refused",
        [
            ("system.toml",
             '[[kind]]\nname = "host"',
             '[[kind]]\nname = "x"\nmanifest = "pager.toml"\nmax_count = 1\n[[kind]]\nname = "host"'),
        ],
        ["system.toml:27:8: kind.manifest: the pager cannot be a kind of program"],
    ),
    ("a kind without a count is refused", [("system.toml", "max_count = 2\n", "")],
     ["system.toml:26:1: kind.max_count: this key is missing"]),
    ("a kind with too many instances is refused", [("system.toml", "max_count = 2", "max_count = 65")],
     ["system.toml:29:13: kind.max_count: 65 is not from 1 to 64"]),
    (
        "a priority above the manifest's is refused",
        [("system.toml", 'manifest = "uart.toml"', 'manifest = "uart.toml"\npriority = 25')],
        ["system.toml:7:12: process.priority: 25 is not from 0 to 24"],
    ),
    ("a channel that must be wired and is not is refused", [("system.toml", 'channels = { disk = "disk" }\n', "")],
     ["system.toml:13:8: process.channels.disk: the wiring of this channel (block) is missing: name the process that serves it"]),
    ("a channel that leads nowhere is refused", [("system.toml", 'files = "files" }', 'files = "nobody" }')],
     ["system.toml:30:40: kind.channels.files: there is no process 'nobody'"]),
    ("a channel that leads to a kind is refused", [("system.toml", 'files = "files" }', 'files = "plugin" }')],
     ["system.toml:30:40: kind.channels.files: 'plugin' is a kind of program, which nobody can be wired to"]),
    (
        "a channel that the manifest does not have is refused",
        [("system.toml", '{ console = "uart"', '{ konsole = "uart"')],
        [
            "system.toml:27:8: kind.channels.console: the wiring of this channel (console) is missing: name the process that serves it",
            "system.toml:30:14: kind.channels.konsole: host.toml has no such channel (it uses console, files)",
        ],
    ),
    ("a channel that leads to a number is refused", [("system.toml", 'files = "files" }', "files = 3 }")],
     ["system.toml:30:40: kind.channels.files: this should be the name of a process"]),
    ("a channel to a server of another contract is refused", [("system.toml", 'files = "files" }', 'files = "uart" }')],
     ["system.toml:30:40: kind.channels.files: 'host' wants the contract 'files', but 'uart' serves 'console'"]),
    ("a channel to who serves nobody is refused", [("system.toml", 'files = "files" }', 'files = "supervisor" }')],
     ["system.toml:30:40: kind.channels.files: 'host' wants the contract 'files', but 'supervisor' serves nobody"]),
    (
        "two contracts of one name are refused",
        [
            ("system.toml", '"plugin.toml"', '"else/plugin/manifest.toml"'),
            ("else/plugin/manifest.toml", "", PLUGIN),
            ("else/contracts/codec.contract", "", CODEC.replace("u64", "u32")),
        ],
        [
            "system.toml:35:14: kind.started_by: 'host' and 'plugin' have different contracts of the name 'codec', "
            "contracts/codec.contract and else/contracts/codec.contract",
        ],
    ),
    (
        "a client that the server does not name is refused",
        [("block.toml", '["pager", "files"]', '["pager", "shell"]')],
        [
            "system.toml:15:21: process.channels.disk: 'disk' serves 'block' to pager, shell only, not to the program 'files' (see "
            "block.toml:7:24)",
        ],
    ),
    (
        "a client that must have what is optional is refused",
        [("system.toml", 'parameters = { root = "/" }\noptional = true', 'parameters = { root = "/" }')],
        ["system.toml:15:21: process.channels.disk: 'disk' is optional, so 'files' has to be optional too"],
    ),
    (
        "a process that calls itself is refused",
        [
            ("files.toml", 'disk = "block"', 'disk = "block"\nself = "codec"'),
            ("files.toml", 'serves = "files"', 'serves = ["files", "codec"]'),
            ("system.toml", '{ disk = "disk" }', '{ disk = "disk", self = "files" }'),
        ],
        ["system.toml:15:36: process.channels: calls in a circle: files -> files (let one of them notify instead of call)"],
    ),
    ("a parameter that is not known is refused", [("system.toml", "{ root =", "{ rood =")],
     ["system.toml:16:16: process.parameters.rood: files.toml accepts no such parameter (it has root)"]),
    ("a parameter that is a number is refused", [("system.toml", '{ root = "/" }', "{ root = 1 }")],
     ["system.toml:16:23: process.parameters.root: this should be a string"]),
    ("a parameter with a zero in it is refused", [("system.toml", '{ root = "/" }', '{ root = "\\u0000" }')],
     ["system.toml:16:23: process.parameters.root: a parameter cannot hold a zero character"]),
    ("a device that is claimed twice is refused", [("system.toml", "00:05.0", "00:04.0")],
     ["system.toml:21:20: process.devices.disk: 'swap' claims PCI device 00:04.0 as 'disk' does at system.toml:10:20"]),
    (
        "a device that may be the same is refused",
        [("system.toml", 'devices = { disk = "00:05.0" }\n', "")],
        [
            "system.toml:19:8: process.devices.disk: 'swap' claims perhaps the same PCI device (give both a place, or neither) as "
            "'disk' does at system.toml:10:20",
        ],
    ),
    (
        "a port that is claimed twice is refused",
        [
            ("files.toml", "[quotas]", '[[devices]]\nname = "x"\nkind = "ports"\nport = 0x2f1\ncount = 8\nirq = 5\n[quotas]'),
            ("files.toml", 'calls = "server"', 'calls = "driver"'),
        ],
        ["system.toml:13:8: process.devices.x: 'files' claims port 0x2f8 as 'uart' does at system.toml:5:8"],
    ),
    (
        "a port that one manifest claims twice is refused there",
        [("uart.toml", "irq = 3\n", 'irq = 3\n[[devices]]\nname = "x"\nkind = "ports"\nport = 0x2ff\ncount = 2\nirq = 5\n')],
        ["uart.toml:15:1: process.devices.x: 'uart' claims port 0x2ff as 'uart' does at system.toml:5:8"],
    ),
    (
        "an interrupt that is claimed twice is refused",
        [
            ("files.toml", "[quotas]", '[[devices]]\nname = "x"\nkind = "ports"\nport = 0x300\ncount = 8\nirq = 3\n[quotas]'),
            ("files.toml", 'calls = "server"', 'calls = "driver"'),
        ],
        ["system.toml:13:8: process.devices.x: 'files' claims interrupt 3 as 'uart' does at system.toml:5:8"],
    ),
    (
        "a place of a device that the manifest does not claim is refused",
        [("system.toml", 'manifest = "uart.toml"', 'manifest = "uart.toml"\ndevices = { disk = "00:06.0" }')],
        ["system.toml:7:13: process.devices.disk: uart.toml claims no such device"],
    ),
    (
        "a place of ports is refused",
        [("system.toml", 'manifest = "uart.toml"', 'manifest = "uart.toml"\ndevices = { uart = "00:06.0" }')],
        ["system.toml:7:13: process.devices.uart: only PCI devices have a place; ports are fixed by the manifest"],
    ),
    ("a place that is no PCI address is refused", [("system.toml", "00:05.0", "00:20.0")],
     ['system.toml:21:20: process.devices.disk: this should be a PCI address like "00:04.0"']),
    ("a place that means anywhere is refused", [("system.toml", "00:05.0", "ff:1f.7")],
     ["system.toml:21:20: process.devices.disk: this address means anywhere"]),
    (
        "a kind with a device that may run twice is refused",
        [
            ("host.toml", "[quotas]", '[[devices]]\nname = "x"\nkind = "pci"\nvendor = 1\ndevice = 2\n[quotas]'),
            ("host.toml", '"server", ', '"driver", '),
        ],
        ["system.toml:27:8: kind.max_count: 'host' claims the device 'x', so one can run at a time"],
    ),
    (
        "a pager that needs what is not pinned is refused with the path",
        [("block.toml", 'pinned = true\npinned_reason = "the pager\'s store"\n', "")],
        ["system.toml:19:8: process.name: 'swap' is not pinned, but the pager needs it (pager -> swap): set pinned in block.toml"],
    ),
    (
        "a minimum of all that is beyond RAM is refused",
        [("host.toml", "frames = 64", "frames = 2048\nframes_min = 2048\nkernel_kib = 0")],
        [
            "system.toml:27:8: kind.name: with 'host' 5648 pages can never be paged out, but RAM has 4096: lower quotas or counts, or "
            "give the machine more",
        ],
    ),
    (
        "quotas beyond RAM and swap are refused",
        [("host.toml", "frames = 64", 'frames = "100 MiB"\nswap = "100 MiB"')],
        [
            "system.toml:27:8: kind.name: with 'host' the quotas reach 104544 pages, but RAM and swap have 69632: lower quotas or "
            "counts, or give the machine more",
        ],
    ),
    (
        "a machine that the kernel fills is refused",
        [("system.toml", '[[process]]\nname = "supervisor"', '[machine]\nram = "5 MiB"\n[[process]]\nname = "supervisor"')],
        ["system.toml:1:1: process: 1280 pages of RAM are all the kernel's (1280): give the machine more"],
    ),
    ("a kind that nobody starts is refused", [("system.toml", 'started_by = "host"', 'started_by = "ghost"')],
     ["system.toml:35:14: kind.started_by: there is no process or kind 'ghost'"]),
    (
        "a kind that is started by who may not is refused",
        [("system.toml", 'started_by = "host"', 'started_by = "files"')],
        [
            "system.toml:35:14: kind.started_by: 'files' may not start processes: its manifest, files.toml, must allow process_create "
            "(the set children)",
        ],
    ),
    (
        "a kind that is started by the supervisor anyway is refused",
        [("system.toml", 'started_by = "host"', 'started_by = "supervisor"')],
        ["system.toml:35:14: kind.started_by: the supervisor starts every kind that does not say otherwise: leave this out"],
    ),
    (
        "kinds that start each other are refused",
        [
            ("system.toml",
             'manifest = "plugin.toml"\nmax_count = 3\nstarted_by = "host"\nchannels = { log = "parent" }',
             'manifest = "host.toml"\nmax_count = 1\nstarted_by = "plugin"\nchannels = { console = "parent" }'),
        ],
        ["system.toml:35:14: kind.started_by: they start each other in a circle: plugin -> plugin"],
    ),
    ("a plug-in whose contract its host does not name is refused", [("host.toml", 'contracts = ["codec"]\n', "")],
     ["system.toml:35:14: kind.started_by: 'plugin' serves 'codec', so host.toml must name it in contracts"]),
    (
        "a plug-in that wants what its host does not have is refused",
        [("plugin.toml", '"console", optional = true', '"block", optional = true')],
        [
            "system.toml:36:20: kind.channels.log: 'host' has no end of the contract 'block' to give: it neither serves it nor calls "
            "who does",
        ],
    ),
    ("a plug-in whose channel leads to a process is refused", [("system.toml", '{ log = "parent" }', '{ log = "uart" }')],
     ["system.toml:36:20: kind.channels.log: 'host' starts it and gives it its channels: this should be 'parent'"]),
    ("a channel to the parent of who has none is refused", [("system.toml", 'files = "files" }', 'files = "parent" }')],
     ["system.toml:30:40: kind.channels.files: the supervisor starts it, so it has no parent: name a process"]),
    ("a plug-in with parameters is refused", [("system.toml", 'started_by = "host"', 'started_by = "host"\nparameters = { a = "b" }')],
     ["system.toml:36:1: kind.parameters: 'host' starts it and says this itself: leave it out"]),
    (
        "a plug-in with a device is refused",
        [
            ("plugin.toml", "[quotas]", '[[devices]]\nname = "x"\nkind = "pci"\nvendor = 1\ndevice = 2\n[quotas]'),
            ("plugin.toml", 'calls = "server"', 'calls = "driver"'),
        ],
        ["system.toml:35:14: kind.started_by: plugin.toml claims devices, which only the supervisor can give"],
    ),
    ("a plug-in that is pinned is refused", [("plugin.toml", "serves", 'pinned = true\npinned_reason = "speed"\nserves')],
     ["system.toml:35:14: kind.started_by: plugin.toml is pinned, which only the supervisor can start"]),
    (
        "a plug-in that does not let its host call is refused",
        [("plugin.toml", 'serves = "codec"', 'serves = { contract = "codec", clients = ["shell"] }')],
        [
            "system.toml:35:14: kind.started_by: 'plugin' serves 'codec' to shell only, not to the program 'host' (see plugin.toml:5:23)",
        ],
    ),
    (
        "a circle of calls is shown as a path",
        [
            ("block.toml", "[quotas]", '[uses]\nlog = "console"\n[quotas]'),
            ("uart.toml", "[quotas]", '[uses]\nlog = "files"\n[quotas]'),
            ("system.toml", 'devices = { disk = "00:04.0" }', 'devices = { disk = "00:04.0" }\nchannels = { log = "uart" }'),
            ("system.toml", 'devices = { disk = "00:05.0" }', 'devices = { disk = "00:05.0" }\nchannels = { log = "uart" }'),
            ("system.toml", 'manifest = "uart.toml"', 'manifest = "uart.toml"\nchannels = { log = "files" }\noptional = true'),
            ("uart.toml", "description", 'pinned = true\npinned_reason = "x"\ndescription'),
            ("files.toml", "description", 'pinned = true\npinned_reason = "x"\ndescription'),
            ("system.toml", 'channels = { console = "uart", files = "files" }', 'channels = { console = "uart" }'),
        ],
        [
            "system.toml:13:20: process.channels: calls in a circle: uart -> files -> disk -> uart (let one of them notify instead of "
            "call)",
            "system.toml:25:20: process.channels.log: 'uart' is optional, so 'swap' has to be optional too",
        ],
    ),
    (
        "a circle of a host and its plug-in is shown as a path",
        [
            ("host.toml", "contracts", 'serves = "ping"\ncontracts'),
            ("plugin.toml", "log = {", 'host = "ping"\nlog = {'),
            ("system.toml", '{ log = "parent" }', '{ log = "parent", host = "parent" }'),
        ],
        ["system.toml:36:37: process.channels: calls in a circle: host -> plugin -> host (let one of them notify instead of call)"],
    ),
    (
        "a supervisor that is a kind is refused",
        [
            ("system.toml",
             '[[kind]]\nname = "host"',
             '[[kind]]\nname = "x"\nmanifest = "supervisor.toml"\nmax_count = 1\n[[kind]]\nname = "host"'),
        ],
        ["system.toml:27:8: kind.manifest: the supervisor cannot be a kind of program"],
    ),
    (
        "a plug-in that is given an end to who does not let it call is refused",
        [("uart.toml", 'serves = "console"', 'serves = { contract = "console", clients = ["host"] }')],
        [
            "system.toml:36:20: kind.channels.log: 'uart' serves 'console' to host only, not to the program 'plugin' (see "
            "uart.toml:5:23)",
        ],
    ),
    (
        "kinds that start each other are refused by the path",
        [
            ("system.toml", "max_count = 2", 'max_count = 2\nstarted_by = "plugin"'),
            ("plugin.toml", 'calls = "server"', 'calls = ["server", "children"]'),
            ("system.toml", '{ console = "uart", files = "files" }', '{ console = "parent" }'),
        ],
        [
            "system.toml:30:14: kind.started_by: they start each other in a circle: host -> plugin -> host",
            "system.toml:36:14: kind.started_by: they start each other in a circle: plugin -> host -> plugin",
        ],
    ),
]
