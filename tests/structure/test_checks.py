# SPDX-License-Identifier: BSD-2-Clause
"""Each check goes red on a planted fault, names its file and line, and stays green on a good tree."""

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import check_docs
import check_headers
import check_layers
import check_size
import check_style
import tree

sys.path.insert(0, str(tree.ROOT / "tests/abi"))
import check_abi  # noqa: E402: its folder had to be known first

C_HEAD = "/* SPDX-License-Identifier: BSD-2-Clause */\n/* What it owns. */\n"
H_HEAD = C_HEAD + "#pragma once\n"


class TreeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        check_docs.words_of.cache_clear()
        check_docs.help_of.cache_clear()

    def plant(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def copy(self, *paths: str) -> None:
        for path in paths:
            if (tree.ROOT / path).is_dir():
                shutil.copytree(tree.ROOT / path, self.root / path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                (self.root / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(tree.ROOT / path, self.root / path)

    def see(self, faults: list, *wanted: tuple[str, int, str]) -> None:
        """Exactly these faults: file, line, and a part of the message."""
        self.assertEqual([(fault.file, fault.line) for fault in sorted(faults)], [(file, line) for file, line, _ in wanted], faults)
        for fault, (_, _, part) in zip(sorted(faults), wanted):
            self.assertIn(part, fault.message)


class Layers(TreeTest):
    def setUp(self):
        super().setUp()
        for path in ("kernel/abi/a.h", "kernel/base/b.h", "hal/include/hal/h.h", "kernel/entry.h", "kernel/core/c.h", "kernel/mm/m.h",
                     "kernel/paging/p.h", "kernel/device/d.h", "kernel/call/k.h", "hal/x86_64/pte.h", "libsys/l.h", "servers/one/o.h"):
            self.plant(path, H_HEAD)

    def include(self, path: str, *included: str) -> list:
        self.plant(path, C_HEAD + "".join(f'#include "{name}"\n' for name in included))
        return check_layers.check(self.root)

    def test_lower_layers_and_ones_own_are_fine(self):
        self.see(self.include("kernel/mm/x.c", "kernel/mm/m.h", "kernel/core/c.h", "hal/h.h", "kernel/base/b.h", "kernel/abi/a.h"))

    def test_a_higher_layer_is_refused(self):
        self.see(self.include("kernel/mm/x.c", "kernel/mm/m.h", "kernel/call/k.h"), ("kernel/mm/x.c", 4, "kernel/mm is below kernel/call"))

    def test_layers_of_one_step_know_nothing_of_each_other(self):
        self.see(self.include("kernel/paging/x.c", "kernel/device/d.h"), ("kernel/paging/x.c", 3, "beside"))

    def test_the_kernel_reaches_the_machine_by_hal_include_only(self):
        self.see(self.include("kernel/mm/x.c", "hal/x86_64/pte.h"), ("kernel/mm/x.c", 3, "no layer"))

    def test_the_machine_calls_up_through_entry_h_only(self):
        self.see(self.include("hal/x86_64/x.c", "kernel/entry.h", "kernel/mm/m.h"), ("hal/x86_64/x.c", 4, "may include only"))

    def test_the_machine_neutral_headers_do_not_know_the_entries(self):
        self.see(self.include("hal/include/hal/x.h", "kernel/entry.h"), ("hal/include/hal/x.h", 3, "below"))

    def test_the_fake_machine_has_the_real_ones_entries_and_nothing_else_of_it(self):
        self.plant("hal/x86_64/cpu.h", H_HEAD)
        self.see(self.include("hal/host/x.c", "hal/x86_64/pte.h", "hal/x86_64/cpu.h"), ("hal/host/x.c", 4, "may include only"))

    def test_libsys_sees_only_the_abi(self):
        self.see(self.include("libsys/x.c", "libsys/l.h", "kernel/abi/a.h", "kernel/base/b.h"), ("libsys/x.c", 5, "may include only"))

    def test_a_server_does_not_see_another_or_the_hal(self):
        self.see(self.include("servers/two/x.c", "libsys/l.h", "servers/one/o.h", "hal/h.h"),
                 ("servers/two/x.c", 4, "its own folder"), ("servers/two/x.c", 5, "its own folder"))

    def test_a_path_that_leads_nowhere_is_refused(self):
        self.see(self.include("kernel/mm/x.c", "m.h"), ("kernel/mm/x.c", 3, "there is no m.h"))

    def test_a_new_folder_of_the_kernel_needs_a_place_on_the_ladder(self):
        self.see(self.include("kernel/new/x.c", "kernel/abi/a.h"), ("kernel/new/x.c", 3, "on no layer"))

    def test_ring_0_has_no_c_library(self):
        self.plant("kernel/mm/x.c", C_HEAD + "#include <stdint.h>\n#include <stdio.h>\n")
        self.see(check_layers.check(self.root), ("kernel/mm/x.c", 4, "<stdio.h>"))

    def test_a_comment_is_no_include(self):
        self.plant("kernel/mm/x.c", C_HEAD + '/*\n#include "kernel/call/k.h"\n*/\n')
        self.see(check_layers.check(self.root))

    def test_a_declaration_by_hand_is_refused(self):
        self.plant("kernel/mm/x.c", C_HEAD + "extern int call_anything(void);\n")
        self.see(check_layers.check(self.root), ("kernel/mm/x.c", 3, "by hand"))

    def test_an_assembler_include_counts(self):
        self.plant("libsys/x.asm", '; SPDX\n%include "kernel/call/k.h"\n')
        self.see(check_layers.check(self.root), ("libsys/x.asm", 2, "may include only"))


class Style(TreeTest):
    def check(self, path: str, text: str) -> list:
        self.plant(path, text)
        return check_style.check(self.root)

    def test_a_good_tree_has_no_faults(self):
        self.plant("kernel/mm/a.h", H_HEAD)
        self.plant("libsys/a.asm", "; SPDX-License-Identifier: BSD-2-Clause\n; What it owns.\n")
        self.plant("tools/a.py", '#!/usr/bin/env python3\n# SPDX-License-Identifier: BSD-2-Clause\n"""What it does."""\n')
        self.see(self.check("kernel/mm/a.c", C_HEAD))

    def test_the_licence_line_is_the_first(self):
        self.see(self.check("kernel/mm/a.c", "/* What it owns. */\n/* More. */\n"), ("kernel/mm/a.c", 1, "SPDX"))

    def test_a_script_has_it_after_its_interpreter(self):
        self.see(self.check("tools/a.py", '#!/usr/bin/env python3\n"""What it does."""\n'), ("tools/a.py", 2, "SPDX"))

    def test_a_head_says_what_the_file_owns(self):
        self.see(self.check("kernel/mm/a.c", C_HEAD.splitlines()[0] + "\n#include <stdint.h>\n"), ("kernel/mm/a.c", 2, "the head is missing"))

    def test_a_head_that_nobody_reads_is_refused(self):
        head = "/*\n" + " * A line.\n" * 13 + " */\n"
        self.see(self.check("kernel/mm/a.c", C_HEAD.splitlines()[0] + "\n" + head), ("kernel/mm/a.c", 2, "13 lines"))

    def test_a_long_file_is_refused(self):
        self.see(self.check("kernel/mm/a.c", C_HEAD + "int a;\n" * 399), ("kernel/mm/a.c", 401, "401 lines"))

    def test_a_long_file_may_say_why(self):
        head = C_HEAD.replace("What it owns.", "A table: over 400 lines because it has one for each vector.")
        self.see(self.check("kernel/mm/a.c", head + "int a;\n" * 399))

    def test_a_long_function_is_refused_at_its_signature(self):
        body = "int f(int a,\n      int b)\n{\n" + "\ta++;\n" * 77 + "}\n"
        self.see(self.check("kernel/mm/a.c", C_HEAD + body), ("kernel/mm/a.c", 3, "81 lines"))

    def test_a_function_of_80_lines_passes(self):
        self.see(self.check("kernel/mm/a.c", C_HEAD + "int f(int a)\n{\n" + "\ta++;\n" * 77 + "}\n"))

    def test_a_long_python_function_is_refused(self):
        text = '# SPDX-License-Identifier: BSD-2-Clause\n"""What it does."""\n\ndef f():\n' + "    pass\n" * 80
        self.see(self.check("tools/a.py", text), ("tools/a.py", 4, "81 lines"))

    def test_conditional_compilation_is_refused_in_the_kernel_only(self):
        self.plant("hal/x86_64/a.c", C_HEAD + "#ifdef X\n#endif\n")
        self.see(self.check("kernel/mm/a.c", C_HEAD + "/* #if in a comment */\n#if 1\n#endif\n"),
                 ("kernel/mm/a.c", 4, "no #if"), ("kernel/mm/a.c", 5, "no #if"))

    def test_a_header_is_read_once(self):
        self.see(self.check("kernel/mm/a.h", C_HEAD), ("kernel/mm/a.h", 1, "#pragma once"))

    def test_a_promise_in_a_comment_is_refused(self):
        self.see(self.check("libsys/a.c", C_HEAD + "/* TO" + "DO: more */\n"), ("libsys/a.c", 3, "do it, or say"))

    def test_documents_promise_nothing_either(self):
        self.see(self.check("docs/a.md", "# A\n\nFIX" + "ME\n"), ("docs/a.md", 3, "do it, or say"))


class Headers(TreeTest):
    def test_a_header_that_needs_another_is_refused_by_both_compilers(self):
        self.plant("kernel/base/a.h", H_HEAD + "static inline uint32_t one(void) { return 1; }\n")
        faults = check_headers.check(self.root)
        self.assertEqual({fault.file for fault in faults}, {"kernel/base/a.h"})
        self.assertTrue(all(any(name in fault.message for fault in faults) for name in ("with gcc", "with clang")), faults)

    def test_a_header_that_may_not_come_twice_is_refused(self):
        self.plant("kernel/base/a.h", C_HEAD + "enum { A };\n")
        self.assertTrue(check_headers.check(self.root))

    def test_a_warning_is_an_error(self):
        self.plant("kernel/base/a.h", H_HEAD + "static inline char cut(int a) { return a; }\n")
        self.assertTrue(check_headers.check(self.root))

    def test_a_program_has_the_c_library_and_not_the_hosts(self):
        self.plant("newlib/include/only_here.h", "#pragma once\n")
        self.plant("libsys/a.h", H_HEAD + "#include <only_here.h>\n")
        self.see(check_headers.check(self.root, str(self.root / "newlib")))
        self.plant("libsys/a.h", H_HEAD + "#include <stdio.h>\n")
        self.assertTrue(check_headers.check(self.root, str(self.root / "newlib")))

    def test_a_good_header_passes_everywhere(self):
        self.plant("kernel/abi/a.h", H_HEAD + "#include <stdint.h>\ntypedef uint64_t number_t;\n")
        self.plant("newlib/include/none.h", "")
        self.see(check_headers.check(self.root, str(self.root / "newlib")))


class Size(TreeTest):
    def test_only_lines_of_code_count(self):
        self.plant("kernel/mm/a.c", C_HEAD + "\nint a; /* one */\n/*\n * none\n */\nint b;\n")
        self.plant("hal/x86_64/a.asm", "; none\nret ; one\n")
        self.plant("servers/a/a.c", "int c;\n")
        self.assertEqual(check_size.lines_of(self.root), 3)

    def test_one_line_too_many_is_refused(self):
        self.plant("kernel/mm/a.c", "int a;\n" * 3)
        with mock.patch.object(check_size, "LINES_MAX", 2):
            self.see(check_size.check(self.root, None), ("kernel/ and hal/x86_64/", 1, "3 lines of code, 2 at most"))

    def test_text_that_is_too_large_is_refused(self):
        elf = self.root / "a.o"
        subprocess.run(["cc", "-c", "-x", "c", "-", "-o", elf], input="int f(int a) { return a + 1; }\n", text=True, check=True)
        self.see(check_size.check(self.root, elf))
        with mock.patch.object(check_size, "TEXT_MAX", 4):
            self.see(check_size.check(self.root, elf), (str(elf), 1, "4 at most"))

    def test_the_librarys_text_has_a_bound_of_its_own(self):
        elf = self.root / "a.o"
        code = '__attribute__((section(".text.bearssl"))) int f(int a) { return a + 1; }\nint g(int a) { return a; }\n'
        subprocess.run(["cc", "-c", "-x", "c", "-", "-o", elf], input=code, text=True, check=True)
        with mock.patch.object(check_size, "TEXT_MAX", 16):
            self.see(check_size.check(self.root, elf))
        with mock.patch.object(check_size, "LIBRARY_TEXT_MAX", 4):
            self.see(check_size.check(self.root, elf), (f"{elf}: BearSSL", 1, "4 at most"))

    def test_a_kernel_that_is_missing_is_refused(self):
        self.see(check_size.check(self.root, self.root / "none.elf"), (str(self.root / "none.elf"), 1, "build it"))


class Docs(TreeTest):
    def setUp(self):
        super().setUp()
        self.plant("kernel/mm/frame.c", C_HEAD + "int frame_alloc(void);\n")

    def check(self, text: str, path: str = "docs/a.md") -> list:
        self.plant(path, text)
        return check_docs.check(self.root, generated=False)

    def test_what_exists_may_be_named(self):
        self.see(self.check("`kernel/mm/frame.c:frame_alloc` `frame_alloc()` `kernel/NAME/frame.c` [a](../kernel/mm/frame.c) `build/x.elf`\n"))
        self.see(self.check("`mm/frame.c`\n", "kernel/README.md"))

    def test_a_file_that_is_gone_is_refused(self):
        self.see(self.check("\n`kernel/mm/page.c`\n"), ("docs/a.md", 2, "there is no kernel/mm/page.c"))

    def test_a_function_that_moved_is_refused(self):
        self.plant("kernel/mm/pool.c", C_HEAD)
        self.see(self.check("`kernel/mm/pool.c:frame_alloc`\n"), ("docs/a.md", 1, "has no frame_alloc"))

    def test_a_name_that_is_nowhere_is_refused(self):
        self.see(self.check("`frame_take`\n"), ("docs/a.md", 1, "nothing is called frame_take"))

    def test_a_link_that_leads_nowhere_is_refused(self):
        self.see(self.check("see [this](other.md) and [that](https://example.org/)\n"), ("docs/a.md", 1, "other.md"))

    def test_commands_are_tried(self):
        self.copy("tools", "kernel/abi")
        self.see(self.check("`tools/signet run --mem 64` `tools/signet test unit`\n\n    tools/signet build\n"))
        self.see(self.check("`tools/signet fly`\n"), ("docs/a.md", 1, "is no command"))
        self.see(self.check("`tools/signet run --wings 2`\n"), ("docs/a.md", 1, "knows no --wings"))
        self.see(self.check("text\n\n    tools/signet fly\n"), ("docs/a.md", 3, "is no command"))

    def test_the_map_of_the_kernel_has_every_file(self):
        self.plant("kernel/mm/frame.h", H_HEAD)
        self.plant("kernel/mm/quota.h", H_HEAD)
        self.see(self.check("`mm/frame.c`\n", "kernel/README.md"), ("kernel/README.md", 1, "kernel/mm/quota.h is not on the map"))

    def test_the_table_of_faults_has_every_row_with_its_tests(self):
        self.plant("tests/unit/a.c", C_HEAD + "static void a_fault_is_met(void **state);\n")
        rows = [f"| {row} | a | `a_fault_is_met` |\n" for row in range(1, 48)]
        self.see(self.check("".join(rows), "docs/faults.md"))
        self.see(self.check("".join(rows[:-1]), "docs/faults.md"), ("docs/faults.md", 1, "1 to 47"))
        rows[4:6] = "| 5 | a | |\n", "| 6 | a | `frame_alloc` |\n"
        self.see(self.check("".join(rows), "docs/faults.md"), ("docs/faults.md", 1, "1 to 47"), ("docs/faults.md", 6, "no test frame_alloc"))
        rows[4] = "| 5 | a | soon |\n"
        rows[5] = "| 6 | a | not yet |\n"
        self.see(self.check("".join(rows), "docs/faults.md"), ("docs/faults.md", 5, "which tests"))

    def test_what_is_generated_is_up_to_date(self):
        self.copy("tools", "kernel/abi", "libsys/contracts", "docs", "servers", "pager")
        for words in (["make_calls_doc.py"], ["signet", "graph", "-o", "docs/system.svg"]):
            subprocess.run([sys.executable, "-B", f"tools/{words[0]}", *words[1:]], cwd=self.root, check=True)
        self.see(check_docs.check_generated(self.root))
        status = self.root / "kernel/abi/status.h"
        status.write_text(status.read_text(encoding="utf-8").replace('"done"', '"it is done"'), encoding="utf-8")
        system = self.root / "servers/system.toml"
        system.write_text(system.read_text(encoding="utf-8").replace('name = "pong"', 'name = "echo"').replace('"pong"', '"echo"'), encoding="utf-8")
        contract = self.root / "libsys/contracts/block.contract"
        contract.write_text(contract.read_text(encoding="utf-8").replace("What the device is.", "What it is."), encoding="utf-8")
        self.see(check_docs.check_generated(self.root), ("docs/calls.md", 1, "make_calls_doc"),
                 ("docs/contracts/block.md", 1, "make_contract"), ("docs/system.svg", 1, "signet graph"))


class Abi(TreeTest):
    def setUp(self):
        super().setUp()
        self.copy("kernel/abi")
        self.plant(check_abi.GOLDEN, check_abi.describe(self.root))

    def change(self, header: str, old: str, new: str) -> str:
        path = self.root / "kernel/abi" / header
        text = path.read_text(encoding="utf-8")
        self.assertIn(old, text)
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return "\n".join(check_abi.check(self.root))

    def test_what_was_accepted_shows_no_difference(self):
        self.assertEqual(check_abi.check(self.root), [])

    def test_a_call_that_gets_another_argument_shows(self):
        self.assertIn("+    in  rsi uint64_t  why", self.change("syscall.h", "ARG(handle_t, handle)", "ARG(handle_t, handle) ARG(uint64_t, why)"))

    def test_a_status_that_gets_another_number_shows(self):
        self.assertIn("-status 10 BUSY", self.change("status.h", "S(BUSY, 10,", "S(BUSY, 21,"))

    def test_a_fault_that_gets_another_name_shows(self):
        self.assertIn("+fault 4 JUMP", self.change("fault.h", "F(EXECUTE, 4,", "F(JUMP, 4,"))

    def test_a_field_that_moves_shows(self):
        self.assertRegex(self.change("process.h", "uint32_t state;", "uint64_t state;"), r"\n-struct process_status, \d+ bytes\n-       0    4 state\n")

    def test_a_constant_that_changes_shows(self):
        self.assertIn("+constant MESSAGE_WORDS 0x8", self.change("message.h", "MESSAGE_WORDS = 6", "MESSAGE_WORDS = 8"))

    def test_a_change_can_be_accepted(self):
        self.change("status.h", "S(BUSY, 10,", "S(BUSY, 21,")
        subprocess.run([sys.executable, "-B", check_abi.__file__, str(self.root), "--accept"], check=True)
        self.assertEqual(check_abi.check(self.root), [])


if __name__ == "__main__":
    unittest.main()
