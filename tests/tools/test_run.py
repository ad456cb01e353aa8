# SPDX-License-Identifier: BSD-2-Clause
"""signet run with commands, interactively and gone wrong, against the fake guest."""

import contextlib
import fcntl
import os
import pty
import shlex
import signal
import subprocess
import sys
import termios
import time
import unittest
from pathlib import Path

from toolbox import REPO, ToolTest

from signetkit.guest import qemu, run

BINARY = bytes(range(256)) * 1000
# `signet run` without its set-up and build, as a process of its own.
ALONE = ("import sys; sys.path.insert(0, sys.argv[1]); from signetkit import cli, prepare; "
         "prepare.prepare = lambda *_: None; from signetkit.guest import disk; disk.default_image = lambda: None; "
         "sys.exit(cli.main(sys.argv[2:]))")


def alone(*words: str) -> list[str]:
    return [sys.executable, "-c", ALONE, str(REPO / "tools"), "run", *words]


def close_if_open(fd: int) -> None:
    with contextlib.suppress(OSError):
        os.close(fd)


class Commands(ToolTest):
    def run_command(self, command: str, **options) -> tuple[int, bytes, str]:
        return self.captured(run.run, run.Run(command=command, **options))

    def test_output_error_and_status_of_the_guest_are_ours(self):
        status, out, err = self.run_command("echo 'a; b'")
        self.assertEqual((status, out, err), (3, b"echo 'a; b'\n", "an error\n"))
        self.assert_nothing_left()

    def test_binary_output_comes_through_unchanged(self):
        self.assertEqual(self.run_command("binary")[1], b"binary\n" + BINARY)

    def test_a_guest_that_dies_is_125_with_the_end_of_its_log(self):
        self.pretend("dies")
        status, out, err = self.run_command("x")
        self.assertEqual((status, out), (125, b"x\n"))
        self.assertIn("the kernel panicked", err)
        self.assertIn("signet: last line of the log", err)
        kept = list((self.folder / "build/logs").iterdir())
        self.assertEqual(len(kept), 1)
        self.assertIn(kept[0].name, err)
        self.assert_nothing_left()

    def test_a_guest_that_dies_after_its_status_is_125_too(self):
        self.pretend("dies late")
        status, _, err = self.run_command("x")
        self.assertEqual(status, 125)
        self.assertIn("the supervisor died", err)

    def test_a_refused_boot_is_125(self):
        self.pretend("refuses")
        status, _, err = self.run_command("x")
        self.assertEqual(status, 125)
        self.assertIn("refused to boot", err)

    def test_an_unknown_cpu_model_is_named(self):
        self.pretend("no cpu")
        status, _, err = self.run_command("x", hardware=qemu.Hardware(cpu="i999"))
        self.assertEqual(status, 125)
        self.assertIn("no CPU model 'i999'", err)

    def test_time_up_is_124_and_kills_the_guest(self):
        for mode, what in (("silent", "the shell's prompt"), ("hangs", "the end of the commands")):
            with self.subTest(mode):
                self.pretend(mode)
                started = time.monotonic()
                status, _, err = self.run_command("x", seconds=0.7)
                self.assertEqual(status, 124)
                self.assertIn(what, err)
                self.assertLess(time.monotonic() - started, 5)
                self.assert_nothing_left()

    def test_a_guest_that_stays_on_after_its_status_is_killed(self):
        self.pretend("stays")
        self.assertEqual(self.run_command("x")[0], 3)
        self.assert_nothing_left()


class Terminal(ToolTest):
    def start(self, *words: str, **options):
        """signet run with a terminal of its own."""
        ours, theirs = pty.openpty()
        self.addCleanup(close_if_open, ours)
        before = termios.tcgetattr(theirs)
        process = subprocess.Popen(alone(*words), stdin=theirs, stdout=theirs, **{"stderr": theirs, **options})
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process, ours, theirs, before

    def read_until(self, fd: int, wanted: bytes) -> bytes:
        seen = b""
        while wanted not in seen:
            seen += os.read(fd, 4096)
        return seen

    def test_the_log_comes_first_then_the_shell_and_ctrl_bracket_leaves(self):
        process, ours, theirs, before = self.start()
        seen = self.read_until(ours, b"signet> ")
        self.assertLess(seen.index(b"last line of the log"), seen.index(b"signet> "))
        os.write(ours, b"hello\n")
        self.read_until(ours, b"got hello")
        self.assertNotEqual(termios.tcgetattr(theirs)[3], before[3])
        os.write(ours, b"\x1d")
        self.assertEqual(process.wait(5), 0)
        self.assertEqual(termios.tcgetattr(theirs), before)
        self.assert_nothing_left()
        os.close(theirs)

    def test_poweroff_leaves(self):
        process, ours, theirs, _ = self.start()
        os.write(ours, b"poweroff\n")  # before the prompt: it is kept
        self.read_until(ours, b"signet> ")
        self.assertEqual(process.wait(5), 0)
        os.close(theirs)

    def test_sigterm_restores_the_terminal_and_cleans_up(self):
        process, ours, theirs, before = self.start()
        self.read_until(ours, b"signet> ")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(5), 128 + signal.SIGTERM)
        self.assertEqual(termios.tcgetattr(theirs), before)
        self.assert_nothing_left()
        os.close(theirs)

    def test_a_terminal_that_is_closed_ends_it_as_its_hang_up_does(self):
        process, ours, theirs, _ = self.start(start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        self.read_until(ours, b"signet> ")
        os.close(theirs)
        os.close(ours)
        self.assertEqual(process.wait(5), 128 + signal.SIGHUP)
        self.assertNotIn(b"Traceback", process.stderr.read())
        self.assert_nothing_left()

    def test_lines_from_a_pipe_are_typed_and_then_it_powers_off(self):
        done = subprocess.run(alone(), input=b"one\ntwo\n", capture_output=True, check=False, timeout=10)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"got one", done.stdout)
        self.assertIn(b"got two", done.stdout)


