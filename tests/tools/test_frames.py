# SPDX-License-Identifier: BSD-2-Clause
"""The frames that a guest sends on its console."""

import unittest

from toolbox import ToolTest

from signetkit.guest.frames import ERR, EXIT, OUT, Frames, request


def joined(pieces: list[bytes]) -> tuple[bytes, bytes, list[int]]:
    frames = Frames()
    got = [item for piece in pieces for item in frames.feed(piece)]
    return (b"".join(data for kind, data in got if kind == OUT), b"".join(data for kind, data in got if kind == ERR),
            [data for kind, data in got if kind == EXIT])


STREAM = b"boot\x01noise\x01\x01o0003a\x01b\r\n\x01e0002!?\x01o0000\x01oXYZ\x01x12\x01x042"


class FramesTest(ToolTest):
    def test_any_cut_of_the_stream_gives_the_same(self):
        whole = joined([STREAM])
        self.assertEqual(whole, (b"a\x01b", b"!?", [42]))
        for at in range(len(STREAM)):
            self.assertEqual(joined([STREAM[:at], STREAM[at:]]), whole, at)
        self.assertEqual(joined([STREAM[at:at + 1] for at in range(len(STREAM))]), whole)

    def test_payload_comes_before_its_frame_is_complete(self):
        self.assertEqual(list(Frames().feed(b"\x01o00ffabc")), [(OUT, b"abc")])

    def test_a_request_says_how_long_it_is(self):
        self.assertEqual(request("a\nb; é".encode()), b"\x017\na\nb; \xc3\xa9")


if __name__ == "__main__":
    unittest.main()
