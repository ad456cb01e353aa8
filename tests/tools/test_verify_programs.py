# SPDX-License-Identifier: BSD-2-Clause
"""The verifier on whole programs: sealed images, the kit's own, damaged ones; its report, its command, and the image maker."""

import itertools
import json
import random
import shutil
import subprocess
import sys
import time
import unittest
from pathlib import Path

from support import ROOT, RX, Refusal, load, make_elf
from toolbox import ToolTest as CommandTest
from verify_programs import ProgramTest
from signetkit import abi
from signetkit.image import elf, sealed_image
from signetkit.paths import build_dir
from signetkit.verifier import verify, code as verify_code, decode, find as verify_find, report as verify_report

HARMLESS = "What is hidden is harmless"


def every_offset(code, base):
    """What find_forbidden promises, the slow way."""
    found = (decode.one(code, base, at) for at in range(len(code)))
    return [instruction for instruction in found if instruction and decode.is_forbidden(instruction)]


def candidates(code, base):
    return sorted(itertools.chain.from_iterable(decode.find_forbidden(code, base)))


class CandidateTest(unittest.TestCase):
    def test_candidates_are_all_that_decoding_at_every_byte_finds_in_random_bytes(self):
        rng = random.Random(11)
        likely = b"\x0f\x0f\x05\x01\x66\xf3\xf2\x48\x38\x80\xcd\xff\xc7\xae\x2e\xf0"
        for count in range(24):
            mixed = bytes(rng.choice(likely) if rng.random() < 0.8 else rng.randrange(256) for _ in range(8000))
            code = mixed if count % 2 else rng.randbytes(8000)
            self.assertEqual(candidates(code, 0x1480000), every_offset(code, 0x1480000))

    def test_candidates_are_all_that_decoding_at_every_byte_finds_in_real_programs(self):
        for program in ("gcc", "nasm"):
            code = Path(shutil.which(program)).read_bytes()[0x8000 : 0x8000 + 60000]
            found = candidates(code, 0)
            self.assertEqual(found, every_offset(code, 0))
            self.assertGreater(len(found), 100)

    def test_a_large_program_takes_seconds_at_most_whatever_its_bytes(self):
        symbols = [("__stubs_start", 0x1480000), ("__stubs_end", 0x1480008)]
        for code in (random.Random(12).randbytes(200_000), b"\xfa" * 200_000, b"\x66" * 199_998 + b"\x0f\x05", b"\x0f\x05" * 100_000):
            program = make_elf([load(content=b"\x90" * 8 + code, flags=RX)], symbols=symbols)
            start = time.process_time()  # not of others, who test at the same time
            verify.verify(verify.of_elf(program, "t.elf"))
            self.assertLess(time.process_time() - start, 8)


