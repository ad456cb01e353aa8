# SPDX-License-Identifier: BSD-2-Clause
"""Disks that are not what they should be: the file system names it, the system stays up."""

import disks
from signetkit.guest import Guest


def refused(image, *words: str) -> None:
    result = Guest(disk=image).run("ls /; echo alive")
    assert result.stdout.endswith("alive\n") and result.status == 0, result
    for word in words:
        assert word in result.stderr, (word, result.stderr)


def test_a_disk_of_zeros_is_no_ext2():
    with disks.folder() as place:
        image = place / "zero.img"
        image.write_bytes(bytes(4 << 20))
        refused(image, "ext2")


def test_an_ext4_disk_is_refused_by_the_name_of_its_feature():
    with disks.folder() as place:
        refused(disks.mkfs(place, "ext4"), "extents")


def test_a_disk_that_is_cut_short_is_refused():
    with disks.disk_of({"a": b"x" * 100000}) as image:
        image.write_bytes(image.read_bytes()[: 4 << 20])
        refused(image, "cut short")


def test_a_disk_with_a_mutated_root_does_not_stop_the_system():
    with disks.disk_of({"a": b"x" * 100000, "d/b": b"y"}) as image:
        data = bytearray(image.read_bytes())
        for at in range(0, 64 * 1024, 37):
            if at // 1024 != 1:
                data[at] ^= 0x5A
        image.write_bytes(bytes(data))
        result = Guest(disk=image).run("ls /; cat /a; cat /d/b; echo alive")
    assert result.stdout.endswith("alive\n"), result
