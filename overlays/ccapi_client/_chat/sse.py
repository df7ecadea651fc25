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
        self._line = bytearray()  # what has come of a line that has not ended yet
        self._size = 0  # of the event that has not ended yet, in bytes
        self._data: bytes | bytearray | None = None
        self._type = b""

    def feed(self, piece: bytes) -> Iterator[Event]:
        """The events that end in the next piece of the stream. All of them have to be taken before the next call.

        Raises:
            EventTooLarge: An event has become larger than `MAX_EVENT_BYTES`.
        """
        if not self._begun:
            piece = bytes(self._line) + piece
            self._line.clear()
            if len(piece) < 3 and codecs.BOM_UTF8.startswith(piece):
                self._line += piece  # it may become a byte order mark
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
            lines[0] = bytes(self._line) + lines[0]
            self._line.clear()
        for line in lines:
            if line:
                self._take(line)
                continue
            if self._data is not None:
                yield self._event()
            self._data, self._type, self._size = None, b"", len(rest)
        if rest:
            self._line += rest

    def end(self) -> Event | None:
        """The event that the stream ended in; None where it ended between two, or in a comment.

        The standard drops it; but what the event holds may be whole all the same.
        """
        line = bytes(self._line)
        self._take(line)
        is_partial = self._data is not None or self._type or (line and not line.startswith(b":"))
        return self._event() if is_partial else None

    def _event(self) -> Event:
        data = (self._data or b"").decode(errors="replace")
        return Event(data, self._type.decode(errors="replace")) if self._type else Event(data)

    def _take(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"data":
            value = value.removeprefix(b" ")
            if self._data is None:
                self._data = value
            else:
                if isinstance(self._data, bytes):  # one line is all there is to most events
                    self._data = bytearray(self._data)
                self._data += b"\n"
                self._data += value
        elif name == b"event":
            self._type = value.removeprefix(b" ")
