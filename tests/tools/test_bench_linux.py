# SPDX-License-Identifier: BSD-2-Clause
"""The Linux peer: its initramfs, its program (here measuring this machine's kernel), and how its kernel is fetched."""

import json
import os
import resource
import stat
import subprocess
from pathlib import Path

import unittest

from bench_cases import HEAD, BenchTest, row
from toolbox import ToolTest

from signetkit.bench import linux, linux_cpio as cpio
from signetkit.plain import Problem
from signetkit.setup import apt, linux as package

SOURCES_LIST = "deb http://mirror.example/debian bookworm main\n"
APT_GET = """#!/bin/sh
echo "$@" >>"$FAKE_APT/asked"
for name; do :; done
[ -e "$FAKE_APT/offline" ] && { echo "E: Could not resolve 'mirror.example'"; exit 100; }
[ "$name" = update ] && { touch "$FAKE_APT/lists"; exit 0; }
[ -e "$FAKE_APT/lists" ] && cp "$FAKE_APT/$name"_*.deb .
"""


def unpacked(archive: bytes) -> list[tuple[str, list[int], bytes]]:
    """Reads an archive by its format's description: name, the 13 numbers of the header, data."""
    found, at = [], 0
    while True:
        assert archive[at:at + 6] == b"070701" and at % 4 == 0, at
        numbers = [int(archive[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        begin = at + 110
        data = begin + numbers[11] + -(begin + numbers[11]) % 4
        assert archive[begin + numbers[11] - 1] == 0
        name = archive[begin:begin + numbers[11] - 1].decode()
        at = data + numbers[6] + -numbers[6] % 4
        if name == "TRAILER!!!":
            assert at == len(archive)
            return found
        found.append((name, numbers, archive[data:data + numbers[6]]))


class Cpio(unittest.TestCase):
    def test_an_archive_reads_back_as_its_format_says(self):
        entries = [cpio.folder("dev"), cpio.device("dev/console", 5, 1), cpio.program("init", b"abcde"), cpio.program("empty", b"")]
        found = unpacked(cpio.archive(entries))
        self.assertEqual([(name, data) for name, _, data in found],
                         [("dev", b""), ("dev/console", b""), ("init", b"abcde"), ("empty", b"")])
        kinds = [(stat.S_IFMT(numbers[1]), stat.S_IMODE(numbers[1])) for _, numbers, _ in found]
        self.assertEqual(kinds, [(stat.S_IFDIR, 0o755), (stat.S_IFCHR, 0o600), (stat.S_IFREG, 0o755), (stat.S_IFREG, 0o755)])
        self.assertEqual([numbers[0] for _, numbers, _ in found], [1, 2, 3, 4])
        self.assertEqual((found[1][1][9:11], found[2][1][9:11]), ([5, 1], [0, 0]))

    def test_every_length_of_a_name_and_of_data_is_padded(self):
        for length in range(9):
            found = unpacked(cpio.archive([cpio.program("n" * (length + 1), b"d" * length)] * 2))
            self.assertEqual([(name, data) for name, _, data in found], [("n" * (length + 1), b"d" * length)] * 2)


class Program(ToolTest):
    def init(self) -> Path:
        return linux.compiled(linux.INIT, linux.INIT_FLAGS, self.folder / "init")

    def test_it_prints_the_rows_that_are_asked_for(self):
        done = subprocess.run([self.init()], env={"rows": "null_call,ipc_rt_*4"}, capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        lines = [json.loads(line.removeprefix("BENCH ")) for line in done.stdout.splitlines()]
        self.assertEqual((lines[0]["bench"], lines[0]["system"], lines[-1]), (1, "linux", {"end": True}))
        self.assertGreater(lines[0]["hz"], 10**8)
        rows = [(line["name"], line["ops"], line.get("bytes")) for line in lines[1:-1]]
        self.assertEqual(rows, [("null_call", 2000, None), ("ipc_rt_copy_64", 1000, 64), ("ipc_rt_copy_16384", 500, 16384)])
        self.assertTrue(all(line["ticks"] > line["ops"] for line in lines[1:-1]))

    def test_what_fails_is_an_error_with_its_reason(self):
        few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4))  # noqa: E731
        done = subprocess.run([self.init()], env={"rows": "ipc_rt_0w"}, capture_output=True, text=True, check=False, timeout=60,
                              preexec_fn=few)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout.splitlines()[1:], ['BENCH {"error":"pipe: Too many open files"}'])

    def test_the_initramfs_has_both_programs_and_a_console(self):
        found = {name: data for name, _, data in unpacked(linux.initramfs(self.folder / "peers").read_bytes())}
        self.assertEqual(list(found), ["dev", "dev/console", "tmp", "init", "tiny"])
        for name in ("init", "tiny"):
            path = self.folder / name
            path.write_bytes(found[name])
            path.chmod(0o755)
            segments = subprocess.run(["readelf", "-lW", path], capture_output=True, text=True, check=True).stdout
            self.assertNotIn("INTERP", segments)  # the initramfs has no library for it
        self.assertEqual(subprocess.run([self.folder / "tiny"], check=False).returncode, 0)
        self.assertEqual([path.name for path in (self.folder / "peers").iterdir()], ["linux.cpio"])

    def test_a_source_that_does_not_compile_says_so(self):
        with self.assertRaisesRegex(Problem, "cannot compile tests/bench/linux(.|\n)*nothing.c"):
            linux.compiled(("nothing.c",), linux.INIT_FLAGS, self.folder / "init")


class Fetch(ToolTest):
    def setUp(self) -> None:
        super().setUp()
        self.mirror = self.folder / "mirror"
        (self.mirror / "bin").mkdir(parents=True)
        (self.mirror / "bin/apt-get").write_text(APT_GET)
        (self.mirror / "bin/apt-get").chmod(0o755)
        (self.mirror / "sources.list").write_text(SOURCES_LIST)
        os.environ |= {"FAKE_APT": str(self.mirror), "SIGNET_CACHE": str(self.folder / "cache"),
                       "PATH": f"{self.mirror / 'bin'}:{os.environ['PATH']}"}
        self.addCleanup(setattr, apt, "ETC_APT", apt.ETC_APT)
        apt.ETC_APT = self.mirror

    def offer(self, name: str, depends: str = "", *contents: str) -> None:
        """A package on the mirror."""
        root = self.folder / "package"
        (root / "DEBIAN").mkdir(parents=True)
        needed = f"Depends: {depends}\n" if depends else ""
        (root / "DEBIAN/control").write_text(f"Package: {name}\nVersion: 6.1.9-2\nArchitecture: amd64\nMaintainer: a <a@example>\n"
                                             f"{needed}Description: a\n")
        for path in contents:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(path)
        subprocess.run(["dpkg-deb", "--build", "--root-owner-group", root, self.mirror / f"{name}_6.1.9-2_amd64.deb"], check=True,
                       stdout=subprocess.DEVNULL)
        subprocess.run(["rm", "-r", root], check=True)

    def offer_linux(self) -> None:
        self.offer("linux-image-cloud-amd64", "linux-image-6.1.0-5-cloud-amd64 (= 6.1.9-2)")
        modules = (f"lib/modules/6.1/kernel/drivers/virtio/{name}.ko" for name in package.MODULES)
        self.offer("linux-image-6.1.0-5-cloud-amd64", "", "boot/vmlinuz-6.1.0-5-cloud-amd64", "lib/modules/m.ko", *modules)

    def fetch(self) -> Path:
        got: list[Path] = []
        self.captured(lambda: got.append(package.linux()))
        return got[0]

    def fails(self, pattern: str) -> None:
        with self.assertRaisesRegex(Problem, pattern):
            self.fetch()
        self.assertEqual(list((self.folder / "cache").glob("linux-*")) + list((self.folder / "cache").glob("fetch-*")), [])

    def test_the_kernel_and_a_disks_modules_are_kept_and_fetched_once(self):
        self.offer_linux()
        kernel = self.fetch()
        self.assertEqual(kernel, self.folder / "cache/linux-6.1.9-2/vmlinuz")
        self.assertEqual(kernel.read_text(), "boot/vmlinuz-6.1.0-5-cloud-amd64")
        self.assertEqual({path.name for path in kernel.parent.iterdir()}, {"vmlinuz", *(f"{name}.ko" for name in package.MODULES)})
        asked = (self.mirror / "asked").read_text()
        self.assertEqual(self.fetch(), kernel)
        self.assertEqual((self.mirror / "asked").read_text(), asked)
        self.assertEqual({path.name for path in (self.folder / "cache").iterdir()}, {"linux-6.1.9-2", "linux.lock"})

    def test_a_cache_from_before_there_were_modules_is_filled_when_they_are_needed(self):
        self.offer_linux()
        kernel = self.fetch()
        package.modules(kernel)[-1].unlink()
        self.assertEqual(package.find_linux(), kernel)
        self.assertIsNone(package.find_linux(with_modules=True))
        self.captured(lambda: package.linux(with_modules=True))
        self.assertEqual(package.find_linux(with_modules=True), kernel)

    def test_without_a_network_apt_is_quoted_and_nothing_is_left(self):
        (self.mirror / "offline").touch()
        self.fails("cannot fetch the package linux-image-cloud-amd64; apt-get said:\n(.|\n)*Could not resolve 'mirror.example'")
        (self.mirror / "offline").unlink()
        self.offer_linux()
        self.assertTrue(self.fetch().is_file())

    def test_a_package_that_is_not_what_it_should_be_is_refused(self):
        self.offer("linux-image-cloud-amd64", "firmware")
        self.fails("needs no package that is a kernel, but: firmware")
        self.offer("linux-image-cloud-amd64", "linux-image-6.1.0-5-cloud-amd64")
        self.offer("linux-image-6.1.0-5-cloud-amd64", "", "lib/modules/m.ko")
        self.fails("has no boot/vmlinuz")
        self.offer("linux-image-6.1.0-5-cloud-amd64", "", "boot/vmlinuz-6.1.0-5-cloud-amd64")
        self.fails("has no virtio_ring.ko")
        (self.mirror / "linux-image-6.1.0-5-cloud-amd64_6.1.9-2_amd64.deb").write_text("no package")
        self.fails("dpkg-deb cannot read the package")

    def test_a_machine_without_debians_lists_is_told(self):
        (self.mirror / "sources.list").unlink()
        self.fails("names a Debian suite")

    def test_rows_reach_the_kernel_only_if_its_command_line_can_hold_them(self):
        self.offer_linux()
        self.fetch()
        words = {rows: linux.build_linux_peer(rows).append for rows in (None, "ipc_*,null_call", "a b", "a panic=1")}
        self.assertEqual(words[None], linux.WORDS)
        self.assertEqual(words["ipc_*,null_call"], linux.WORDS + " rows=ipc_*,null_call")
        self.assertEqual({words["a b"], words["a panic=1"]}, {linux.WORDS})


class Command(BenchTest):
    """--peer linux with a fake QEMU, and a kernel that is already in the cache."""

    def setUp(self) -> None:
        super().setUp()
        os.environ["SIGNET_CACHE"] = str(self.folder / "cache")
        self.kernel = self.folder / "cache/linux-6.1.9-2/vmlinuz"
        self.kernel.parent.mkdir(parents=True)
        self.kernel.write_bytes(bytes(0x202) + b"HdrS" + bytes(64))

    def test_linux_is_measured_under_the_flags_that_signet_has(self):
        self.tell(row("null_call", 10, 3100), row("ipc_rt_0w", 2, 24000))
        out = self.folder / "linux.json"
        status, printed, said = self.bench("--peer", "linux", "--rows", "null_call,ipc_*", "--json", out)
        self.assertEqual(status, 0, said)
        self.assertRegex(printed, r"(?m)^ipc_rt_0w +12,000 ")
        commands = self.commands()
        self.assertEqual(len(commands), 7)
        machine = ("-cpu max,-erms -m 512 -smp 1 -accel tcg,thread=single -nodefaults -display none -no-reboot "
                   f"-kernel {self.kernel} -initrd {self.folder}/build/peers/linux.cpio "
                   "-append mitigations=off console=ttyS0 quiet rows=null_call,ipc_*")
        self.assertIn(machine, commands[0])
        self.assertTrue(commands[0].endswith("-rtc base=2026-01-01,clock=vm -icount shift=0,sleep=off -seed 1"), commands[0])
        made = self.json(out)
        self.assertEqual((made["system"], made["build"]["package"]), ("toy", "linux-6.1.9-2"))
        self.assertEqual([(entry["name"], entry["instructions"]) for entry in made["rows"]], [("null_call", 310), ("ipc_rt_0w", 12000)])

    def test_its_rows_lie_beside_those_of_others(self):
        for name, ticks in (("mine", 200), ("theirs", 12800)):
            self.tell(row("ipc_rt_0w", 1, ticks))
            self.assertEqual(self.bench("--peer", "linux", "--quick", "--json", self.folder / f"{name}.json")[0], 0)
        status, printed, _ = self.bench("--compare", self.folder / "mine.json", self.folder / "theirs.json")
        self.assertEqual(status, 0)
        self.assertRegex(printed, r"ipc_rt_0w +200 +12,800 +64\.0+x")

    def test_what_the_program_says_went_wrong_is_said(self):
        self.tell(HEAD + 'BENCH {"error":"pipe: Too many open files"}\n', whole=False)
        status, _, said = self.bench("--peer", "linux", "--quick")
        self.assertEqual(status, 1)
        self.assertIn("the guest says: pipe: Too many open files", said)

    def test_what_makes_no_sense_with_it_is_refused(self):
        for words in (("--append", "x"), ("--guard",), ("--image", "x"), ("--", "-m", "5")):
            self.assertEqual(self.bench("--peer", "linux", *words)[0], 2, words)
        self.assertEqual(self.bench("--peer", "minix")[0], 2)
        self.assertEqual(self.commands(), [])


if __name__ == "__main__":
    unittest.main()
