# SPDX-License-Identifier: BSD-2-Clause
"""What gdb can tell of a Signet that is stopped: from before its first instruction to after its last."""

import contextlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from signetkit.guest import Guest, debug, timeout
from signetkit.paths import REPO, build_dir
from test_restart import never_restarted, patched

READERS = ("signet ps", "signet channels", "signet frames", "signet pages shell", "signet bt shell")
MARK = "\\n=====\\n"
STATES = "new|ready|running|queued|served|receiving|paging|starved|orphaned|dead"
PROCESS = re.compile(r"^ *(?P<no>\d+)  (?P<name>\S+) +(?P<program>\S+) +(?P<state>\S+) +(?P<priority>\d+(, now \d+)?)"
                     r" +(?P<resident>\d+) +(?P<swapped>\d+) +(?P<pinned>\d+)$")
THREAD = re.compile(rf"^      thread \d+  (?:{STATES})\b")
RUN = re.compile(r"^    0x[0-9a-f]{12} +(\d+) pages? +(present|swapped|lent|absent)(.*)$")


class Debugged:
    """A guest with a gdb server. Each ask() is a gdb that attaches, which stops the guest, and leaves, which lets it go on."""

    def __init__(self, guest: Guest, link: Path):
        self.guest, self.link = guest, link

    def ask(self, *commands: str) -> list[str]:
        """What gdb said to each. No command, whatever the state, may end in a traceback."""
        words = [word for command in commands for word in ("-ex", f"echo {MARK}", "-ex", command)]
        done = subprocess.run([*debug.gdb_command(build_dir() / "signet.elf", self.link), "-nx", "-batch", *words, "-ex", f"echo {MARK}"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=100,
                              check=False)
        assert not re.search("Traceback|Python Exception|Error while executing", done.stdout), done.stdout
        said = [part.strip("\n") for part in done.stdout.split(MARK.replace("\\n", "\n"))[1:-1]]
        assert len(said) == len(commands), done.stdout
        return said


@contextlib.contextmanager
def debugged(stopped: bool = False, **hardware) -> Iterator[Debugged]:
    with tempfile.TemporaryDirectory(prefix="signet-test-") as folder:
        link = Path(folder) / "gdb.sock"
        extra = (*(["-S"] if stopped else []), *debug.server_flags(link))
        with Guest(extra=extra, **hardware) as guest:
            debug.await_socket(guest.start(), link)
            yield Debugged(guest, link)


@contextlib.contextmanager
def at_the_prompt(**hardware) -> Iterator[Debugged]:
    with debugged(**hardware) as one:
        one.guest.expect("signet> ")
        yield one


def processes(said: str) -> dict[str, re.Match]:
    """The lines of `signet ps`. All others must be its heading or a thread's."""
    heading, *lines = said.splitlines()
    assert heading.split()[:3] == ["no", "process", "program"], said
    assert all(PROCESS.match(line) or THREAD.match(line) for line in lines), said
    return {found["name"]: found for found in map(PROCESS.match, lines) if found}


def counted(said: str) -> dict[str, int]:
    """Pages by state, as the runs of `signet pages` have them."""
    counts = dict.fromkeys(("present", "swapped", "lent", "absent"), 0)
    for number, state, _ in filter(None, (found and found.groups() for found in map(RUN.match, said.splitlines()))):
        counts[state] += int(number)
    return counts


def test_ps_shows_every_process_and_what_its_threads_wait_for():
    with at_the_prompt() as one:
        said, = one.ask("signet ps")
        there = processes(said)
        assert set(there) >= {"supervisor", "console", "disk", "files", "swapdisk", "pager", "shell"}, said
        assert there["disk"]["program"] == "block" and there["files"]["program"] == "ext2", said
        assert all(found["state"] == "running" for found in there.values()), said
        assert re.search(r" shell .*\n      thread 1  served +for an answer of console: read over channel 0x", said), said
        assert re.search(r" pager .*\n      thread 1  receiving +for a message at port \d+", said), said
        assert int(there["pager"]["pinned"]) == int(there["pager"]["resident"]) > 0, said


def test_channels_say_who_can_talk_to_whom():
    with at_the_prompt() as one:
        said, = one.ask("signet channels")
        listing, graph = said.split("who can call whom:")
        assert re.search(r"^shell +-> +console +0x\w+ +0x\w+ +console +0x\w+ +1: read +- +-$", listing, re.MULTILINE), said
        assert re.search(r"^files +-> +disk +0x\w+ +0x\w+ +block ", listing, re.MULTILINE), said
        assert "    (kernel) can call pager\n" in graph and "    shell can call console, files, supervisor" in graph, said
        assert not re.search(r"can call .*\bshell\b", graph), said


def test_a_channel_to_a_server_that_was_given_up_is_severed():
    with patched("tests/restart.img", lambda data: never_restarted(data, "files")) as image, at_the_prompt(image=image) as one:
        one.guest.send("kill files\n")
        one.guest.expect_log("files: ended")
        one.guest.expect("signet> ")
        said, = one.ask("signet channels")
        assert re.search(r"^shell +-> +\(severed\) +0x\w+ +0x\w+ +files ", said, re.MULTILINE), said
        assert "    shell can call console, supervisor\n" in said, said


def test_the_pages_of_a_process_add_up():
    with at_the_prompt() as one:
        ps, pages, disk = one.ask("signet ps", "signet pages shell", "signet pages disk")
        assert counted(pages)["present"] == int(processes(ps)["shell"]["resident"]) > 0, pages
        assert counted(pages)["swapped"] == int(processes(ps)["shell"]["swapped"]), pages
        assert re.search(r"^0x000001480000-0x\w+  image r-x, \d+ pages?$", pages, re.MULTILINE), pages
        assert re.search(r"-0x000001450000  stack rw-", pages) and "must not be" not in pages + disk, pages
        assert not re.search(r"\b.wx\b", pages + disk), f"writable and executable:\n{pages}"
        assert re.search(r"present rw-  frames? .*\bdirty\b", pages), pages
        assert re.search(r"  device rw- device, ", disk) and re.search(r", dma \d", disk), disk


@timeout(180)
def test_pages_in_swap_are_shown_with_their_slots():
    with at_the_prompt(mem=32) as one:
        one.guest.send("hog 96 &\n")
        one.guest.expect("signet> ")
        one.guest.expect_log("paging: on")
        for _ in range(40):
            ps, hog, shell = one.ask("signet ps", "signet pages hog", "signet pages shell")
            there = processes(ps)
            assert "hog" in there, ps
            if int(there["hog"]["swapped"]) > 100 and int(there["shell"]["swapped"]):
                break
            one.guest.start().wait(0.3)  # it runs on for a while
        assert int(there["hog"]["swapped"]) == counted(hog)["swapped"] > 100, f"{ps}\n{hog[:3000]}"
        assert int(there["shell"]["swapped"]) == counted(shell)["swapped"] > 0, f"{ps}\n{shell}"
        assert re.search(r"swapped +slots \d+-\d+", hog), hog[:3000]


def test_backtraces_reach_main_in_every_process():
    with at_the_prompt() as one:
        names = ("supervisor", "console", "disk", "files", "swapdisk", "pager", "shell")
        for name, said in zip(names, one.ask(*(f"signet bt {name}" for name in names))):
            assert said.startswith(f"{name} thread 1  "), said
            assert re.search(r"#\d+ .* main \(\) at \S+main\.c:\d+$", said, re.MULTILINE), said
            assert re.search("#0 .* at .*libsys/stubs.asm", said), said
            if name == "shell":
                assert " in console_read (" in said, said


def test_every_stub_has_its_lines_even_if_a_program_keeps_all():
    stubs = build_dir() / "libsys/CMakeFiles/libsys.dir/stubs.asm.o"
    with tempfile.TemporaryDirectory() as folder:
        elf = Path(folder) / "all.elf"
        subprocess.run(["ld", "-e", "ipc_call", "-T", REPO / "libsys/program.ld", "-o", elf, stubs], check=True)
        shown = subprocess.run(["nm", elf], stdout=subprocess.PIPE, text=True, check=True).stdout
        names = re.findall(r" T ((?:sys|ipc|serve)_\w+)$", shown, re.MULTILINE)
        asked = [word for name in names for word in ("-ex", f"info line *{name}")]
        said = subprocess.run(["gdb", "-nx", "-batch", *asked, elf], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=True).stdout
    assert len(names) > 20 and "sys_process_exit" in names, shown
    assert [line.split()[2:3] for line in said.splitlines()] == [["of"]] * len(names), said


THROUGH_A_STUB = """
process = "{process}"
gdb.execute(f"signet break {{process}} *{stub}")
gdb.execute("continue")
while True:
    gdb.execute("delete")
    instruction = gdb.execute("x/i $pc", to_string=True)
    stack = gdb.execute("bt", to_string=True)
    gdb.write(f"{{instruction}}{{stack}}-----\\n")
    if instruction.endswith("ret\\n"):
        break
    if "syscall" in instruction:
        gdb.execute(f"signet break {{process}} *$pc+2")
        gdb.execute("continue")
    else:
        gdb.execute("stepi", to_string=True)
"""


@timeout(180)
def test_backtraces_reach_the_threads_first_function_from_every_instruction_of_a_stub():
    """In calls and answers, of words only and of more. Of a thread that is not the first, it is `begin` of libsys."""
    with at_the_prompt() as one, tempfile.NamedTemporaryFile("w", suffix=".py") as script:
        for ping in ("ping", "ping bytes"):
            one.guest.send(f"{ping} 1000000000 &\n")
            one.guest.expect("signet> ")
        for process, stub in (("ping", "ipc_words_call"), ("pong", "ipc_words_reply_recv"), ("ping", "ipc_call"), ("pong", "ipc_reply_recv")):
            Path(script.name).write_text(THROUGH_A_STUB.format(process=process, stub=stub), encoding="utf-8")
            said, = one.ask(f"source {script.name}")
            stacks = said.removesuffix("-----").split("-----\n")
            assert len(stacks) >= (4 if "words" in stub else 26) and sum("syscall" in stack for stack in stacks) == 1, said
            assert ":\tret\n" in stacks[-1], said
            for stack in stacks:
                reached = re.search(r"#\d+ .*\b(main|begin) \(.*\) at \S+\.c:\d+\n(#\d+ +0x0+ in .*\n)?$", stack)
                assert reached, f"{process} {stub}:\n{stack}"


def test_the_log_is_read_from_memory_and_frames_add_up():
    with at_the_prompt() as one:
        log, last, frames = one.ask("signet log", "signet log 1", "signet frames")
        assert one.guest.log().splitlines()[-1] == log.splitlines()[-1] == last, log
        count = {line.split()[0]: int(line.split()[1]) for line in frames.splitlines() if re.match(r"\w+ +\d+ +\d+$", line)}
        assert count["total"] == sum(count[kind] for kind in ("kernel", "table", "user", "bounce", "free")), frames
        assert "neither" not in frames and count["user"] > 0, frames


def test_a_wrong_name_is_answered_with_the_right_ones():
    with at_the_prompt() as one:
        pages, bt, number, none, log = one.ask("signet pages nobody", "signet bt nobody", "signet pages 4000", "signet pages", "signet log x")
        for said in (pages, bt):
            assert said.startswith("no process is named nobody; there are: supervisor, ") and "shell" in said, said
        assert number.startswith("no process has number 4000; there are: "), number
        assert none.startswith("usage: signet pages PROC; there are: supervisor, "), none
        assert log == "`x` is not a number of lines", log


def test_before_the_boot_every_command_says_so():
    with debugged(stopped=True) as one:
        *said, symbols, wrong = one.ask(*READERS, "signet log", "signet crash", "signet symbols shell", "signet symbols nobody")
        assert all(one == "the kernel has not started yet: the CPU is still without page tables" for one in said), said
        assert symbols.startswith("symbols: the kernel's and shell's"), symbols
        assert "programs that were built: " in wrong and "shell" in wrong, wrong


def test_while_the_kernel_starts_there_is_little_to_see():
    with debugged(stopped=True) as one:
        _, _, *said = one.ask("tbreak kernel_main", "continue", *READERS, "signet log", "signet crash")
        empty = "there are no processes yet: the kernel is still starting"
        assert said == [empty, empty, "the kernel has not counted its frames yet", empty, empty, "the log is still empty",
                        "the kernel has not crashed"], said


def test_a_breakpoint_is_for_one_process_and_stopping_there_loads_its_symbols():
    with debugged(stopped=True) as one:
        said = one.ask("signet break shell main", "signet break files main", "continue", "bt", "continue", "bt", "signet symbols", "signet bt shell",
                       "signet break files no_such_function")
        assert "main in shell (0x14" in said[0] and "main in files (0x14" in said[1], said
        assert "[in process files: its symbols are loaded]\n#0  main () at servers/ext2/main.c:" in said[2], said
        assert said[3].startswith("#0  main () at servers/ext2/main.c:"), said
        assert said[5].startswith("#0  main () at servers/shell/main.c:"), said
        assert "shell's (" in said[6], said
        assert "thread 1  running    on the CPU, in its program\n    #0  main () at servers/shell/main.c:" in said[7], said
        assert "no_such_function" in said[8] and "not defined" in said[8], said


def test_a_panic_stops_gdb_and_leaves_a_crash_record():
    with debugged(stopped=True) as one:
        said = one.ask("tbreak port_receive", "continue", "set $rip = 8", "continue", "signet crash", "signet ps", "bt", "continue", "signet crash")
        for told in (said[3], said[4]):
            assert re.match(r"the kernel panicked \d+\.\d{6} s after boot: ", told) and "while running " in told, said
            assert "pc       0x0000000000000008  (in nobody's code)" in told, said
        assert "page fault in the kernel" in said[4], said
        ran = re.search(r"^while running (\S+)$", said[4], re.MULTILINE)[1]
        assert re.search(rf" {ran} .*\n      thread 1  running +on the CPU, in the kernel", said[5]), said
        assert "hal_stop" in said[6] and "kernel_crash" in said[6], said
        assert said[8].startswith("no machine is connected: "), said


def registers(said: str) -> dict[str, str]:
    return {line.split()[0]: line.split()[1] for line in said.splitlines() if len(line.split()) > 1}


def test_a_core_file_has_the_registers_that_the_program_had_at_its_call():
    """Compared with the CPU's at the very instruction, in a call that fills them all. It gets a deadline: with one it goes the slow way, which keeps all."""
    names = "rax rbx rdx rsi rdi rbp rsp r8 r9 r10 r12 r13 r14 r15"
    to_the_call = "python while 'syscall' not in gdb.execute('x/i $pc', to_string=True): gdb.execute('stepi')"
    with debugged(stopped=True) as one, tempfile.TemporaryDirectory() as folder:
        core = Path(folder) / "core"
        said = one.ask("signet break shell *ipc_call", "continue", "delete", to_the_call, "set $r10 = 1 << 62",
                       f"info registers {names}", "tbreak kernel_syscall", "continue", f"signet core shell {core}")
        assert said[8] == f"shell is in {core}", said
        done = subprocess.run(["gdb", "-nx", "-q", "-batch", "-iex", "set osabi GNU/Linux", str(build_dir() / "programs/shell.elf"), str(core), "-ex",
                               f"info registers {names}"], capture_output=True, text=True, timeout=60, check=True)
        at_call = registers(said[5])
        assert len(at_call) == len(names.split()), said[5]
        assert at_call == {name: value for name, value in registers(done.stdout).items() if name in at_call}, (said[5], done.stdout)


@timeout(180)
def test_commands_work_wherever_the_machine_is_stopped():
    """Steps from a program through calls, faults and switches, and asks everything every few thousand instructions."""
    with debugged(stopped=True) as one:
        steps = [command for _ in range(12) for command in ("stepi 997", *READERS[:4])]
        said = one.ask("signet break shell main", "continue", "delete", *steps)[3:]
        for ps, channels, frames, pages in zip(said[1::5], said[2::5], said[3::5], said[4::5]):
            assert "shell" in processes(ps), ps
            assert "who can call whom:" in channels and "total" in frames, channels
            assert counted(pages)["present"] > 0, pages
        assert len({*said[4::5]}) > 1, "the machine did not move"


def test_signet_debug_boots_with_gdb_attached():
    with tempfile.NamedTemporaryFile("w", suffix=".gdb") as script:
        script.write("signet break shell main\ncontinue\nsignet ps\n")
        script.flush()
        command = [sys.executable, str(REPO / "tools/signet"), "debug", "--batch", "-x", script.name, "--gdb-args=-ex 'signet log 2'", "--mem", "48"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done
    assert re.search(r"^ *\d+  shell +shell +running", done.stdout, re.MULTILINE), done
    assert re.search(r"^\[ +\d+\.\d+\] .*\n\[ +\d+\.\d+\] ", done.stdout, re.MULTILINE), done
