"""One file out of a multipart/form-data body, chunk by chunk, whatever else the body claims."""

from __future__ import annotations

from collections.abc import Callable

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from emovere.sources.names import printable
from emovere.web.problems import ApiProblem

LONGEST_HEADER = 16_384
"""Bytes of one header line of a part: a file name may be long; it is not used."""


class OneFile:
    """Takes a body's chunks and hands on the bytes of the one part that is wanted.

    The part's file name is never looked at. Raises ApiProblem for a body that is damaged, lacks the part, has it twice
    or has others.
    """

    def __init__(self, content_type: str, field: str, take: Callable[[bytes], None]) -> None:
        """content_type: the request's, with the boundary. take: gets the part's bytes as they come."""
        boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
        if not boundary:
            raise _malformed("its Content-Type names no boundary")
        self._field = field
        self._take = take
        self._name = b""
        self._value = b""
        self._disposition = b""
        self._found = False
        self._ended = False
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
                    "on_end": self._end,
                },
                max_header_size=LONGEST_HEADER,
            )
        except FormParserError as error:
            raise _malformed(str(error)) from error

    def write(self, chunk: bytes) -> None:
        """Take the next bytes of the body."""
        if self._ended:
            return
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise _malformed(str(error)) from error

    def close(self) -> None:
        """The body has ended."""
        if not self._ended:
            raise _malformed("it ends before its last boundary")
        if not self._found:
            raise ApiProblem(422, "Wrong field", f"expected one file in the field {self._field!r}; got none")

    def _part_begins(self) -> None:
        self._name = self._value = self._disposition = b""

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = self._value
        self._name = self._value = b""

    def _headers_end(self) -> None:
        name = parse_options_header(self._disposition)[1].get(b"name", b"").decode("utf-8", "replace")
        if name != self._field:
            shown = printable(name[:60])
            raise ApiProblem(422, "Wrong field", f"expected one file in the field {self._field!r}; got {shown!r}")
        if self._found:
            raise ApiProblem(422, "Wrong field", f"expected one file in the field {self._field!r}; got several")
        self._found = True

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._take(data[start:end])

    def _end(self) -> None:
        self._ended = True


def _malformed(why: str) -> ApiProblem:
    return ApiProblem(400, "Malformed form", f"expected multipart/form-data; {why}")
