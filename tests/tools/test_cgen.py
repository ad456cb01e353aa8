# SPDX-License-Identifier: BSD-2-Clause
"""The C that is made of contracts, and of manifests and the table of system calls: what it says, that both compilers take it
without a warning, and that it is as clang-format writes it. What it does, tests/unit/contracts shows."""

import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import support  # noqa: F401 (puts tools/ on the path)
import make_channels
import make_stubs
from signetkit.contract import cgen, cgen_text, load

ROOT = pathlib.Path(__file__).resolve().parents[2]
WARNINGS = "-Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Werror".split()

SMALL = """\
contract lamp "A lamp"
state off
state on "it shines"
operation light "Lights it." {
    in off
    -> on
    request level: u8 "percent"
    reply watts: u32
    errors bad_arg
}
operation dark {
    in on
    -> off
}
"""

HEADER = """\
/* SPDX-License-Identifier: BSD-2-Clause */
/* What both sides of a contract know, and the client's functions. Made from lamp.contract by tools/make_contract.py. */
/* A lamp. */
#pragma once
#include "libsys/client.h"

/* What the kernel knows of the contract. */
#define LAMP_CONTRACT @ID@ull

/* The client's end of a channel. */
struct lamp_channel {
	handle_t handle; /* 0: none */
};

/* What a channel can be in. One that a program is born with begins in the first. */
enum lamp_state {
	LAMP_STATE_OFF = 0,
	/* it shines */
	LAMP_STATE_ON = 1,
};

enum lamp_operation {
	LAMP_OPERATION_LIGHT = 1,
	LAMP_OPERATION_DARK = 2,
};

/* Lights it. level: percent. Errors: BAD_ARG. */
static inline enum status lamp_light(struct lamp_channel channel, uint8_t level, uint32_t *watts)
{
	struct ipc_words m = { .a = level };
	enum status st = client_call_words(channel.handle, LAMP_OPERATION_LIGHT, &m);

	CONTRACT_USED("client lamp @HEX@");
	if (st != ST_OK)
		return st;
	if (m.a > UINT32_MAX)
		return ST_BAD_MESSAGE;
	*watts = (uint32_t)m.a;
	return ST_OK;
}

static inline enum status lamp_dark(struct lamp_channel channel)
{
	struct ipc_words m = { 0 };
	enum status st = client_call_words(channel.handle, LAMP_OPERATION_DARK, &m);

	CONTRACT_USED("client lamp @HEX@");
	return st;
}

/* Closes the end; *end is none afterwards. */
static inline void lamp_close(struct lamp_channel *end)
{
	if (end->handle != 0)
		(void)handle_close(end->handle);
	end->handle = 0;
}
"""

DISPATCH = """\
static inline enum status lamp_dispatch_light(struct serving *serving, const struct ipc_words_from *from,
					      struct ipc_words *m)
{
	struct lamp_light_request request;
	struct lamp_light_reply reply = { 0 };
	enum status st;

	if (!words_are_in_one(from, LAMP_STATE_OFF))
		return ST_OUT_OF_TURN;
	if (m->a > UINT8_MAX || (m->b | m->c | m->d | m->e | m->f) != 0)
		return ST_BAD_MESSAGE;
	request = (struct lamp_light_request){ .level = (uint8_t)m->a };
	st = lamp_serve_light(serving, &request, &reply);
	*m = (struct ipc_words){ .a = reply.watts };
	if (st != ST_OK)
		return st;
	serving_set_state(serving, LAMP_STATE_ON);
	return SERVING_MORE;
}

static inline enum status lamp_dispatch_dark(struct serving *serving, const struct ipc_words_from *from,
					     struct ipc_words *m)
{
	enum status st;

	if (!words_are_in_one(from, LAMP_STATE_ON))
		return ST_OUT_OF_TURN;
	if ((m->a | m->b | m->c | m->d | m->e | m->f) != 0)
		return ST_BAD_MESSAGE;
	st = lamp_serve_dark(serving);
	*m = (struct ipc_words){ 0 };
	if (st != ST_OK)
		return st;
	serving_set_state(serving, LAMP_STATE_OFF);
	return SERVING_MORE;
}

static inline enum status lamp_dispatch(struct serving *serving, const struct ipc_words_from *from, struct ipc_words *m)
{
	switch (from->tag) {
	case LAMP_OPERATION_LIGHT:
		return lamp_dispatch_light(serving, from, m);
	case LAMP_OPERATION_DARK:
		return lamp_dispatch_dark(serving, from, m);
	default:
		return SERVING_ELSE;
	}
}

/* serve() for a server whose first contract is lamp: words stay in registers from one message to the next. */
_Noreturn static inline void lamp_serve(struct serving *serving)
{
	struct serving_at_hand h;

	serve_begin(serving);
	h = serving_at_hand(serving);
	for (;;)
		serve_words(serving, &h, lamp_dispatch);
}
"""