class SealedTest(ProgramTest):
    def texts(self, code="", **parts):
        """What is meant and what is hidden in a sealed image."""
        report = self.judge_sealed(self.assemble(code, **parts))
        return [finding.text for finding in report.code.meant], [finding.text for finding in report.code.hidden]

    def test_an_image_has_the_stubs_and_the_hidden_bytes_of_its_elf_file(self):
        data = self.assemble("mov eax, 0x50f")
        of_elf, of_image = self.judge(data), self.judge_sealed(data)
        self.assertEqual((of_image.code.stubs, of_image.refusals), (of_elf.code.stubs, []))
        self.assertEqual([finding[:4] for finding in of_image.code.hidden], [finding[:4] for finding in of_elf.code.hidden])
        self.assertEqual(of_image.program.grant, of_elf.program.grant)

    def test_what_the_entry_leads_to_is_meant(self):
        self.assertEqual(self.texts("cli"), (["cli"], []))
        self.assertEqual(self.texts("call 1f", rest="nop\n1: ret\nhlt\n"), ([], ["hlt"]))
        self.assertEqual(self.texts("je 1f", rest="nop\n1: hlt\n"), (["hlt"], []))

    def test_what_a_pointer_in_the_image_leads_to_is_meant(self):
        self.assertEqual(self.texts(rest="1: hlt\nret\n.section .rodata\n.quad 1b"), (["hlt"], []))
        self.assertEqual(self.texts("lea rax, [rip + 1f]", rest="1: hlt\nret"), (["hlt"], []))
        self.assertEqual(self.texts("mov edi, offset 1f", rest="1: hlt\nret"), (["hlt"], []))
        self.assertEqual(self.texts("mov qword ptr [rip + 2f], offset 1f", rest="1: hlt\nret\n.section .rodata\n2: .quad 0")[0], ["hlt"])

    def test_a_number_that_points_into_an_instruction_is_no_pointer(self):
        self.assertEqual(self.texts(rest="1: mov eax, 0xf4\nret\n.section .rodata\n.quad 1b + 1"), ([], ["hlt"]))

    def test_what_nothing_leads_to_counts_as_hidden(self):
        self.assertEqual(self.texts(rest="nop\nhlt\nret"), ([], ["hlt"]))

    def test_an_image_that_makes_too_many_calls_is_refused(self):
        report = self.judge_sealed(self.assemble(), calls='["process_exit"]')
        what = "it makes the call clock_now, which its manifest does not allow: add it to calls, or remove it"
        self.assertEqual(report.refusals, [f"t.img: {what}"])

    def test_a_reason_has_to_come_with_the_manifest(self):
        manifest = self.grant(top='instructions_reason = "a test"')
        image = self.seal(self.assemble("cli"), manifest)
        self.assertEqual(verify.verify(verify.of_image(image, "t.img", manifest)).refusals, [])
        self.assertIn("name with --manifest a manifest that says", verify.verify(verify.of_image(image, "t.img")).refusals[0])

    def test_another_manifest_than_the_image_was_sealed_with_is_refused(self):
        image = self.seal(self.assemble(), self.grant())
        self.refused("t.img: was not sealed with .*t.toml", verify.of_image, image, "t.img", self.grant(calls='["clock_now"]'))

    def test_an_image_and_an_elf_file_that_do_not_belong_together_are_refused(self):
        manifest, data = self.grant(), self.assemble()
        image = self.seal(data, manifest)
        program = verify.of_pair(data, "t.elf", image, "t.img", manifest)
        self.assertTrue(program.labels and program.form.startswith("sealed image, byte for byte what t.elf and"))
        self.refused("t.img: was not made of t.elf and", verify.of_pair, self.assemble("nop"), "t.elf", image, "t.img", manifest)

    def test_damaged_programs_are_judged_or_refused_and_nothing_else(self):
        rng = random.Random(9)
        contract = '.section .signet.contracts\n.asciz "client x 0123456789abcdef"'
        data = self.assemble("mov eax, 0x50f\ncall 1f\n1: lea rax, [rip + 1b]", rest=contract)
        manifest = self.grant()
        for good, opener in ((data, verify.of_elf), (self.seal(data, manifest), verify.of_image)):
            judged = 0
            for _ in range(1500):
                bad = bytearray(good)
                for _ in range(rng.randrange(1, 4)):
                    at = rng.choice((rng.randrange(0x200), 0x1000 + rng.randrange(0x40), rng.randrange(len(good))))
                    bad[at : at + 1] = bytes([rng.choice((0, 1, 0x0F, 0x80, 0xFF, rng.randrange(256)))])
                try:
                    report = verify.verify(opener(bytes(bad), "t"))
                    verify_report.text(report).encode()
                    json.loads(verify_report.as_json(report))
                    judged += 1
                except Refusal as refusal:
                    self.assertNotIn("\n", str(refusal))
            self.assertTrue(100 < judged < 1500, judged)


class ReportTest(ProgramTest):
    def test_the_report_says_all_that_a_reviewer_asks_and_ends_with_the_verdict(self):
        data = self.assemble("mov eax, 0x50f", rest='.section .signet.contracts\n.asciz "client console 0123456789abcdef"')
        text = verify_report.text(self.judge(data, top='pinned = true\npinned_reason = "tests say so"'))
        for part in ("t: static ELF file", "SHA-256", f"{len(data)} bytes", "0x1480000 r-x 14 bytes",
                     "clock_now (1 stub from 0x1480000 to 0x1480008)", "client of console (0123456789abcdef)", "frames 256 KiB",
                     "yes (pinned): tests say so", "1 syscall",
                     "_start+0x1 (0x1480009): 0f 05: syscall, inside mov eax, 0x50f", HARMLESS, "allowed, but no stub makes them: ipc_call"):
            self.assertIn(part, text)
        self.assertRegex(text, r"\nrefused: t.elf: it is a client of the contract console .*\n$")
        good = verify_report.text(self.judge(self.assemble()))
        self.assertTrue(good.endswith("\nverified\n"))
        self.assertNotIn(HARMLESS, good)

    def test_json_has_every_finding(self):
        facts = json.loads(verify_report.as_json(self.judge(self.assemble("cli\n" * 20 + "mov eax, 0xf4"))))
        self.assertEqual([[found["text"] for found in facts[kind]] for kind in ("meant", "hidden")], [["cli"] * 20, ["hlt"]])
        self.assertEqual((facts["verified"], facts["stubs"]), (False, [{"address": 0x1480005, "call": abi.calls()["clock_now"]}]))

    def test_a_name_out_of_the_file_cannot_command_the_terminal(self):
        text = verify_report.text(self.judge(self.assemble(rest='"\x1b[2J": cli')))
        self.assertIn("?[2J+0x0", text)
        self.assertNotIn("\x1b", text)


