# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of `signet bench` share: a fake QEMU whose guest prints what a test wants, and the command line."""

import json
import os
from pathlib import Path
from unittest import mock

from toolbox import HERE, ToolTest

from signetkit import cli, prepare
from signetkit.bench import subject

HEAD = 'BENCH {"bench":1,"system":"toy","version":"3","hz":1000000000}\n'
END = 'BENCH {"end":true}\n'


def row(name: str, ops: int, ticks: int, **more) -> str:
    return "BENCH " + json.dumps({"name": name, "ops": ops, "ticks": ticks, **more}) + "\n"


class BenchTest(ToolTest):
    def setUp(self) -> None:
        super().setUp()
        self.told = self.folder / "told"
        self.told.mkdir()
        os.environ |= {"SIGNET_QEMU": str(HERE / "fake_bench.py"), "FAKE_BENCH": str(self.told), "FAKE_END": "33"}
        self.kernel = self.folder / "kernel.elf"
        self.kernel.write_bytes(b"\x7fELF" + bytes(60))
        for name in ("bench.img", "signet-bench.elf"):
            (self.folder / "build" / name).write_bytes(b"")
        for target, name in ((prepare, "prepare"), (subject.build, "build_target"), (subject.build, "has_target")):
            self.enterContext(mock.patch.object(target, name))
        self.enterContext(mock.patch.object(subject, "own_build", return_value={"commit": "abc"}))

    def tell(self, *parts: str, name: str = "all", whole: bool = True) -> None:
        """What the guest prints: rows, between the first line and the last unless not whole."""
        text = "".join(parts)
        (self.told / name).write_text(HEAD + text + END if whole else text, encoding="utf-8")

    def bench(self, *words) -> tuple[int, str, str]:
        """Status, what was printed, what was said."""
        def main() -> int:
            try:
                return cli.main(["bench", *map(str, words)])
            except SystemExit as end:
                return int(end.code or 0)
        status, out, err = self.captured(main)
        return status, out.decode(), err

    def commands(self) -> list[str]:
        """QEMU's command lines so far."""
        return [path.read_text() for path in sorted(self.told.glob("ran.*"), key=lambda path: int(path.suffix[1:]))]

    def json(self, path: Path) -> dict:
        return json.loads(path.read_text(encoding="utf-8"))
