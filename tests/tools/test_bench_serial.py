# SPDX-License-Identifier: BSD-2-Clause
"""The lines of a guest, good ones and whatever else a serial port can bring."""

import unittest

from toolbox import ToolTest

from signetkit.bench.serial import LINE_BYTES, ROWS_MOST, Reader

HEAD = b'BENCH {"bench":1,"system":"toy","version":"3","hz":1000000000}\n'
ROW = b'BENCH {"name":"good","ops":10,"ticks":2150}\n'
END = b'BENCH {"end":true}\n'


class Lines(ToolTest):
    def read(self, *parts: bytes, step: int = 0) -> Reader:
        reader = Reader()
        data = b"".join(parts)
        for at in range(0, len(data), step or len(data) or 1):
            reader.feed(data[at:at + (step or len(data))])
        reader.finish()
        return reader

    def complains(self, line: bytes, why: str) -> Reader:
        """A bad second line is one complaint with its number; what stands around it counts."""
        reader = self.read(HEAD, line, b"\n", ROW, END)
        self.assertEqual(len(reader.complaints), 1, reader.complaints)
        self.assertRegex(reader.complaints[0], f"^line 2 .*{why}")
        self.assertEqual((reader.rows["good"].cost(), reader.ended, reader.system), (215, True, "toy"))
        return reader

    def test_a_good_run_is_read_in_whatever_pieces_it_comes(self):
        for step in (0, 1, 7, 64):
            reader = self.read(b"boot noise\r\n[  1.5] ", HEAD, b"[  1.6] ", ROW, b'BENCH {"note":"warm"}\r\n', END, step=step)
            self.assertEqual((reader.complaints, reader.notes, reader.version, reader.hz), ([], ["warm"], "3", 1_000_000_000))
            self.assertEqual((list(reader.rows), reader.ended), (["good"], True))

    def test_halted_time_and_maxima(self):
        reader = self.read(HEAD, b'BENCH {"name":"a","ops":4,"ticks":100,"halted":60,"disk":true,"bytes":512}\n',
                           b'BENCH {"name":"b","ops":1,"max":77}\nBENCH {"name":"c","samples":[3,9,4]}\n', END)
        a, b, c = reader.rows.values()
        self.assertEqual((a.cost(), a.elapsed(), a.disk, a.bytes), (10, 25, True, 512))
        self.assertEqual((b.cost(), c.cost(), reader.complaints), (77, 9, []))

    def test_events_may_come_on_a_line_of_their_own(self):
        for lines in ((ROW, b'BENCH {"name":"good","kernel":1000,"events":{"cr3":20}}\n'),
                      (b'BENCH {"name":"good","kernel":1000,"events":{"cr3":20}}\n', ROW)):
            row = self.read(HEAD, *lines, END).rows["good"]
            self.assertEqual((row.ticks, row.kernel, row.events), (2150, 1000, {"cr3": 20}))

    def test_what_is_not_json(self):
        self.complains(b'BENCH {"name":"x","ops":1,"ticks":', "is not JSON")
        self.complains(b'BENCH {name:"x"}', "is not JSON")
        self.complains(b"BENCH {\xff\xfe\x00\x01", "is not JSON")
        self.complains(b'BENCH {"a":' + b"[" * 5000, "is not JSON")
        self.complains(b'BENCH {"name":"x","ops":1,"ticks":' + b"9" * 5000 + b"}", "is not JSON")

    def test_numbers_that_are_none(self):
        for value in (b"NaN", b"Infinity", b"-Infinity"):
            self.complains(b'BENCH {"name":"x","ops":1,"ticks":' + value + b"}", "is no number")
        for value in (b"-1", b"1.5", b'"7"', b"true", b"null", b"[1]", b"1e400", b"9223372036854775808"):
            self.complains(b'BENCH {"name":"x","ops":1,"ticks":' + value + b"}", 'row x with "ticks"')
        self.complains(b'BENCH {"name":"x","ops":0,"ticks":1}', '"ops" 0')

    def test_members_that_lack_or_do_not_fit(self):
        self.complains(b'BENCH {"name":"x","ticks":5}', 'row x without "ops"')
        self.complains(b'BENCH {"name":"x","ops":5}', 'row x without "ticks"')
        self.complains(b'BENCH {"name":"x","ops":1,"ticks":5,"halted":6}', "halted for longer")
        self.complains(b'BENCH {"name":"x","ops":1,"ticks":5,"disk":1}', "neither true nor false")
        self.complains(b'BENCH {"name":"x","ops":1,"ticks":5,"events":{"cr3":-1}}', '"events"')
        self.complains(b'BENCH {"name":"x","samples":[]}', '"samples"')
        self.complains(b'BENCH {"name":"x","max":1,"of":"NO NAME"}', '"of", a bad name')
        self.complains(b'BENCH {"name":"x","ops":1,"ops":2,"ticks":5}', "twice")
        self.complains(b'BENCH {"hello":1}', "none of the members")
        self.complains(b'BENCH {"note":5}', "no text")
        self.complains(b'BENCH {"end":1}', "not true")

    def test_names_that_are_none(self):
        for name in (b'""', b"5", b'"A b"', b'"' + b"n" * 65 + b'"', b'"\\u001b[2J"', b'"\\ud800"'):
            self.complains(b'BENCH {"name":' + name + b',"ops":1,"ticks":5}', "bad name")

    def test_a_row_again_does_not_replace_the_first(self):
        reader = self.read(HEAD, ROW, b'BENCH {"name":"good","ops":1,"ticks":1}\n', END)
        self.assertEqual((reader.rows["good"].cost(), len(reader.complaints)), (215, 1))
        self.assertIn("line 3 has the row good again", reader.complaints[0])

    def test_a_lost_newline_loses_no_row(self):
        reader = self.read(HEAD, b'BENCH {"name":"x","ops":1,"ticks":5}BENCH {"name":"y","ops":1,"ticks":6}\n', ROW, END)
        self.assertEqual((list(reader.rows), len(reader.complaints)), (["x", "y", "good"], 1))
        reader = self.read(HEAD, b'BENCH {"name":"x","ops":1,"tiBENCH {"name":"y","ops":1,"ticks":6}\n', ROW, END)
        self.assertEqual((list(reader.rows), len(reader.complaints)), (["y", "good"], 1))
        self.complains(b'BENCH {"note":"a"} trailing', "more behind its object")

    def test_a_line_without_end_or_too_long(self):
        reader = self.read(HEAD, ROW.rstrip())
        self.assertEqual((list(reader.rows), reader.complaints, reader.ended), (["good"], [], False))
        self.complains(b'BENCH {"note":"' + b"n" * LINE_BYTES, "longer than")
        reader = self.read(HEAD, b"\0" * (5 * LINE_BYTES) + b"\n", ROW, END, step=4096)
        self.assertEqual((list(reader.rows), reader.complaints), (["good"], []))

    def test_other_formats_resets_and_what_comes_after_the_end(self):
        self.assertIn("line 1 says format 2", self.read(b'BENCH {"bench":2}\n', ROW).complaints[0])
        self.complains(HEAD.rstrip(), "begins anew")
        reader = self.read(HEAD, END, ROW)
        self.assertEqual((reader.rows, len(reader.complaints)), ({}, 1))

    def test_rows_have_an_end(self):
        reader = self.read(HEAD, *(b'BENCH {"name":"r%d","ops":1,"ticks":1}\n' % at for at in range(ROWS_MOST + 1)), END)
        self.assertEqual((len(reader.rows), len(reader.complaints)), (ROWS_MOST, 1))

    def test_nothing_that_moves_a_cursor_is_shown(self):
        reader = self.read(HEAD, b'BENCH {"note":"\\u001b[2J\\u0007\\ud800"}\n', b"BENCH {\x1b[2J}\n", END)
        self.assertTrue(all(text.isprintable() for text in reader.notes + reader.complaints), reader.complaints)


if __name__ == "__main__":
    unittest.main()
