# SPDX-License-Identifier: BSD-2-Clause
"""The verifier: what it refuses and in which words, what it only reports, and that no file makes it fail otherwise (rows 1 to 4
of docs/faults.md, on programs that a compiler made)."""

import itertools
import unittest

from verify_programs import ProgramTest, call
from signetkit import abi, contracts
from signetkit.verifier import verify, decode

MEND = "; remove them, or say in the manifest's key instructions_reason why they are there"
ANY = ("makes any call, because no `mov eax, NUMBER` stands right before its syscall; "
       "allow all calls, or say in the manifest's key instructions_reason why")
ALL_CALLS = '["supervisor", "driver"]'

# Source, the text that is found, and what it is counted as.
FORBIDDEN = """
syscall; sysenter; int 0x80; int3; .byte 0xf1 | int1; iretq; iretd; hlt; cli; sti
in al, dx | in al, dx | in; in eax, 0x60 | in eax, 0x60 | in
out dx, al | out dx, al | out; insb | insb byte ptr [rdi], dx | ins; rep outsd | rep outsd dx, dword ptr [rsi] | outs
mov rax, cr0 | mov rax, cr0 | mov cr, dr; mov cr3, rax | mov cr3, rax | mov cr, dr; mov rax, cr8 | mov rax, cr8 | mov cr, dr
mov dr7, rax | mov dr7, rax | mov cr, dr; rdmsr; wrmsr; rdpmc; clts; lmsw ax; invd; wbinvd; invlpg [rax] | invlpg byte ptr [rax]
invpcid rax, [rbx] | invpcid rax, xmmword ptr [rbx]; lgdt [rax]; lidt [rax]; lldt ax; ltr ax; sgdt [rax]; sidt [rax]
sldt ax; str ax
smsw ax; swapgs; sysretq | sysret; .byte 0x0f, 0x35 | sysexit; xsetbv; monitor; mwait; clac; stac; rsm; getsec
vmcall; vmlaunch; vmresume; vmxoff; vmmcall
vmxon [rax] | vmxon qword ptr [rax]; vmclear [rax] | vmclear qword ptr [rax]
vmptrld [rax] | vmptrld qword ptr [rax]; vmfunc; encls; enclu
vmread rax, rbx; vmwrite rax, rbx; invept rax, [rbx] | invept rax, xmmword ptr [rbx]; vmrun; vmload; vmsave; stgi; clgi; skinit; invlpga
rdfsbase rax; rdgsbase rax; wrfsbase rax; wrgsbase rax; .byte 0xcb | retf; retfq
call fword ptr [rax] | lcall [rax]; jmp fword ptr [rax] | ljmp [rax]
"""


def forbidden():
    for entry in FORBIDDEN.replace("\n", ";").split(";"):
        source, text, kind = ([part.strip() for part in entry.split("|")] + ["", ""])[:3]
        if source:
            yield source, text or source, kind or (text or source).split()[0]