TABLE = """\
static enum status words_only(struct serving *serving) { return serving_take_words(serving, lamp_dispatch); }

static serving_take *const take[] = {
	[0] = serving_take_other,
	/* By the number of the operation: */
	[LAMP_OPERATION_LIGHT] = words_only,
	[LAMP_OPERATION_DARK] = words_only,
};
"""


def contracts():
    files = [*sorted((ROOT / "libsys/contracts").glob("*.contract")), *sorted((ROOT / "tests/unit/contracts").glob("*.contract"))]
    return [load.load(path, (str(ROOT / "tests/unit/contracts"),)) for path in files]


class Generated(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, made):
        (self.folder / "contracts").mkdir(exist_ok=True)
        for contract in made:
            for name, text in cgen.generate(contract).items():
                (self.folder / "contracts" / name).write_text(text, encoding="utf-8")
        return sorted((self.folder / "contracts").iterdir())

    def test_a_small_contract_becomes_this(self):
        lamp = load.parse(SMALL, "lamp.contract")
        made = cgen.generate(lamp)
        self.assertEqual(list(made), ["lamp.h", "lamp_client.c", "lamp_server.h", "lamp_server.c"])
        self.assertEqual(made["lamp.h"], HEADER.replace("@ID@", f"{lamp.id:#018x}").replace("@HEX@", f"{lamp.id:016x}"))
        self.assertTrue(made["lamp_server.h"].endswith("\n" + DISPATCH))
        self.assertIn("\n" + TABLE + "\n", made["lamp_server.c"])
        self.assertIn(f'CONTRACT_SERVED("server lamp {lamp.id:016x}");', made["lamp_server.c"])

    def test_both_compilers_take_it_without_a_warning(self):
        files = [path for path in self.write(contracts()) if path.suffix == ".c"]
        self.assertGreater(len(files), 10)
        for compiler in ("gcc", "clang"):
            done = subprocess.run([compiler, "-std=c2x", "-O2", "-fsyntax-only", *WARNINGS, f"-I{ROOT}", f"-I{self.folder}", *files],
                                  capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""), compiler)

    def test_the_manuals_c_compiles_with_what_its_example_gives(self):
        manual = (ROOT / "docs/contracts.md").read_text(encoding="utf-8")
        shop = re.search(r"^```contract\n(.*?)^```$", manual, re.MULTILINE | re.DOTALL)[1]
        self.write([load.parse(shop, "shop.contract"), load.find("files")])
        pieces = re.findall(r"^```c\n(.*?)^```$", manual, re.MULTILINE | re.DOTALL)
        self.assertEqual(len(pieces), 2)
        for piece in pieces:
            done = subprocess.run(["gcc", "-std=c2x", "-fsyntax-only", *WARNINGS, f"-I{ROOT}", f"-I{self.folder}", "-x", "c", "-"],
                                  input=piece, capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""), piece)

    def test_each_header_compiles_alone(self):
        for path in self.write(contracts()):
            if path.suffix == ".h":
                done = subprocess.run(["gcc", "-std=c2x", "-fsyntax-only", *WARNINGS, f"-I{ROOT}", f"-I{self.folder}", "-x", "c", "-"],
                                      input=f'#include "contracts/{path.name}"\n' * 2, capture_output=True, text=True, check=False)
                self.assertEqual((done.returncode, done.stderr), (0, ""), path.name)

    def test_it_is_as_clang_format_writes_it(self):
        files = self.write([*contracts(), load.parse(SMALL, "lamp.contract")])
        for manifest in (*ROOT.glob("servers/*/manifest.toml"), *ROOT.glob("pager/**/manifest.toml")):
            path = self.folder / f"{manifest.parent.name}_channels.h"
            path.write_text(make_channels.make(str(manifest)), encoding="utf-8")
            files.append(path)
        done = subprocess.run(["clang-format", f"--style=file:{ROOT}/.clang-format", "--dry-run", "-Werror", *files], capture_output=True,
                              text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_comment_cannot_end_early(self):
        self.assertEqual(cgen_text.comment("Ends */ here"), ["/* Ends * / here. */"])


class Channels(unittest.TestCase):
    def make(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "manifest.toml")
            path.write_text('name = "t"\ndescription = "d"\ncalls = "driver"\npriority = 8\n' + text + "\n[quotas]\nframes = 8\n", encoding="utf-8")
            return make_channels.make(str(path))

    def test_handles_are_numbered_port_channels_devices(self):
        made = self.make('serves = "files"\n[uses]\na = "block"\nb-c = { contract = "console", optional = true }\nd = "block"\n'
                         '[[devices]]\nname = "uart"\nkind = "ports"\nport = 0x2f8\ncount = 8\nirq = 3\n')
        for line in ("handle_t port(void) { return INITIAL_HANDLE(0); }",
                     "struct block_channel channel_a(void) { return (struct block_channel){ INITIAL_HANDLE(1) }; }",
                     'struct console_channel channel_b_c(void) { return (struct console_channel){ start_channel("b-c") }; }',
                     "struct block_channel channel_d(void) { return (struct block_channel){ INITIAL_HANDLE(3) }; }",
                     "handle_t device_uart(void) { return INITIAL_HANDLE(4); }", "handle_t irq_uart(void) { return INITIAL_HANDLE(5); }"):
            self.assertIn(f"static inline {line}\n", made)

    def test_who_serves_nobody_has_no_port(self):
        made = self.make('[uses]\nconsole = "console"\n')
        self.assertNotIn("port(", made)
        self.assertIn("INITIAL_HANDLE(0)", made)


class Stubs(unittest.TestCase):
    def test_every_call_of_the_table_has_a_stub_or_a_number(self):
        made = make_stubs.make().splitlines()[1:]
        self.assertIn("STUB 8, mem_map, 2, 1", made)
        self.assertIn("SYS_ipc_reply_recv equ 3", made)
        self.assertEqual(len(made), len(make_stubs.calls_of(make_stubs.expand())))

    def test_a_stub_says_its_number_right_before_the_call(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "calls.inc").write_text(make_stubs.make(), encoding="utf-8")
            subprocess.run(["nasm", "-f", "elf64", f"-I{folder}/", "-o", f"{folder}/stubs.o", ROOT / "libsys/stubs.asm"], check=True)
            shown = subprocess.run(["objdump", "-d", "--no-show-raw-insn", f"{folder}/stubs.o"], capture_output=True, text=True, check=True).stdout
        lines = [line.split("\t", 1)[1].split() for line in shown.splitlines() if "\t" in line]
        numbers = [before for before, line in zip(lines, lines[1:]) if line == ["syscall"]]
        self.assertTrue(all(line[0] == "mov" and line[1].endswith(",%eax") for line in numbers))
        self.assertEqual({int(line[1][1:-5], 16) for line in numbers}, {call.number for call in make_stubs.calls_of(make_stubs.expand())})


if __name__ == "__main__":
    unittest.main()
