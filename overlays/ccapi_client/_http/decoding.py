"""Unpacks a compressed body (RFC 9110, section 8.4.1), a little at a time: what is small may unpack to much."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from .wire import Body, Kind, Response, TransportError

PIECE = 65536
"""How much is unpacked at once, in bytes."""
GZIP = b"\x1f\x8b"
"""What each member of a body in gzip begins with; there may be several (RFC 1952)."""
_WINDOWS = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


def unpack(response: Response) -> None:
    """Has the body of a response give what it holds."""
    codings = response.headers.get("content-encoding")
    if codings is not None:
        names = [name for each in codings.split(",") if (name := each.strip().lower()) not in ("", "identity")]
        if names:
            response.body = _Unpacked(response.body, names, response.request.headers.get("accept-encoding", ""))


class Decoder:
    """A body in one coding.

    Raises:
        TransportError: It is not in that coding; from every method.
    """

    def __init__(self, coding: str) -> None:
        self._unpack = zlib.decompressobj(_WINDOWS[coding])
        # Some servers send deflate without the two bytes that belong to it in HTTP (RFC 1950).
        self._head: bytes | None = b"" if coding == "deflate" else None
        self._is_empty, self._is_gzip = True, coding == "gzip"

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """What the next piece holds, at most `PIECE` bytes at once. All of it has to be taken before the next call."""
        self._is_empty = self._is_empty and not piece
        if self._head is not None:
            piece = self._head + piece
            self._head = piece if len(piece) < 2 else None
            if self._head is not None:
                return
            if piece[0] & 15 != zlib.DEFLATED or int.from_bytes(piece[:2]) % 31:
                self._unpack = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            while piece:
                if self._unpack.eof:
                    if not (self._is_gzip and GZIP.startswith(piece[:2])):
                        return  # some servers send more than that
                    self._unpack = zlib.decompressobj(_WINDOWS["gzip"])
                yield self._unpack.decompress(piece, PIECE)
                piece = self._unpack.unconsumed_tail or self._unpack.unused_data
        except zlib.error:
            raise TransportError(Kind.ENCODING) from None

    def finish(self) -> bytes:
        """The rest, once the body has ended."""
        try:
            rest = self._unpack.flush()
        except zlib.error:
            raise TransportError(Kind.ENCODING) from None
        if not (self._is_empty or self._unpack.eof):
            raise TransportError(Kind.ENCODING)
        return rest


class _Unpacked:
    """A body, unpacked."""

    def __init__(self, body: Body, codings: list[str], accepted: str) -> None:
        self._body, self._pieces, self._is_over = body, iter([b""]), False
        self.close, self.abort = body.close, body.abort
        asked_for = {each.partition(";")[0].strip().lower() for each in accepted.split(",")}
        coding = codings[0].removeprefix("x-")
        is_asked_for = len(codings) == 1 and coding in asked_for and coding in _WINDOWS
        self._decoder = Decoder(coding) if is_asked_for else None

    async def piece(self) -> bytes | None:
        """The next piece of what the body holds."""
        if self._decoder is None:
            raise TransportError(Kind.ENCODING, "the response is compressed in a way that was not requested")
        while not self._is_over:
            piece = next(self._pieces, None)
            if piece is None:
                packed = await self._body.piece()
                self._is_over = packed is None
                self._pieces = iter([self._decoder.finish()]) if packed is None else self._decoder.feed(packed)
            elif piece:
                return piece
        return next(self._pieces, b"") or None