class ClosedStreams(ToolTest):
    def test_a_closed_stream_is_left_alone(self):
        for closed, status in (("<&-", 3), (">&-", 3), ("2>&-", 3), ("<&- >&- 2>&-", 3)):
            with self.subTest(closed):
                done = subprocess.run(["sh", "-c", f"exec \"$@\" {closed}", "sh", *alone("-c", "hello")], capture_output=True, check=False, timeout=20)
                self.assertEqual((done.returncode, done.stdout), (status, b"" if ">&-" in closed.split() else b"hello\n"), done.stderr)
                self.assertNotIn(b"Traceback", done.stderr)

    def test_a_shell_without_an_input_powers_off(self):
        done = subprocess.run(["sh", "-c", "exec \"$@\" <&-", "sh", *alone()], capture_output=True, check=False, timeout=20)
        self.assertEqual(done.returncode, 0, done.stderr)


class Words(ToolTest):
    """What the command line may say."""

    def words(self, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run(alone(*words), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=20)

    def test_mistakes_are_one_plain_sentence_and_125(self):
        (self.folder / "folder").mkdir()
        for words, sentence in (
                (["--mem", "lots"], "'lots' is not a whole number"),
                (["--mem", "1"], "'1' is too small"),
                (["--iso", "--mem", "3"], "--iso needs --mem 4 at least"),
                (["--smp", "-1"], "argument"),
                (["--timeout", "soon"], "'soon' is not a number of seconds"),
                (["--disk", "/no/such"], "/no/such does not exist"),
                (["--disk", str(self.folder / "folder")], "is a folder"),
                (["--swap-file", "/no/such"], "swap file /no/such does not exist"),
                (["--swap-file", "/"], "swap file / is a folder"),
                (["--swap", "1", "--swap-file", "x"], "not allowed with"),
                (["--accel", "magic"], "invalid choice: 'magic'"),
                (["--frobnicate"], "--frobnicate")):
            with self.subTest(words):
                done = self.words("-c", "x", *words)
                self.assertEqual(done.returncode, 125, done.stderr)
                self.assertIn(sentence, done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
                self.assertEqual(done.stdout, "")

    def test_a_build_without_a_kernel_says_so(self):
        (self.folder / "build/signet.elf").unlink()
        done = self.words("-c", "x")
        self.assertEqual(done.returncode, 125)
        self.assertRegex(done.stderr, "the kernel is missing: .*signet.elf")
        self.assert_nothing_left()

    def test_print_shows_one_line_and_starts_nothing(self):
        odd = self.folder / "a,b c.img"
        odd.write_bytes(b"")
        done = self.words("--print", "--disk", str(odd), "--mem", "64", "--smp", "3", "--cpu", "qemu64", "--", "-d", "int")
        self.assertEqual((done.returncode, len(done.stdout.splitlines())), (0, 1), done.stderr)
        words = shlex.split(done.stdout)
        self.assertEqual(words[-2:], ["-d", "int"])
        self.assertIn("q35", words)
        for flag, value in (("-m", "64"), ("-smp", "3"), ("-cpu", "qemu64"), ("-accel", "tcg")):
            self.assertEqual(words[words.index(flag) + 1], value)
        self.assertTrue(any("a,,b c.img" in word and "snapshot=on" in word for word in words))
        self.assertIn("virtio-blk-pci,disable-legacy=on,drive=swap,addr=5.0", words)

    def test_the_iso_and_no_disks(self):
        words = shlex.split(self.words("--print", "--iso", "--disk", "none", "--swap", "0").stdout)
        self.assertIn("-cdrom", words)
        self.assertNotIn("-kernel", words)
        self.assertNotIn("-drive", words)

    def test_a_closed_pipe_ends_it_quietly(self):
        line = shlex.join(alone("-c", "binary")) + " | head -c 1"
        done = subprocess.run(["bash", "-c", line + "; exit ${PIPESTATUS[0]}"], stdin=subprocess.DEVNULL, capture_output=True,
                              check=False, timeout=20)
        self.assertEqual((done.returncode, done.stderr), (141, b""))

    def test_ctrl_c_cleans_up(self):
        self.pretend("silent")
        process = subprocess.Popen(alone("-c", "x"), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        self.assertEqual((process.wait(5), process.stderr.read()), (130, b""))
        process.stderr.close()
        self.assert_nothing_left()

    def test_a_killed_tool_leaves_no_qemu(self):
        self.pretend("silent")
        process = subprocess.Popen(alone("-c", "x"), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while not (child := children.read_text().strip()):
            time.sleep(0.05)
        process.kill()
        process.wait()
        deadline = time.monotonic() + 5
        while Path(f"/proc/{child}/cmdline").exists() and Path(f"/proc/{child}/cmdline").read_bytes():
            self.assertLess(time.monotonic(), deadline, "QEMU lives on")
            time.sleep(0.05)


if __name__ == "__main__":
    unittest.main()
