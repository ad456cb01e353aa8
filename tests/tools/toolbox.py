# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of the tool share: a scratch folder with a pretended build, and the fake guest in QEMU's place."""

import contextlib
import io
import os
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPO = HERE.parents[1]
sys.dont_write_bytecode = True
sys.path.insert(0, str(REPO / "tools"))


class ToolTest(unittest.TestCase):
    """Each test has a folder of its own, gone afterwards, and the environment back as it was."""

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="signet-test-")))
        before = dict(os.environ)
        self.addCleanup(lambda: (os.environ.clear(), os.environ.update(before)))
        build = self.folder / "build"
        build.mkdir()
        for name in ("signet.elf", "system.img", "signet.iso"):
            (build / name).write_bytes(b"")
        (self.folder / "tmp").mkdir()
        os.environ |= {"SIGNET_BUILD": str(build), "SIGNET_QEMU": str(HERE / "fake_guest.py"), "FAKE_GUEST": "ok",
                       "TMPDIR": str(self.folder / "tmp")}
        tempfile.tempdir = None  # so that it reads TMPDIR again
        self.addCleanup(setattr, tempfile, "tempdir", None)

    def pretend(self, mode: str) -> None:
        os.environ["FAKE_GUEST"] = mode

    def captured(self, call, *words) -> tuple[int, bytes, str]:
        """Status, stdout and stderr of a part of the tool, called as the command line calls it."""
        out = io.TextIOWrapper(io.BytesIO(), write_through=True)
        err = io.TextIOWrapper(io.BytesIO(), write_through=True)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = call(*words)
        return status, out.buffer.getvalue(), err.buffer.getvalue().decode()

    def assert_nothing_left(self) -> None:
        self.assertEqual(list((self.folder / "tmp").iterdir()), [])