class InstructionTest(ProgramTest):
    def test_a_program_that_only_computes_and_calls_is_verified(self):
        report = self.judge(self.assemble("xor eax, eax\ncpuid\nrdtsc\nxgetbv\nud2\npause"))
        self.assertEqual((report.refusals, report.code.meant, report.code.hidden), ([], [], []))
        self.assertEqual(report.code.bytes_listed, 8 + 14)
        self.assertEqual(verify.calls_used(report.code), [abi.calls()["clock_now"]])

    def test_each_instruction_that_ring_3_may_not_use_is_refused_where_it_is_meant(self):
        for source, text, kind in forbidden():
            with self.subTest(source):
                report = self.judge(self.assemble(f"nop\n{source}"))
                found = [(finding.text.split()[0], finding.kind, finding.where) for finding in report.code.meant]
                self.assertEqual(found, [(text.split()[0], kind, "_start+0x1 (0x1480009)")])
                self.assertIn(f"(1 {kind}), the first at _start+0x1 (0x1480009): {text}", report.refusals[0])

    def test_the_refusal_counts_them_and_names_the_first(self):
        report = self.judge(self.assemble("nop\ncli\nhlt\nsti\nhlt", rest="more: out 0x80, al"))
        what = "2 hlt, 1 cli, 1 sti, 1 out"
        first = "the first at _start+0x1 (0x1480009): cli"
        self.assertEqual(report.refusals, [f"t.elf: instructions that a program may not use ({what}), {first}{MEND}"])

    def test_a_reason_in_the_manifest_allows_them(self):
        report = self.judge(self.assemble("cli\nsyscall"), top='instructions_reason = "a test"')
        self.assertEqual(([finding.text for finding in report.code.meant], report.refusals), (["cli", "syscall"], []))

    def test_a_syscall_hidden_inside_another_instruction_is_reported_and_not_refused(self):
        report = self.judge(self.assemble("nop\nmov eax, 0x90050f90"))
        self.assertEqual(report.refusals, [])
        found = (0x148000B, b"\x0f\x05", "syscall", "syscall", "_start+0x3 (0x148000b)", "mov eax, 0x90050f90")
        self.assertEqual(report.code.hidden, [found])

    def test_each_of_them_is_reported_where_it_is_hidden(self):
        for source, text, kind in forbidden():
            code = self.assemble(source, options=["-Wl,-s"])
            code = code[0x1008 : 0x1008 + decode.one(code, 0, 0x1008).size]
            if len(code) > 7:
                continue
            with self.subTest(source):
                immediate = int.from_bytes((b"\x90" * 7 + code)[-8:], "little")
                report = self.judge(self.assemble(f"movabs rax, {immediate:#x}"))
                self.assertEqual(report.refusals, [])
                kinds = {"iretq": "iretd", "retfq": "retf", "vmxon": "vmptrld", "vmclear": "vmptrld"}  # told without prefixes
                self.assertIn(kinds.get(kind, kind), [finding.kind for finding in report.code.hidden])

    def test_a_direct_jump_into_an_instruction_makes_what_it_hides_meant(self):
        for jump in ("jmp", "je", "call", "loop"):
            report = self.judge(self.assemble(f"{jump} 1f + 1\n1: mov eax, 0xfa"))
            self.assertEqual([(finding.text, finding.inside) for finding in report.code.meant], [("cli", "mov eax, 0xfa")])

    def test_prefixes_hide_nothing(self):
        for prefix in (0x66, 0x48, 0xF2, 0xF3, 0x2E):
            report = self.judge(self.assemble(f".byte {prefix}\nsyscall"))
            self.assertEqual([finding.code for finding in report.code.meant], [bytes([prefix, 0x0F, 0x05])])

    def test_what_the_decoder_does_not_know_is_refused_where_it_is_meant(self):
        for source in ("wrpkru", ".byte 0xf0\nnop", ".byte 0x0e, 0x06"):
            report = self.judge(self.assemble(f"nop\n{source}"))
            self.assertEqual([finding.where for finding in report.code.meant], ["_start+0x1 (0x1480009)"])
            self.assertIn("(1 unknown), the first at _start+0x1 (0x1480009): bytes that are no instruction known here;", report.refusals[0])

    def test_code_between_functions_is_meant_too(self):
        rest = "nop\n.type f, @function\nf: ret\n.size f, . - f\ncli"
        report = self.judge(self.assemble(rest=rest))
        self.assertEqual([finding.where for finding in report.code.meant], ["f+0x1 (0x148000b)"])

    def test_a_symbol_that_is_only_a_number_begins_no_code(self):
        report = self.judge(self.assemble("mov eax, 0xfafa", rest=".globl number\n.set number, 0x1480009"))
        self.assertEqual((report.code.meant, [finding.text for finding in report.code.hidden]), ([], ["cli", "cli"]))

    def test_a_file_without_symbols_for_its_functions_is_listed_from_its_beginning(self):
        data = self.assemble("mov eax, 0x50f\ncli", options=["-Wl,--discard-all"])
        self.assertEqual([finding.text for finding in self.judge(data).code.meant], ["cli"])


