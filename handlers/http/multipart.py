"""Multipart bodies, streamed: fields into a small dictionary, the file straight to where it belongs, nothing in between."""

from collections.abc import AsyncIterator, Callable
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from lipgate.handlers.domain.errors import RefusedError, TooLargeError

MAX_FIELD_BYTES = 8192
MAX_PARTS = 32


class FormReader:
    """Reads one multipart body. The first part whose name is in `files` is written out; other files are dropped unread."""

    def __init__(
        self, content_type: str, files: tuple[str, ...], target: BinaryIO, limit_of: Callable[[dict[str, str]], int]
    ) -> None:
        """Args:
            content_type: of the request, with the boundary.
            files: names the file part may have.
            target: where the file is written.
            limit_of: most bytes of the file; asked when it begins, with the fields that came before it. May raise.

        Raises:
            RefusedError: bad_request.
        """
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if not boundary:
            raise _malformed("it has no boundary")
        self.fields: dict[str, str] = {}
        """Fields by name."""
        self.found = False
        """Whether there was a file."""
        self._files = files
        self._target = target
        self._limit_of = limit_of
        self._most = self._size = self._parts = 0
        self._header = self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self._name = ""
        self._buffer: bytearray | None = None
        self._writing = self._ended = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._part_begins,
                    "on_header_field": self._header_name,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_ends,
                    "on_headers_finished": self._headers_end,
                    "on_part_data": self._data,
                    "on_part_end": self._part_ends,
                    "on_end": self._end,
                },
            )
        except (FormParserError, ValueError) as error:
            raise _malformed("its boundary is not valid") from error

    async def read(self, chunks: AsyncIterator[bytes]) -> None:
        """Read all of it.

        Raises:
            RefusedError: bad_request, and what `limit_of` raises.
            TooLargeError: body_too_large.
        """
        async for chunk in chunks:
            try:
                self._parser.write(chunk)
            except FormParserError as error:
                raise _malformed("its form is broken") from error
        if not self._ended:
            raise _malformed("it ends too soon")

    def _part_begins(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise _malformed(f"it has more than {MAX_PARTS} parts")
        self._headers = {}

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header = self._value = b""

    def _headers_end(self) -> None:
        disposition, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        if disposition != b"form-data" or b"name" not in options:
            raise _malformed("a part has no name")
        self._name = options[b"name"].decode("utf-8", "replace")
        is_file = self._name in self._files and not self.found
        self._writing = is_file
        self._buffer = None if is_file or b"filename" in options else bytearray()
        if is_file:
            self.found = True
            self._most = self._limit_of(self.fields)

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._writing:
            self._size += end - start
            if self._size > self._most:
                raise TooLargeError("body_too_large", f"The file is larger than the {self._most} bytes that are taken here.")
            self._target.write(data[start:end])
        elif self._buffer is not None:
            self._buffer += data[start:end]
            if len(self._buffer) > MAX_FIELD_BYTES:
                raise TooLargeError("body_too_large", f"A form field may have at most {MAX_FIELD_BYTES} bytes.")

    def _part_ends(self) -> None:
        if self._buffer is not None:
            self.fields[self._name] = self._buffer.decode("utf-8", "replace")
        self._writing, self._buffer = False, None

    def _end(self) -> None:
        self._ended = True


def _malformed(why: str) -> RefusedError:
    return RefusedError("bad_request", f"The multipart body cannot be read: {why}.")
