# SPDX-License-Identifier: BSD-2-Clause
"""The system description as the supervisor reads it: what C finds in what Python wrote, and how large a system may be."""

import os
import unittest

from support import ROOT, Refusal, ToolTest
from signetkit import abi
from signetkit.contracts import contract_id
from signetkit.image import description_format
from signetkit.system import description, wiring

READER = r"""
#include <inttypes.h>
#include <stdio.h>
#include "servers/supervisor/description.h"

static _Alignas(8) char bytes[DESCRIPTION_BYTES_MAX];

static void show(const struct description *d, const struct description_process *p)
{
	const char *text = description_text(d, p->parameters);

	printf("%s %s flags %u rank %u priority %u count %u", description_text(d, p->name), description_text(d, p->image), p->flags,
	       p->rank, p->priority_cap, p->max_count);
	printf(" restart %u %u %u %u %u", p->restart.policy, p->restart.limit, p->restart.backoff_ms, p->restart.backoff_max_ms,
	       p->restart.healthy_ms);
	for (unsigned j = 0; j < p->serve_count; j++)
		printf(" serves %016" PRIx64 " %" PRIx64 " %" PRIx64, p->serves[j].contract, p->serves[j].clients[0], p->serves[j].clients[1]);
	for (unsigned j = 0; j < p->channel_count; j++) {
		const struct description_channel *c = &description_channels(p)[j];
		const char *server = c->server == DESCRIPTION_NOBODY ? "-" : description_text(d, description_entry(d, c->server)->name);
		printf(" %s %016" PRIx64 " %s/%u %u", description_text(d, c->name), c->contract, server, c->serve, c->optional);
	}
	for (unsigned j = 0; j < p->claim_count; j++) {
		const struct description_claim *k = &description_claims(p)[j];
		const struct device_claim *c = &k->claim;
		printf(" %s %u %x:%x@%x %x+%u/%u", description_text(d, k->name), c->kind, c->vendor, c->device, c->address, c->port, c->ports, c->irq);
	}
	for (const char *s = text; s < text + p->parameter_bytes; s += __builtin_strlen(s) + 1)
		printf(" [%s]", s);
	printf("\n");
}

int main(int argc, char **argv)
{
	FILE *file = fopen(argv[argc - 1], "rb");
	const struct description *d = (void *)bytes;
	size_t size = fread(bytes, 1, sizeof bytes, file);

	printf("%d %u %d %u %u\n", d->magic == DESCRIPTION_MAGIC, d->version, d->bytes == size, d->process_count, d->kind_count);
	for (unsigned i = 0; i < d->process_count + d->kind_count; i++)
		show(d, description_entry(d, i));
	return fclose(file);
}
"""

EVERYONE = "f" * 16 + " " + "f" * 16
USUAL = "restart 1 5 100 5000 10000"


