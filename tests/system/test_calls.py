# SPDX-License-Identifier: BSD-2-Clause
"""Rows 7, 8 and 10 of docs/faults.md, for every call of the list: every number, and every argument made hostile.

Children of the program `numbers` make one call each: `loud`, which may make all, and `mute`, which may make none. What comes of
each call has to be written in docs/calls.md.
"""

import re

import make_calls_doc
from signetkit.guest import Guest, long, timeout
from signetkit.paths import build_dir

LINE = re.compile(r"^(\w+): (\d+) tried:((?: [\w:]+)*)$", re.M)
DEVICE_CALLS = ("irq_ack", "device_map", "device_io", "dma_map", "dma_unmap")
BAD_RANGES = 22  # eleven kinds, of the pages and of where their bus addresses go
CODE = 20  # readable, so no bad range for pages: refused


def survive(command, seconds):
    """`numbers` is content, the machine did not panic, and messages still go to and fro. Returns what it printed."""
    result = Guest(disk=None, image=build_dir() / "tests/system.img").run(f"numbers {command}; ping 100; echo alive", timeout=seconds)
    assert f"numbers {command.split()[0]}: survived\n" in result.stdout, result.stdout + result.stderr + result.log[-2000:]
    assert "ping: 100 round trips" in result.stdout and "alive\n" in result.stdout, result.stdout + result.stderr
    assert "PANIC" not in result.log and result.qemu_status == 33, result.log[-2000:]
    return result.stdout


def undocumented(printed, some=None):
    """What came of calls and is not in docs/calls.notes.toml, as sentences."""
    calls = {call.name: call for call in make_calls_doc.calls_of(make_calls_doc.expand())}
    seen = {name: set(words.split()) for name, _, words in LINE.findall(printed)}
    wrong = [f"{name}: not tried" for name in some or calls if not seen.get(name)]
    for name, what in seen.items():
        note = make_calls_doc.read_notes().calls[name]
        said = {"OK", *note.get("errors", {}), *(f"ends:{fault}" for fault in note.get("faults", {}))}
        said |= {"waits"} if calls[name].waits else set()
        wrong += [f"{name}: {word} is not in its section of docs/calls.md" for word in sorted(what - said)]
    return wrong


@timeout(170)
def test_every_number_that_is_no_call_or_not_allowed_ends_its_caller():
    assert "numbers: 4186 tried\n" in survive("outside", 150)


@timeout(170)
def test_every_argument_of_every_call_made_hostile_gives_what_its_page_says():
    wrong = undocumented(survive("inside", 150))
    assert not wrong, wrong


@timeout(120)
def test_the_calls_about_devices_made_hostile_by_who_has_a_device_give_what_their_pages_say():
    wrong = undocumented(survive("devices", 100), DEVICE_CALLS)
    assert not wrong, wrong


@timeout(120)
def test_bad_ranges_for_dma_end_their_process():
    command = "".join(f"numbers bad-range {n}; echo $?; " for n in range(BAD_RANGES)) + "ping 1"
    result = Guest(disk=None, image=build_dir() / "tests/system.img").run(command, timeout=100)
    ends = re.findall(r"^(\d+)$", result.stdout, re.M)
    assert ends == ["1" if n == CODE else "145" for n in range(BAD_RANGES)], ends  # 128 and the number of BAD_RANGE
    assert "PANIC" not in result.log and "ping: 1 round trip" in result.stdout, result.stdout + result.log[-2000:]


@long
@timeout(900)
def test_every_register_of_every_call_with_hostile_values_of_every_kind():
    wrong = undocumented(survive("inside all", 880))
    assert not wrong, wrong
