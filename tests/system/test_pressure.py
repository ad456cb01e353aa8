# SPDX-License-Identifier: BSD-2-Clause
"""16 MiB of RAM and a hog of 128 MiB: everybody answers, and the pager and its disk may die at any moment.

The time an answer takes is bounded by what no working system needs; how fast the machine is, is not tested.
"""

import re
import time

import disks
from signetkit import abi
from signetkit.guest import long, timeout
from signetkit.image import sealed_image, system_image
from signetkit.paths import build_dir
from test_debug import Debugged, debugged
from test_trace import traced

ANSWER_S = 240  # on a machine that does nothing else, one; with a hundredth of a CPU, or one disk request a second, this
PINNED = {"supervisor", "pager", "swapdisk", "disk"}
NEEDS_PAGES = {"console", "files", "shell", "pong", "hog"}


class System:
    """A guest with 16 MiB whose shell is asked one command after the other while jobs run."""

    def __init__(self, one: Debugged, data: bytes):
        self.one, self.guest, self.hash, self.text = one, one.guest, disks.sha256(data), ""
        self.guest.expect("signet> ")

    def ask(self, command: str) -> str:
        self.guest.send(command + "\n")
        try:
            got = self.guest.expect("signet> ", timeout=ANSWER_S)
        except BaseException:
            print(*self.one.ask("signet ps", "signet frames"), sep="\n")  # who waits for what
            raise
        self.text += got
        return got

    def answers(self) -> None:
        """The shell, the file system with its disk, and a server that nobody calls otherwise; each starts a program or reads."""
        assert self.hash in self.ask("sha256 /a")
        assert "1 round trip" in self.ask("ping 1")

    def counters(self) -> dict[str, dict[str, int]]:
        lines = self.ask("ps -m").splitlines()
        start = next(n for n, line in enumerate(lines) if line.startswith("PROCESS"))
        titles = lines[start].split("RESTARTS")[0].split()[2:]
        rows = [line.split() for line in lines[start + 1 :] if re.match(r"\S+ +[a-z-]+ +\d+ +\d+ ", line)]
        return {row[0]: dict(zip(titles, map(int, row[2:]))) for row in rows}

    def start_hog(self) -> bool:
        """False: it is told that there is no memory, as what starts processes does not wait while it has to bring the pager back."""
        got = self.ask("hog 64 &")
        assert re.search(r"^\[\d+\]", got, re.M) or "memory" in got, got
        return "memory" not in got

    def restarts(self, name: str) -> int:
        line = next(line for line in self.ask("ps").splitlines() if line.startswith(name))
        return int(line.split()[6])


def under_pressure(seconds: float) -> None:
    data = disks.pattern(200_000)
    most = {name: {"IN": 0, "OUT": 0} for name in NEEDS_PAGES}
    with disks.disk_of({"a": data}) as image, debugged(mem=16, disk=image) as one:
        system, end, hogs = System(one, data), time.monotonic() + seconds, 0
        while time.monotonic() < end:
            counters = system.counters()
            if "hog" not in counters:
                hogs += 1
                system.ask("wait")  # for the last: a shell has room for so many jobs in the background
                system.ask(f"hog 128 --seed {hogs} &")
            for name, row in counters.items():
                for key in ("IN", "OUT"):
                    if name in most:
                        most[name][key] = max(most[name][key], row[key])
                    else:
                        assert name in PINNED and row[key] == row["SWAPPED"] == 0, (name, row)
            system.answers()
            time.sleep(2)
        assert min(min(row.values()) for row in most.values()) > 0, most
        assert system.text.count("128 MiB written and verified") >= hogs - 1 and "hog: page" not in system.text, system.text[-2000:]
        assert " ended: " not in one.guest.log(), one.guest.log()


@timeout(300)
def test_everybody_answers_for_a_minute_with_16_mib_and_a_hog_of_128():
    under_pressure(60)


@long
@timeout(1200)
def test_everybody_answers_for_ten_minutes_with_16_mib_and_a_hog_of_128():
    under_pressure(600)


def code_of(name: str) -> range:
    """Where the code of a program of the default system lies."""
    image = system_image.read((build_dir() / "system.img").read_bytes())
    segments = sealed_image.read(image.entries[name], name).segments
    code = next(segment for segment in segments if segment.prot & abi.constants("kernel/abi/image.h")["IMAGE_EXECUTE"])
    return range(code.address, code.address + code.memory_bytes)


@timeout(300)
def test_code_goes_out_and_comes_back_like_everything_else():
    done, lines = traced("hog 64; ping 1; ls /; hog 64; ping 1; ls /", "page", seconds=280, mem=16)
    assert done.stdout.count("64 MiB written and verified") == 2 and done.status == 0, done
    for process, program in (("console", "console"), ("shell", "shell"), ("files", "ext2"), ("pong", "pong"), ("hog", "hog")):
        moved = [(int(found[1], 16), found[2]) for line in lines
                 if (found := re.search(rf"\b{process}  (0x[0-9a-f]+)(?:, slot \d+: | )(goes out|leaves RAM|is asked for)", line))]
        code = code_of(program)
        what = {word for address, word in moved if address in code}
        assert "is asked for" in what and what - {"is asked for"}, (process, code, sorted(set(moved))[:50])


def killed(times: int, pauses: dict[str, int]) -> None:
    """Each name is killed so many times, at a pace of its own, while a hog verifies its memory and files are read."""
    data = disks.pattern(200_000)
    with disks.disk_of({"a": data}) as image:
        with debugged(mem=16, disk=image, image=build_dir() / "tests/restart.img") as one:
            system, hogs = System(one, data), 0
            system.start_hog()
            for name, ms in pauses.items():
                system.ask(f"killer {name} {times * 5 // 4 + 2} {ms} &")  # some strike while it is away
            while system.text.count("killer: ") < len(pauses):
                counters = system.counters()
                hogs += "hog" not in counters and system.start_hog()
                assert system.hash in system.ask("sha256 /a")
                time.sleep(0.2)
            system.ask("wait")
            for name in pauses:
                said = re.search(rf"killer: {name}: (\d+) times", system.text)
                assert said and int(said[1]) >= times, system.text[-2000:]
                assert system.restarts(name) == int(said[1]), one.guest.log()[-3000:]
            assert system.text.count("64 MiB written and verified") == 1 + hogs, system.text[-2000:]
            lost = re.findall(r"process (?!crasher)\S+ ended: .*|(?:pager|swapdisk): .*given up.*|.*could not be written.*", one.guest.log())
            assert not lost, lost


@timeout(300)
def test_a_pager_killed_ten_times_under_pressure_is_not_missed():
    killed(10, {"pager": 270})


@timeout(300)
def test_a_swap_disk_killed_ten_times_under_pressure_is_not_missed():
    killed(10, {"swapdisk": 270})


@timeout(300)
def test_pager_and_swap_disk_killed_in_turns_under_pressure_are_not_missed():
    killed(10, {"pager": 273, "swapdisk": 311})


@long
@timeout(1500)
def test_pager_and_swap_disk_killed_two_hundred_times_under_pressure_are_not_missed():
    killed(200, {"pager": 257, "swapdisk": 331})