class DescriptionFormatTest(ToolTest):
    def setUp(self):
        super().setUp()
        self.contracts("names", "s")
        self.program("supervisor", "supervisor", top="supervisor = true")
        self.program("pager", top='pager = true\nrestart = "never"', rest='[uses]\nstore = { contract = "block", optional = true }')

    def program(self, name, calls="driver", **parts):
        self.write(f"{name}.toml", self.manifest_text(name, **parts).replace('calls = "client"', f'calls = "{calls}"'))

    def entry(self, name, about, more="", key="process"):
        return f'[[{key}]]\nname = "{name}"\nmanifest = "{about}.toml"\n{more}\n'

    def format(self, *entries, ram=16):
        text = self.entry("supervisor", "supervisor") + self.entry("pager", "pager") + "".join(entries)
        system = description.read(self.write("system.toml", text))
        wiring.check(system, ram, 16, 4)
        return description_format.write(system)

    def write_programs(self):
        self.program("block", top='serves = { contract = "block", clients = ["files", "pager"] }\npinned = true\npinned_reason = "test"\nrestart = { policy = "always", limit = 3, backoff_ms = 7, backoff_max_ms = 70, healthy_ms = 700 }',
                     rest='[[devices]]\nname = "disk"\nkind = "pci"\nvendor = 1\ndevice = 2')
        self.program("files", top='serves = ["files", "names"]\nparameters = ["root", "mode"]', rest='[uses]\ndisk = "block"')
        self.program("user", rest='[uses]\nextra = { contract = "block", optional = true }\nnames = "names"')
        self.program("uart", rest='[[devices]]\nname = "uart"\nkind = "ports"\nport = 0x2f8\ncount = 8\nirq = 3')

    def test_c_reads_what_python_wrote(self):
        self.write_programs()
        data = self.format(
            self.entry("f", "files", 'optional = true\nchannels = { disk = "d" }\nparameters = { root = "/", mode = "é" }'),
            self.entry("d", "block", 'optional = true\ndevices = { disk = "00:04.0" }\npriority = 3'), self.entry("uart", "uart"),
            self.entry("user", "user", 'max_count = 3\nchannels = { names = "f" }', key="kind"))
        ids = {name: f"{contract_id(name, (f'{self.folder}/contracts',)):016x}" for name in ("block", "files", "names")}
        expected = [  # the programs are, in order: block files pager supervisor uart user
            "1 2 1 5 1",
            f"supervisor supervisor flags 20 rank 0 priority 8 count 1 {USUAL}",
            f"pager pager flags 24 rank 1 priority 8 count 1 restart 0 5 100 5000 10000 store {ids['block']} -/0 1",
            f"uart uart flags 0 rank 1 priority 8 count 1 {USUAL} uart 2 0:0@0 2f8+8/3",
            f"d block flags 17 rank 1 priority 3 count 1 restart 2 3 7 70 700 serves {ids['block']} 6 0 disk 1 1:2@20 0+0/0",
            f"f files flags 1 rank 2 priority 8 count 1 {USUAL} serves {ids['files']} {EVERYONE} serves {ids['names']} {EVERYONE}"
            f" disk {ids['block']} d/0 0 [root=/] [mode=é]",
            f"user user flags 2 rank 3 priority 8 count 3 {USUAL} extra {ids['block']} -/0 1 names {ids['names']} f/1 0",
        ]
        self.assertEqual(self.run_c(READER, self.write("system.bin", data)), expected)

    def test_500_processes_with_5000_channels_fit_an_eighth_of_the_room(self):
        self.program("server", top='serves = "s"', quotas="frames_min = 1")
        uses = "\n".join(f'channel-with-a-name-{n:02} = "s"' for n in range(10))
        self.program("client", quotas="frames_min = 1", rest=f"[uses]\n{uses}")
        servers = [self.entry(f"server-of-the-system-{n:03}", "server") for n in range(10)]
        wires = ", ".join(f'channel-with-a-name-{n:02} = "server-of-the-system-{n:03}"' for n in range(10))
        clients = [self.entry(f"client-of-the-system-{n:03}", "client", f"channels = {{ {wires} }}") for n in range(500)]
        data = self.format(*servers, *clients, ram=1024)
        self.assertLess(len(data), abi.constants(description_format.HEADER)["DESCRIPTION_BYTES_MAX"] // 8)

    def test_parameters_beyond_what_a_process_can_be_told_are_refused(self):
        self.write_programs()
        server = self.entry("d", "block")
        fits = 4096 - len("root=\0")
        self.format(server, self.entry("f", "files", f'channels = {{ disk = "d" }}\nparameters = {{ root = "{"x" * fits}" }}'))
        with self.assertRaisesRegex(Refusal, r"system.toml:\d+:\d+: process.parameters: 4097 bytes with their names, at most 4096"):
            self.format(server, self.entry("f", "files", f'channels = {{ disk = "d" }}\nparameters = {{ root = "{"x" * (fits + 1)}" }}'))

    def test_a_description_that_the_supervisor_has_no_room_for_is_refused(self):
        self.write_programs()
        self.program("rooted", top='parameters = ["root"]', quotas="frames_min = 1")
        entries = [self.entry(f"f{n}", "rooted", f'parameters = {{ root = "{n:04}{"x" * 4000}" }}') for n in range(262)]
        with self.assertRaisesRegex(Refusal, r"the description is of \d+ bytes, at most 1048576 are possible"):
            self.format(*entries, ram=256)

    def test_the_default_system_has_a_description(self):
        system = description.read(os.path.join(ROOT, "servers", "system.toml"))
        wiring.check(system, 16, 256, 5)
        self.assertLess(len(description_format.write(system)), 4096)


if __name__ == "__main__":
    unittest.main()
