#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes the ext2 images that the unit tests of servers/ext2 read: make_ext2_images.py FOLDER

FOLDER/NAME.img are images, FOLDER/tree-* the folders they were made from, which the tests compare them with.
Needs e2fsprogs (mke2fs, e2fsck, debugfs) and no root. What is in FOLDER already is made anew.
"""
import os
import pathlib
import random
import shutil
import subprocess
import sys

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
UUID = "5195e700-0000-4000-8000-00000000e472"
TIME = 1_500_000_000
# Directories of this many names of 200 bytes need a tree of two levels with 1 KiB blocks.
MANY = 1300


def run(*command, ok=(0,)):
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    env = dict(os.environ, PATH=path, LC_ALL="C", E2FSPROGS_FAKE_TIME=str(TIME))
    done = subprocess.run([str(c) for c in command], env=env, text=True, capture_output=True)
    if done.returncode not in ok:
        sys.exit(f"make_ext2_images: {' '.join(map(str, command))} failed ({done.returncode}):\n"
                 f"{done.stdout}{done.stderr}")
    return done.stdout


def write_sparse(path, size, pieces):
    """A file of `size` bytes that is a hole but for 16 bytes at each offset of pieces."""
    with open(path, "wb") as f:
        for offset in pieces:
            if 0 <= offset < size:
                f.seek(offset)
                f.write(b"data at %8d" % (offset % 99999999))
        f.truncate(size)


def make_sizes(tree, block):
    """Dense files around the limits of direct and indirect blocks, sparse ones around all of them."""
    sizes = {0, 1, block - 1, block, block + 1}
    n = block // 4
    edges = [11, 12, 13, 12 + n, 12 + n + 1]
    for blocks in edges:
        sizes |= {blocks * block - 1, blocks * block, blocks * block + 1}
    dense = sorted(s for s in sizes if s <= 600 * KIB)
    for size in dense + [5 * MIB + 7 if block == 4 * KIB else 2 * MIB + 7]:
        (tree / f"dense-{size}").write_bytes(random.Random(size).randbytes(size))
    for blocks in edges + [12 + n + n * n - 1, 12 + n + n * n, 12 + n + n * n + 1, 12 + 2 * n + n * n]:
        for size in (blocks * block, blocks * block + 1):
            write_sparse(tree / f"sparse-{size}", size, [0, 12 * block - 8, (12 + n) * block - 8, size - 16])
    # Beyond the double-indirect limit of 4 KiB blocks (4,299,210,752) too, so this is triple-indirect everywhere.
    write_sparse(tree / "sparse-5GiB", 5 * GIB + 3, [0, GIB, 4 * GIB + 5 * MIB, 5 * GIB - 13])
    write_sparse(tree / "only-hole", 77 * MIB, [])
    write_sparse(tree / "comb", 200 * block, range(0, 200 * block, 2 * block))


def make_names(tree):
    (tree / ("n" * 255)).write_text("255 bytes of name\n")
    for name in ("with space", "back\\slash", "new\nline", "gr\u00fc\u00df", "-dash", "..."):
        (tree / name).write_text(name)
    (tree / "empty").mkdir()
    many = tree / "many"
    many.mkdir()
    (many / "first").write_text("one file, many names\n")
    for i in range(MANY):
        os.link(many / "first", many / (f"{i:06}-" + "x" * 193))
    deep = tree / "deep"
    for _ in range(60):
        deep = deep / "down-and-down"
    deep.mkdir(parents=True)
    (deep / "bottom").write_text("sixty levels down\n")
    (tree / "mode-4751").write_text("")
    (tree / "mode-4751").chmod(0o4751)
    os.mkfifo(tree / "fifo")


def make_links(tree, longest):
    links = tree / "links"
    links.mkdir()
    for length in (1, 59, 60, 61, 255, 1000, longest):
        os.symlink(("./" * length)[:length], links / f"length-{length}")
    os.symlink("../dense-1", links / "relative")
    os.symlink("/dense-1", links / "absolute")
    os.symlink("loop-b", links / "loop-a")
    os.symlink("loop-a", links / "loop-b")
    os.symlink("../empty/", links / "to-directory")
    os.symlink("nowhere", links / "dangling")
    for i in range(1, 42):  # chain-N takes N links to the file
        os.symlink(f"chain-{i - 1}" if i > 1 else "relative-end", links / f"chain-{i}")
    (links / "relative-end").write_text("end of the chain\n")


def make_tree(tree, block):
    tree.mkdir()
    make_sizes(tree, block)
    make_names(tree)
    make_links(tree, block - 1)
    for path in sorted(tree.rglob("*")):
        if not path.is_symlink():
            os.utime(path, (TIME, TIME + path.stat().st_size % 1000))


def make_small_tree(tree):
    """For images that are small enough to be damaged thousands of times."""
    tree.mkdir()
    for size in (0, 1, 5 * KIB, 14 * KIB, 300 * KIB):
        (tree / f"dense-{size}").write_bytes(random.Random(size).randbytes(size))
    write_sparse(tree / "sparse", 70 * MIB, [0, 5 * MIB, 70 * MIB - 20])
    (tree / "a" / "b" / "c").mkdir(parents=True)
    for i in range(120):
        (tree / "a" / f"{i:03}-a-file-with-a-name-that-is-not-too-short").write_bytes(b"")
    os.symlink("a/b/c", tree / "fast")
    os.symlink("./" * 100 + "a/b", tree / "slow")
    os.symlink("../../../fast/../c", tree / "a" / "b" / "c" / "up")
    for path in sorted(tree.rglob("*")):
        if not path.is_symlink():
            os.utime(path, (TIME, TIME))


def make_image(folder, name, size, *options, tree=None, kind="ext2"):
    image = folder / f"{name}.img"
    source = ["-d", folder / tree] if tree else []
    run("mke2fs", "-q", "-F", "-t", kind, "-U", UUID, "-E", f"hash_seed={UUID}", *options, *source, image,
        f"{size // KIB}k")
    return image


def hash_directories(image, *directories):
    """What mke2fs -d never does: gives directories their hash trees. Fails unless each got one."""
    run("e2fsck", "-fyD", image, ok=(0, 1))
    run("e2fsck", "-fn", image)
    for directory in directories:
        stat = run("debugfs", "-R", f"stat {directory}", image)
        flags = int(stat.split("Flags:")[1].split()[0], 16)
        if not flags & 0x1000:
            sys.exit(f"make_ext2_images: {image.name}: {directory} has no hash tree")


def make_readable(folder):
    for block in (KIB, 2 * KIB, 4 * KIB):
        make_tree(folder / f"tree-{block}", block)
        common = ("-b", block, "-N", 1000)
        make_image(folder, f"plain-{block}", 48 * MIB, *common, "-I", 128, tree=f"tree-{block}")
        image = make_image(folder, f"hashed-{block}", 48 * MIB, *common, "-I", 256, tree=f"tree-{block}")
        hash_directories(image, "/many")
    levels = run("debugfs", "-R", "htree_dump /many", folder / "hashed-1024.img")
    if "Indirect levels: 1" not in levels:
        sys.exit("make_ext2_images: hashed-1024.img: the tree of /many has one level only")

    make_small_tree(folder / "tree-small")
    small = {"tree": "tree-small"}
    make_image(folder, "revision-0", 4 * MIB, "-b", KIB, "-r", 0, "-O", "none", **small)
    make_image(folder, "no-types", 4 * MIB, "-b", KIB, "-O", "^filetype", **small)
    make_image(folder, "groups", 8 * MIB, "-b", KIB, "-g", 256, "-O", "^sparse_super,^resize_inode", **small)
    make_image(folder, "inode-1024", 8 * MIB, "-b", 4 * KIB, "-I", 1024, **small)
    make_image(folder, "flex", 40 * MIB, "-b", KIB, "-O", "flex_bg", **small)
    make_image(folder, "journal", 16 * MIB, "-b", KIB, kind="ext3", **small)
    hash_directories(make_image(folder, "checksums", 8 * MIB, "-b", KIB, "-O", "metadata_csum", **small), "/a")
    for block in (KIB, 4 * KIB):
        hash_directories(make_image(folder, f"small-{block}", 2 * MIB, "-b", block, "-N", 256, **small),
                         *["/a"] if block == KIB else [])


def make_refused(folder):
    make_image(folder, "ext4", 16 * MIB, kind="ext4", tree="tree-small")
    for feature in ("extent", "64bit", "inline_data", "encrypt", "compression", "journal_dev", "meta_bg", "mmp",
                    "ea_inode", "dirdata", "metadata_csum_seed", "large_dir", "casefold", "needs_recovery",
                    "FEATURE_I30", "FEATURE_R30"):
        image = folder / f"has-{feature}.img"
        shutil.copy(folder / "small-1024.img", image)
        run("debugfs", "-w", "-R", f"feature {feature}", image)
    shutil.copy(folder / "small-1024.img", folder / "cut.img")
    os.truncate(folder / "cut.img", 2 * MIB - KIB)
    write_sparse(folder / "zeros.img", MIB, [])
    write_sparse(folder / "tiny.img", 1536, [])


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__)
        sys.exit(0 if sys.argv[1:] in (["-h"], ["--help"]) else 2)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("tree-*"):
        shutil.rmtree(old)
    for old in folder.glob("*.img"):
        old.unlink()
    make_readable(folder)
    make_refused(folder)


if __name__ == "__main__":
    main()