class StubTest(ProgramTest):
    def refuses(self, stubs, *problems, code="", **parts):
        self.assertEqual(self.judge(self.assemble(code, stubs), **parts).refusals, [f"t.elf: {problem}" for problem in problems])

    def test_calls_beyond_the_manifest_are_refused_by_name(self):
        self.refuses(call("process_create") + call("dma_map"),
                     "it makes the call process_create, which its manifest does not allow: add it to calls, or remove it",
                     "it makes the call dma_map, which its manifest does not allow: add it to calls, or remove it")
        self.refuses(call("process_create") + call("dma_map"), calls=ALL_CALLS)

    def test_a_call_that_does_not_exist_is_refused(self):
        self.refuses("mov eax, 777\nsyscall\nret", "a stub makes call 777, which does not exist", calls=ALL_CALLS)

    def test_calls_that_are_allowed_but_not_used_are_advice(self):
        report = self.judge(self.assemble(), calls='["process_exit", "clock_now", "mem_map"]')
        self.assertEqual((report.advice, report.refusals), (["allowed, but no stub makes them: mem_map process_exit"], []))
        self.assertEqual(self.judge(self.assemble(), calls='["clock_now"]').advice, [])

    def test_a_stub_whose_number_is_not_fixed_makes_any_call(self):
        for stub in ("mov rax, rdi", "mov ax, 15", "mov eax, 15\nnop", "mov ecx, 15", "xor eax, eax", "jmp 1f\nmov eax, 15\n1:",
                     "mov eax, 15\nf:"):
            stub += "\nsyscall\nret"
            at = self.judge(self.assemble("", stub), calls=ALL_CALLS).code.stubs[0].address
            self.refuses(stub, f"the stub at {at:#x} " + ANY)
            self.refuses(stub, top='instructions_reason = "a test"')
            self.refuses(stub, calls=ALL_CALLS.replace("]", ', "children"]'))

    def test_a_jump_past_the_number_makes_it_any_call(self):
        for past in (3, 5):  # within the number, 0, and after it
            self.refuses("mov eax, 15\nsyscall\nret", "the stub at 0x1480005 " + ANY, code=f"call __stubs_start + {past}")

    def test_an_entry_past_the_number_makes_it_any_call(self):
        for past in (3, 5):
            report = self.judge(self.assemble(options=(f"-Wl,-e,{0x1480000 + past:#x}",)))
            self.assertIn("t.elf: the stub at 0x1480005 " + ANY, report.refusals)

    def test_a_syscall_hidden_in_the_stubs_is_refused_because_the_kernel_would_take_it(self):
        self.refuses("mov ecx, 0x50f\n" + call("process_exit"),
                     "a syscall is hidden at 0x1480001 inside the stubs, where the kernel would take it")

    def test_a_syscall_that_straddles_the_start_of_the_stubs_is_refused(self):
        stubs = ".byte 0x0f\n.globl second\nsecond: .byte 5, 0, 0, 0, 0\nsyscall"
        report = self.judge(self.assemble("", stubs, options=["-Wl,--defsym=__stubs_start=second"]), calls=ALL_CALLS)
        self.assertIn("t.elf: the bytes of a syscall at 0x1480000 straddle the start of the stubs", report.refusals)

    def test_a_syscall_that_ends_beyond_the_stubs_is_no_stub(self):
        report = self.judge(self.assemble(stubs=call("process_exit") + ".byte 0x0f", rest=".byte 5, 0, 0, 0, 0"))
        self.assertEqual([stub.number for stub in report.code.stubs], [abi.calls()["process_exit"]])

    def test_other_instructions_are_refused_in_the_stubs_as_elsewhere(self):
        self.refuses("cli\n" + call("process_exit"),
                     "instructions that a program may not use (1 cli), the first at __stubs_start+0x0 (0x1480000): cli" + MEND)

    def test_a_file_without_stubs_is_refused(self):
        self.refused("t.elf: the stub range 0x1480000 to 0x1480000 is empty", self.judge, self.assemble(stubs=""))


