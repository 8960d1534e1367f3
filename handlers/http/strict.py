"""Reads heads of requests as RFC 9112 has them and no other way: what a proxy could take differently is refused."""

import re

import h11
from h11._receivebuffer import ReceiveBuffer

_LONE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_FOLDED = re.compile(rb"\r\n[ \t]")


class StrictBuffer(ReceiveBuffer):
    """h11's own takes a line feed alone for the end of a line, and a line that begins with a space for more of the one before."""

    def maybe_extract_lines(self) -> list[bytearray] | None:
        """A head or a trailer, once it is complete.

        Raises:
            h11.LocalProtocolError: its lines do not end in CR LF, or one goes on in the next.
        """
        before = bytes(self)
        lines = super().maybe_extract_lines()
        if lines is None:
            return None
        taken = before[: len(before) - len(self)]
        if _LONE.search(taken):
            raise h11.LocalProtocolError("a line does not end in CR LF")
        if _FOLDED.search(taken):
            raise h11.LocalProtocolError("a header goes on in the next line")
        return lines


def make_strict(connection: h11.Connection) -> None:
    """Have a connection on which nothing has come read so. h11 has no seam for it; a test holds the two together."""
    connection._receive_buffer = StrictBuffer()
