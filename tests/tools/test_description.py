# SPDX-License-Identifier: BSD-2-Clause
"""System descriptions and manifests: row 6 of docs/faults.md, each refusal with its place; and ranks."""

import os
import random
import re
import unittest

from support import ROOT, Refusal, ToolTest
from signetkit import abi
from signetkit.contract import load
from signetkit.contracts import contract_id
from signetkit.image import description_format
from signetkit.system import description, devices, manifest, wiring


class DescriptionTest(ToolTest):
    def setUp(self):
        super().setUp()
        self.contracts("names", "a", "b", "c", "d", "n")
        self.write("supervisor.toml", self.manifest_text("supervisor", top="supervisor = true"))
        self.write("pager.toml", self.manifest_text("pager", top="pager = true", rest='[uses]\nstore = { contract = "block", optional = true }'))
        self.write("block.toml", self.manifest_text("block", top='serves = "block"\npinned = true\npinned_reason = "test"',
                                                    rest='[[devices]]\nname = "disk"\nkind = "pci"\nvendor = 1\ndevice = 2'))
        self.write("uart.toml", self.manifest_text("uart", top='serves = "console"',
                                                   rest='[[devices]]\nname = "uart"\nkind = "ports"\nport = 0x2f8\ncount = 8\nirq = 3'))
        self.write("files.toml", self.manifest_text("files", top='serves = ["files", "names"]\nparameters = ["root", "mode"]', rest='[uses]\ndisk = "block"'))
        self.write("user.toml", self.manifest_text("user", rest='[uses]\nfiles = "files"\nconsole = { contract = "console", optional = true }'))

    def manifest_text(self, *words, **parts):
        return super().manifest_text(*words, **{"calls": "driver", **parts})

    def system(self, *entries, base=("supervisor", "pager")):
        """The text of a description: names of processes, or (name, manifest, one line of more keys)."""
        text = ""
        for entry in base + entries:
            name, about, more = (entry, entry, "") if isinstance(entry, str) else entry
            text += f'[[process]]\nname = "{name}"\nmanifest = "{about}.toml"\n{more}\n'
        return text

    def kind(self, name, about, more="max_count = 1"):
        return f'[[kind]]\nname = "{name}"\nmanifest = "{about}.toml"\n{more}\n'

    def check(self, text, ram=16, swap=16, reserve=4):
        system = description.read(self.write("system.toml", text))
        wiring.check(system, ram, swap, reserve)
        return system

    def place(self, name, text):
        """Writes a file in which the sign « marks the place where an error is expected; returns that place."""
        before, marked, after = text.partition("«")
        self.assertTrue(marked)
        path = self.write(name, before + after)
        return f"{path}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"

    def refuses(self, message, text, place=None, **memory):
        """place: of the error, unless « marks it in the text."""
        place = place or self.place("system.toml", text)
        with self.assertRaises(Refusal) as caught:
            self.check(text.replace("«", ""), **memory)
        found = str(caught.exception)
        self.assertTrue(found.startswith(place + ": "), f"{found!r} is not at {place}")
        self.assertRegex(found[len(place) + 2 :], message)

    def refuses_manifest(self, message, text):
        place = self.place("m.toml", text)
        self.refused("^" + re.escape(place + ": ") + message, manifest.read, os.path.join(self.folder, "m.toml"))

    # Row 6.

    def test_unknown_keys_are_refused(self):
        self.refuses("process.colour: unknown key", self.system(("a", "block", "«colour = 3")))
        self.refuses("process.max_count: unknown key", self.system(("a", "block", "«max_count = 3")))
        self.refuses("kind.devices: unknown key", self.system() + self.kind("a", "block", '«devices = {}\nmax_count = 1'))
        self.refuses("system: unknown key", "«system = 1\n" + self.system())

    def test_duplicate_names_are_refused(self):
        self.refuses("process.name: 'a' is already the name of the one at .*:10:8", self.system(("a", "block", "")) + '[[process]]\nname = «"a"\nmanifest = "block.toml"')
        self.refuses("kind.name: 'pager' is already the name of the one at", self.system() + '[[kind]]\nname = «"pager"\nmanifest = "block.toml"\nmax_count = 1')
        self.write("other.toml", self.manifest_text("block"))
        self.refuses("process.manifest: .*block.toml is of a program 'block', too", self.system(("a", "block", "")) + '[[process]]\nname = "b"\nmanifest = «"other.toml"')

    def test_devices_claimed_twice_are_refused(self):
        at = 'devices = { disk = "00:04.0" }'
        self.refuses("'b' claims PCI device 00:04.0 as 'a' does at .*:12:20", self.system(("a", "block", at), ("b", "block", 'devices = { disk = «"00:04.0" }')))
        self.refuses("perhaps the same PCI device", self.system(("a", "block", "")) + '[[process]]\nname = "b"\nmanifest = "block.toml"\ndevices = { disk = «"00:04.0" }')
        self.check(self.system(("a", "block", at), ("b", "block", 'devices = { disk = "00:05.0" }')))
        self.check(self.system(("a", "block", ""), ("b", "block", "")))
        self.refuses("one can run at a time", self.system() + '[[kind]]\nname = «"a"\nmanifest = "block.toml"\nmax_count = 2')

    def test_ports_and_interrupts_claimed_twice_are_refused(self):
        for port, irq, why in (("0x2ff", 5, "port 0x2ff"), ("0x2f1", 5, "port 0x2f8"), ("0x300", 3, "interrupt 3")):
            self.write("other.toml", self.manifest_text("other", rest=f'[[devices]]\nname = "x"\nkind = "ports"\nport = {port}\ncount = 8\nirq = {irq}'))
            self.refuses(f"process.devices.x: 'b' claims {why} as 'uart' does", self.system("uart") + '[[process]]\nname = «"b"\nmanifest = "other.toml"')

    def test_cyclic_calls_are_refused_as_a_path(self):
        for name, uses in (("a", "b"), ("b", "c"), ("c", "a")):
            self.write(f"{name}.toml", self.manifest_text(name, top=f'serves = "{name}"', rest=f'[uses]\npeer = "{uses}"'))
        entries = [("a", "a", 'channels = { peer = "b" }'), ("b", "b", 'channels = { peer = "c" }'), ("c", "c", 'channels = { peer = «"a" }')]
        self.refuses("process.channels: calls in a circle: a -> b -> c -> a", self.system(*entries))
        self.write("d.toml", self.manifest_text("d", top='serves = "d"', rest='[uses]\npeer = "d"'))
        self.refuses("circle: d -> d", self.system(("d", "d", 'channels = { peer = «"d" }')))

    def test_contracts_that_differ_at_the_two_ends_are_refused(self):
        self.refuses("process.channels.disk: 'files' wants the contract 'block', but 'uart' serves 'console'", self.system("uart", ("files", "files", 'channels = { disk = «"uart" }')))
        self.refuses("but 'pager' serves nobody", self.system(("files", "files", 'channels = { disk = «"pager" }')))

    def test_wiring_that_is_missing_or_leads_nowhere_is_refused(self):
        self.refuses("process.channels.disk: the wiring of this channel \\(block\\) is missing", self.system() + '[[process]]\nname = «"f"\nmanifest = "files.toml"')
        self.refuses("process.channels.disk: there is no process 'nobody'", self.system(("f", "files", 'channels = { disk = «"nobody" }')))
        self.refuses("process.channels.disc: .*files.toml has no such channel", self.system(("f", "files", 'channels = { «disc = "pager" }')))
        self.refuses("'k' is a kind of program, which nobody can be wired to", self.system(("f", "files", 'channels = { disk = «"k" }')) + self.kind("k", "block"))

    def test_a_pager_that_needs_what_is_not_pinned_is_refused(self):
        self.write("block.toml", self.manifest_text("block", top='serves = "block"', rest='[uses]\nlog = "console"'))
        self.write("pinned.toml", self.manifest_text("pinned", top='serves = "block"\npinned = true\npinned_reason = "x"', rest='[uses]\nlog = "console"'))
        wired = ("supervisor", ("pager", "pager", 'channels = { store = "s" }'), "uart")
        self.refuses("'s' is not pinned, but the pager needs it \\(pager -> s\\)", self.system(base=wired) + '[[process]]\nname = «"s"\nmanifest = "block.toml"\nchannels = { log = "uart" }')
        text = self.system(("s", "pinned", 'channels = { log = "uart" }'), base=wired).replace('name = "uart"', 'name = «"uart"')
        self.refuses("'uart' is not pinned, but the pager needs it \\(pager -> s -> uart\\)", text)

    def test_quotas_beyond_the_machine_are_refused(self):
        self.write("big.toml", self.manifest_text("big", quotas="frames_min = 64\nswap = 0\nkernel_kib = 0"))
        many = self.system() + '[[kind]]\nname = «"big"\nmanifest = "big.toml"\nmax_count = 64\n'
        self.refuses("with 'big' 5280 pages can never be paged out, but RAM has 4096", many)
        self.check(many.replace("«", ""), ram=21)
        self.write("big.toml", self.manifest_text("big", quotas="frames_min = 0\nswap = 64\nkernel_kib = 0"))
        self.refuses("with 'big' the quotas reach 9376 pages, but RAM and swap have 8192", many)
        self.check(many.replace("«", ""), swap=21)
        self.write("big.toml", self.manifest_text("big", quotas="frames_min = 0\nswap = \"any\"\nkernel_kib = 0"))
        self.check(many.replace("«", ""))
        self.refuses("1024 pages of RAM are all the kernel's", "«" + self.system(), ram=4)

    def test_there_is_one_supervisor_and_one_pager(self):
        self.refuses("there is no supervisor", "«" + self.system(base=("pager",)))
        self.refuses("there is no pager", "«" + self.system(base=("supervisor",)))
        self.refuses("there is no supervisor", "«")
        self.refuses("two pagers, 'pager' and 'p'", self.system() + '[[process]]\nname = «"p"\nmanifest = "pager.toml"')
        self.refuses("the pager cannot be optional", self.system(base=("supervisor", ("pager", "pager", "optional = «true"))))
        self.refuses("the supervisor cannot be a kind", self.system() + '[[kind]]\nname = «"s"\nmanifest = "supervisor.toml"\nmax_count = 1')
        place = self.place("supervisor.toml", self.manifest_text("supervisor", top="supervisor = true", rest='[uses]\nx = «"block"'))
        self.refuses("uses.x: the supervisor calls nobody", self.system(), place)

    def test_a_manifest_that_is_missing_is_refused(self):
        self.refuses("process.manifest: there is no file .*/gone.toml", self.system() + '[[process]]\nname = "x"\nmanifest = «"gone.toml"')

    def test_what_needs_something_optional_must_be_optional(self):
        base = self.system(("d", "block", "optional = true"))
        self.refuses("'d' is optional, so 'f' has to be optional too", base + '[[process]]\nname = "f"\nmanifest = "files.toml"\nchannels = { disk = «"d" }')
        self.check(base + '[[process]]\nname = "f"\nmanifest = "files.toml"\noptional = true\nchannels = { disk = "d" }')

    def test_bad_places_and_parameters_are_refused(self):
        for text in ("4", '"4"', '"00:20.0"', '"00:04.8"', '"ff:1f.7"', '"00:04.0 "'):
            self.refuses("process.devices.disk: this ", self.system(("a", "block", f"devices = {{ disk = «{text} }}")))
        self.refuses("claims no such device", self.system(("a", "block", 'devices = { «disc = "00:04.0" }')))
        self.refuses("only PCI devices have a place", self.system(("a", "uart", 'devices = { «uart = "00:04.0" }')))
        wire = 'channels = { disk = "d" }\n'
        self.refuses("accepts no such parameter", self.system(("f", "files", wire + 'parameters = { «x = "1" }')))
        self.refuses("should be a string", self.system(("f", "files", wire + "parameters = { root = «1 }")))
        self.refuses("zero character", self.system(("f", "files", wire + 'parameters = { root = «"\\u0000" }')))
        self.refuses("process.priority: 9 is not from 0 to 8", self.system(("a", "block", "priority = «9")))

    # Manifests.

    def test_every_wrong_key_of_a_manifest_is_refused_by_place(self):
        good = self.manifest_text("m", top="#", quotas="#", rest="#", calls="client")
        changes = [
            ('name = "m"', 'name = «"M"', "name: 'M' is not a name"),
            ('name = "m"', f'name = «"{"m" * 32}"', "name: 'm+' is not a name of 1 to 31"),
            ('description = "a test"', "description = «1", "description: this should be a string"),
            ('"client"', '«"everything"', "calls: 'everything' is neither a call nor one of the sets"),
            ('"client"', '["client", «"ipc"]', "calls: 'ipc' is neither"),
            ('"client"', "[«1]", "calls: each element should be a string"),
            ("priority = 8", "priority = «32", "priority: 32 is not from 0 to 31"),
            ("priority = 8", "priority = «true", "priority: this should be a whole number"),
            ("#", "pinned = «true", "pinned: .*pinned_reason"),
            ("#", 'pinned_reason = «"x"', "pinned_reason: it is not pinned"),
            ("#", "supervisor = «true", "supervisor: .*must be 'supervisor'"),
            ("#", "«paged = true", "paged: unknown key"),
            ("#", 'serves = ["a", «"a"]', "serves: 'a' is there twice"),
            ("#", "serves = «1", "serves: this should be a contract's name, a list of them"),
            ("frames = 64", "frames = «-1", "quotas.frames: -1 is not from 0"),
            ("frames = 64", 'frames = «"5 KiB"', "quotas.frames: '5 KiB' is not a multiple of 4 KiB"),
            ("frames = 64", 'frames = «"4 MB"', "quotas.frames: '4 MB' is not a number, a size"),
            ("frames = 64", 'frames = 64\nbusy = «"any"', "quotas.busy: 'any' is not"),
            ("frames = 64", "frames = 64\nframes_min = «65", "quotas.frames_min: 65 is more than frames"),
            ("frames = 64", "frames = 64\nstack_pages = «0", "quotas.stack_pages: a thread needs a stack"),
            ("frames = 64", "frames = 64\n«ram = 1", "quotas.ram: unknown key"),
            ("[quotas]\nframes = 64", "[«x]", "x: unknown key"),
        ]
        for old, new, message in changes:
            text = good.replace(old, new, 1) + ("[quotas]\nframes = 64" if "[«x]" in new else "")
            self.refuses_manifest(message, text)
        self.refuses_manifest("priority: this key is missing", "«" + good.replace("priority = 8", ""))
        for rest, message in [
            ("[uses]\nx = «1", "uses.x: this should be a contract's name"),
            ("[uses]\nx = { contract = 'a', «needed = true }", "uses.x.needed: unknown key"),
            ("[[devices]]\nname = 'x'\nkind = «'usb'", "devices.kind: 'usb' is neither"),
            ("[[devices]]\nname = 'x'\nkind = 'ports'\nport = «0x3f0\ncount = 16\nirq = 5", "devices.port: .*belongs to the kernel"),
            ("[[devices]]\nname = 'x'\nkind = 'ports'\nport = 0x300\ncount = 16\nirq = «0", "devices.irq: interrupt 0 belongs to the kernel"),
            ("[[devices]]\nname = 'x'\nkind = 'ports'\nport = 0xffff\ncount = «2\nirq = 5", "devices.count: .*beyond 0xffff"),
            ("[[devices]]\nname = 'x'\nkind = 'pci'\nvendor = «0xffff\ndevice = 1", "devices.vendor: 65535 is not"),
        ]:
            self.refuses_manifest(message, good + rest)

    def test_the_ports_that_the_kernel_keeps_are_refused_before_the_boot(self):
        owned = re.search(r"owned\[\]\[2\] = \{(.*?)\n\};", (ROOT / "hal/x86_64/port.c").read_text(encoding="utf-8"), re.S)[1]
        pairs = re.findall(r"\{ (0x[0-9a-f]+), (0x[0-9a-f]+) \}", owned)
        self.assertEqual(devices.KERNEL_PORTS, tuple((int(first, 16), int(last, 16)) for first, last in pairs))

    def test_a_manifest_is_packed_as_the_kernel_reads_it(self):
        about = self.manifest("m", quotas='frames_min = "32 KiB"\nswap = "any"\nkernel_kib = "1 MiB"\nbusy = 3\nstack_pages = 5', calls="client",
                              rest='[uses]\na = "block"\nb = { contract = "files", optional = true }')
        calls = sum(1 << abi.calls()[name] for name in manifest.PRESETS["client"])
        uses = (about.contract_id("block"), about.contract_id("files"))
        self.assertEqual(manifest.PACKED.unpack(about.pack()),
                         (calls, 0, 64, 8, 0xFFFFFFFF, 1024, 3, 5, 8, 0, 0, 2, 0, 2, *[0] * 4, *uses, *[0] * 10))
        server = self.manifest("m", top='serves = ["files", "names"]', rest='[[devices]]\nname = "x"\nkind = "pci"\nvendor = 1\ndevice = 2')
        serves = (server.contract_id("files"), server.contract_id("names"))
        self.assertEqual(manifest.PACKED.unpack(server.pack())[10:], (2, 0, 1, 0, *serves, *[0] * 14))
        pager = self.manifest("pager", top="pager = true")
        self.assertEqual(manifest.PACKED.unpack(pager.pack())[1:5], (3, 64, 0, 0))

    def test_the_sets_of_calls_are_those_that_the_documentation_lists(self):
        text = (ROOT / "docs" / "manifests.md").read_text(encoding="utf-8")
        sets = {}
        for name, words in re.findall(r"^\| `(\w+)` \| (.*`[a-z_ ]+`) \|$", text, re.MULTILINE):
            base, calls = re.fullmatch(r"(?:`(\w+)` and )?`([a-z_ ]+)`", words).groups()
            sets[name] = set(calls.split()) | sets.get(base, set())
        self.assertEqual(sets, {name: set(calls) for name, calls in manifest.PRESETS.items()})

    # The whole.

    def good(self):
        return self.check(
            self.system("uart", ("f", "files", 'optional = true\nchannels = { disk = "d" }\nparameters = { root = "/", mode = "é" }'),
                        ("d", "block", 'optional = true\ndevices = { disk = "00:04.0" }\npriority = 3'))
            + self.kind("user", "user", 'max_count = 3\nchannels = { files = "f" }')
        )

    def test_servers_rank_below_their_clients_and_start_before_them(self):
        system = self.good()
        self.assertEqual([(p.name, p.rank) for p in system.processes], [("supervisor", 0), ("pager", 1), ("uart", 1), ("d", 1), ("f", 2)])
        self.assertEqual(system.kinds[0].rank, 3)

    def test_any_wiring_without_circles_gets_ranks_and_any_circle_is_found(self):
        rng = random.Random(9)
        self.write("n.toml", self.manifest_text("n", top='serves = "n"', quotas="kernel_kib = 0", rest="[uses]\n" + "".join(f'c{i} = {{ contract = "n", optional = true }}\n' for i in range(3))))
        circles = 0
        for _ in range(200):
            wires = {f"n{i}": {f"c{j}": f"n{rng.randrange(12)}" for j in range(3) if rng.random() < 0.25} for i in range(12)}
            entries = [(name, "n", "channels = { " + ", ".join(f'{key} = "{value}"' for key, value in out.items()) + " }") for name, out in wires.items()]
            try:
                system = self.check(self.system(*entries))
            except Refusal as refusal:
                path = re.search("circle: (.*?) \\(", str(refusal))[1].split(" -> ")
                self.assertEqual(path[0], path[-1])
                self.assertTrue(all(there in wires[here].values() for here, there in zip(path, path[1:])))
                circles += 1
                continue
            at = {process.name: number for number, process in enumerate(system.processes)}
            for process in system.processes:
                for wire in process.wires.values():
                    server = system.processes[at[wire.server]]
                    self.assertTrue(server.rank < process.rank and at[server.name] < at[process.name])
        self.assertTrue(20 < circles < 180, circles)

    def test_more_entries_than_a_description_holds_are_refused_and_the_most_fit(self):
        self.write("small.toml", self.manifest_text("small", quotas="frames_min = 1\nswap = 0\nkernel_kib = 0"))
        entries = [(f"n{i}", "small", "") for i in range(998)]
        self.assertLess(len(description_format.write(self.check(self.system(*entries), ram=256))), 1 << 20)
        self.refuses("process: more than 1000 processes", self.system(*entries) + '[[process]]\nname = «"x"\nmanifest = "block.toml"')

    def test_a_contract_id_is_that_of_its_content(self):
        self.assertEqual(contract_id("block"), load.find("block").id)
        self.write("block.contract", "contract block\noperation another\n")
        self.assertEqual(contract_id("block", (self.folder,)), load.load(f"{self.folder}/block.contract").id)
        self.assertNotEqual(contract_id("block", (self.folder,)), contract_id("block"))
        self.refused("there is no nowhere.contract in the kit", contract_id, "nowhere")

    def test_the_default_system_fits_16_mib_with_and_without_swap(self):
        for swap in (0, 256):
            system = description.read(str(ROOT / "servers" / "system.toml"))
            wiring.check(system, 16, swap, 5)
            self.assertEqual(system.processes[0].name, "supervisor")
            self.assertLess(len(description_format.write(system)), 65536)


if __name__ == "__main__":
    unittest.main()