class ContractTest(ProgramTest):
    def line(self, role, name, number=None):
        number = contracts.contract_id(name) if number is None else number
        return f'.section .signet.contracts\n.asciz "{role} {name} {number:016x}"'

    def judge_lines(self, *lines, top='serves = "ping"', rest='[uses]\nout = "console"'):
        return self.judge(self.assemble(rest="\n".join(lines)), top=top, rest=rest, calls='"server"')

    def test_contracts_that_the_manifest_names_are_fine(self):
        report = self.judge_lines(self.line("client", "console"), self.line("server", "ping"), self.line("client", "console"))
        self.assertEqual(report.refusals, [])
        self.assertEqual([contract[:2] for contract in report.program.contracts], [("client", "console"), ("server", "ping")])

    def test_a_contract_that_the_manifest_does_not_name_is_refused(self):
        number = contracts.contract_id("console")
        for role, key in (("client", "uses"), ("server", "serves")):
            report = self.judge_lines(self.line(role, "console"), rest="", top="")
            what = f"it is a {role} of the contract console ({number:016x}), which its manifest does not name: add it to {key}"
            self.assertEqual(report.refusals, [f"t.elf: {what}"])

    def test_serving_a_contract_is_not_using_it(self):
        self.assertIn("client of the contract ping", self.judge_lines(self.line("client", "ping")).refusals[0])
        self.assertIn("server of the contract console", self.judge_lines(self.line("server", "console")).refusals[0])

    def test_a_contract_of_another_id_is_refused(self):
        report = self.judge_lines(self.line("client", "console", 1))
        why = "it is a client of the contract console (0000000000000001), but its manifest's console is of another id: build it again"
        self.assertEqual(report.refusals, [f"t.elf: {why}"])

    def test_what_only_the_system_library_uses_need_not_be_named(self):
        console, library = self.line("client", "console"), '.section .signet.contracts\n.asciz "library console"'
        self.assertEqual(self.judge_lines(console, library, rest="").refusals, [])
        self.assertIn("which its manifest does not name", self.judge_lines(self.line("client", "files"), library, rest="").refusals[0])
        self.assertIn("is of another id", self.judge_lines(self.line("client", "console", 1), library).refusals[0])

    def test_contracts_held_at_run_time_are_named_too(self):
        report = self.judge_lines(self.line("client", "files"), self.line("server", "files"), top='serves = "ping"\ncontracts = ["files"]')
        self.assertEqual(report.refusals, [])

    def test_contracts_that_are_named_but_not_used_are_advice(self):
        report = self.judge_lines(self.line("client", "console"))
        self.assertIn("named in serves, but no code is a server of them: ping", report.advice)

    def test_lines_of_another_form_are_refused(self):
        for text in ("client console", "client console 12", "peer console 0123456789abcdef", "client Console 0123456789abcdef",
                     "library console 0123456789abcdef", "\\xff"):
            with self.subTest(text):
                line = f'.section .signet.contracts\n.asciz "{text}"'
                self.refused("t.elf: .signet.contracts: .* is not a line like", self.judge_lines, line)


class DecodeTest(unittest.TestCase):
    def test_every_mnemonic_of_the_list_is_one_that_the_decoder_prints(self):
        known = {decode.one(code, 0, 0).mnemonic for code in self.encodings() if decode.one(code, 0, 0)}
        self.assertEqual(decode.FORBIDDEN - known, {"into", "insw", "outsw", "wbnoinvd", "sysretq", "sysexitq", "iret"} - known)

    def encodings(self):
        for opcode, modrm in itertools.product(range(256), range(256)):
            for lead in (b"", b"\x0f", b"\x66\x0f", b"\xf3\x0f", b"\x48", b"\x66"):
                yield lead + bytes([opcode, modrm]) + bytes(8)
        for opcode in (0x80, 0x81, 0x82):
            yield bytes([0x66, 0x0F, 0x38, opcode]) + bytes(8)


if __name__ == "__main__":
    unittest.main()