class CommandLineTest(CommandTest, ProgramTest):
    def setUp(self):
        CommandTest.setUp(self)

    def verify(self, *words):
        from signetkit import cli
        status, out, err = self.captured(cli.main, ["verify", *map(str, words)])
        return status, out.decode(), err

    def test_it_ends_with_0_for_what_is_good_and_1_for_what_is_not(self):
        self.assemble()
        self.assertEqual(self.verify(self.folder / "t.elf")[0], 0)
        self.assemble("cli")
        status, out, err = self.verify(self.folder / "t.elf", "--json", self.folder / "t.json")
        self.assertEqual((status, err, out.splitlines()[-1].split(":")[0]), (1, "", "refused"))
        self.assertFalse(json.loads((self.folder / "t.json").read_text())["verified"])

    def test_what_is_no_program_is_refused(self):
        self.write("t.txt", "hello")
        status, out, _ = self.verify(self.folder / "t.txt", "--json", self.folder / "t.json")
        self.assertEqual((status, out.splitlines()[-1]), (1, f"refused: {self.folder}/t.txt: neither an ELF file nor a sealed image"))
        self.assertEqual(len(json.loads((self.folder / "t.json").read_text())["refusals"]), 1)

    def test_what_is_not_there_is_told_without_a_verdict(self):
        self.assertEqual(self.verify("nobody")[:2], (1, ""))
        self.assertIn("there is no file and no program nobody; the programs of", self.verify("nobody")[2])
        self.assertIn("cannot be read", self.verify(self.folder / "none.elf")[2])
        self.assertIn("none.toml", self.verify(self.folder / "none.elf", "--manifest", "none.toml")[2])


class ImageMakerTest(ProgramTest):
    def make(self, code, **parts):
        self.assemble(code)
        manifest = self.grant(**parts)
        words = [sys.executable, ROOT / "tools/make_image.py", "--elf", "t.elf", "--manifest", manifest.file, "-o", "t.img"]
        return subprocess.run(words, cwd=self.folder, capture_output=True, text=True, check=False)

    def test_the_image_maker_refuses_what_the_verifier_refuses(self):
        done = self.make("cli", calls='["mem_map"]')
        report = verify.verify(verify.of_elf(Path(self.folder, "t.elf").read_bytes(), "t.elf", self.grant(calls='["mem_map"]')))
        self.assertEqual(len(report.refusals), 2)
        self.assertEqual((done.returncode, done.stderr.splitlines()), (1, [f"make_image: {refusal}" for refusal in report.refusals]))
        self.assertFalse(Path(self.folder, "t.img").exists())

    def test_the_image_maker_tells_what_is_hidden_and_seals_it(self):
        done = self.make("mov eax, 0x50f")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        where = "t.elf: hidden syscall at _start+0x1 (0x1480009)"
        self.assertEqual(done.stdout, f"{where}, which is harmless: the kernel checks where calls come from\n")
        self.assertEqual(sealed_image.read(Path(self.folder, "t.img").read_bytes(), "t.img").name, "t")


class KitTest(unittest.TestCase):
    def test_every_program_of_the_kit_is_verified(self):
        names = sorted(path.stem for path in build_dir().glob("images/*.img"))
        if not names:
            self.skipTest(f"nothing is built in {build_dir()}")
        for name in names:
            with self.subTest(name):
                text, facts, good = verify_find.run(name)
                self.assertTrue(good, text)
                self.assertEqual(bool(json.loads(facts)["meant"]), name == "die")

    def test_without_symbols_every_function_of_the_kit_is_found_and_the_same_is_meant(self):
        for file in sorted(build_dir().glob("images/*.img")):
            program = build_dir() / f"programs/{file.stem}.elf"
            if not program.is_file():
                continue
            with self.subTest(file.stem):
                of_elf, of_image = verify.of_elf(program.read_bytes(), program.name), verify.of_image(file.read_bytes(), file.name)
                reader = verify_code._Reader(of_image)
                meant = {finding.address for finding in reader.read().meant}
                self.assertEqual([label.name for label in of_elf.labels if label.is_function and label.address not in reader.reached], [])
                known = {finding.address: finding.where for finding in verify_code.read(of_elf).meant}
                self.assertLessEqual(meant, known.keys())
                self.assertEqual({known[address].partition("+")[0] for address in known.keys() - meant}, {"interrupt_table"} if meant else set())


if __name__ == "__main__":
    unittest.main()
