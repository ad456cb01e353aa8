# SPDX-License-Identifier: BSD-2-Clause
"""The protocol that the guest's shell speaks on COM2 when it was given commands (`signet run -c`).

When the shell has printed its prompt, the tool sends one request: byte 0x01, the length in decimal, a newline, and that
many bytes of command text. From then on the guest sends frames, and whatever stands between them is noise of the boot:

    0x01 'o' HHHH bytes    standard output, HHHH bytes of it (hexadecimal)
    0x01 'e' HHHH bytes    standard error
    0x01 'x' NNN           the end: the exit status, in decimal
"""

from typing import Iterator

PROMPT = b"signet> "
START = b"\x01"
OUT, ERR, EXIT = "o", "e", "x"
DIGITS = {OUT: (4, 16), ERR: (4, 16), EXIT: (3, 10)}  # how many, and their base


def request(command: bytes) -> bytes:
    return START + str(len(command)).encode() + b"\n" + command


class Frames:
    """Cuts a stream, given in any pieces, into frames. Payload bytes come out as soon as they are there."""

    def __init__(self) -> None:
        self.held = b""  # the beginning of a header that is not yet complete
        self.kind = ""
        self.left = 0  # of the payload of the frame that we are in

    def feed(self, data: bytes) -> Iterator[tuple[str, bytes | int]]:
        """Yields (OUT or ERR, bytes) and finally (EXIT, status)."""
        self.held += data
        while self.held:
            if self.left:
                piece, self.held = self.held[:self.left], self.held[self.left:]
                self.left -= len(piece)
                yield self.kind, piece
                continue
            at = self.held.find(START)
            self.held = self.held[at:] if at >= 0 else b""
            header = self.read_header()
            if header is None:
                return
            self.kind, value = header
            if self.kind == EXIT:
                yield EXIT, value
                return
            self.left = value

    def read_header(self) -> tuple[str, int] | None:
        """None if more must come first. A start byte that starts nothing is noise and is passed over."""
        while len(self.held) >= 2:
            kind = chr(self.held[1])
            count, base = DIGITS.get(kind, (0, 0))
            digits = self.held[2:2 + count]
            allowed = b"0123456789abcdefABCDEF" if base == 16 else b"0123456789"
            if count and all(digit in allowed for digit in digits):
                if len(digits) < count:
                    return None
                self.held = self.held[2 + count:]
                return kind, int(digits, base)
            at = self.held.find(START, 1)
            self.held = self.held[at:] if at >= 0 else b""
        return None
