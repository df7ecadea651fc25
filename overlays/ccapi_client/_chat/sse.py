"""Decodes an event stream as it comes: bytes in, events out. No I/O, and nothing about the API.

The rules are those of the HTML standard (WHATWG), sections 9.2.5 "Parsing an event stream" and 9.2.6 "Interpreting an
event stream".
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import NamedTuple

MAX_EVENT_BYTES = 64 * 1024 * 1024
"""The largest event that is taken, in bytes: a stream that never ends a line must not fill the memory."""


class EventTooLarge(ValueError):  # noqa: N818 - it tells of the stream; the client raises an error of its own
    """An event is larger than `MAX_EVENT_BYTES`."""


class Event(NamedTuple):
    """One event.

    Attributes:
        data: Its data; several lines are joined by line feeds.
        type: Its type, `message` where the stream names none.
    """

    data: str
    type: str = "message"


class Decoder:
    """The state of one stream between two pieces of it. `id` and `retry`, which no client uses, are not kept."""

    def __init__(self) -> None:
        self._begun = False
        self._ended_in_cr = False
        self._line: list[bytes] = []  # the pieces of a line that has not ended yet
        self._size = 0  # of the event that has not ended yet, in bytes
        self._data: list[bytes] = []
        self._type = b""

    def feed(self, piece: bytes) -> Iterator[Event]:
        """The events that end in the next piece of the stream. All of them have to be taken before the next call.

        Raises:
            EventTooLarge: An event has become larger than `MAX_EVENT_BYTES`.
        """
        if not self._begun:
            piece = b"".join([*self._line, piece])
            self._line.clear()
            if len(piece) < 3 and codecs.BOM_UTF8.startswith(piece):
                self._line.append(piece)  # it may become a byte order mark
                return
            self._begun, piece = True, piece.removeprefix(codecs.BOM_UTF8)
        if self._ended_in_cr and piece:
            piece = piece.removeprefix(b"\n")  # the second half of a CRLF, whose first half has ended the line already
            self._ended_in_cr = False
        self._ended_in_cr = self._ended_in_cr or piece.endswith(b"\r")
        self._size += len(piece)
        if self._size > MAX_EVENT_BYTES:
            raise EventTooLarge(f"an event is larger than {MAX_EVENT_BYTES} bytes")
        if b"\r" in piece:
            piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = piece.split(b"\n")
        rest = lines.pop()
        if lines and self._line:
            lines[0] = b"".join([*self._line, lines[0]])
            self._line.clear()
        for line in lines:
            if line:
                self._take(line)
                continue
            if self._data:
                data, kind = b"\n".join(self._data), self._type
                yield Event(data.decode(errors="replace"), kind.decode(errors="replace") or "message")
            self._data, self._type, self._size = [], b"", len(rest)
        if rest:
            self._line.append(rest)

    def _take(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
        elif name == b"event":
            self._type = value.removeprefix(b" ")
