# SPDX-License-Identifier: BSD-2-Clause
"""The ext2 file system, from a disk that mke2fs made to the shell's output."""

import disks
from signetkit.guest import Guest

SIZES = (0, 1, 511, 512, 513, 4095, 4096, 4097, 12 * 1024, 12 * 1024 + 1, 300_000)


def files_of_many_sizes() -> dict[str, bytes]:
    return {f"sizes/f{size}": disks.pattern(size, size) for size in SIZES}


def check_sums(block_size: int) -> None:
    files = files_of_many_sizes()
    with disks.disk_of(files, block_size=block_size) as image:
        result = Guest(disk=image).run("sha256 " + " ".join("/" + name for name in files))
    assert result.status == 0, result
    assert result.stdout == "".join(f"{disks.sha256(data)}  /{name}\n" for name, data in files.items()), result.stdout


def test_files_of_all_sizes_read_right_with_1_kib_blocks():
    check_sums(1024)


def test_files_of_all_sizes_read_right_with_2_kib_blocks():
    check_sums(2048)


def test_files_of_all_sizes_read_right_with_4_kib_blocks():
    check_sums(4096)


def test_cat_is_binary_safe():
    data = bytes(range(256)) * 40 + b"\r\n\x01x000\x1b[0m\n"
    with disks.disk_of({"raw": data}) as image:
        guest = Guest(disk=image)
        collected = guest.run("cat /raw")
    assert collected.status == 0 and collected.stdout == data.decode("utf-8", "replace")


def test_ls_prints_a_name_a_line_sorted():
    with disks.disk_of({"b": b"", "a": b"", "dir/c": b"x"}) as image:
        result = Guest(disk=image).run("ls /; ls /dir")
    assert result.stdout == "a\nb\ndir\nlost+found\nc\n", result.stdout


def test_a_directory_with_a_hash_tree_lists_and_finds_every_name():
    files = {f"big/name-{i:05}-{'x' * (i % 50)}": str(i).encode() for i in range(1500)}
    with disks.disk_of(files, hash_directories=True) as image:
        result = Guest(disk=image).run("ls /big; cat /big/name-01234-" + "x" * (1234 % 50))
    names = result.stdout.splitlines()
    assert names[-1] == "1234", names[-3:]
    assert names[:-1] == sorted(name.removeprefix("big/") for name in files)


def test_names_of_255_bytes_and_links_work():
    long_name = "n" * 255
    with disks.folder() as place:
        root = place / "root"
        root.mkdir()
        (root / long_name).write_bytes(b"long name\n")
        (root / "short").symlink_to("/" + long_name[:255])
        (root / "fast").symlink_to("target")
        (root / "target").write_bytes(b"fast link\n")
        (root / "loop").symlink_to("loop")
        image = place / "disk.img"
        from signetkit.guest import disk
        disk.make_image(root, image)
        result = Guest(disk=image).run(f"cat /{long_name}; cat /short; cat /fast; cat /loop")
    assert result.stdout == "long name\nlong name\nfast link\n", result
    assert result.status == 1 and "/loop" in result.stderr, result


def test_a_sparse_file_reads_as_zeros_between():
    with disks.folder() as place:
        root = place / "root"
        root.mkdir()
        with (root / "sparse").open("wb") as file:
            file.write(b"start")
            file.seek(3_000_000)
            file.write(b"end")
        data = (root / "sparse").read_bytes()
        image = place / "disk.img"
        from signetkit.guest import disk
        disk.make_image(root, image, size=16 << 20)
        result = Guest(disk=image).run("sha256 /sparse")
    assert result.stdout.split()[0] == disks.sha256(data), result


def test_a_missing_file_is_named():
    result = Guest().run("cat /nosuch; ls /README.md/x")
    assert result.status == 1
    assert "/nosuch" in result.stderr, result.stderr


def test_several_clients_read_at_once():
    data = disks.pattern(400_000)
    with disks.disk_of({"a": data, "b": data[::-1]}) as image:
        result = Guest(disk=image).run("hog 8 & sha256 /a /b; wait")
    assert disks.sha256(data) in result.stdout and disks.sha256(data[::-1]) in result.stdout, result
